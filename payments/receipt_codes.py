"""Short signed codes: a paper carries one, and anyone may ask whether it is the school's. It knows keys and letters, no table.

A seal is fifty bits of an HMAC over everything that matters on the paper, in letters that survive being read aloud
(Crockford's alphabet). Whoever changes an amount, a number or a school needs a new seal, and only this server makes receipt_codes.
"""

from __future__ import annotations

import re
from typing import Literal

import msgspec

from backend.core.crypto import Cipher, same

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LETTERS = 10
_READ_ALIKE = str.maketrans("OIL", "011")

Kind = Literal["transfer", "cash", "card", "cancellation"]

_KIND_LETTERS: dict[Kind, str] = {"transfer": "CK", "cash": "TM", "card": "TH", "cancellation": "HUY"}
_KINDS: dict[str, Kind] = {letters: kind for kind, letters in _KIND_LETTERS.items()}
_RECEIPT = re.compile(
    r"BL\.([1-9][0-9]{0,17})\.(CK|TM|TH|HUY)([0-9]{4})\.([1-9][0-9]{0,8})\.([1-9][0-9]{0,12})\.([0-9A-Z]{10})"
)


class SealedReceipt(msgspec.Struct, frozen=True):
    """What the code of a receipt, or of a cancellation, says about it."""

    school_id: int
    kind: Kind
    year: int
    number: int
    amount: int


def seal(cipher: Cipher, purpose: str, *fields: str | int) -> str:
    """Equal fields give the same ten letters. Each field is counted, so that none can flow into its neighbour."""
    message = "".join(f"{len(str(field))}:{field}," for field in fields)
    bits = int.from_bytes(cipher.blind_index(message, f"paper:{purpose}")[:8], "big") >> (64 - 5 * _LETTERS)
    return "".join(_ALPHABET[bits >> 5 * place & 31] for place in reversed(range(_LETTERS)))


def is_sealed(cipher: Cipher, purpose: str, given: str, *fields: str | int) -> bool:
    return same(given.upper().translate(_READ_ALIKE), seal(cipher, purpose, *fields))


def receipt_code(cipher: Cipher, receipt: SealedReceipt) -> str:
    """`BL.12.CK2026.123.350000.7K3M9QX2WD`"""
    sealed = seal(cipher, "receipt", *msgspec.structs.astuple(receipt))
    kind = _KIND_LETTERS[receipt.kind]
    return f"BL.{receipt.school_id}.{kind}{receipt.year}.{receipt.number}.{receipt.amount}.{sealed}"


def read_receipt_code(cipher: Cipher, text: str) -> SealedReceipt | None:
    """None for anything that this server has not sealed exactly so. Whether the paper still stands is the caller's question."""
    read = _RECEIPT.fullmatch(text.strip().upper())
    if read is None:
        return None
    school_id, kind, year, number, amount, given = read.groups()
    receipt = SealedReceipt(int(school_id), _KINDS[kind], int(year), int(number), int(amount))
    return receipt if is_sealed(cipher, "receipt", given, *msgspec.structs.astuple(receipt)) else None
