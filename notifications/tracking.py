"""The name under which a provider knows a delivery: 48 letters that hold school, notice and guardian, so that no table is needed.

It is the same for every attempt, so that a provider which remembers it sends and charges once, and its reports find their way back.
"""

from __future__ import annotations

import base64
import binascii
from uuid import UUID

import msgspec

LENGTH = 48
_SCHOOL_BYTES = 4
_SCHOOL_MAX = 2 ** (8 * _SCHOOL_BYTES) - 1


class Tracked(msgspec.Struct, frozen=True):
    school_id: int
    notice_id: UUID
    guardian_id: UUID


def tracking_id(school_id: int, notice_id: UUID, guardian_id: UUID) -> str:
    """URL-safe letters: 4 bytes and two ids of 16 are exactly 48 of them. A digest belongs to no school: number 0."""
    assert 0 <= school_id <= _SCHOOL_MAX, "a school's number has at most four bytes"
    packed = school_id.to_bytes(_SCHOOL_BYTES, "big") + notice_id.bytes + guardian_id.bytes
    return base64.urlsafe_b64encode(packed).decode()


def tracked(text: str) -> Tracked | None:
    """None for a name that is not ours, such as a one-time code's."""
    if len(text) != LENGTH:
        return None
    try:
        packed = base64.b64decode(text, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    school, notice, guardian = packed[:_SCHOOL_BYTES], packed[_SCHOOL_BYTES:-16], packed[-16:]
    return Tracked(int.from_bytes(school, "big"), UUID(bytes=notice), UUID(bytes=guardian))
