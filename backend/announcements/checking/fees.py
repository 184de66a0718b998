"""Fees a public school may not ask for (reference payments.md §6; the law as data stands in payments/fees/rules.toml). It reads words, not plans."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise

import msgspec

from backend.announcements.checking.lexicons import any_of, lexicon
from backend.announcements.checking.money import Sum
from backend.announcements.checking.reading import Reading


class Illegal(msgspec.Struct, frozen=True):
    start: int
    end: int
    rule: str


# What the words of a list look like with their marks.
_FORMS: dict[str, dict[str, tuple[str, ...]]] = {
    "pay": {
        "dong": ("đóng",), "thu": ("thu",), "gia": ("giá",), "phi": ("phí",), "gop": ("góp",), "tien": ("tiền",), "nop": ("nộp",),
    },
    "fund": {"quy": ("quỹ",)},
    "fund_sure": {"quy": ("quỹ",)},
}  # fmt: skip


@cache
def _words() -> dict[str, re.Pattern[str]]:
    return {name: any_of(words) for name, words in lexicon("fees")["words"].items()}


def illegal(reading: Reading, sums: list[Sum]) -> Illegal | None:
    """The first fee that breaks a rule. A rule looks at one passage: a sentence, with the next when it only tells sum or terms."""
    for start, end in reading.sentences:
        passage = _Passage(reading, start, end, sums)
        for rule, m in _broken(passage):
            return Illegal(start + m.start(), start + m.end(), rule)
    return None


_COURTESY = re.compile(r"quy (?:phu huynh|ph|phhs|cha me|cmhs)$")


class _Passage:
    def __init__(self, reading: Reading, start: int, end: int, sums: list[Sum]) -> None:
        self.reading, self.start = reading, start
        self.text = reading.plain[start:end]
        self.around = reading.plain[max(0, start - 260) : end + 260]
        self.own_sum = any(start <= s.start < end for s in sums)
        self.near_sum = any(start - 40 <= s.start < end + 160 for s in sums)

    def says(self, name: str) -> re.Match[str] | None:
        return next((m for m in _words()[name].finditer(self.text) if self._means(name, m)), None)

    def fund(self) -> re.Match[str] | None:
        """Money kept together. Without marks `quy phu huynh` is a courtesy, unless money stands before it."""
        hits = [m for m in _words()["fund"].finditer(self.text) if self._means("fund", m)]
        if not self.reading.marked and not self.says("fund_sure"):
            hits = [m for m in hits if not _COURTESY.match(m.group())]
        return hits[0] if hits else None

    def _means(self, name: str, m: re.Match[str]) -> bool:
        forms = _FORMS.get(name)
        return forms is None or self.reading.means(self.start + m.start(), self.start + m.end(), forms)

    def near(self, name: str) -> bool:
        return bool(_words()[name].search(self.around))

    def anywhere(self, name: str) -> bool:
        return bool(_words()[name].search(self.reading.plain))


def _broken(p: _Passage) -> Iterator[tuple[str, re.Match[str]]]:
    if p.says("not_taken") or p.near("settled") or (p.near("nothing_to_pay") and not p.own_sum):
        return
    paying = p.own_sum or bool(p.says("pay"))
    if (m := p.says("tuition")) and not p.says("tuition_but_not") and (paying or p.near_sum):
        yield "tuition", m
    if (
        (m := p.says("extra_teaching"))
        and not p.says("extra_but_not")
        and not p.near("free")
        and (paying or (p.near_sum and p.near("pay")))
    ):
        yield "extra_teaching", m
    if (m := p.fund()) and _fund_is_forced(p, paying):
        yield "fund", m
    if (
        (m := p.says("facilities"))
        and not p.says("facilities_but_not")
        and (paying or (p.near_sum and p.near("pay")))
        and not _freely_given(p)
    ):
        yield "facilities", m
    if (m := p.says("sponsorship")) and _sponsorship_is_forced(p):
        yield "sponsorship", m
    if (m := p.says("accident_insurance")) and _insurance_is_forced(p):
        yield "accident_insurance", m
    if (m := p.says("other_forbidden")) and (paying or p.near_sum):
        yield "other", m


def _freely_given(p: _Passage) -> bool:
    return p.anywhere("voluntary") and not p.near("forced") and not p.near("per_head")


def _fund_is_forced(p: _Passage, paying: bool) -> bool:
    if p.says("fund_but_not"):
        return False
    if p.near("per_head") and (p.own_sum or p.near_sum):
        return True
    if p.near("forced") and not p.near("not_forced"):
        return True
    return paying and p.near_sum and not p.anywhere("voluntary") and bool(p.near("pay"))


def _sponsorship_is_forced(p: _Passage) -> bool:
    if p.anywhere("not_forced") and not p.near("threat"):
        return False
    if p.near("threat") or (p.near("minimum") and p.near_sum):
        return True
    return bool(p.near("forced")) or (p.near("per_head") and p.near_sum)


def _insurance_is_forced(p: _Passage) -> bool:
    clause = re.split(r"[,;]|\bcon\b", p.text)
    own = next((part for part in clause if _words()["accident_insurance"].search(part)), p.text)
    own += next(
        (after for part, after in pairwise(clause) if part == own and not _words()["health_insurance"].search(after)),
        "",
    )
    if _words()["voluntary"].search(own):
        return False
    if _words()["forced"].search(own) and not _words()["not_forced"].search(own):
        return True
    if p.says("threat"):
        return True
    return bool(
        p.near("forced") and not p.near("not_forced") and not p.near("voluntary") and not p.near("health_insurance")
    )
