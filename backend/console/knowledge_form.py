"""The form of an answer as a person types it: lines of lists as lines of a text, and back, with every wrong field at its place. No rule."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from backend.core.problems import Problem
from backend.pages.forms import Refusal, into, whole_number
from schemas.knowledge import Content, NewDraft, Text, Version

LANGUAGES = ("vi", "en")
LISTS = ("detail", "school", "steps", "papers", "note")
SHORT = ("where", "time", "fee", "basis", "code")
FIELDS = ("title", "first", *LISTS, *SHORT)


def read(form: Mapping[str, str]) -> NewDraft:
    content: dict[str, Any] = {}
    for language in LANGUAGES:
        text = _text(form, language)
        if text:
            content[language] = text
    if phrases := _lines(form.get("phrases", "")):
        content["phrases"] = phrases
    values: dict[str, Any] = {
        "content": content,
        "level": form.get("level", ""),
        "from_on": form.get("from_on") or None,
        "until_on": form.get("until_on") or None,
        "based_on": whole_number(form.get("based_on", "")),
    }
    return into(NewDraft, values)


def _text(form: Mapping[str, str], language: str) -> dict[str, Any]:
    """Empty when the language was left empty."""
    typed = {name: form.get(f"{language}_{name}", "").strip() for name in FIELDS}
    if not any(typed.values()):
        return {}
    text: dict[str, Any] = {name: _lines(typed[name]) for name in LISTS if typed[name]}
    text |= {name: " ".join(typed[name].split()) for name in SHORT if typed[name]}
    return {**text, "title": typed["title"], "first": " ".join(typed["first"].split())}


def _lines(typed: str) -> list[str]:
    return [line.strip() for line in typed.splitlines() if line.strip()]


def typed_of(content: Content, version: Version | None) -> dict[str, str]:
    """A form filled with what was written."""
    form = {"phrases": "\n".join(content.phrases)}
    for language in LANGUAGES:
        text: Text | None = getattr(content, language)
        for name in FIELDS if text else ():
            value = getattr(text, name)
            form[f"{language}_{name}"] = value if isinstance(value, str) else "\n".join(value)
    if version is not None:
        form["until_on"] = str(version.until_on or "")
    return form


class FormRefusal(Refusal):
    """The form is flat; what it becomes is not: `/content/vi/steps/2` is the field `vi_steps`."""

    def __init__(self, problem: Problem, language: str) -> None:
        super().__init__(problem, language)
        self._fields = {_flat(name): said for name, said in self._fields.items()}


def _flat(pointer: str) -> str:
    parts = pointer.split("/")
    if parts[0] != "content" or len(parts) < 2:
        return parts[0]
    return parts[1] if parts[1] not in LANGUAGES or len(parts) < 3 else f"{parts[1]}_{parts[2]}"
