"""Shapes of groups: clubs, bus lines, the choir; pupils whom staff write to together."""

from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

GroupKind = Literal["club", "bus", "choir", "team", "boarding", "other"]


class GroupIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole group as it shall be. Its owner writes to it; an administrator may name another one."""

    name: Annotated[str, Meta(min_length=1, max_length=80, examples=["Xe đưa đón tuyến 3"])]
    kind: GroupKind
    pupil_ids: Annotated[list[UUID], Meta(max_length=2000)]
    owner_staff_id: UUID | None = None


class GroupRow(msgspec.Struct, frozen=True):
    group_id: UUID
    name: Annotated[str, Meta(examples=["Xe đưa đón tuyến 3"])]
    kind: GroupKind
    owner: str
    mine: bool
    pupils: int


class GroupList(msgspec.Struct, frozen=True):
    """Own groups; for an administrator, all of the school."""

    groups: list[GroupRow]


class GroupMember(msgspec.Struct, frozen=True):
    pupil_id: UUID
    full_name: str
    class_name: str | None


class Group(msgspec.Struct, frozen=True):
    group_id: UUID
    name: Annotated[str, Meta(examples=["Xe đưa đón tuyến 3"])]
    kind: GroupKind
    owner_staff_id: UUID
    owner: str
    mine: bool
    members: list[GroupMember]
