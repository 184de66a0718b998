"""Whatever is done in whatever order: no signature is lost, what counts is the newest, and exactly those missing are chased."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.core.clock import StoppedClock, school_day
from backend.core.house import House
from backend.core.ids import new_id
from backend.core.problems import Problem
from backend.forms import actions, chasing, outcome, queries, questions, rewording, signing
from schemas.announcements import ToPupils
from schemas.forms import Consent, FormText, NewForm, NewSignature, Number, Signature, Until, Withdrawal
from tests.factories import Person, World
from tests.wednesday import MORNING, TODAY

_GO = Consent("go", "Đồng ý?")
WHO = st.sampled_from(["parent", "parent2"])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("sign"), WHO, st.sampled_from(["yes", "no"])),
        st.tuples(st.just("sign"), WHO, st.sampled_from(["yes", "no"])),
        st.tuples(st.just("withdraw"), WHO),
        st.tuples(st.sampled_from(["close", "reopen", "extend", "reword", "tomorrow", "round"])),
    ),
    min_size=3,
    max_size=14,
)


@dataclass
class Model:
    """What the promises say: who has done what, in words simple enough to be believed."""

    rule: Signature
    due_on: date
    version: int = 1
    closed: bool = False
    today: date = TODAY
    deeds: dict[str, list[tuple[str, int, str]]] = field(default_factory=lambda: defaultdict(list))

    @property
    def open(self) -> bool:
        return not self.closed and self.today <= self.due_on

    def counts(self, who: str) -> str | None:
        """The answer of a guardian that counts now."""
        if not self.deeds[who]:
            return None
        deed, version, answer = self.deeds[who][-1]
        return answer if deed == "signed" and version == self.version else None

    def missing(self) -> set[str]:
        unsigned = {who for who in ("parent", "parent2") if self.counts(who) is None}
        return unsigned if self.rule == "both" or len(unsigned) == 2 else set()


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(rule=st.sampled_from(["one", "both", "answer"]), steps=STEPS)
async def test_no_order_of_deeds_loses_a_signature_or_chases_who_has_answered(
    world: World, school_house: House, clock: StoppedClock, owner: asyncpg.Connection, rule: Signature, steps: Any
) -> None:
    clock.advance(MORNING - clock.now())
    model = Model(rule, TODAY + timedelta(days=2))
    audience = ToPupils([world.child.pupil_id])
    new = NewForm(new_id(), "Phiếu", "x", [_GO], audience, rule, model.due_on, [0])
    await actions.create_form(school_house, world.teacher.account_id, world.school_id, new)
    for step in steps:
        await _take(school_house, clock, world, new.form_id, model, step)
    await _compare(school_house, clock, world, owner, new.form_id, model)


async def _take(
    house: House, clock: StoppedClock, world: World, form_id: UUID, model: Model, step: tuple[Any, ...]
) -> None:
    school_id, teacher = world.school_id, world.teacher.account_id
    match step:
        case ("sign", who, answer):
            guardian: Person = getattr(world, who)
            new = NewSignature(new_id(), model.version, [world.child.pupil_id], {"go": answer}, who)
            deed = signing.sign(house, guardian.account_id, school_id, form_id, new, user_agent=None)
            if await _allowed(deed, model.open):
                model.deeds[who].append(("signed", model.version, answer))
        case ("withdraw", who):
            guardian = getattr(world, who)
            what = Withdrawal(new_id(), [world.child.pupil_id])
            deed = signing.withdraw(house, guardian.account_id, school_id, form_id, what, user_agent=None)
            said = model.counts(who)
            if await _allowed(deed, model.open and said is not None):
                model.deeds[who].append(("withdrawn", model.version, said or ""))
        case ("close",):
            await actions.close(house, teacher, school_id, form_id)
            model.closed = True
        case ("reopen",):
            until = model.today + timedelta(days=2)
            if await _allowed(actions.reopen(house, teacher, school_id, form_id, Until(until)), not model.open):
                model.closed, model.due_on = False, until
        case ("extend",):
            until = max(model.due_on, model.today) + timedelta(days=1)
            if await _allowed(actions.extend(house, teacher, school_id, form_id, Until(until)), not model.closed):
                model.due_on = until
        case ("reword",):
            text = FormText("Phiếu", f"x{model.version}", [_GO], new_version=True)
            if await _allowed(rewording.reword(house, teacher, school_id, form_id, text), not model.closed):
                model.version += 1
        case ("tomorrow",):
            clock.advance(timedelta(days=1))
            model.today = school_day(clock.now())
        case ("round",):
            await chasing.run(house, school_id, at=clock.now())
            model.closed = model.closed or model.today > model.due_on


async def _allowed(deed: Any, expected: bool) -> bool:
    """A deed happens exactly where the model says that it may."""
    try:
        await deed
    except Problem as problem:
        assert not expected, problem.kind.name
        return False
    assert expected, "this should have been refused"
    return True


async def _compare(
    house: House, clock: StoppedClock, world: World, owner: asyncpg.Connection, form_id: UUID, model: Model
) -> None:
    names = {world.parent.person_id: "parent", world.parent2.person_id: "parent2"}
    kept: dict[str, list[tuple[str, int, str]]] = defaultdict(list)
    for row in await owner.fetch(
        "SELECT guardian_id, number, deed, version, answers ->> 'go' AS go FROM form_signatures"
        " WHERE school_id = $1 AND form_id = $2 ORDER BY guardian_id, number",
        world.school_id,
        form_id,
    ):
        history = kept[names[row["guardian_id"]]]
        history.append((row["deed"], row["version"], row["go"]))
        assert row["number"] == len(history)
    assert dict(kept) == {who: deeds for who, deeds in model.deeds.items() if deeds}

    found = await queries.results(
        house, world.school_id, world.teacher.account_id, form_id, today=model.today, how="test"
    )
    [pupil] = found.pupils
    said = {names[signer.guardian_id]: (signer.answers or {}).get("go") for signer in pupil.signers if signer.counts}
    assert said == {who: model.counts(who) for who in names.values() if model.counts(who) is not None}
    if set(said.values()) == {"yes", "no"}:
        assert pupil.state == "disagree"
    elif model.missing():
        assert pupil.state == ("partly" if said else "missing")
    else:
        assert pupil.state == "done"
    assert found.form.open == model.open

    chased = await _chased(house, world, owner, form_id, by_hand=model.open)
    assert {names[guardian_id] for guardian_id in chased} == (model.missing() if model.open else set())
    assert await _chased(house, world, owner, form_id, by_hand=model.open) == set(), "a second run of the day"


async def _chased(house: House, world: World, owner: asyncpg.Connection, form_id: UUID, *, by_hand: bool) -> set[UUID]:
    before = await _written(owner, world, form_id)
    if by_hand:
        await chasing.remind(house, world.teacher.account_id, world.school_id, form_id)
    else:
        evening = house.clock.now().replace(hour=11)
        await chasing.run(house, world.school_id, at=evening)
    return {guardian for guardian, notice in await _written(owner, world, form_id) - before}


async def _written(owner: asyncpg.Connection, world: World, form_id: UUID) -> set[tuple[UUID, UUID]]:
    rows = await owner.fetch(
        "SELECT r.guardian_id, r.notice_id FROM notices n JOIN notice_recipients r USING (school_id, notice_id)"
        " WHERE n.school_id = $1 AND n.kind = 'form' AND n.params ? 'reminder' AND n.params -> 'forms' @> jsonb_build_array(jsonb_build_object('form_id', $2::text))",
        world.school_id,
        str(form_id),
    )
    return {(row["guardian_id"], row["notice_id"]) for row in rows}


HOLDERS = st.lists(
    st.builds(
        lambda entitled, counts, go: outcome.Holder(new_id(), entitled, counts, {"go": go} if counts else {}),
        st.booleans(),
        st.booleans(),
        st.sampled_from(["yes", "no"]),
    ),
    max_size=4,
)


@given(rule=st.sampled_from(["one", "both", "answer"]), holders=HOLDERS)
def test_who_has_answered_is_never_missing_and_a_disagreement_is_never_silent(
    rule: Signature, holders: list[outcome.Holder]
) -> None:
    missing = set(outcome.missing(rule, holders))
    by_id = {one.guardian_id: one for one in holders}
    assert all(by_id[one].entitled and not by_id[one].counts for one in missing)
    state = outcome.state(rule, [_GO], holders)
    said = {one.answers["go"] for one in holders if one.counts}
    assert (state == "disagree") == (said == {"yes", "no"})
    assert (state == "done") == (len(said) == 1 and not missing)
    if not any(one.entitled for one in holders) and not said:
        assert state == "nobody"


@given(
    st.dictionaries(st.sampled_from(["go", "x"]), st.one_of(st.text(max_size=20), st.integers(), st.lists(st.text())))
)
def test_whatever_is_sent_as_an_answer_is_read_or_pointed_at(given_answers: dict[str, Any]) -> None:
    answers, wrong = questions.read([_GO], given_answers)
    assert bool(wrong) or answers in ({"go": "yes"}, {"go": "no"})
    assert all(error.pointer.startswith("/answers/") for error in wrong)


@pytest.mark.parametrize("typed", ["1e9999999", "-1e9999999", "1e999999999999999999999", "1e-9999999", "NaN", "sNaN"])
def test_a_figure_that_overflows_arithmetic_is_pointed_at(typed: str) -> None:
    answers, wrong = questions.read([Number("people", "Mấy người?")], {"people": typed})
    assert (answers, [error.pointer for error in wrong]) == ({}, ["/answers/people"])
