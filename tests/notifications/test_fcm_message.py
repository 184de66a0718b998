"""Our encoding, held to firebase-admin's own encoder and to the limits of the wire."""

from __future__ import annotations

import json
import warnings
from datetime import UTC, datetime
from typing import Any

import pytest
from firebase_admin import messaging
from hypothesis import given
from hypothesis import strategies as st

from notifications.channels.fcm_message import Push, splice, tail, too_large
from tests.twins.fcm_wire import read_send_request

_EXPIRES = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)


def push(**changes: Any) -> Push:
    usual = {
        "notice_id": "0198c2a4-0000-7000-8000-000000000001", "school_id": 12, "kind": "absence", "title": "Trường THCS Nguyễn Du",
        "body": "Có thông tin mới về chuyên cần của Minh An.", "path": "/app/12/notices/1", "link": "https://truong.example/app/12/notices/1",
        "language": "vi", "urgent": False, "ttl_seconds": 43200, "expires_at": _EXPIRES,
    }  # fmt: skip
    return Push(**{**usual, **changes})


def by_firebase_admin(one: Push, kind: str, address: str) -> Any:
    """The same message, said with the SDK's own model and encoded by the SDK's own encoder."""
    group = {
        "absence": "attendance",
        "mark": "marks",
        "announcement": "announcements",
        "invoice": "fees",
        "payment": "fees",
    }
    prompt = one.urgent or one.kind in ("absence", "announcement")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        message = messaging.Message(
            **{kind.removeprefix("fcm_"): address},
            data={
                "msg_id": one.notice_id, "school_id": str(one.school_id), "kind": one.kind, "group": group[one.kind],
                "path": one.path, "urgent": "1" if one.urgent else "0",
            },
            notification=messaging.Notification(title=one.title, body=one.body),
            android=messaging.AndroidConfig(
                collapse_key=group[one.kind], priority="high" if prompt else "normal", ttl=one.ttl_seconds,
                notification=messaging.AndroidNotification(tag=one.notice_id, channel_id=group[one.kind]),
            ),
            apns=messaging.APNSConfig(
                headers={
                    "apns-push-type": "alert", "apns-priority": "10" if prompt else "5",
                    "apns-expiration": str(int(one.expires_at.timestamp())), "apns-collapse-id": one.notice_id,
                },
                payload=messaging.APNSPayload(aps=messaging.Aps(sound="default", thread_id=group[one.kind])),
            ),
            webpush=messaging.WebpushConfig(
                headers={
                    "TTL": str(one.ttl_seconds), "Urgency": "high" if prompt else "normal",
                    "Topic": one.notice_id.replace("-", ""),
                },
                notification=messaging.WebpushNotification(tag=one.notice_id, language=one.language),
                fcm_options=messaging.WebpushFCMOptions(link=one.link) if one.link else None,
            ),
        )  # fmt: skip
    return {"message": messaging._MessagingService.encode_message(message)}


@pytest.mark.parametrize("kind", ["absence", "mark", "announcement", "invoice", "payment"])
@pytest.mark.parametrize("address_kind", ["fcm_token", "fcm_fid"])
@pytest.mark.parametrize("urgent", [False, True])
def test_our_body_is_what_firebase_admin_would_send(kind: str, address_kind: Any, urgent: bool) -> None:
    for link in ("https://truong.example/x", None):
        one = push(kind=kind, urgent=urgent, link=link)
        ours = json.loads(splice(address_kind, "c-7xZ_Q1token:APA91b", tail(one)))
        assert ours == by_firebase_admin(one, address_kind, "c-7xZ_Q1token:APA91b")


@given(
    title=st.text(min_size=1, max_size=80),
    body=st.text(min_size=1, max_size=150),
    address=st.text(min_size=1, max_size=200),
)
def test_whatever_is_written_stays_one_valid_body_with_its_own_target(title: str, body: str, address: str) -> None:
    one = push(title=title, body=body)
    message = json.loads(splice("fcm_token", address, tail(one)))["message"]
    assert message["token"] == address
    assert (message["notification"]["title"], message["notification"]["body"]) == (title, body)


def test_the_twin_reads_our_body_and_the_longest_one_fits() -> None:
    longest = push(title="Ộ" * 120, body="ộ" * 150, path="/app/9223372036854775807/notices/" + "a" * 36)
    kind, target, message = read_send_request(
        splice("fcm_fid", "abcdefghijklmnopqrstuv", tail(longest)), "application/json"
    )
    assert (kind, target) == ("fid", "abcdefghijklmnopqrstuv")
    assert message["data"]["msg_id"] == longest.notice_id
    assert not too_large(tail(longest))
    assert too_large(tail(push(body="ộ" * 2000)))
