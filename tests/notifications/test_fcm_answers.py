"""What each answer of FCM means: the table of the error codes, and nonsense that must not break us."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.channels.fcm_answers import read_answer
from notifications.outcomes import Outcome, Refused, Sent, TryLater
from tests.twins.fcm_wire import Wrong, fcm_error, plain_error

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
_TABLE: list[tuple[int, Any, str | None, Outcome]] = [
    (200, {"name": "projects/p/messages/0:1"}, None, Sent("0:1")),
    (404, fcm_error(404, "NOT_FOUND", "UNREGISTERED", ""), None, Refused("address_dead", "UNREGISTERED")),
    (403, fcm_error(403, "PERMISSION_DENIED", "SENDER_ID_MISMATCH", ""), None, Refused("address_dead", "SENDER_ID_MISMATCH")),
    (400, fcm_error(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", ""), None, Refused("address_dead", "INVALID_ARGUMENT")),
    (400, Wrong("message.android.ttl", "").body, None, Refused("our_bug", "INVALID_ARGUMENT")),
    (400, plain_error(400, "INVALID_ARGUMENT", ""), None, Refused("our_bug", "INVALID_ARGUMENT")),
    (429, fcm_error(429, "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED", ""), "30", TryLater("QUOTA_EXCEEDED", 30, pauses_channel=True)),
    (429, fcm_error(429, "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED", ""), None, TryLater("QUOTA_EXCEEDED", 60, pauses_channel=True)),
    (503, fcm_error(503, "UNAVAILABLE", "UNAVAILABLE", ""), "7", TryLater("UNAVAILABLE", 7)),
    (503, fcm_error(503, "UNAVAILABLE", "UNAVAILABLE", ""), "Tue, 24 Nov 2026 01:02:00 GMT", TryLater("UNAVAILABLE", 120)),
    (503, fcm_error(503, "UNAVAILABLE", "UNAVAILABLE", ""), "soon", TryLater("UNAVAILABLE")),
    (500, fcm_error(500, "INTERNAL", "INTERNAL", ""), None, TryLater("INTERNAL")),
    (502, "<html>Bad gateway</html>", None, TryLater("HTTP_502")),
    (401, fcm_error(401, "UNAUTHENTICATED", "THIRD_PARTY_AUTH_ERROR", ""), None, Refused("channel_down", "THIRD_PARTY_AUTH_ERROR")),
    (401, plain_error(401, "UNAUTHENTICATED", ""), None, Refused("channel_down", "UNAUTHENTICATED")),
    (403, plain_error(403, "PERMISSION_DENIED", ""), None, Refused("channel_down", "PERMISSION_DENIED")),
    (404, "<html>404</html>", None, Refused("channel_down", "NOT_FOUND")),
    (418, "", None, Refused("unknown", "HTTP_418")),
]  # fmt: skip


@pytest.mark.parametrize(("status", "body", "retry_after", "meaning"), _TABLE)
def test_every_answer_has_one_meaning(status: int, body: Any, retry_after: str | None, meaning: Outcome) -> None:
    raw = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    assert read_answer(status, raw, retry_after, now=NOW) == meaning


@given(status=st.integers(100, 599), body=st.binary(max_size=200), retry_after=st.none() | st.text(max_size=40))
def test_nonsense_is_an_outcome_and_never_retires_an_address(status: int, body: bytes, retry_after: str | None) -> None:
    outcome = read_answer(status, body, retry_after, now=NOW)
    assert not (isinstance(outcome, Refused) and outcome.why == "address_dead")
