"""Thanks and nods: short messages that say nothing but "seen, thank you" are folded and wake nobody. Pure; the words are data below."""

from __future__ import annotations

import re
import unicodedata

from backend.core.text import fold

_WORDS_MAX = 12
# A message is a nod when nothing is left of it after these; longer phrases first. Folded: families often write without marks.
_PHRASES = tuple(
    sorted(
        (
            "da", "vang", "uh", "um", "u", "ok", "oke", "okay", "okela", "oki", "okie", "duoc", "ro", "roi", "nhe", "nha", "a", "ah", "ak",
            "cam on", "cam un", "camon", "cam on nhieu", "xin cam on", "chan thanh cam on", "tran trong cam on", "em cam on", "thank",
            "thanks", "thank you", "thank u", "thankyou", "thks", "tks", "ty", "tk", "many thanks", "so much", "very much",
            "co", "thay", "thay co", "co giao", "thay giao", "nha truong", "gia dinh", "phu huynh", "anh chi", "em", "chau", "con",
            "toi", "chi", "anh", "me chau", "bo chau", "nhieu", "rat nhieu", "lam", "da nhan", "da nhan duoc", "nhan duoc",
            "em nhan duoc", "da ro", "em ro", "hieu roi", "da hieu", "biet roi", "da biet", "da xem", "da doc", "em xin", "xin", "chao", "kinh",
            "noted", "got it", "received", "understood", "yes", "great", "dear", "teacher", "miss", "sir", "madam",
        ),
        key=lambda phrase: (-len(phrase.split()), phrase),
    )
)  # fmt: skip
# What makes a nod of them; without one, "cô em con" is a fragment and no thanks. "Được" alone is an answer, so it is none.
_NODS = frozenset(
    fold(word)
    for word in (
        "dạ", "vâng", "ừ", "um", "uh", "ok", "oke", "okay", "okela", "oki", "okie", "rõ", "cảm ơn", "cam un", "camon", "thank",
        "thanks", "thankyou", "thks", "tks", "ty", "tk", "đã nhận", "nhận được", "hiểu rồi", "đã hiểu", "biết rồi", "đã biết", "đã xem",
        "đã đọc", "noted", "got it", "received", "understood", "yes", "great", "xin cảm ơn", "chân thành cảm ơn", "trân trọng cảm ơn",
        "em cảm ơn", "cảm ơn nhiều", "thank you", "thank u", "many thanks", "đã nhận được", "em nhận được", "đã rõ", "em rõ",
    )
)  # fmt: skip
_QUESTION = re.compile(r"[?？]")
_FIGURE = re.compile(r"\d")
_HAPPY = re.compile(
    "[\U0001f44d\U0001f44c\U0001f64f\U0001f44f\U0001f600-\U0001f60d\U0001f970\u2764\u2665\u263a\U0001f339\U0001f490\U0001f495-\U0001f49f]"
)
# Pictures of people in need of something are no thanks.
_OTHER_PICTURE = re.compile("[\U0001f300-\U0001faff\u2600-\u27bf]")
# Spoken quickly: "vg", "dạ vâg", "okk", "ạạạ".
_STRETCHED = re.compile(r"(.)\1{1,}")
_SHORT = {"vag": "vang", "vg": "vang", "dc": "duoc", "dk": "duoc", "cmon": "cam on", "cmn": "cam on"}


def is_nod(text: str) -> bool:
    """Whether a message only thanks or nods. In doubt it does not: a folded question would be a question unheard."""
    if _QUESTION.search(text) or _FIGURE.search(text):
        return False
    joyful = bool(_HAPPY.search(text))
    plain = _HAPPY.sub(" ", unicodedata.normalize("NFC", text)).replace("\ufe0f", "")
    plain = re.sub("[\U0001f3fb-\U0001f3ff]", "", plain)  # the colour of a hand
    if _OTHER_PICTURE.search(plain):
        return False
    words = [_said(word) for word in fold(plain).split()]
    if not words:
        return joyful
    if len(words) > _WORDS_MAX:
        return False
    return _only_nods(" ".join(words), joyful)


def _said(word: str) -> str:
    short = _STRETCHED.sub(r"\1", word)
    return _SHORT.get(word) or _SHORT.get(short) or (short if word not in _PHRASES else word)


def _only_nods(line: str, joyful: bool) -> bool:
    nods = joyful
    left = f" {line} "
    for phrase in _PHRASES:
        padded = f" {phrase} "
        while padded in left:
            left = left.replace(padded, " ", 1)
            nods = nods or phrase in _NODS
    return nods and not left.strip()
