"""The personal identity number at rest: sealed, found again by a blind index, and shown with its last three digits only."""

from __future__ import annotations

from backend.core.crypto import Cipher

PURPOSE = "personal-id"


def sealed(cipher: Cipher, digits: str) -> tuple[bytes, bytes]:
    """The two columns of a pupil: the sealed number and its blind index."""
    return cipher.seal(digits, PURPOSE), index(cipher, digits)


def index(cipher: Cipher, digits: str) -> bytes:
    return cipher.blind_index(digits, PURPOSE)


def masked(cipher: Cipher, column: bytes | None) -> str | None:
    if column is None:
        return None
    digits = cipher.open(column, PURPOSE)
    return "•" * (len(digits) - 3) + digits[-3:]
