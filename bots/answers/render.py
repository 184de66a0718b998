"""What is told as the lines a reader sees: the number to ring, the answer, steps, papers, where, time, fee, basis."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date

import msgspec

from backend.core.catalogue import say
from bots.answers.authority import BLANK, authority, level_of
from bots.answers.layers import CHECK, SHIPPED, Told
from schemas.knowledge import Text

_MARK = " ※"
BLANKS = re.compile(r"\{([a-z_]+)\}")
_CONTACTS = frozenset(
    (
        "name",
        "address",
        "phone",
        "duty_phone",
        "email",
        "office_hours",
        "principal_hours",
        "website",
        "account_number",
        "account_name",
    )
)
TEXT_MAX = 3800  # Telegram ends at 4096; the rest is for a line the conversation may add


def render(told: Told, facts: Mapping[str, str], on: date, *, level: str | None = None) -> str:
    """`facts`: what the school says of itself. `level`: what the asker named, for the office that decides."""
    language = told.language
    text = _with_office(told, facts, on, level)
    blocks: list[str] = []
    if told.call:
        blocks.append(call_line(language, facts))
    own = facts.get(f"answer.{told.topic}.{language}") or facts.get(f"answer.{told.topic}.vi") or told.aside
    if own:
        blocks.append(say("bots.school_says", language, text=own))
    blocks += _first(text, facts, instead=told.instead)
    blocks += _details(text, language)
    body = "\n".join(blocks)
    if CHECK in body:
        body = body.replace(f" {CHECK}", _MARK).replace(CHECK, _MARK)
        body += "\n\n" + say("bots.to_confirm", language)
    foot = _foot(told, language)
    return _clipped(body, TEXT_MAX - len(foot)) + "\n" + foot


def call_line(language: str, facts: Mapping[str, str]) -> str:
    number = facts.get("duty_phone") or facts.get("phone")
    return say("bots.call_school", language, phone=number) if number else say("bots.call_111", language)


def _with_office(told: Told, facts: Mapping[str, str], on: date, level: str | None) -> Text:
    """The blank for the office above the school, filled for the level in question and the day."""
    office = authority(level_of(level or told.level, told.topic, facts), on, told.language)
    changes: dict[str, object] = {}
    for name in told.text.__struct_fields__:
        value = getattr(told.text, name)
        if isinstance(value, str):
            changes[name] = value.replace(BLANK, office)
        else:
            changes[name] = [line.replace(BLANK, office) for line in value]
    return msgspec.structs.replace(told.text, **changes)


def _first(text: Text, facts: Mapping[str, str], *, instead: bool) -> list[str]:
    """What the school itself has said of the matter answers best and stands first; whom to call stands behind the answer."""
    own = _school_lines(text.school, facts)
    saying = [said for line, said in own if not _CONTACTS.issuperset(BLANKS.findall(line))]
    first = [] if instead and saying else [text.first]
    return [*saying, *first, *(said for _, said in own if said not in saying)]


def _school_lines(lines: Sequence[str], facts: Mapping[str, str]) -> list[tuple[str, str]]:
    """Only lines whose every blank the school has filled, as they are written and as they are said."""
    return [
        (line, BLANKS.sub(lambda blank: facts[blank[1]], line))
        for line in lines
        if all(facts.get(name) for name in BLANKS.findall(line))
    ]


def _details(text: Text, language: str) -> list[str]:
    lines = [f"– {line}" for line in text.detail]
    if text.steps:
        lines += [
            "",
            say("bots.head_steps", language),
            *(f"{number}. {step}" for number, step in enumerate(text.steps, 1)),
        ]
    if text.papers:
        lines += ["", say("bots.head_papers", language), *(f"• {paper}" for paper in text.papers)]
    facts = [(name, getattr(text, name)) for name in ("where", "time", "fee") if getattr(text, name)]
    if facts:
        lines += ["", *(f"{say(f'bots.head_{name}', language)} {value}" for name, value in facts)]
    if text.note:
        lines += ["", *(f"– {note}" for note in text.note)]
    rests = [(name, getattr(text, name)) for name in ("basis", "code") if getattr(text, name)]
    if rests:
        lines += ["", *(f"{say(f'bots.head_{name}', language)} {value}" for name, value in rests)]
    return lines


def _foot(told: Told, language: str) -> str:
    day = f"{told.checked:%d/%m/%Y}"
    kind = told.told_by.partition(":")[0]
    return say("bots.checked" if told.told_by == SHIPPED else f"bots.written_by_{kind}", language, day=day)


def _clipped(text: str, length: int) -> str:
    if len(text) <= length:
        return text
    return re.sub(r"\s+\S*$", "", text[: length - 2]) + " …"
