"""The body of a push: encoded once a notice and language, the target spliced in. A test holds it to firebase-admin's own encoder."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

PAYLOAD_BYTES_MAX = 4096
AddressKind = Literal["fcm_token", "fcm_fid"]

# At most four different collapse keys may wait for one phone, so kinds share them. What collapses is the line on the lock
# screen, newest wins; the notices themselves wait in the app.
_GROUP = {
    "absence": "attendance",
    "mark": "marks",
    "announcement": "announcements",
    "invoice": "fees",
    "payment": "fees",
    "message": "announcements",
    "form": "announcements",
    "feed": "announcements",
    "reminder": "announcements",
    "digest": "announcements",
    "event": "announcements",
    "homework": "announcements",
    "dossier": "announcements",
}
_PROMPT = frozenset({"absence", "announcement", "message"})


class Push(msgspec.Struct, frozen=True, kw_only=True):
    """One notice as one reader's phone shows it. `link` is https or absent: browsers accept nothing else."""

    notice_id: str
    school_id: int
    kind: str
    title: str
    body: str
    path: str
    link: str | None
    language: str
    urgent: bool
    ttl_seconds: int
    expires_at: datetime


class _Notification(msgspec.Struct, frozen=True):
    title: str
    body: str


class _AndroidNotification(msgspec.Struct, frozen=True):
    tag: str
    channel_id: str


class _Android(msgspec.Struct, frozen=True):
    collapse_key: str
    priority: str
    ttl: str
    notification: _AndroidNotification


class _Aps(msgspec.Struct, frozen=True, rename={"thread_id": "thread-id"}):
    sound: str
    thread_id: str


class _ApnsPayload(msgspec.Struct, frozen=True):
    aps: _Aps


class _Apns(msgspec.Struct, frozen=True):
    headers: dict[str, str]
    payload: _ApnsPayload


class _WebNotification(msgspec.Struct, frozen=True):
    tag: str
    lang: str


class _WebOptions(msgspec.Struct, frozen=True):
    link: str


class _Webpush(msgspec.Struct, frozen=True, omit_defaults=True):
    headers: dict[str, str]
    notification: _WebNotification
    fcm_options: _WebOptions | None = None


class _Message(msgspec.Struct, frozen=True):
    data: dict[str, str]
    notification: _Notification
    android: _Android
    apns: _Apns
    webpush: _Webpush


_ENCODER = msgspec.json.Encoder()
_TARGETS = {"fcm_token": b'{"message":{"token":', "fcm_fid": b'{"message":{"fid":'}


def tail(push: Push) -> bytes:
    """Everything behind the target. The device de-duplicates by `msg_id`, since any provider may deliver twice.

    The tag, the collapse id and the topic make a second copy replace the first even where the app does not run.
    """
    group = _GROUP[push.kind]
    prompt = push.urgent or push.kind in _PROMPT
    message = _Message(
        data={
            "msg_id": push.notice_id,
            "school_id": str(push.school_id),
            "kind": push.kind,
            "group": group,
            "path": push.path,
            "urgent": "1" if push.urgent else "0",
        },
        notification=_Notification(push.title, push.body),
        android=_Android(
            group, "high" if prompt else "normal", f"{push.ttl_seconds}s", _AndroidNotification(push.notice_id, group)
        ),
        apns=_Apns(
            {
                "apns-push-type": "alert",
                "apns-priority": "10" if prompt else "5",
                "apns-expiration": str(int(push.expires_at.timestamp())),
                "apns-collapse-id": push.notice_id,
            },
            _ApnsPayload(_Aps("default", group)),
        ),
        webpush=_Webpush(
            {
                "TTL": str(push.ttl_seconds),
                "Urgency": "high" if prompt else "normal",
                "Topic": push.notice_id.replace("-", "")[:32],
            },
            _WebNotification(push.notice_id, push.language),
            _WebOptions(push.link) if push.link else None,
        ),
    )
    return b"," + _ENCODER.encode(message)[1:] + b"}"


def splice(kind: AddressKind, address: str, body_tail: bytes) -> bytes:
    return _TARGETS[kind] + _ENCODER.encode(address) + body_tail


def too_large(body_tail: bytes) -> bool:
    return len(body_tail) > PAYLOAD_BYTES_MAX
