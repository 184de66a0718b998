"""From what a parent typed to plain folded words: marks, shorthand, Telex and VNI slips, regional words. It knows no intent.

The result is deterministic and only ever used for understanding; nothing made here is shown to anybody.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import msgspec

from backend.core.text import clean, fold

_WORDS_KEPT = 30_000  # as many typed words are remembered as read; families type the same ones
TEXT_MAX = 2000  # Longer messages are read up to here; Telegram itself stops at 4096.

_KNOWLEDGE = Path(__file__).parent / "knowledge"
_TOGETHER_MAX = 4
_ENGLISH_TO_VIETNAMESE = 1.5

PHONE = re.compile(r"(?<!\d)(?:\+?84|0)(?:[ .-]?\d){9}(?!\d)")
# "500 k" is a sum; "lớp 7 k" and "lớp 10 k" ask.
THOUSANDS = re.compile(r"\b(?!(?:\d|1[0-2]) k)(\d+) ?k\b", re.IGNORECASE)
# The shapes that stand for a value. They become one word each, so that 7h30 and 6h45 look alike to the model.
_VALUES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?:https?://|www\.)\S+|\b[\w-]+\.(?:com|vn|net|org|info|xyz|top|club)\b\S*"), " duonglink "),
    (re.compile(r"\b[\w.+-]+@[\w-]+\.\w+\b"), " thudientu "),
    (PHONE, " sodt "),
    (re.compile(r"(?<!\d)\d{1,3}(?:[.,]\d{3})+(?:\s?(?:đ|d|vnd|vnđ|đồng|dong)\b)?"), " sotien "),
    (THOUSANDS, " sotien "),
    (re.compile(r"\b\d+(?:[.,]\d+)?\s?(?:tr|triệu|trieu|củ|nghìn|nghin|ngàn|ngan|đồng|vnd|vnđ|đ)\d*\b"), " sotien "),
    (re.compile(r"(?<!\d)\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}(?!\d)"), " ngaythang "),
    (re.compile(r"(?<![\d/])\d{1,2}/\d{1,2}(?![\d/])"), " ngaythang "),
    (re.compile(r"\b\d{1,2}\s?(?:h|g|giờ|gio)(?:\s?\d{1,2}|\s?rưỡi|\s?ruoi|(?=\W|$))"), " giogiac "),
    (re.compile(r"(?<!\d)(?:20\d\d)\s?[-–/]\s?(?:20)?\d\d(?!\d)"), " namhoc "),
    (re.compile(r"(?<!\d)20[2-4]\d(?!\d)"), " namnao "),
)
_GRADE_ORDINAL = re.compile(r"\b(\d{1,2})(?:st|nd|rd|th)[ -](?:graders?|grade|year|form)\b")
_TOKEN = re.compile(r"[^\W_]+")
_POSSESSIVE = re.compile(r"['’](?=[a-z]{1,2}\b)")
_CLASS_NAME = re.compile(r"^(1[0-2]|[1-9])([a-z])\d{0,2}$")
_GLUED_CLASS = re.compile(r"^(?:lop|l)(1[0-2]|[1-9])[a-z]\d{0,2}$")
_GLUED_NUMBER = re.compile(r"^(lop|khoi|hocky|hk|ck|gk|ky|ki|thang|mon|tuan|thu|nv|cap|l|k|t)(\d{1,2})$")
_GLUED_MEANS = {
    "hk": "hoc ky",
    "ck": "cuoi ky",
    "gk": "giua ky",
    "ky": "hoc ky",
    "ki": "hoc ky",
    "hocky": "hoc ky",
    "l": "lop",
    "k": "khoi",
    "t": "thu",
    "nv": "nguyen vong",
}
_REPEATED = re.compile(r"(.)\1{2,}")

# A folded Vietnamese syllable: an onset and a rime. What does not fit is a slip, shorthand or foreign.
_ONSET = r"(?:ngh|ng|nh|ch|gh|gi|kh|ph|qu|th|tr|[bcdghklmnprstvx])?"
_RIME = (
    r"(?:uyen|uyet|uynh|uych|uyt|uya|uyu|uy|uong|uoc|uom|uon|uot|uop|uoi|uou|uo|uang|uanh|uan|uat|uac|uach|uai|uay|uao|ua|ueo|uenh|uech|uen|ue"
    r"|ieng|iech|ienh|iec|iem|ien|iep|iet|ieu|ie|ia|iu|oang|oanh|oach|oac|oam|oan|oap|oat|oai|oay|oao|oeo|oen|oet|oe|oa|oi"
    r"|yeu|yem|yen|yet|ang|anh|ach|ac|am|an|ap|at|ai|ay|ao|au|eng|enh|ech|ec|em|en|ep|et|eo|eu|ung|uc|um|un|up|ut|ui|uu|inh|ich|im|in|ip|it"
    r"|ong|oc|om|on|op|ot|ynh|ych|ym|yn|yt|a|e|i|o|u|y|iec|ing)"
)
_SYLLABLE = re.compile(rf"^{_ONSET}{_RIME}$")

_TELEX_DOUBLE = re.compile(r"aa|ee|oo|dd")
_TELEX_TONES = re.compile(r"(?<=[aeiouywdnhcgmpt])[sfrxjz]")
_LEADING_W = re.compile(r"(?:^|[bcdghklmnprstvx])w")
_VNI_DIGITS = re.compile(r"[1-9]")


class _Rule(msgspec.Struct, frozen=True):
    word: str
    means: str
    before_any: tuple[str, ...] = ()
    after_any: tuple[str, ...] = ()
    both: bool = False


class Words(msgspec.Struct, frozen=True):
    shorthand: dict[str, tuple[str, ...]]
    contextual: dict[str, tuple[_Rule, ...]]
    marked: dict[str, tuple[str, ...]]
    together: dict[tuple[str, ...], tuple[str, ...]]
    english: frozenset[str]


class Normal(msgspec.Struct, frozen=True):
    """text: what was typed, in NFC. words: the folded words it means. parts: the same, clause by clause. marked: the words typed with marks."""

    text: str
    words: tuple[str, ...]
    parts: tuple[tuple[str, ...], ...]
    marked: tuple[str, ...] = ()


def normalise(text: str) -> Normal:
    """Everything that understanding does to a text before it looks for a meaning."""
    neat = clean(text[: TEXT_MAX * 2])[:TEXT_MAX]
    nameless = _without_names(neat)
    parts = tuple(words for part in _clauses(nameless) if (words := _canonical(part)))
    marked = tuple(token for token in _TOKEN.findall(nameless.lower()) if not token.isascii())
    return Normal(neat, tuple(word for part in parts for word in part), parts, marked)


# Names of people are words too: Bảo is also a storm, Hoàn a refund, An to eat. A family name with a capital begins one, and so does a
# capital after a word for a child; four family names that mean nothing else are known in small letters as well.
_FAMILY = (
    "Nguyễn|Trần|Lê|Phạm|Hoàng|Huỳnh|Phan|Vũ|Võ|Đặng|Bùi|Đỗ|Hồ|Ngô|Dương|Lý|Đinh|Đoàn|Trịnh|Mai|Đào|Tô|Tạ|Hà|Cao|Lương|Thái|Châu|Phùng|Quách|Vương"
    "|Trương|Lâm|Kiều|Giàng|Lò|Vàng|Sùng|Nguyen|Tran|Le|Pham|Hoang|Huynh|Phan|Vu|Vo|Dang|Bui|Do|Ho|Ngo|Duong|Ly|Dinh|Doan|Trinh|Truong"
)
_CAPITAL = r"[^\W\d_a-z][^\W\d_A-Z]*"
_NAMES = (
    re.compile(rf"\b(?:{_FAMILY})(?: {_CAPITAL}){{1,4}}"),
    re.compile(
        rf"(?<=\b[Bb]é )(?:{_CAPITAL})(?: {_CAPITAL}){{0,3}}|(?<=\b[Cc]háu )(?:{_CAPITAL})(?: {_CAPITAL}){{0,3}}"
    ),
    re.compile(
        rf"(?<=\b[Ee]m )(?:{_CAPITAL})(?: {_CAPITAL}){{0,3}}|(?<=\b[Cc]on )(?:{_CAPITAL})(?: {_CAPITAL}){{0,3}}"
    ),
)
_SMALL_NAME = re.compile(
    r"(?<!phu )(?<!phụ )\b(?:nguyen|nguyễn|pham|phạm|huynh|huỳnh)(?: (?!lop\b|lớp\b|hom\b|hôm\b|co\b|có\b)[^\W\d_]+){1,3}"
)
_NAME = " tenrieng "


def _without_names(text: str) -> str:
    if text.isupper() or text.istitle():
        return text
    for shape in _NAMES:
        text = shape.sub(_if_capitals, text)
    return _SMALL_NAME.sub(_NAME, text)


def _if_capitals(match: re.Match[str]) -> str:
    """`[^a-z]` also lets đ and ă in; a name begins every word with a capital."""
    return _NAME if all(word[0].isupper() for word in match[0].split()) else match[0]


_CLAUSE_END = re.compile(r"(?<!\d)[.](?!\d)|[?!;\n…]+|(?<!\d),(?!\d)|\s[-–]\s")


def _clauses(text: str) -> list[str]:
    return [piece for piece in _CLAUSE_END.split(text.lower()) if piece.strip()]


def _canonical(clause: str) -> tuple[str, ...]:
    clause = _GRADE_ORDINAL.sub(r"grade \1", clause)
    for shape, name in _VALUES:
        clause = shape.sub(name, clause)
    raw = _TOKEN.findall(_POSSESSIVE.sub("", clause))
    folded = [_folded(token) for token in raw]
    whole = clause.isascii() and _is_english(folded)
    words: list[str] = []
    for position, token in enumerate(raw):
        if whole and folded[position] in english_words():
            words.append(folded[position])
            continue
        before = folded[position - 1] if position else ""
        after = folded[position + 1] if position + 1 < len(folded) else ""
        words.extend(_meaning(token, folded[position], before, after))
    return _join(_translated(words, whole=whole))


@lru_cache(maxsize=_WORDS_KEPT)
def _folded(token: str) -> str:
    return fold(token).replace(" ", "")


def _meaning(token: str, word: str, before: str, after: str) -> tuple[str, ...]:
    """One typed token as the folded words it stands for."""
    table = vocabulary()
    marked = table.marked.get(token)
    if marked is not None:
        return marked
    if word == "a" and not after:
        return ()  # the courtesy at the end of a sentence, not "anh"
    for rule in table.contextual.get(word, ()):
        if _fits(rule, before, after):
            return tuple(rule.means.split())
    # A token with marks is shorthand only if no slip of the fingers explains it: `sôs` is số, `sos` may be a cry for help.
    if word in table.shorthand and (token == word or token[0] == "đ" or not is_syllable(_untelex(word))):
        return table.shorthand[word]
    return _unslipped(word) if word else ()


def _fits(rule: _Rule, before: str, after: str) -> bool:
    left = before in rule.after_any
    right = after in rule.before_any
    if not rule.after_any and not rule.before_any:
        return True
    return (left and right) if rule.both else (left or right)


@lru_cache(maxsize=_WORDS_KEPT)
def _unslipped(word: str) -> tuple[str, ...]:
    """Undo typing slips of one folded token: class names, glued numbers, VNI digits, Telex letters, stretched letters."""
    if word.isdigit() or is_syllable(word) or word in english_words():
        return (word,)
    if word[-1] == "t" and word[:-1].isdigit():
        return (word[:-1], "tuoi")
    if match := _CLASS_NAME.match(word):
        return ("lop", match[1])
    if (match := _GLUED_CLASS.match(word)) is not None:
        return ("lop", match[1])
    if match := _GLUED_NUMBER.match(word):
        return (*_GLUED_MEANS.get(match[1], match[1]).split(), match[2])
    for candidate in _unslipped_candidates(word):
        if is_syllable(candidate) and len(candidate) > 1:
            return (candidate,)
        if candidate in vocabulary().shorthand:
            return vocabulary().shorthand[candidate]
        if candidate in english_words():
            return (candidate,)
    if _VNI_DIGITS.search(word) and (letters := re.findall(r"[a-z]+|\d+", word)) and len(letters) <= 3:
        return tuple(
            w for piece in letters for w in (_unslipped(piece) if not any(c.isdigit() for c in piece) else (piece,))
        )
    return (word,)


def _unslipped_candidates(word: str) -> list[str]:
    squeezed = _REPEATED.sub(r"\1", word)
    single = re.sub(r"(.)\1", r"\1", word)
    plain = _VNI_DIGITS.sub("", squeezed)
    candidates = [squeezed, plain]
    if plain.isascii():
        candidates += [_untelex(plain), _untelex(squeezed), single, _untelex(single)]
    return candidates


def _untelex(word: str) -> str:
    """`chuyeenr` → `chuyen`, `truowngf` → `truong`, `ddieemr` → `diem`, `hocj` → `hoc`. Folding has already eaten real marks."""
    bare = _TELEX_DOUBLE.sub(lambda match: match[0][0], word)
    # A w stands for ư, or marks a letter before it: the syllable tells.
    for letter in ("u", "") if _LEADING_W.search(bare) else ("", "u"):
        spelt = bare.replace("w", letter)
        # Tone letters follow a vowel or the final consonant; x, r and s at the front are real consonants.
        toneless = (
            spelt[:1] + _TELEX_TONES.sub("", spelt[1:]) if spelt[:1] not in "aeiouy" else _TELEX_TONES.sub("", spelt)
        )
        for candidate in (spelt, toneless):
            if is_syllable(candidate):
                return candidate
    stripped = toneless
    # A second d typed late (`diemd`), or a second vowel after the final (`truongo`): drop one letter of that kind.
    for letter in ("d", "a", "e", "o"):
        if stripped.count(letter) > 1:
            cut = stripped.rfind(letter)
            candidate = stripped[:cut] + stripped[cut + 1 :]
            if is_syllable(candidate):
                return candidate
    return stripped


def is_english(text: str) -> bool:
    """Is a text written in English?"""
    return _is_english([word for token in _TOKEN.findall(text.lower()) if (word := fold(token))])


def _is_english(words: list[str]) -> bool:
    """Is a clause English as a whole? Words that both languages write (to, can, be, do) count for neither."""
    letters = [word for word in words if not word.isdigit()]
    english = sum(word in english_words() and not is_syllable(word) for word in letters)
    vietnamese = sum(is_syllable(word) and word not in english_words() for word in letters)
    if english == vietnamese == 0:
        return len(letters) > 1 and english_words().issuperset(letters)
    return english >= _ENGLISH_TO_VIETNAMESE * vietnamese


def _translated(words: list[str], *, whole: bool) -> list[str]:
    """English into the Vietnamese words of the examples, longest wording first; an English clause loses its grammar."""
    table, empty = _english()
    found: list[str] = []
    position = 0
    while position < len(words):
        for length in range(min(_TOGETHER_MAX, len(words) - position), 0, -1):
            wording = tuple(words[position : position + length])
            meaning = table.get(wording)
            if meaning is not None and (whole or length > 1 or not is_syllable(wording[0])):
                found.extend(meaning)
                position += length
                break
        else:
            if not (whole and words[position] in empty):
                found.append(words[position])
            position += 1
    return found or words


@cache
def _english() -> tuple[dict[tuple[str, ...], tuple[str, ...]], frozenset[str]]:
    raw = tomllib.loads((_KNOWLEDGE / "english.toml").read_text(encoding="utf-8"))
    table = {tuple(wording.split()): tuple(meaning.split()) for wording, meaning in raw["words"].items()}
    return table, frozenset(raw["empty"]["words"].split())


@cache
def english_words() -> frozenset[str]:
    table, empty = _english()
    return frozenset(word for wording in table for word in wording) | empty | vocabulary().english


def _join(words: list[str]) -> tuple[str, ...]:
    """Replace words that mean something else together, longest first, left to right."""
    table = vocabulary().together
    joined: list[str] = []
    position = 0
    while position < len(words):
        for length in range(min(_TOGETHER_MAX, len(words) - position), 0, -1):
            meaning = table.get(tuple(words[position : position + length]))
            if meaning is not None:
                joined.extend(meaning)
                position += length
                break
        else:
            joined.append(words[position])
            position += 1
    return tuple(word for place, word in enumerate(joined) if place == 0 or word != joined[place - 1])


@lru_cache(maxsize=_WORDS_KEPT)
def is_syllable(word: str) -> bool:
    """Could this folded word be written in Vietnamese?"""
    return _SYLLABLE.match(word) is not None


@cache
def vocabulary() -> Words:
    """The word tables, read once."""
    raw: dict[str, Any] = tomllib.loads((_KNOWLEDGE / "words.toml").read_text(encoding="utf-8"))
    rules: dict[str, list[_Rule]] = {}
    for entry in raw["contextual"]:
        rule = msgspec.convert(entry, _Rule)
        rules.setdefault(rule.word, []).append(rule)
    return Words(
        shorthand={fold(word): tuple(meaning.split()) for word, meaning in raw["shorthand"].items()},
        contextual={word: tuple(found) for word, found in rules.items()},
        marked={clean(word): tuple(meaning.split()) for word, meaning in raw["marked"].items()},
        together={tuple(words.split()): tuple(meaning.split()) for words, meaning in raw["together"].items()},
        english=frozenset(raw["english"]["words"].split()),
    )
