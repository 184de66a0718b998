"""The very text that is signed, pure: the school's words, the child, the answers, the name. Its SHA-256 proves later what was signed.

It is in Vietnamese whatever language the pages speak, since it is the paper of the case; anybody can check it with `sha256sum`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal

import msgspec

from backend.core.catalogue import say
from backend.core.clock import SCHOOL_ZONE
from backend.forms.questions import is_asked
from schemas.forms import (
    Answer,
    Answers,
    Condition,
    Consent,
    Day,
    Device,
    Number,
    OneOf,
    Question,
    SeveralOf,
    Signature,
)


class Signing(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a slip is made of."""

    deed: Literal["signed", "withdrawn"]
    school_name: str
    form_id: str
    version: int
    title: str
    body: str
    questions: Sequence[Question]
    signature: Signature
    pupil_name: str
    class_name: str | None
    answers: Answers
    relation: str
    guardian_name: str | None
    signer_name: str
    drawing_sha256: str | None
    at: datetime
    device: Device
    entered_by: str | None = None


def _say(key: str, **params: object) -> str:
    return say(f"forms.{key}", "vi", **params)


def text_of(one: Signing) -> str:
    """Lines joined by a line feed and ended by one."""
    said = [
        one.school_name,
        _say("slip_form", title=one.title),
        _say("slip_version", form_id=one.form_id, version=one.version),
        "",
        *([one.body, ""] if one.body else []),
        *_asked(one),
        _say("slip_pupil", name=one.pupil_name, class_name=one.class_name or "–"),
        _say("slip_guardian", relation=say(f"forms.relation_{one.relation}", "vi"), name=one.guardian_name or "–"),
    ]
    key = (
        "slip_withdrawn" if one.deed == "withdrawn" else "slip_answered" if one.signature == "answer" else "slip_signed"
    )
    said.append(_say(key, name=one.signer_name, at=moment(one.at), device=_say(f"device_{one.device}")))
    if one.entered_by:
        said.append(_say("slip_entered", name=one.entered_by))
    if one.drawing_sha256:
        said.append(_say("slip_drawing", sha256=one.drawing_sha256))
    return "\n".join(said) + "\n"


def _asked(one: Signing) -> list[str]:
    lines: list[str] = []
    for number, question in enumerate(one.questions, start=1):
        lines.append(f"{number}. {question.text}")
        if isinstance(question, OneOf | SeveralOf):
            lines.append(_say("slip_options", options=" / ".join(question.options)))
        if condition := condition_of(question, one.questions, "vi"):
            lines.append(condition)
        asked = is_asked(question, one.answers)
        answer = in_words(question, one.answers.get(question.id), "vi") if asked else _say("not_asked")
        lines.append(_say("slip_answer", answer=answer))
    return [*lines, ""] if lines else []


def condition_of(question: Question, questions: Sequence[Question], language: str) -> str:
    """Only asked when …, naming the earlier question by its number. Empty for one that is always asked."""
    if not isinstance(question.when, Condition):
        return ""
    for number, earlier in enumerate(questions, start=1):
        if earlier.id == question.when.question:
            said = " / ".join(in_words(earlier, one, language) for one in question.when.answers)
            return say("forms.only_when", language, number=number, answers=said)
    return ""


def in_words(question: Question, answer: Answer | None, language: str) -> str:
    """An answer as people read it."""
    if answer is None:
        return say("forms.no_answer", language)
    if isinstance(question, Consent):
        return say(f"forms.consent_{answer}", language)
    if isinstance(answer, list):
        return "; ".join(answer)
    if isinstance(question, Day):
        return date.fromisoformat(str(answer)).strftime("%d/%m/%Y")
    if isinstance(question, Number):
        return str(answer) if language == "en" else str(answer).replace(".", ",")
    return str(answer)


def moment(at: datetime) -> str:
    return at.astimezone(SCHOOL_ZONE).strftime("%H:%M:%S %d/%m/%Y")


def text_sha256(title: str, body: str, questions: Sequence[Question]) -> bytes:
    """Of a form's words alone, as every family reads them: what two signatures under one version have in common."""
    return hashlib.sha256(msgspec.json.encode([title, body, list(questions)])).digest()


def device_of(user_agent: str | None) -> Device:
    """What kind of device it was, from how it names itself. Coarse on purpose: it is a circumstance, not a proof."""
    said = (user_agent or "").casefold()
    if "ipad" in said or "tablet" in said or ("android" in said and "mobile" not in said):
        return "tablet"
    if "mobi" in said or "iphone" in said or "android" in said or "dart" in said or "okhttp" in said:
        return "phone"
    return "computer" if any(name in said for name in ("windows", "macintosh", "x11", "cros")) else "unknown"
