"""The shapes of the notice checker: what goes in, what comes out. No rule stands here, and nothing here does I/O."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Literal

import msgspec

from backend.core.catalogue import say

DefectName = Literal[
    "missing_when",
    "missing_where",
    "missing_amount",
    "missing_deadline",
    "missing_who_to_contact",
    "relative_date_ambiguous",
    "date_weekday_mismatch",
    "past_date",
    "wrong_audience",
    "text_only_in_image",
    "too_long_for_sms",
    "near_duplicate",
    "personal_data_exposed",
    "comparison_of_pupils",
    "illegal_fee",
]
Level = Literal["preschool", "primary", "lower_secondary", "upper_secondary"]


class Audience(msgspec.Struct, frozen=True, kw_only=True):
    """Whom it goes to. `one_family` is true only when no second family reads it; `key` is equal for equal audiences."""

    key: str = "school"
    whole_school: bool = True
    grades: frozenset[str] = frozenset()
    classes: frozenset[str] = frozenset()
    school: str | None = None
    levels: frozenset[str] = frozenset()
    one_family: bool = False
    private: bool | None = None

    @property
    def wide(self) -> bool:
        """A commune's or a province's letter may well speak to one grade."""
        return (
            re.search(r"\b(?:commune|province|ward|xa|phuong|tinh|huyen|quan)\b", self.key) is not None
            and not self.school
        )

    @property
    def slashed(self) -> frozenset[str]:
        """Grades whose classes are written `7/3`."""
        return frozenset(name.split("/")[0] for name in self.classes if name.replace("/", "").isdigit())


class Earlier(msgspec.Struct, frozen=True):
    """A notice the same audience got before."""

    text: str
    sent_at: datetime


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """One notice as it would reach families. `attachments` are file names or media types."""

    text: str
    sent_at: datetime
    audience: Audience = Audience()
    channels: tuple[str, ...] = ()
    attachments: tuple[str, ...] = ()


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """What the text cannot know. `ownership` None means: read it from the text, and take a silent one as public."""

    ownership: Literal["public", "private"] | None = None
    level: Level | None = None
    school_name: str | None = None
    classes: tuple[str, ...] = ()
    earlier: tuple[Earlier, ...] = ()
    recipients: int | None = None


class Defect(msgspec.Struct, frozen=True):
    """One thing to mend, with the place in the text (0, 0 when something is missing) and what the sentence about it names."""

    name: DefectName
    start: int = 0
    end: int = 0
    span: str = ""
    detail: str = ""
    says: str = ""

    def sentence(self, language: str = "vi") -> str:
        return say(f"checking.{self.says or self.name}", language, span=self.span, detail=self.detail)


class Facts(msgspec.Struct, frozen=True):
    dates: tuple[date, ...] = ()
    amounts: tuple[int, ...] = ()
    place: str | None = None


class Resolved(msgspec.Struct, frozen=True):
    """A relative day as it would be read by a careful person, for the editor to offer: `thứ 6 này` → 4 December 2026."""

    start: int
    end: int
    span: str
    on: date


class Findings(msgspec.Struct, frozen=True):
    """`asks` are the kinds of deed found (attend, pay, hand_in, register, answer, bring): a form or a reminder in one tap."""

    defects: tuple[Defect, ...]
    facts: Facts
    resolved: tuple[Resolved, ...] = ()
    asks: tuple[str, ...] = ()
    deadlines: tuple[date, ...] = ()
