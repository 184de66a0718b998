"""The promise of the cascade as figures, on a small school of the same mixture; `bench simulation` says it of 5,000 families."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import asyncpg

from backend.core.clock import StoppedClock
from backend.core.house import House
from tests.notifications.simulation import broadcast, populate, wires

FAMILIES = 400


async def test_every_reachable_family_within_a_quarter_of_an_hour_and_the_rest_by_name(
    still_house: House, owner: asyncpg.Connection, clock: StoppedClock, tmp_path: Path
) -> None:
    school_id, families = await populate(owner, FAMILIES)
    async with wires(still_house, clock, tmp_path) as wired:
        done = await broadcast(owner, still_house, clock, wired, school_id, families)
    kinds = Counter((one.has_app, one.token_lives, one.phone_works, one.has_zalo) for one in families)
    assert len(kinds) >= 12, "the mixture was drawn too small to say anything"
    assert len(done.reached) >= 0.995 * len(done.reachable), f"{len(done.reached)} of {len(done.reachable)}"
    assert done.spent <= 0.25 * done.all_by_sms, f"{done.spent} of {done.all_by_sms} đồng"
    assert done.called == {one.guardian_id for one in families if not one.reachable}
    assert not done.called & done.minute_of.keys()
    # Whom the app reached nobody paid for, and nobody was told twice.
    paid = {phone for phone, heard in [*wired.zalo.telephones.items(), *wired.esms.telephones.items()] if heard}
    assert not paid & {one.phone for one in families if one.by_app}
    assert done.texts + done.templates == len(paid)
    told = [phone for token, phone in wired.fcm.phones.items() if token.startswith(f"tok-{school_id}-")]
    assert {len(phone.shown) for phone in told if phone.shown} == {1}
