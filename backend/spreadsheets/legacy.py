"""Letters from before Unicode: TCVN3 (.VnTime), VNI, and UTF-8 read as Western. Converted where certain, refused where not."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable

from backend.spreadsheets.cells import Cell, Grid
from backend.spreadsheets.syllables import is_syllable

_TCVN3 = dict(
    zip(
        "¡¢§£¤¥¦¨©ª«¬­®µ¶·¸¹»¼½¾ÆÇÈÉÊËÌÎÏÐÑÒÓÔÕÖ×ØÜÝÞßáâãäåæçèéêëìíîïñòóôõö÷øùúûüýþ",
        "ĂÂĐÊÔƠƯăâêôơưđàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ",
        strict=True,
    )
)
# Letters of TCVN3 that no Vietnamese, and hardly any Western text has inside a word.
_TCVN3_TELLTALE = re.compile("[¡¢£¤¥¦§¨©ª«¬\u00ad®µ¶·¸¹»¼½¾ÆËÎÏÑÖ×ØÜÞßäåæçëîïñö÷øûüþ]")

_VNI_AFTER = {
    "a": {"ø": "à", "ù": "á", "û": "ả", "õ": "ã", "ï": "ạ", "â": "â", "à": "ầ", "á": "ấ", "å": "ẩ", "ã": "ẫ", "ä": "ậ",
          "ê": "ă", "è": "ằ", "é": "ắ", "ú": "ẳ", "ü": "ẵ", "ë": "ặ"},
    "e": {"ø": "è", "ù": "é", "û": "ẻ", "õ": "ẽ", "ï": "ẹ", "â": "ê", "à": "ề", "á": "ế", "å": "ể", "ã": "ễ", "ä": "ệ"},
    "o": {"ø": "ò", "ù": "ó", "û": "ỏ", "õ": "õ", "ï": "ọ", "â": "ô", "à": "ồ", "á": "ố", "å": "ổ", "ã": "ỗ", "ä": "ộ"},
    "u": {"ø": "ù", "ù": "ú", "û": "ủ", "õ": "ũ", "ï": "ụ"},
    "y": {"ø": "ỳ", "ù": "ý", "û": "ỷ", "õ": "ỹ"},
    "ô": {"ø": "ờ", "ù": "ớ", "û": "ở", "õ": "ỡ", "ï": "ợ"},
    "ö": {"ø": "ừ", "ù": "ứ", "û": "ử", "õ": "ữ", "ï": "ự"},
}  # fmt: skip
_VNI_ALONE = {"ô": "ơ", "ö": "ư", "ñ": "đ", "æ": "ỉ", "ó": "ĩ", "ò": "ị", "î": "ỵ"}
_VNI_PAIR = re.compile(r"([aeouyôö])([øùûõïâàáåãäêèéúüë])|[ôöñæóòî]", re.IGNORECASE)
_ABBREVIATION = re.compile(r"[B-DĐF-HJ-NP-TV-XZ]{1,6}")
_KNOWN = frozenset(("SĐT", "ĐT", "ĐTDĐ", "ĐDCN", "SĐDCN", "GDĐT", "ĐTLH", "SĐTLH"))
_WORD = re.compile(r"[^\s\d,.;:()/\-+*\"'!?&]+")


def from_tcvn3(text: str) -> str:
    return "".join(_TCVN3.get(character, character) for character in text)


def from_vni(text: str) -> str:
    return _VNI_PAIR.sub(_vni_letter, text)


def _vni_letter(match: re.Match[str]) -> str:
    whole = match[0]
    if match[1] is not None:
        base, mark = match[1], match[2]
        composed = _VNI_AFTER[base.lower()].get(mark.lower())
        if composed is None:
            return _VNI_ALONE.get(base.lower(), base) + mark
        return composed.upper() if base.isupper() else composed
    alone = _VNI_ALONE[whole.lower()]
    return alone.upper() if whole.isupper() else alone


def from_western(text: str) -> str:
    """UTF-8 bytes that were once read as Windows-1252, put right; raises ValueError when they were not."""
    raw = bytearray()
    for character in text:
        try:
            raw += character.encode("cp1252")
        except UnicodeEncodeError:
            if ord(character) > 0xFF:
                raise
            raw.append(ord(character))
    return raw.decode("utf-8")


_CONVERTERS: dict[str, Callable[[str], str]] = {"tcvn3": from_tcvn3, "vni": from_vni, "western": from_western}


def spot(text: str) -> str | None:
    """The name of the encoding that the letters prove, "unknown" when they fit none, None when they allow several."""
    text = unicodedata.normalize("NFC", text)
    if text.isascii():
        return None
    # Proof for Unicode: Vietnamese letters outside Latin-1. Western quotes and dashes prove nothing.
    if any(ord(c) > 0xFF and unicodedata.name(c, "").startswith("LATIN") and c not in "ŒœŠšŸŽžƒ" for c in text):
        return "unicode"
    # "S§T" and "SÑT" are no words, and yet nothing else becomes SĐT.
    for name in ("tcvn3", "vni"):
        if _KNOWN.intersection(_WORD.findall(_CONVERTERS[name](text))):
            return name
    fitting = [name for name in ("tcvn3", "vni", "western") if _turns_vietnamese(text, name)]
    if _all_syllables(text):
        return None if fitting else "unicode"
    return fitting[0] if len(fitting) == 1 else "unknown" if not fitting and _TCVN3_TELLTALE.search(text) else None


def _turns_vietnamese(text: str, name: str) -> bool:
    try:
        converted = _CONVERTERS[name](text)
    except ValueError:
        return False
    if name == "western":
        # Hardly any other text happens to be well-formed UTF-8.
        return converted != text
    return converted != text and _all_syllables(converted)


def _all_syllables(text: str) -> bool:
    """Abbreviations such as ĐT have no vowel and count for nothing."""
    words = [word for word in _WORD.findall(text) if not word.isascii() and not _ABBREVIATION.fullmatch(word)]
    return bool(words) and all(is_syllable(word) for word in words)


def convert_grid(grid: Grid) -> set[tuple[int, int]]:
    """Turn old letters into Unicode in place; return the (row, column) of cells whose letters stay unclear.

    A column is one habit: cells that prove nothing by themselves ("Lª" proves, "Lê" does not) follow the cells that do.
    """
    if not any(_suspicious(cell) for _, cells in grid.rows for cell in cells):
        return set()
    proofs: dict[int, Counter[str]] = {}
    for _, cells in grid.rows:
        for column, cell in enumerate(cells):
            if isinstance(cell, str) and not cell.isascii() and (found := spot(cell)):
                proofs.setdefault(column, Counter())[found] += 1
    whole = _prevailing(sum(proofs.values(), Counter()))
    unclear: set[tuple[int, int]] = set()
    for number, cells in grid.rows:
        for column, cell in enumerate(cells):
            if isinstance(cell, str) and not cell.isascii():
                cells[column] = _converted(cell, proofs.get(column) or whole, (number, column), unclear)
    return unclear


def _prevailing(whole: Counter[str]) -> Counter[str]:
    """What nearly every proof of a sheet says goes for the columns that prove nothing; a few words fit Unicode by chance."""
    name, count = whole.most_common(1)[0] if whole else ("", 0)
    return Counter({name: count}) if count * 10 >= 9 * whole.total() else whole


def _converted(cell: str, habit: Counter[str], place: tuple[int, int], unclear: set[tuple[int, int]]) -> Cell:
    found = spot(cell)
    if found is None:
        old = [name for name in _CONVERTERS if habit[name]]
        if not old:
            return cell
        if len(old) > 1 or habit["unicode"]:
            # The column mixes habits and this cell reads well in more than one of them.
            if not _all_syllables(unicodedata.normalize("NFC", cell)) or any(
                _turns_vietnamese(cell, name) for name in old
            ):
                unclear.add(place)
            return cell
        found = old[0]
    if found == "unknown":
        # Among Vietnamese Unicode it is a foreign name (Müller); among anything else nobody knows.
        if not habit["unicode"] or any(habit[name] for name in _CONVERTERS):
            unclear.add(place)
        return cell
    if found == "unicode":
        return cell
    try:
        return _CONVERTERS[found](unicodedata.normalize("NFC", cell))
    except ValueError:
        unclear.add(place)
        return cell


def _suspicious(cell: Cell) -> bool:
    return isinstance(cell, str) and not cell.isascii() and spot(cell) in ("tcvn3", "vni", "western", "unknown")
