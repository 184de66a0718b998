"""Numbers as they are typed at the door, and the keys under which limits know them."""

from __future__ import annotations

from backend.core.crypto import Cipher
from backend.core.phones import NotAPhone, to_e164
from backend.core.problems import INVALID, FieldError

_WRONG = FieldError("/phone", "Số điện thoại không đúng.", "This is not a telephone number.")


def read_phone(text: str) -> str:
    """E.164; raises INVALID with a pointer, before anything is looked up."""
    # A full number with its country has at most fifteen digits; more is no number in any notation.
    if sum(character.isdigit() for character in text) > 20:
        raise INVALID(_WRONG)
    try:
        return to_e164(text)
    except NotAPhone as error:
        raise INVALID(_WRONG) from error


def limit_key(cipher: Cipher, phone: str) -> str:
    """Redis is no place for telephone numbers."""
    return cipher.blind_index(phone, "limit")[:12].hex()
