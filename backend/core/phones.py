"""Telephone numbers as people write them in Vietnam, read into E.164. It never guesses a network from a prefix (number portability)."""

from __future__ import annotations

import re

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType

# Eleven-digit mobiles were renumbered in 2018; old class lists still hold them.
_RENUMBERED_2018 = {
    "0162": "032", "0163": "033", "0164": "034", "0165": "035", "0166": "036", "0167": "037", "0168": "038", "0169": "039",
    "0120": "070", "0121": "079", "0122": "077", "0126": "076", "0128": "078",
    "0123": "083", "0124": "084", "0125": "085", "0127": "081", "0129": "082",
    "0186": "056", "0188": "058", "0199": "059",
}  # fmt: skip
_NOT_DIGIT_OR_PLUS = re.compile(r"[^0-9+]")


class NotAPhone(ValueError):
    """The text is not one Vietnamese or international telephone number. The message says why, for people who mend files."""


def to_e164(text: str) -> str:
    """`0912.345.678`, `912345678` (Excel ate the zero), `00 84 912…`, `01689…` (before 2018) → `+84912345678`.

    Raises NotAPhone. Landlines pass: they can be called, though not reached by SMS (see `is_mobile`).
    """
    digits = _NOT_DIGIT_OR_PLUS.sub("", text)
    if not digits.lstrip("+"):
        raise NotAPhone("no digits")
    if digits.startswith("00"):
        digits = "+" + digits[2:]
    national = "0" + digits.removeprefix("+84").removeprefix("84") if digits.startswith(("+84", "84")) else digits
    if not national.startswith(("0", "+")) and len(national) in (9, 10):
        national = "0" + national
    national = national.replace("00", "0", 1) if national.startswith("00") else national
    if len(national) == 11 and national[:4] in _RENUMBERED_2018:
        national = _RENUMBERED_2018[national[:4]] + national[4:]
    try:
        number = phonenumbers.parse(national, "VN")
    except phonenumbers.NumberParseException as error:
        raise NotAPhone(str(error)) from error
    if not phonenumbers.is_valid_number(number):
        raise NotAPhone("not a number in use")
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def is_mobile(e164: str) -> bool:
    kind = phonenumbers.number_type(phonenumbers.parse(e164))
    return kind in (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)


def national(e164: str) -> str:
    """How people read it: `+84912345678` → `0912 345 678`."""
    return phonenumbers.format_number(phonenumbers.parse(e164), PhoneNumberFormat.NATIONAL)


def masked(e164: str) -> str:
    """For logs and screens that others see: all but the last three digits hidden."""
    return "•" * (len(e164) - 3) + e164[-3:]
