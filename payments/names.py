"""What a memo tells about children: names without marks, in any order, run together, shortened or cut, and classes.

Pure: it turns a name into the forms by which it can be found again, and a memo into the forms worth looking for. The forms of
pupils' names are kept by the database itself (generated columns, 0011); `forms` and they say the same.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache

import msgspec

from backend.core.text import strip_marks

_SURNAMES_WRITTEN = """
nguyen tran le pham hoang huynh phan vu vo dang bui do ho ngo duong ly dao doan trinh dinh mai lam truong luong luu ha cao chau thai
ta phung to quach vuong trieu kieu diep quan thach tang lu la tong giang khuc nghiem tieu mac bach ong phi thieu khong kim son danh
mach ninh nong be hua sam vi lo cam quang ma hoa than thi ton luc
"""
# Nine families of ten share these; a name run together with other words is found by where one of them begins.
SURNAMES = tuple(_SURNAMES_WRITTEN.split())
_SURNAMES = frozenset(SURNAMES)
_BY_LENGTH = sorted(SURNAMES, key=len, reverse=True)
_SURNAME = re.compile("(?=(" + "|".join(one for one in _BY_LENGTH if len(one) > 2) + "))")
_ANY_SURNAME = re.compile("(?=(" + "|".join(_BY_LENGTH) + "))")

_STOPS_WRITTEN = """
chuyen khoan hoc ck ct ibft mbvcb napas noi nhanh den lop lp nop dong cho gd vietcombank hs hsinh con em cua me bo va voi thcs thpt
tktt tkthe rem tfr ac mb vcb bidv vnd dd nd hk sinh momo momoibft zalopay casz caszlp ten hoten hovaten phhs toi pt nhe nha
"""
# Words of transfers that are no part of a name; a name never runs across them.
_STOPS = frozenset(_STOPS_WRITTEN.split())
# Words that are names as well, but not in these phrases.
_PHRASES = re.compile(
    r"\b(?:hoc phi|(?:chuyen|nop|dong|gui|tra|thanh toan) tien|tien (?:an|hoc(?! phi)|com|phi|thang|ban tru|xe|nuoc|sach|cho|cua)"
    r"|thanh toan|noi dung|hoc ky|phi thang|ban tru|nam hoc(?! phi)|an trua|be nha|cac chau|gia dinh|bo me|me chau|me be|ba chau|bo chau"
    r"|bo be|ung ho|cam on|xin chao|cong ty|vi momo|ct tu|den tu|nam 20[0-9]{2}|ky [12]"
    r"|thang (?:0?[1-9]|1[0-2])(?: 20[0-9]{2})?(?! [0-9]\b))\b"
)

_CAMEL = re.compile(r"(?<=[a-z]{2})(?=[A-Z][a-z])|(?<=[a-z])(?=[A-Z]{2})|(?<=[A-Z]{2})(?=[A-Z][a-z]{2})")
_NOT_WORD = re.compile(r"[^0-9a-z]+")
_PIECE = re.compile(r"[a-z]+|[0-9]+")
_CLASS = re.compile(r"(?:lop|lp|l)?([0-9]{1,2}[a-z][0-9]{0,2})")
_CLASS_AT_END = re.compile(r"[a-z]{2,}?(?:lop|l)?([0-9]{1,2}[a-z][0-9]{0,2})")
_CLASS_WITH_SIGN = re.compile(r"\b(?:lop|l|lp)?\s*([0-9]{1,2})\s*[/.\-_ ]\s*([a-z]?[0-9]{1,2}|[a-z])\b")
_CLASS_NAMED = re.compile(r"\blop ?([0-9a-z]+)(?: ([0-9a-z]+))?(?: ([0-9a-z]+))?")
_NURSERY = re.compile(r"\b([a-z]{2,5}) ?([0-9]{1,2}|[a-e])\b")

# Where a bank says who pays and who receives: no child is meant there.
# Some show only the first or last figures of the account.
_PAYER = re.compile(
    r"\b(?:ct tu|chuyen tu|tu tk|tu|from|nguoi chuyen|nguoi gui|nguoi nop)(?: tk| stk)? ?"
    r"((?<=\bct tu )[0-9x]{3,}|[0-9x]{6,})? ?((?:[a-z]+ ?){0,6}?)(?= toi\b| den tk\b|$)"
)
_PAYER_ACCOUNT = re.compile(r"\b(?:ct tu|chuyen tu|tu|tu tk|tfr ac|tkthe) ?([0-9]{6,19})\b")
_PAYEE = re.compile(r"\b(?:(?:toi|den tk) [0-9x]{6,}|to [0-9x]{8,}).*$")
_FRAMES = re.compile(
    r"\btkthe [0-9x]+ tai [a-z]+|\brem tfr ac [0-9x]+|\bthoi gian gd[0-9 ]*|\bo l [0-9a-z]{6} ?"
    r"|\btruong (?:thcs|thpt|th|tieu hoc|mam non|mn)(?: [a-z]+){1,3}"
)
_SENDER = re.compile(r"^((?:[a-z]+ ){2,5})(?:chuyen|ck|ct|nop|thanh toan|gui)\b")
_VOWELS = str.maketrans("", "", "aeiouy")
_WINDOW_MAX = 5
_LONG = 7
_BEGUN = 6
_BEGUN_MAX = 26


class Forms(msgspec.Struct, frozen=True):
    """`run`: run together; `short`: initials and the given name; `ends`: surname and given name; `tail`: the last two words."""

    run: str
    short: str
    ends: str
    tail: str
    given: str
    bones: str


class Told(msgspec.Struct, frozen=True):
    """`runs` … `tails` are what to look for among the forms of names; `beginnings` are names that the memo's end cuts off."""

    words: tuple[str, ...]
    compact: str
    windows: frozenset[str]
    runs: frozenset[str]
    shorts: frozenset[str]
    pairs: frozenset[str]
    beginnings: tuple[str, ...]
    classes: tuple[str, ...]
    payer_account: str | None
    payer_name: str | None


@lru_cache(maxsize=1 << 16)
def forms(name_fold: str) -> Forms:
    words = name_fold.split() or [""]
    return Forms(
        run="".join(words),
        short="".join(word[0] for word in words[:-1]) + words[-1],
        ends=f"{words[0]} {words[-1]}",
        tail=" ".join(words[-2:]),
        given=words[-1],
        bones="".join(words).translate(_VOWELS),
    )


@lru_cache(maxsize=1 << 12)
def class_form(name: str) -> str:
    """`Lớp 7A2`, `7/A2` and `7a2` are one class."""
    bare = "".join(_PIECE.findall(strip_marks(unicodedata.normalize("NFKC", name)).lower()))
    return bare.removeprefix("lop") or bare


def told(memo: str) -> Told:
    text = _plain(memo)
    account = _PAYER_ACCOUNT.search(text)
    child_text, payer_name = _without_frames(text)
    classes = tuple(dict.fromkeys(_classes(child_text, memo)))
    runs_of_words = _segments(child_text)
    words = tuple(word for segment in runs_of_words for word in segment)
    compact = "".join(_PIECE.findall(child_text))
    letters = re.sub(r"[0-9]+", "", compact)
    windows: set[str] = set()
    shorts: set[str] = set()
    pairs: set[str] = set()
    turned: set[str] = set()
    for segment in runs_of_words:
        _look(segment, windows, turned, shorts, pairs)
    windows.update(_from_surnames(child_text.split()))
    return Told(
        words=words,
        compact=compact,
        windows=frozenset(windows),
        runs=frozenset((*windows, *turned, *_inside(letters, _SURNAME), *_inside_long(words))),
        shorts=frozenset(shorts),
        pairs=frozenset(pairs),
        beginnings=tuple(
            one for one in _beginnings(runs_of_words[-1] if runs_of_words else ()) if len(one) <= _BEGUN_MAX
        ),
        classes=classes,
        payer_account=account.group(1) if account else None,
        payer_name=payer_name,
    )


def _plain(memo: str) -> str:
    latin = memo if memo.isascii() else strip_marks(unicodedata.normalize("NFKC", memo))
    return _NOT_WORD.sub(" ", _CAMEL.sub(" ", latin).lower()).strip()


def _without_frames(text: str) -> tuple[str, str | None]:
    """The text that the payer wrote, and the payer's name where the bank's frame or the payer tells it."""
    text = " ".join(_FRAMES.sub(" ", _PAYEE.sub(" ", text)).split())
    name = None
    found = _PAYER.search(text)
    if found and (found.group(1) or found.group(0).startswith(("ct tu", "from", "nguoi"))):
        name = found.group(2).strip() or None
        text = text[: found.start()] + " " + text[found.end() :]
    text = " ".join(text.split())
    if name is None and (sender := _SENDER.match(re.sub(r"^(?:[a-z]*[0-9]+[a-z0-9]* )+", "", text))):
        words = sender.group(1).split()
        name = " ".join(words) if words[0] in _SURNAMES else None
    return text, name


def _segments(text: str) -> list[tuple[str, ...]]:
    """The letters of the memo, word by word, broken where a number, a class or a word of transfers stands between."""
    segments: list[tuple[str, ...]] = []
    now: list[str] = []
    for word in _PHRASES.sub(" 0 ", text).split():
        if word in _STOPS or word[0].isdigit():
            segments.append(tuple(now))
            now = []
        elif word.isalpha():
            now.append(word)
        elif _CLASS.fullmatch(word):
            segments.append(tuple(now))
            now = []
        else:
            now.append(word[: len(word) - len(word.lstrip("abcdefghijklmnopqrstuvwxyz"))])
            segments.append(tuple(now))
            now = []
    segments.append(tuple(now))
    return [segment for segment in segments if segment]


def _look(segment: Sequence[str], windows: set[str], turned: set[str], shorts: set[str], pairs: set[str]) -> None:
    count = len(segment)
    for start in range(count):
        first = segment[start]
        if len(first) >= _LONG:
            windows.add(first)
        if count > start and _is_cluster(first):
            shorts.add(first)
        for size in range(2, min(_WINDOW_MAX, count - start) + 1):
            last = segment[start + size - 1]
            between = segment[start + 1 : start + size - 1]
            middle = "".join(between)
            windows.add(first + middle + last)
            turned.add(middle + last + first)
            turned.add(last + first + middle)
            heads = "".join(_initials(word) for word in between)
            shorts.add(_initials(first) + heads + last)
            shorts.add((heads + _initials(last) if between else _initials(last)) + first)
            if size <= 4:
                pairs.add(f"{first} {last}")
                pairs.add(f"{last} {first}")


def _initials(word: str) -> str:
    """`ng` and `nguyen` are one initial, `nv` are two."""
    if (
        2 <= len(word) <= 3
        and word.translate(_VOWELS) == word
        and word not in ("ng", "th", "tr", "ph", "nh", "kh", "ch", "gi", "ngh", "qu")
    ):
        return word
    return word[0]


def _is_cluster(word: str) -> bool:
    """`nvan` for Nguyễn Văn An: more consonants in front than any syllable has."""
    head = re.match(r"[^aeiouy]{2,4}(?=[aeiouy])", word)
    return head is not None and head.group() not in ("ng", "ngh", "nh", "th", "tr", "ph", "kh", "ch", "gh", "gi", "qu")


def _from_surnames(words: Sequence[str]) -> Iterator[str]:
    """Names that end in a word which is elsewhere one of transfers: Văn Tiến, Hà Thanh, Trường Nam."""
    for start, word in enumerate(words):
        if word in _SURNAMES:
            run = word
            for more in words[start + 1 : start + _WINDOW_MAX]:
                if not more.isalpha():
                    break
                run += more
                yield run


def _inside(letters: str, surname: re.Pattern[str]) -> Iterator[str]:
    """Names without blanks around them, from wherever a surname begins."""
    for found in surname.finditer(letters):
        start = found.start()
        for length in range(len(found.group(1)) + 2, 27):
            if start + length > len(letters):
                break
            yield letters[start : start + length]


def _inside_long(words: Sequence[str]) -> Iterator[str]:
    """Surnames of two letters are everywhere; they count only in words longer than any syllable."""
    for word in words:
        if len(word) >= _LONG:
            yield from _inside(word, _ANY_SURNAME)


def _beginnings(last: Sequence[str]) -> Iterator[str]:
    """The last words of a memo may be a name of which the end is cut off."""
    for start, word in enumerate(last):
        tail = "".join(last[start:])
        if (word in _SURNAMES or start == 0) and len(tail) >= _BEGUN and len(tail) > len(word):
            yield tail
        elif len(word) >= _LONG:
            for found in _SURNAME.finditer(tail):
                if len(tail) - found.start() >= len(found.group(1)) + 3:
                    yield tail[found.start() :]


def _classes(text: str, memo: str) -> Iterator[str]:
    words = text.split()
    for place, word in enumerate(words):
        found = _CLASS.fullmatch(word) or _CLASS_AT_END.fullmatch(word)
        if found:
            yield found.group(1)
        if word[0].isdigit() and len(word) <= 3 and place + 1 < len(words):
            joined = word + words[place + 1]
            if _CLASS.fullmatch(joined):
                yield joined
            if place + 2 < len(words) and _CLASS.fullmatch(joined + words[place + 2]):
                yield joined + words[place + 2]
    for found in _CLASS_NAMED.finditer(text):
        one, two, three = found.groups(default="")
        yield from (one, one + two, one + two + three)
    for found in _CLASS_WITH_SIGN.finditer(memo.lower()):
        yield found.group(1) + found.group(2)
    for found in _NURSERY.finditer(text):
        yield found.group(1) + found.group(2)
