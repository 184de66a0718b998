"""Shapes of the roll: children as their family sees them, classes, pupils, guardians, staff."""

from typing import Literal
from uuid import UUID

import msgspec

Relation = Literal["father", "mother", "guardian"]


class Child(msgspec.Struct, frozen=True):
    """A child as its own family names it."""

    pupil_id: UUID
    full_name: str
    relation: Relation
    can_act: bool
    school_id: int
    school_name: str
    class_id: UUID | None = None
    class_name: str | None = None
    grade: int | None = None
