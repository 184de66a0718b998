"""The sender against the twin: tokens fetched once and ahead of time, faults as values, nothing begun in vain."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from backend.core.ids import new_id
from notifications.allowances import Allowances, Quota
from notifications.channels import fcm as fcm_module
from notifications.channels.fcm import CONNECTIONS, FcmSender, Letter
from notifications.channels.fcm_credentials import FcmCredentials, NoToken
from notifications.channels.fcm_message import tail
from notifications.outcomes import Outcome, Refused, Sent, TryLater
from tests.notifications.test_fcm_message import push
from tests.twins.fcm import Fault, FcmTwin


@pytest.fixture
async def credentials(fcm: FcmTwin) -> AsyncIterator[FcmCredentials]:
    made = FcmCredentials(fcm.credentials())
    yield made
    await made.close()


def letters(count: int, **changes: Any) -> list[Letter]:
    body = tail(push(**changes))
    return [Letter("fcm_token", f"sender-test-{number:06d}", body) for number in range(count)]


async def sent(sender: FcmSender, asked: list[Letter]) -> list[Outcome | None]:
    outcomes: list[Outcome | None] = [None] * len(asked)
    await sender.send_all(asked, outcomes)
    return outcomes


async def test_answers_stand_beside_their_letters(fcm: FcmTwin, sender: FcmSender) -> None:
    asked = letters(300)
    fcm.misbehave(asked[7].address, Fault("unregistered"))
    fcm.misbehave(asked[150].address, Fault("unavailable", retry_after="9"))
    fcm.misbehave(asked[299].address, Fault("lost"))
    outcomes = await sent(sender, asked)
    assert outcomes[7] == Refused("address_dead", "UNREGISTERED")
    assert outcomes[150] == TryLater("UNAVAILABLE", 9)
    assert outcomes[299] == TryLater("connection_lost", uncertain=True)
    assert sum(isinstance(outcome, Sent) for outcome in outcomes) == 297


async def test_what_never_left_is_known_from_what_may_have_arrived(
    fcm: FcmTwin, credentials: FcmCredentials, sender: FcmSender, monkeypatch: pytest.MonkeyPatch
) -> None:
    fcm.misbehave("*", Fault("cut", times=1))
    assert await sent(sender, letters(1)) == [TryLater("connection_lost", uncertain=True)]
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        away = FcmSender(credentials, project_id=fcm.project_id, base_url=f"http://127.0.0.1:{nobody.getsockname()[1]}")
        await away.open()
        assert await sent(away, letters(1)) == [TryLater("connection_refused")]
        await away.hang_up()
    monkeypatch.setattr(fcm_module, "_TIMEOUT", timedelta(seconds=0.2))
    hasty = FcmSender(credentials, project_id=fcm.project_id, base_url=fcm.base_url)
    await hasty.open()
    fcm.misbehave("*", Fault("slow", seconds=5, times=1))
    assert await sent(hasty, letters(1)) == [TryLater("timeout", uncertain=True)]
    await hasty.hang_up()


async def test_a_hundred_failures_do_not_hang_the_sender(fcm: FcmTwin, sender: FcmSender) -> None:
    """firebase-admin's own sender never sends again after this."""
    fcm.misbehave("*", Fault("unavailable", times=400))
    assert all(isinstance(outcome, TryLater) for outcome in await sent(sender, letters(400)))
    assert all(isinstance(outcome, Sent) for outcome in await sent(sender, letters(100)))


async def test_a_used_up_quota_stops_what_has_not_begun(fcm: FcmTwin, sender: FcmSender) -> None:
    fcm.misbehave("*", Fault("quota"))
    before = fcm.requests
    outcomes = await sent(sender, letters(1000))
    assert fcm.requests - before <= CONNECTIONS
    assert outcomes.count(None) >= 1000 - CONNECTIONS
    assert {type(outcome) for outcome in outcomes} == {TryLater, type(None)}


async def test_a_slow_provider_holds_a_batch_no_longer_than_its_lease(
    fcm: FcmTwin, sender: FcmSender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fcm_module, "_PATIENCE_SECONDS", 0.5)
    fcm.misbehave("*", Fault("slow", seconds=0.7))
    outcomes = await sent(sender, letters(200))
    assert 0 < sum(isinstance(outcome, Sent) for outcome in outcomes) <= CONNECTIONS
    assert outcomes.count(None) >= 200 - CONNECTIONS


async def test_a_message_that_is_too_large_never_leaves(fcm: FcmTwin, sender: FcmSender) -> None:
    before = fcm.requests
    assert await sent(sender, letters(1, body="ộ" * 2000)) == [Refused("our_bug", "payload_too_large")]
    assert fcm.requests == before


async def test_one_token_serves_all_and_a_refused_one_is_fetched_anew(fcm: FcmTwin, sender: FcmSender) -> None:
    await sent(sender, letters(50))
    before = fcm.token_requests
    await sent(sender, letters(50))
    assert fcm.token_requests == before
    fcm.revoke_bearers()
    outcomes = await sent(sender, letters(1))
    assert outcomes == [Refused("channel_down", "UNAUTHENTICATED")]
    assert await sent(sender, letters(1)) != outcomes
    assert fcm.token_requests == before + 1


async def test_whoever_waits_for_a_token_shares_one_fetch(fcm: FcmTwin, credentials: FcmCredentials) -> None:
    before = fcm.token_requests
    tokens = await asyncio.gather(*[credentials.bearer() for _ in range(20)])
    assert len(set(tokens)) == 1
    assert fcm.token_requests == before + 1


async def test_a_token_is_fetched_before_the_old_one_ends(fcm: FcmTwin, credentials: FcmCredentials) -> None:
    old = await credentials.bearer()
    credentials._google.expiry = (datetime.now(UTC) + timedelta(minutes=5)).replace(tzinfo=None)
    assert await credentials.bearer() == old, "nobody waits for the new one"
    assert credentials._fetching is not None
    await credentials._fetching
    assert await credentials.bearer() != old


async def test_a_refresh_that_fails_ahead_of_time_harms_nobody(fcm: FcmTwin, credentials: FcmCredentials) -> None:
    old = await credentials.bearer()
    credentials._google.expiry = (datetime.now(UTC) + timedelta(minutes=5)).replace(tzinfo=None)
    fcm.token_endpoint_down = True
    for _ in range(3):
        assert await credentials.bearer() == old
        assert credentials._fetching is not None
        await asyncio.gather(credentials._fetching, return_exceptions=True)


async def test_an_account_that_google_refuses_is_final(fcm: FcmTwin) -> None:
    stranger = FcmTwin().credentials()
    credentials = FcmCredentials({**stranger, "token_uri": fcm.credentials()["token_uri"]})
    with pytest.raises(NoToken) as refused:
        await credentials.bearer()
    assert (refused.value.code, refused.value.final) == ("credential_refused", True)


async def test_workers_share_what_firebase_grants_and_leave_the_rest_untouched(
    fcm: FcmTwin, credentials: FcmCredentials, redis_url: str
) -> None:
    """Two workers, one project: together no more than the quota, and what has no turn in time is not begun."""
    quota, account = Quota(10, 86_400.0), new_id().hex
    workers = [Allowances(redis_url) for _ in range(2)]
    outcomes: list[Outcome | None] = []
    for worker in workers:
        limit = worker.of("push", account, quota)
        sender = FcmSender(credentials, project_id=fcm.project_id, base_url=fcm.base_url, limit=limit)
        await sender.open()
        outcomes += await sent(sender, letters(5))
        await sender.hang_up()
    # A new bucket holds one; nothing flows in within the patience of a lease.
    assert [type(outcome) for outcome in outcomes].count(Sent) == 1
    assert outcomes.count(None) == 9
    for worker in workers:
        await worker.close()
