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
# The mobile ranges in use. A test holds them to the phonenumbers metadata; asking the metadata costs fifty times more.
_NATIONAL_MOBILE = re.compile(
    r"0(?:3\d\d|5(?:[1689]\d|2[238]|59)|7[06-9]\d|8(?:[1-8]\d|9[6-9])|9(?:[0-8]\d|9[013-9]))\d{6}"
)
_PERSONAL = {
    PhoneNumberType.MOBILE,
    PhoneNumberType.FIXED_LINE,
    PhoneNumberType.FIXED_LINE_OR_MOBILE,
    PhoneNumberType.VOIP,
}
_NOT_DIGIT = re.compile(r"[^0-9]")


class NotAPhone(ValueError):
    """The text is not one Vietnamese or international telephone number. The message says why, for people who mend files."""


def to_e164(text: str) -> str:
    """`0912.345.678`, `912345678` (Excel ate the zero), `00 84 912…`, `+84 (0)912…`, `01689…` (before 2018) → `+84912345678`.

    Raises NotAPhone. Landlines pass: they can be called, though not reached by SMS (see `is_mobile`).
    """
    digits = _NOT_DIGIT.sub("", text)
    if not digits:
        raise NotAPhone("no digits")
    abroad = text.lstrip(" ('\u00a0").startswith("+")
    if not abroad and digits.startswith("00"):
        abroad, digits = True, digits[2:]
    if abroad and not digits.startswith("84"):
        return _checked("+" + digits)
    dialled = _national_form(digits, abroad)
    return "+84" + dialled[1:] if _NATIONAL_MOBILE.fullmatch(dialled) else _checked(dialled)


def _national_form(digits: str, abroad: bool) -> str:
    """The number with its leading zero and, when it is an old one, with today's prefix.

    Nine digits that start with 84 are a mobile that lost its zero (084 is a VinaPhone range); only from eleven digits on is
    a leading 84 the country.
    """
    with_country = abroad or (digits.startswith("84") and len(digits) >= 11)
    rest = digits[2:] if with_country else digits
    dialled = rest if rest.startswith("0") else "0" + rest
    if len(dialled) == 11 and dialled[:4] in _RENUMBERED_2018:
        dialled = _RENUMBERED_2018[dialled[:4]] + dialled[4:]
    return dialled


def _checked(dialled: str) -> str:
    try:
        number = phonenumbers.parse(dialled, "VN")
    except phonenumbers.NumberParseException as error:
        raise NotAPhone(str(error)) from error
    # Hotlines (1900, 1800) are valid numbers, and no family can be reached on one.
    if phonenumbers.number_type(number) not in _PERSONAL:
        raise NotAPhone("not a person's number in use")
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def is_mobile(e164: str) -> bool:
    if e164.startswith("+84") and _NATIONAL_MOBILE.fullmatch("0" + e164[3:]):
        return True
    kind = phonenumbers.number_type(phonenumbers.parse(e164))
    return kind in (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)


def national(e164: str) -> str:
    """How people read it: `+84912345678` → `0912 345 678`."""
    return phonenumbers.format_number(phonenumbers.parse(e164), PhoneNumberFormat.NATIONAL)


def masked(e164: str) -> str:
    """For logs and screens that others see: all but the last three digits hidden."""
    return "•" * (len(e164) - 3) + e164[-3:]
