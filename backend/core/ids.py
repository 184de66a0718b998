"""Ids of people and documents: UUIDv7 (RFC 9562), made here or by an offline client, so that a retried POST is the same POST."""

from __future__ import annotations

import os
import time
import uuid


def new_id() -> uuid.UUID:
    """A UUIDv7: 48 bits of milliseconds, 12 bits of their fraction (method 3 of the RFC), 62 random bits.

    Sorts by time of making, also within a millisecond: two events of one transaction keep their order when read by key.
    """
    milliseconds, rest = divmod(time.time_ns(), 1_000_000)
    value = (milliseconds & ((1 << 48) - 1)) << 80
    value |= 0x7 << 76
    value |= (rest * 4096 // 1_000_000) << 64
    value |= 0b10 << 62
    value |= int.from_bytes(os.urandom(8)) >> 2
    return uuid.UUID(int=value)
