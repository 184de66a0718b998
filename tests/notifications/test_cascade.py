"""The order of the steps and their waits, by table and over every plan."""

from __future__ import annotations

import re
from datetime import timedelta

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.cascade import CHANNELS, PAID, PLANS, Reached, Urgency, in_order, next_step, openings, urgency_of
from tests.notifications.conftest import NOW

EVERY = frozenset(CHANNELS)


def minutes_until_next(urgency: Urgency, channel: str, reached: Reached, leads: frozenset[str] = EVERY) -> tuple[str, int] | None:  # fmt: skip
    found = next_step(urgency, channel, reached=reached, leads=leads, now=NOW)
    return (found[0], int((found[1] - NOW) / timedelta(minutes=1))) if found else None


@pytest.mark.parametrize(
    ("urgency", "channel", "reached", "leads", "expected"),
    [
        # A push that arrived waits to be read; one that found nobody gives way at once.
        ("ordinary", "push", "free", {"telegram"}, ("telegram", 180)),
        ("ordinary", "push", "no", {"telegram"}, ("telegram", 0)),
        # What is ordinary never costs money, and nobody rings up for it.
        ("ordinary", "email", "no", EVERY, None),
        ("ordinary", "push", "no", {"zns", "sms", "call"}, None),
        # What needs an answer pays after a day, or at once where nothing free leads.
        ("important", "push", "free", {"zns", "sms", "call"}, ("zns", 24 * 60)),
        ("important", "push", "no", {"zns", "sms", "call"}, ("zns", 0)),
        # Accepted for money is taken as arrived; refused goes on at once, and ends with a person.
        ("important", "zns", "paid", EVERY, None),
        ("important", "zns", "no", EVERY, ("sms", 0)),
        ("important", "sms", "no", EVERY, ("call", 0)),
        # Nobody knows whether it arrived: no second payment, but somebody asks.
        ("important", "zns", "uncertain", EVERY, ("call", 0)),
        # An emergency goes on until somebody has read; its paid steps wait their minutes whatever became of the free ones.
        ("emergency", "email", "no", EVERY, ("zns", 5)),
        ("emergency", "zns", "paid", EVERY, ("sms", 5)),
        ("emergency", "zns", "no", EVERY, ("sms", 0)),
        ("emergency", "sms", "paid", EVERY, ("call", 20)),
        ("emergency", "call", "no", EVERY, None),
    ],
)
def test_what_follows_a_step(
    urgency: Urgency, channel: str, reached: Reached, leads: set[str], expected: tuple[str, int] | None
) -> None:
    assert minutes_until_next(urgency, channel, reached, frozenset(leads)) == expected


def test_the_waits_of_a_whole_chain_add_up_to_the_plan() -> None:
    channel, now, seen = "push", NOW, {}
    while found := next_step("important", channel, reached="free", leads=EVERY, now=now):  # fmt: skip
        channel, now = found
        seen[channel] = int((now - NOW) / timedelta(minutes=1))
        if channel == "zns":
            break
    assert seen == {"webpush": 15, "zalo": 60, "zalo_bot": 90, "telegram": 120, "email": 240, "zns": 24 * 60}


@given(st.sampled_from(sorted(PLANS)), st.frozensets(st.sampled_from(CHANNELS)), st.data())
def test_a_chain_takes_each_channel_at_most_once_and_ends(
    urgency: Urgency, leads: frozenset[str], data: st.DataObject
) -> None:
    channel, seen, now = "push", ["push"], NOW
    while True:
        outcomes: list[Reached] = ["no", "uncertain", "paid"] if channel in PAID else ["no", "free"]
        reached = data.draw(st.sampled_from(outcomes))
        found = next_step(urgency, channel, reached=reached, leads=leads, now=now)
        if found is None:
            break
        channel, now = found
        seen.append(channel)
    assert len(seen) == len(set(seen))
    assert seen == sorted(seen, key=CHANNELS.index)
    assert set(seen) <= leads | {"push"}
    if urgency == "ordinary":
        assert not PAID & set(seen)


def test_the_familys_own_channel_comes_first_and_its_money_is_not_asked() -> None:
    assert [step.channel for step in in_order("ordinary", "telegram")][:3] == ["telegram", "push", "webpush"]
    assert in_order("ordinary", "telegram")[0].after == timedelta()
    assert in_order("ordinary", "telegram")[1].after > timedelta()
    for other in ("sms", "call", "push", None):
        assert in_order("important", other) == PLANS["important"]


def test_how_pressing_a_notice_is_follows_from_the_notice_but_an_emergency_never_does() -> None:
    assert urgency_of("announcement", urgent=False, needs_acknowledgement=False) == "ordinary"
    assert urgency_of("announcement", urgent=False, needs_acknowledgement=True) == "important"
    assert urgency_of("form", urgent=False, needs_acknowledgement=False) == "important"
    assert urgency_of("absence", urgent=True, needs_acknowledgement=False) == "urgent"


def test_who_has_no_account_begins_with_what_needs_none() -> None:
    opened = {(o.urgency, o.known_by): o.channel for o in openings() if o.known_by != "account"}
    assert opened == {
        (urgency, known): channel
        for urgency in ("important", "urgent", "emergency")
        for known, channel in (("phone", "zns"), ("nothing", "call"))
    }


async def test_the_database_knows_the_same_channels(owner: asyncpg.Connection) -> None:
    rule = await owner.fetchval(
        "SELECT pg_get_constraintdef(c.oid) FROM pg_constraint c WHERE c.conname = 'deliveries_channel_check'"
    )
    assert set(re.findall(r"'(\w+)'", rule)) == EVERY
