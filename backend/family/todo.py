"""What is asked of a family, as one list: bills, forms, notices, messages to answer, things to bring, requests. Pure; it knows no table.

Folded over children and schools: the same form for two of them is one line, and so are two notices of one announcement, also where a
commune wrote it to two schools, or asks each family once. A line that
one guardian takes on (claims.py) is closed for the others, until it is overdue. Whatever is asked about a child stands on a line.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from itertools import groupby
from typing import Literal
from uuid import UUID

import msgspec

from schemas.family import TakenBy, ToAcknowledge, ToBring, TodoChild, TodoLine, ToHandIn, ToPay, ToReply, ToSign
from schemas.people import Relation

Kind = Literal["pay", "sign", "answer", "acknowledge", "reply", "bring", "papers", "collect"]
_BRING_MAX = 120


class Asked(msgspec.Struct, frozen=True):
    pay: list[ToPay]
    sign: list[ToSign]
    acknowledge: list[ToAcknowledge]
    reply: list[ToReply] = []
    bring: list[ToBring] = []
    hand_in: list[ToHandIn] = []


class Child(msgspec.Struct, frozen=True):
    """Of a child on the home screen, what the list needs."""

    school_id: int
    school_name: str
    pupil_id: UUID
    full_name: str
    to_do: Asked


class Holder(msgspec.Struct, frozen=True):
    """A guardian who may see the child today; `mine` is the reader."""

    guardian_id: UUID
    name: str | None
    relation: Relation
    mine: bool


class Claimed(msgspec.Struct, frozen=True):
    key: str
    guardian_id: UUID
    at: datetime


class Beside(msgspec.Struct, frozen=True):
    """Who stands beside a child, and which of its things they have taken on."""

    pupil_id: UUID
    holders: list[Holder]
    claims: list[Claimed]


class Matter(msgspec.Struct, kw_only=True, gc=False):
    """One thing asked about one child. It lives for one answer and holds no circle, so the collector need not know it."""

    key: str
    kind: Kind
    child: Child
    title: str | None
    thing: UUID
    one_is_enough: bool
    due_on: date | None = None
    amount: int | None = None
    urgent: bool = False
    of_area: bool = False


def matters_of(child: Child) -> Iterable[Matter]:
    for bill in child.to_do.pay:
        yield Matter(
            key=f"fee:{bill.fee_id}", kind="pay", child=child, title=bill.title, thing=bill.invoice_id,
            one_is_enough=True, due_on=bill.due_on, amount=bill.amount,
        )  # fmt: skip
    for form in child.to_do.sign:
        yield Matter(
            key=f"form:{form.form_id}", kind="answer" if form.signature == "answer" else "sign", child=child,
            title=form.title, thing=form.form_id, one_is_enough=form.signature != "both", due_on=form.due_on,
            of_area=form.per == "family",
        )  # fmt: skip
    for notice in child.to_do.acknowledge:
        yield Matter(
            key=f"notice:{notice.about}", kind="acknowledge", child=child, title=notice.title,
            thing=notice.notice_id, one_is_enough=True, urgent=notice.urgent,
            of_area=notice.area is not None,
        )  # fmt: skip

    for asked in child.to_do.reply:
        yield Matter(
            key=f"message:{asked.message_id}", kind="reply", child=child, title=asked.author,
            thing=asked.thread_id, one_is_enough=not asked.private,
        )  # fmt: skip
    for dossier in child.to_do.hand_in:
        yield Matter(
            key=f"dossier:{dossier.dossier_id}", kind="collect" if dossier.state == "ready" else "papers", child=child,
            title=f"{dossier.title} ({dossier.number})", thing=dossier.dossier_id, one_is_enough=True,
        )  # fmt: skip

    # A child packs one bag a day, whoever of its teachers wrote what goes in.
    for due_on, things in groupby(child.to_do.bring, lambda one: one.due_on):
        yield Matter(
            key=f"bring:{due_on}:{child.pupil_id}", kind="bring", child=child, title=_clipped([one.what for one in things]),
            thing=child.pupil_id, one_is_enough=True, due_on=due_on,
        )  # fmt: skip


def _clipped(things: Sequence[str]) -> str:
    said = ", ".join(dict.fromkeys(things))
    return said if len(said) <= _BRING_MAX else said[: _BRING_MAX - 1].rstrip() + "…"


def lines_of(children: Sequence[Child], beside: Sequence[Beside], on: date) -> list[TodoLine]:
    """Open lines first, then what others take care of; each by urgency."""
    known = {one.pupil_id: one for one in beside}
    together: dict[tuple[object, ...], list[Matter]] = {}
    takers: dict[tuple[object, ...], TakenBy | None] = {}
    for child in children:
        for matter in matters_of(child):
            taker_id, taken = _taken(matter, known.get(child.pupil_id))
            group: tuple[object, ...] = (child.school_id, matter.key, taker_id)
            if matter.of_area:  # one letter or form in several schools, in each of which a person has another id
                group = (matter.key, taken and (taken.mine, taken.name))
            together.setdefault(group, []).append(matter)
            takers[group] = taken
    lines = [_line(matters, takers[group], known, on) for group, matters in together.items()]
    return sorted(lines, key=urgency)


def urgency(line: TodoLine) -> tuple[bool, bool, bool, date, str]:
    return (not line.open, not line.overdue, not line.urgent, line.due_on or date.max, line.key)


def _taken(matter: Matter, beside: Beside | None) -> tuple[UUID | None, TakenBy | None]:
    """A claim of somebody who may no longer see the child is none, and what everybody does for themselves nobody can take on."""
    if beside is None or not matter.one_is_enough:
        return None, None
    for claim in beside.claims:
        if claim.key == matter.key:
            for holder in beside.holders:
                if holder.guardian_id == claim.guardian_id:
                    return holder.guardian_id, TakenBy(holder.name, holder.relation, holder.mine, claim.at)
    return None, None


def _line(matters: list[Matter], taken: TakenBy | None, known: dict[UUID, Beside], on: date) -> TodoLine:
    newest = matters[0] if len(matters) == 1 else max(matters, key=lambda matter: matter.thing)
    pupils = {matter.child.pupil_id: matter.child.full_name for matter in matters}
    due_on = min((matter.due_on for matter in matters if matter.due_on is not None), default=None)
    amounts = [matter.amount for matter in matters if matter.amount is not None]
    overdue = due_on is not None and due_on < on
    others = any(not holder.mine for pupil_id in pupils if pupil_id in known for holder in known[pupil_id].holders)
    return TodoLine(
        key=newest.key,
        kind=newest.kind,
        school_id=newest.child.school_id,
        school_name=newest.child.school_name,
        title=newest.title,
        children=[TodoChild(pupil_id, name) for pupil_id, name in pupils.items()],
        amount=sum(amounts) if amounts else None,
        due_on=due_on,
        overdue=overdue,
        urgent=any(matter.urgent for matter in matters),
        shared=others and all(matter.one_is_enough for matter in matters),
        open=taken is None or taken.mine or overdue,
        link=_link(newest, len({matter.thing for matter in matters})),
        taken_by=taken,
    )


def _link(matter: Matter, things: int) -> str:
    """Where the whole line is done: several bills at once on the page that pays several bills at once."""
    school = f"/app/{matter.child.school_id}"
    if matter.kind == "pay":
        one = f"{school}/children/{matter.child.pupil_id}/invoices/{matter.thing}"
        return one if things == 1 else f"{school}/pay"
    if matter.kind == "bring":
        return f"{school}/children/{matter.thing}/homework"
    if matter.kind in ("papers", "collect"):
        return f"{school}/dossiers/{matter.thing}"
    if matter.kind == "reply":
        return f"{school}/messages/{matter.thing}"
    return f"{school}/notices/{matter.thing}" if matter.kind == "acknowledge" else f"{school}/forms/{matter.thing}"
