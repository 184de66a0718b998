"""May a school collect this? An item and the school → every rule it breaks, named, with its source and the field to mend. Pure.

It refuses what is forbidden or has no ground; it cannot know whether a stated ground is true. The rules are data (rules.toml).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Literal

import msgspec

from backend.core.problems import FieldError
from payments.fees.rules import Rule, Rules, rules

VOLUNTARY = frozenset(("voluntary", "parents_board", "sponsorship"))

Category = Literal["tuition", "service", "collected_on_behalf", "agreed", "voluntary", "parents_board", "sponsorship"]
Receiver = Literal["school", "parents_board", "social_insurance", "third_party"]


class Basis(msgspec.Struct, frozen=True):
    """The document an item rests on, e.g. 18/2025/NQ-HĐND of the council, with its date."""

    document: str
    issuer: str | None = None
    issued_on: date | None = None


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody wants to collect. Sums in đồng per unit; `previous_amount` is that of the school year before."""

    title: str
    category: Category
    obligatory: bool
    unit_amount: int
    basis: Basis | None = None
    cap_amount: int | None = None
    cap_document: str | None = None
    previous_amount: int | None = None
    receiver: Receiver = "school"
    receiver_name: str | None = None
    document_type: str = "receipt"
    equal_share: bool = True
    for_foreigners: bool = False
    planned_use: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    collected_by: Literal["school", "teacher"] = "school"


class School(msgspec.Struct, frozen=True):
    ownership: Literal["public", "private"]
    province: str | None = None

    @property
    def public(self) -> bool:
        return self.ownership == "public"


class Violation(msgspec.Struct, frozen=True):
    rule: str
    field: str
    vi: str
    en: str
    source: str
    mark: str

    def at(self, field: str) -> FieldError:
        """As a form that asks for it there is told."""
        return FieldError(f"/{field}", f"{self.vi} ({self.source})", f"{self.en} ({self.source})")


def check(item: Item, school: School, *, on: date, known: Rules | None = None) -> tuple[Violation, ...]:
    """Every broken rule that is in force on the day of collecting, in the order of the law's weight."""
    known = known or rules()
    broken = dict.fromkeys(_broken(item, school, on, known))
    found: list[Violation] = []
    for name in broken:
        rule = known.rule[name]
        if rule.in_force(on, school.province):
            found.append(Violation(name, rule.on_field, rule.vi, rule.en, rule.source, rule.mark))
    return tuple(found)


def _broken(item: Item, school: School, on: date, known: Rules) -> Iterator[str]:
    if school.public:
        yield from _tuition(item, known)
        yield from _extras_of_a_public_school(item, known)
        yield from _service(item, known)
    yield from _funds(item, known)
    yield from _sponsorship(item, known)
    yield from _insurance(item, known)
    yield from _obligation(item, known)
    yield from _receiver(item)
    yield from _ground(item, on, known)


def _tuition(item: Item, known: Rules) -> Iterator[str]:
    if item.category == "tuition":
        if not item.for_foreigners:
            yield "tuition_in_public_school"
        elif item.basis is None:
            yield "foreigners_without_basis"
    elif known.speaks_of("tuition", item.title):
        yield "tuition_by_another_name"


def _extras_of_a_public_school(item: Item, known: Rules) -> Iterator[str]:
    if known.speaks_of("extra_teaching", item.title):
        yield "extra_teaching"
    if known.speaks_of("admission_deposit", item.title):
        yield "admission_deposit"
    if known.speaks_of("tests", item.title):
        yield "tests_and_papers"
    if item.category in VOLUNTARY:
        return
    # A service on the council's list may be about air conditioning or cleaning; without a resolution it may not.
    listed = item.category == "service" and bool(item.cap_document)
    if known.speaks_of("facilities", item.title) and not listed:
        yield "facilities"
    if known.speaks_of("guarding", item.title) and not listed:
        yield "guarding_and_cleaning"


def _service(item: Item, known: Rules) -> Iterator[str]:
    if item.category == "agreed" and known.speaks_of("council_services", item.title):
        papers = (item.basis.document if item.basis else "", item.cap_document or "")
        if not known.speaks_of("council_papers", *papers):
            yield "service_by_another_name"
    if item.category != "service":
        return
    if not item.cap_document:
        yield "service_without_council"
    elif item.cap_amount is None:
        yield "cap_unknown"
    if item.cap_amount is not None and item.unit_amount > item.cap_amount:
        yield "over_the_cap"
    if _rose_too_much(item, known.rule["rise_over_the_limit"]):
        yield "rise_over_the_limit"


def _rose_too_much(item: Item, rule: Rule) -> bool:
    if item.previous_amount is None or rule.rise_percent_max is None:
        return False
    return item.unit_amount * 100 > item.previous_amount * (100 + rule.rise_percent_max)


def _funds(item: Item, known: Rules) -> Iterator[str]:
    if known.speaks_of("class_fund", item.title):
        yield "class_fund"
    if known.speaks_of("gifts", item.title):
        yield "gifts_to_staff"
    if known.speaks_of("fines", item.title):
        yield "fine"
    of_the_board = item.category == "parents_board" or known.speaks_of("parents_fund", item.title)
    if not of_the_board:
        return
    if item.receiver == "school" or item.category != "parents_board":
        yield "parents_fund_by_the_school"
    if item.obligatory:
        yield "parents_fund_obligatory"
    if item.equal_share:
        yield "parents_fund_per_head"
    if known.speaks_of("parents_fund_use", item.title, item.planned_use):
        yield "parents_fund_use"
    if not item.planned_use.strip():
        yield "voluntary_without_purpose"


def _sponsorship(item: Item, known: Rules) -> Iterator[str]:
    if item.category == "sponsorship":
        if item.obligatory:
            yield "sponsorship_obligatory"
        if item.equal_share:
            yield "sponsorship_per_head"
        if item.basis is None:
            yield "sponsorship_without_plan"
        if known.speaks_of("condition", item.planned_use, item.title):
            yield "sponsorship_as_condition"
        if not item.planned_use.strip():
            yield "voluntary_without_purpose"
    elif known.speaks_of("socialised", item.title) and (item.obligatory or item.category not in VOLUNTARY):
        yield "socialised_obligatory"


def _insurance(item: Item, known: Rules) -> Iterator[str]:
    if known.speaks_of("accident_insurance", item.title) and item.obligatory:
        yield "accident_insurance_obligatory"
    if known.speaks_of("health_insurance", item.title):
        if item.category != "collected_on_behalf":
            yield "health_insurance_category"
        if item.receiver != "social_insurance":
            yield "health_insurance_receiver"


def _obligation(item: Item, known: Rules) -> Iterator[str]:
    if not item.obligatory:
        return
    if item.category == "voluntary":
        yield "voluntary_obligatory"
    if item.category == "agreed":
        yield "agreed_obligatory"
    if known.speaks_of("goods", item.title):
        yield "goods_obligatory"


def _receiver(item: Item) -> Iterator[str]:
    if item.category == "collected_on_behalf":
        unnamed = item.receiver == "third_party" and not (item.receiver_name or "").strip()
        if item.receiver == "school" or unnamed:
            yield "on_behalf_without_receiver"
    elif item.receiver == "third_party" and not (item.receiver_name or "").strip():
        yield "third_party_unnamed"
    if item.collected_by == "teacher":
        yield "collected_by_a_teacher"
    if item.document_type == "none":
        yield "no_document"


def _ground(item: Item, on: date, known: Rules) -> Iterator[str]:
    if item.basis is None or not item.basis.document.strip():
        if item.category not in VOLUNTARY:
            yield "no_basis"
    else:
        if item.basis.issued_on is not None and item.basis.issued_on > on:
            yield "basis_in_the_future"
        if known.speaks_of("repealed", item.basis.document):
            yield "basis_repealed"
    if (item.valid_from and on < item.valid_from) or (item.valid_to and on > item.valid_to):
        yield "item_expired"
