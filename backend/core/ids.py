"""Ids of people and documents: UUIDv7 (RFC 9562), made here or by an offline client, so that a retried POST is the same POST."""

from __future__ import annotations

import os
import time
import uuid


def new_id() -> uuid.UUID:
    """A UUIDv7: 48 bits of milliseconds, then 74 random bits. Sorts by time of making."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds & ((1 << 48) - 1)) << 80
    chance = int.from_bytes(os.urandom(10))
    value |= 0x7 << 76
    value |= (chance >> 68) << 64
    value |= 0b10 << 62
    value |= chance & ((1 << 62) - 1)
    return uuid.UUID(int=value)
