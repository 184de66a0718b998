"""An entry of the knowledge as the lines a reader sees: the number to ring, the answer, steps, papers, where, time, fee, basis."""

from __future__ import annotations

import re
import string
from collections.abc import Mapping, Sequence

from backend.core.catalogue import say
from bots.answers.knowledge import Entry, Text

CHECK = "[?]"
_MARK = " ※"
TEXT_MAX = 3800  # Telegram ends at 4096; the rest is for a line the conversation may add


def render(entry: Entry, language: str, facts: Mapping[str, str], *, level: str | None = None) -> str:
    text = entry.text(language, level)
    blocks: list[str] = []
    if entry.call:
        blocks.append(call_line(language, facts))
    own = facts.get(f"answer.{entry.intent}.{language}") or facts.get(f"answer.{entry.intent}.vi")
    if own:
        blocks.append(say("bots.school_says", language, text=own))
    blocks.append(text.first)
    blocks += _school_lines(text.school, facts)
    blocks += _details(text, language)
    body = "\n".join(blocks)
    if CHECK in body:
        body = body.replace(f" {CHECK}", _MARK).replace(CHECK, _MARK)
        body += "\n" + say("bots.to_confirm", language)
    foot = say("bots.checked", language, day=f"{entry.checked:%d/%m/%Y}")
    return _clipped(body, TEXT_MAX - len(foot)) + "\n" + foot


def call_line(language: str, facts: Mapping[str, str]) -> str:
    number = facts.get("duty_phone") or facts.get("phone")
    return say("bots.call_school", language, phone=number) if number else say("bots.call_111", language)


def _school_lines(lines: Sequence[str], facts: Mapping[str, str]) -> list[str]:
    """Only lines whose every blank the school has filled."""
    return [
        line.format_map(facts)
        for line in lines
        if all(facts.get(name) for _, name, _, _ in string.Formatter().parse(line) if name)
    ]


def _details(text: Text, language: str) -> list[str]:
    lines: list[str] = []
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
    if text.basis:
        lines += ["", f"{say('bots.head_basis', language)} {text.basis}"]
    return lines


def _clipped(text: str, length: int) -> str:
    if len(text) <= length:
        return text
    return re.sub(r"\s+\S*$", "", text[: length - 2]) + " …"
