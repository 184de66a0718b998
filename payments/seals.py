"""The seal: a short code on every fee notice, beside every QR code and on every receipt, that only the house can make. It knows no table.

`HP2600017-1G7K-40MZ-…` is the reference in clear, then what is sealed (school, amount, last day, kind) and the mark, an HMAC of all
that and of the receiving account, under a key derived from the house's one secret. It stands beside the QR code and never in its
memo: the memo's 25 letters belong to the reference, and whatever a payer's bank shows can be copied by anybody anyway.
Fifty bits of mark are enough because a guess can only be tried at our own door, which counts the knocks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from enum import IntEnum
from typing import Final

import msgspec

from backend.core.crypto import Cipher, same
from backend.core.text import clean, strip_marks

_PURPOSE: Final = "payment-seal"
# Crockford's base 32: no I, L, O and U; what a person types for them is understood.
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_VALUES: Final = {letter: value for value, letter in enumerate(_ALPHABET)} | {"O": 0, "I": 1, "L": 1}
_MARK_BITS, _KIND_BITS, _DAY_BITS, _AMOUNT_BITS, _SCHOOL_BITS = 50, 2, 14, 34, 63
_FIXED_LETTERS: Final = (_MARK_BITS + _KIND_BITS + _DAY_BITS + _AMOUNT_BITS) // 5
_LETTERS_MAX: Final = _FIXED_LETTERS + -(-_SCHOOL_BITS // 5)
_GROUP: Final = 4
_FIRST_DAY: Final = date(2026, 1, 1)
AMOUNT_MAX: Final = 2**_AMOUNT_BITS - 1

_SUBJECT = re.compile(r"[0-9A-Z]{4,20}")
_WRITTEN = re.compile(r"(?<![0-9A-Z-])([0-9A-Z]{4,20})((?:-[0-9A-Z]{4}){5,8}(?:-[0-9A-Z]{1,3})?)(?![0-9A-Z-])")
_HYPHEN = re.compile(r"\s*[-\u2010-\u2015\u2212]\s*")


class Kind(IntEnum):
    """What carries the seal: one bill, a family's request over several, a pupil's standing code (no amount), a receipt."""

    BILL = 0
    REQUEST = 1
    PUPIL = 2
    RECEIPT = 3


class Sealed(msgspec.Struct, frozen=True):
    """`subject` is the payment reference, or a receipt's number in letters and digits. `account` is empty on receipts."""

    kind: Kind
    school_id: int
    subject: str
    account: str
    amount: int
    expires_on: date


class Claim(msgspec.Struct, frozen=True):
    """What a code says about itself. Nothing of it is true before `holds` was asked."""

    kind: Kind
    school_id: int
    subject: str
    amount: int
    expires_on: date
    mark: int


def account_key(bank_bin: str, account_number: str) -> str:
    return f"{bank_bin}:{account_number.upper()}"


def receipt_subject(number: str) -> str:
    """`2026/000123` as a seal carries it."""
    return re.sub(r"[^0-9A-Z]", "", number.upper())


def seal(cipher: Cipher, sealed: Sealed) -> str:
    assert _SUBJECT.fullmatch(sealed.subject), sealed.subject
    assert 0 <= sealed.amount <= AMOUNT_MAX, sealed.amount
    day = (sealed.expires_on - _FIRST_DAY).days
    assert 0 <= day < 2**_DAY_BITS, sealed.expires_on
    number = sealed.school_id
    for value, bits in (
        (sealed.amount, _AMOUNT_BITS),
        (day, _DAY_BITS),
        (sealed.kind.value, _KIND_BITS),
        (_mark(cipher, sealed), _MARK_BITS),
    ):
        number = number << bits | value
    letters = _letters(number)
    groups = [letters[start : start + _GROUP] for start in range(0, len(letters), _GROUP)]
    return "-".join((sealed.subject, *groups))


def find(text: str) -> Iterator[Claim]:
    """Every code in a text that has the shape of a seal, each once, in its order."""
    upper = _HYPHEN.sub("-", strip_marks(clean(text)).upper())
    seen: set[Claim] = set()
    for subject, body in _WRITTEN.findall(upper):
        claim = _claim(subject, body.replace("-", ""))
        if claim is not None and claim not in seen:
            seen.add(claim)
            yield claim


def holds(cipher: Cipher, claim: Claim, account: str) -> bool:
    """Did the house make this code for this account? Says nothing about its last day."""
    sealed = Sealed(claim.kind, claim.school_id, claim.subject, account, claim.amount, claim.expires_on)
    return same(_mark(cipher, sealed).to_bytes(8), claim.mark.to_bytes(8))


def _mark(cipher: Cipher, sealed: Sealed) -> int:
    text = "\n".join(
        (
            str(sealed.kind.value),
            str(sealed.school_id),
            sealed.subject,
            sealed.account,
            str(sealed.amount),
            sealed.expires_on.isoformat(),
        )
    )
    return int.from_bytes(cipher.blind_index(text, _PURPOSE)[:8]) >> (64 - _MARK_BITS)


def _letters(number: int) -> str:
    letters = ""
    while number:
        number, value = divmod(number, len(_ALPHABET))
        letters = _ALPHABET[value] + letters
    return letters


def _claim(subject: str, body: str) -> Claim | None:
    if not _FIXED_LETTERS < len(body) <= _LETTERS_MAX or any(letter not in _VALUES for letter in body):
        return None
    number = 0
    for letter in body:
        number = number * len(_ALPHABET) + _VALUES[letter]
    mark, number = number & (1 << _MARK_BITS) - 1, number >> _MARK_BITS
    kind, number = number & (1 << _KIND_BITS) - 1, number >> _KIND_BITS
    day, number = number & (1 << _DAY_BITS) - 1, number >> _DAY_BITS
    amount, school_id = number & AMOUNT_MAX, number >> _AMOUNT_BITS
    if not 0 < school_id < 2**_SCHOOL_BITS or _VALUES[body[0]] == 0:
        return None
    return Claim(Kind(kind), school_id, subject, amount, _FIRST_DAY + timedelta(days=day), mark)
