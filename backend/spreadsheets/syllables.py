"""Is this word a Vietnamese syllable? The judge of encodings: text read with the wrong one stops being Vietnamese at once."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_ONSET = re.compile(r"(ngh|ng|nh|gh|gi|kh|ph|qu|th|tr|ch|[bcdđghklmnprstvx])?(.*)", re.DOTALL)
_RIME_LIST = """
    a ac ach ai am an ang anh ao ap at au ay ă ăc ăm ăn ăng ăp ăt â âc âm ân âng âp ât âu ây e ec em en eng eo ep et ê êch
    êm ên ênh êp êt êu i ia ich iêc iêm iên iêng iêp iêt iêu im in inh ip it iu o oa oac oach oai oam oan oang oanh oao oap
    oat oay oăc oăm oăn oăng oăt oc oe oen oeo oet oi om on ong oong op ot ô ôc ôi ôm ôn ông ôp ôt ơ ơi ơm ơn ơp ơt u ua uây
    uân uâng uât uc uê uênh uêch uôc uôi uôm uôn uông uôt ui um un ung uơ up ut uy uya uych uyn uynh uyt uyu uyên uyêt ư ưa
    ưc ưi ưng ươc ươi ươm ươn ương ươp ươt ươu ưt ưu ưm ưn y yêm yên yêng yêt yêu yn ynh ych yt
"""
_RIMES = frozenset(_RIME_LIST.split())
_TONES = {"\u0300", "\u0301", "\u0303", "\u0309", "\u0323"}
_STOPPED = ("c", "ch", "p", "t")
_WORD = re.compile(r"[^\W\d_]+")


@lru_cache(maxsize=8192)
def is_syllable(word: str) -> bool:
    letters: list[str] = []
    tones: list[str] = []
    for character in unicodedata.normalize("NFD", word.lower()):
        (tones if character in _TONES else letters).append(character)
    bare = unicodedata.normalize("NFC", "".join(letters))
    if len(tones) > 1 or not bare:
        return False
    if tones and bare.endswith(_STOPPED) and tones[0] not in ("\u0301", "\u0323"):
        return False
    return _has_rime(bare)


def _has_rime(bare: str) -> bool:
    match = _ONSET.fullmatch(bare)
    assert match is not None
    onset, rime = match[1] or "", match[2]
    # "gi" and "qu" share their vowel with the rime: gì, giêng, quốc.
    return (
        rime in _RIMES
        or (onset == "gi" and (rime == "" or "i" + rime in _RIMES))
        or (onset == "qu" and "u" + rime in _RIMES)
    )


def vietnamese_share(texts: list[str]) -> float:
    """Of the words that carry letters beyond ASCII, the share that are Vietnamese syllables; 1.0 when there are none."""
    words = [word for text in texts for word in _WORD.findall(text) if not word.isascii()]
    return sum(map(is_syllable, words)) / len(words) if words else 1.0
