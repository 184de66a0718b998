"""Takes a pasted text apart into what can be looked up: QR payloads, seals, links, amounts, banks, and numbers. Pure; it judges nothing.

Careful on one side: a figure that might be an account is taken for one, since a fraud hides its account behind blanks and dots.
"""

from __future__ import annotations

import re
from functools import cache
from urllib.parse import unquote

import msgspec

from backend.core.text import clean, fold, strip_marks
from payments import official, seals
from payments.banks import directory

_MONEY_MAX = 999_999_999
_NUMBERS_MAX = 10

_PAYLOAD = re.compile(r"0002[0-9]{2}.{8,600}?63\s?04\s?[0-9A-Fa-f]{4}(?![0-9A-Za-z])")
_LOOKS_LIKE_PAYLOAD = re.compile(r"A000000727|A000000775|QRIBFTT[AC]")
_SEAL = re.compile(
    r"(?<![0-9A-Za-z-])[0-9A-Za-z]{4,20}(?:\s*[-\u2010-\u2015\u2212]\s*[0-9A-Za-z]{1,4}){5,9}(?![0-9A-Za-z-])"
)
_TOP = "vn|com|net|org|info|xyz|top|cc|site|online|club|app|me|io|shop|vip|link|store|fun|icu|ly|co|asia|biz|edu|gov"
_LINK = re.compile(
    rf"(?:https?://|www\.)[^\s<>\"]+|(?<![0-9a-z@.-])[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:{_TOP})\b(?:/[^\s<>\"]*)?",
    re.IGNORECASE,
)
_MAIL = re.compile(r"[\w.+-]+@([\w-]+(?:\.[\w-]+)+)")
_DAY = re.compile(
    r"(?<![0-9])[0-3]?[0-9]([/.-])[01]?[0-9]\1(?:20)?[0-9]{2}(?![0-9])|(?<![0-9])[0-3]?[0-9]/[01]?[0-9](?![0-9])"
)
_HOUR = re.compile(r"(?<![0-9])[0-2]?[0-9](?:[:h][0-5][0-9])(?::[0-5][0-9])?(?![0-9])", re.IGNORECASE)
_YEARS = re.compile(r"(?<![0-9])20[0-9]{2}\s?-\s?20[0-9]{2}(?![0-9])")
_UNIT = r"\s?(?:đồng|dong|đ|d|vnđ|vnd|₫)(?![0-9a-zđ])"
_MONEY = re.compile(
    rf"(?<![0-9A-Za-z.,])(?:([1-9][0-9]{{0,2}}(?:[.,][0-9]{{3}})+)(?:{_UNIT})?|([1-9][0-9]{{3,8}}){_UNIT})(?![0-9A-Za-z]|[.,][0-9])",
    re.IGNORECASE,
)
_FIGURES = re.compile(r"\+?[0-9](?:[0-9]|[ .\-()](?=[0-9 .\-()]*[0-9]))*")
_MIXED = re.compile(r"(?<![0-9A-Za-z])(?=[0-9A-Za-z]*[0-9]{6})(?=[0-9A-Za-z]*[A-Za-z])[0-9A-Za-z]{8,24}(?![0-9A-Za-z])")
# A payment reference and a bank's own trace number are no accounts.
_NO_ACCOUNT = re.compile(r"[A-Z]{2,5}[1-9][0-9]{6,8}|FT[0-9]{11,17}")


class Parts(msgspec.Struct, frozen=True):
    """`bare`: nothing but the things themselves was pasted. `written` is each seal as it stood in the text."""

    payloads: tuple[str, ...]
    claims: tuple[seals.Claim, ...]
    written: dict[seals.Claim, str]
    hosts: tuple[str, ...]
    amounts: frozenset[int]
    banks: frozenset[str]
    numbers: tuple[str, ...]
    bare: bool


def take_apart(text: str) -> Parts:
    rest = unquote(text.strip())
    payloads, rest = _payloads(rest)
    rest = clean(rest)
    written, rest = _seals(rest)
    hosts, rest = _hosts(rest)
    for pattern in (_YEARS, _DAY, _HOUR):
        rest = pattern.sub(" ; ", rest)
    amounts, rest = _amounts(rest)
    numbers, left = _numbers(rest)
    return Parts(
        tuple(payloads),
        tuple(written),
        written,
        tuple(dict.fromkeys(hosts)),
        frozenset(amounts),
        _banks(rest),
        tuple(dict.fromkeys(numbers)),
        len(re.sub(r"[\W_]+", "", left)) <= 3,
    )


def _payloads(text: str) -> tuple[list[str], str]:
    """A whole line that looks like one, or what stands between its first and its last tag."""
    found: list[str] = []
    rest: list[str] = []
    for line in text.splitlines():
        bare = line.strip()
        if re.match(r"0002[0-9]{2}", bare) and (len(bare) > 40 or _LOOKS_LIKE_PAYLOAD.search(bare)):
            found.append(bare)
            continue
        match = _PAYLOAD.search(bare) if _LOOKS_LIKE_PAYLOAD.search(bare) else None
        if match:
            found.append(match[0])
            bare = bare.replace(match[0], " ; ")
        elif _LOOKS_LIKE_PAYLOAD.search(bare):
            found.append(bare)
            continue
        rest.append(bare)
    return found[:5], "\n".join(rest)


def _seals(text: str) -> tuple[dict[seals.Claim, str], str]:
    written: dict[seals.Claim, str] = {}
    for match in _SEAL.finditer(text):
        for claim in seals.find(match[0]):
            written.setdefault(claim, match[0])
            text = text.replace(match[0], " ; ")
    return dict(list(written.items())[:5]), text


def _hosts(text: str) -> tuple[list[str], str]:
    hosts = [domain.lower() for domain in _MAIL.findall(text)]
    text = _MAIL.sub(" ; ", text)
    hosts += [official.host_of(link.lower()) for link in _LINK.findall(text)]
    return [host for host in hosts if host][:10], _LINK.sub(" ; ", text)


def _amounts(text: str) -> tuple[list[int], str]:
    amounts: list[int] = []

    def taken(match: re.Match[str]) -> str:
        amount = int(re.sub(r"[.,]", "", match[1] or match[2]))
        if amount > _MONEY_MAX:
            return match[0]
        amounts.append(amount)
        return " ; "

    return amounts, _MONEY.sub(taken, text)


def _numbers(text: str) -> tuple[list[str], str]:
    found: list[str] = []

    def mixed(match: re.Match[str]) -> str:
        if not _NO_ACCOUNT.fullmatch(match[0].upper()):
            found.append(match[0].upper())
        return " ; "

    def figures(match: re.Match[str]) -> str:
        found.extend(_split(match[0]))
        return " ; "

    text = _MIXED.sub(mixed, text)
    text = _FIGURES.sub(figures, text)
    return found[:_NUMBERS_MAX], text


def _split(figures: str) -> list[str]:
    """`0912 345 678` is one number; `0011000000017 350000` are two. Groups of up to five belong together."""
    groups = figures.split(" ")
    plus = "+" if figures.startswith("+") else ""
    bare = [re.sub(r"[^0-9]", "", group) for group in groups]
    together = "".join(bare)
    if all(len(group) <= 5 for group in bare):
        return [plus + together] if len(together) >= 6 else []
    return [digits if at else plus + digits for at, digits in enumerate(bare) if len(digits) >= 6]


def _banks(text: str) -> frozenset[str]:
    """BINs of the banks that the text names."""
    words = f" {fold(strip_marks(text))} "
    return frozenset(bank_bin for name, bank_bin in _bank_names() if f" {name} " in words)


@cache
def _bank_names() -> tuple[tuple[str, str], ...]:
    names: list[tuple[str, str]] = []
    for bank in directory.banks().values():
        names += [(fold(name), bank.bin) for name in {bank.short_name, bank.code} if len(fold(name)) >= 2]
    return tuple(names)
