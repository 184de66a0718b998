"""The wire of FCM HTTP v1 as its servers read it: every known field, nothing else. Written from the API's reference, not from our sender."""

from __future__ import annotations

import re
from typing import Any

import msgspec

_PAYLOAD_BYTES_MAX = 4096
_TOKEN = re.compile(r"[A-Za-z0-9_:.%-]{8,4096}")
_FID = re.compile(r"[A-Za-z0-9_-]{22}")
_TOPIC = re.compile(r"[a-zA-Z0-9-_.~%]{1,900}")
_DURATION = re.compile(r"\d{1,12}(\.\d{1,9})?s")
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
_TTL_SECONDS_MAX = 2_419_200


class Strict(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    pass


class Notification(Strict):
    title: str = ""
    body: str = ""
    image: str = ""


class FcmOptions(Strict):
    analytics_label: str = ""


class AndroidNotification(Strict):
    title: str = ""
    body: str = ""
    icon: str = ""
    color: str = ""
    sound: str = ""
    tag: str = ""
    click_action: str = ""
    channel_id: str = ""
    image: str = ""
    ticker: str = ""
    sticky: bool = False
    event_time: str = ""
    local_only: bool = False
    notification_priority: str = ""
    visibility: str = ""
    notification_count: int = 0
    vibrate_timings: list[str] = []
    default_sound: bool = False
    default_vibrate_timings: bool = False
    default_light_settings: bool = False
    light_settings: dict[str, Any] = {}
    title_loc_key: str = ""
    title_loc_args: list[str] = []
    body_loc_key: str = ""
    body_loc_args: list[str] = []
    bypass_proxy_notification: bool = False
    proxy: str = ""


class AndroidConfig(Strict):
    collapse_key: str = ""
    priority: str = ""
    ttl: str = ""
    restricted_package_name: str = ""
    data: dict[str, str] = {}
    notification: AndroidNotification | None = None
    fcm_options: FcmOptions | None = None
    direct_boot_ok: bool = False
    bandwidth_constrained_ok: bool = False
    restricted_satellite_ok: bool = False


class ApnsFcmOptions(Strict):
    analytics_label: str = ""
    image: str = ""


class ApnsConfig(Strict):
    headers: dict[str, str] = {}
    payload: dict[str, Any] = {}
    fcm_options: ApnsFcmOptions | None = None
    live_activity_token: str = ""


class WebpushFcmOptions(Strict):
    link: str = ""
    analytics_label: str = ""


class WebpushConfig(Strict):
    headers: dict[str, str] = {}
    data: dict[str, str] = {}
    notification: dict[str, Any] = {}
    fcm_options: WebpushFcmOptions | None = None


class Message(Strict):
    fid: str | None = None
    token: str | None = None
    topic: str | None = None
    condition: str | None = None
    name: str = ""
    data: dict[str, str] = {}
    notification: Notification | None = None
    android: AndroidConfig | None = None
    apns: ApnsConfig | None = None
    webpush: WebpushConfig | None = None
    fcm_options: FcmOptions | None = None


class SendRequest(Strict):
    message: Message
    validate_only: bool = False


class Wrong(Exception):
    """A request that the service refuses as a whole: google.rpc.BadRequest, which speaks of a field and not of a token."""

    def __init__(self, name: str, description: str) -> None:
        super().__init__(f"{name}: {description}")
        self.body = plain_error(400, "INVALID_ARGUMENT", f"Invalid value at '{name}': {description}")
        self.body["error"]["details"] = [
            {
                "@type": "type.googleapis.com/google.rpc.BadRequest",
                "fieldViolations": [{"field": name, "description": description}],
            }
        ]


class BadAddress(Wrong):
    def __init__(self) -> None:
        super().__init__("message.token", "not a registration token")
        self.body = fcm_error(
            400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", "The registration token is not a valid FCM registration token"
        )


def plain_error(code: int, status: str, message: str) -> dict[str, Any]:
    return {"error": {"code": code, "status": status, "message": message}}


def fcm_error(code: int, status: str, error_code: str, message: str) -> dict[str, Any]:
    body = plain_error(code, status, message)
    body["error"]["details"] = [
        {"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": error_code}
    ]
    return body


_DECODER = msgspec.json.Decoder(SendRequest)


def read_send_request(body: bytes, content_type: str) -> tuple[str, str, dict[str, Any]]:
    """(kind of target, target, message without its target). Raises Wrong."""
    if content_type != "application/json":
        raise Wrong("content-type", content_type)
    try:
        message = _DECODER.decode(body).message
    except msgspec.DecodeError as error:
        raise Wrong("message", f"Invalid JSON payload received. {error}") from error
    targets = {kind: value for kind in ("fid", "token", "topic", "condition") if (value := getattr(message, kind))}
    if len(targets) != 1:
        raise Wrong("message", "Exactly one of fid, token, topic or condition is needed")
    _check(message)
    kind, target = next(iter(targets.items()))
    if (kind == "token" and not _TOKEN.fullmatch(target)) or (kind == "fid" and not _FID.fullmatch(target)):
        raise BadAddress
    if kind == "topic":
        read_topic(target)
    raw: dict[str, Any] = msgspec.json.decode(body)["message"]
    del raw[kind]
    if len(msgspec.json.encode(raw)) > _PAYLOAD_BYTES_MAX:
        raise Wrong("message", f"Message payload is larger than {_PAYLOAD_BYTES_MAX} bytes")
    return kind, target, raw


def read_topic(name: str) -> str:
    topic = name.removeprefix("/topics/")
    if not _TOPIC.fullmatch(topic):
        raise Wrong("topic_name", "Malformed topic name")
    return topic


def _check(message: Message) -> None:
    for key in message.data:
        if key in ("from", "message_type") or key.startswith(("google", "gcm")):
            raise Wrong(f"message.data[{key}]", "Reserved key")
    if (android := message.android) is not None:
        _check_android(android)
    if (apns := message.apns) is not None:
        _check_apns(apns)
    if (webpush := message.webpush) is not None:
        _check_webpush(webpush)


def _check_android(android: AndroidConfig) -> None:
    if android.priority not in ("", "normal", "high", "NORMAL", "HIGH"):
        raise Wrong("message.android.priority", android.priority)
    if android.ttl and (not _DURATION.fullmatch(android.ttl) or float(android.ttl[:-1]) > _TTL_SECONDS_MAX):
        raise Wrong("message.android.ttl", "Illegal duration format")
    if (
        android.notification is not None
        and android.notification.color
        and not _COLOR.fullmatch(android.notification.color)
    ):
        raise Wrong("message.android.notification.color", "Must be #rrggbb")


def _check_apns(apns: ApnsConfig) -> None:
    if apns.headers.get("apns-priority", "10") not in ("1", "5", "10"):
        raise Wrong("message.apns.headers", "apns-priority")
    if len(apns.headers.get("apns-collapse-id", "").encode()) > 64:
        raise Wrong("message.apns.headers", "apns-collapse-id is longer than 64 bytes")
    if apns.payload and not isinstance(apns.payload.get("aps"), dict):
        raise Wrong("message.apns.payload", "aps is needed")


def _check_webpush(webpush: WebpushConfig) -> None:
    if webpush.headers.get("Urgency", "normal") not in ("very-low", "low", "normal", "high"):
        raise Wrong("message.webpush.headers", "Urgency")
    if not re.fullmatch(r"[A-Za-z0-9_-]{0,32}", webpush.headers.get("Topic", "")):
        raise Wrong("message.webpush.headers", "Topic has at most 32 URL-safe characters")
    if webpush.fcm_options is not None and not re.match(r"(https://|$)", webpush.fcm_options.link):
        raise Wrong("message.webpush.fcm_options.link", "Must be an HTTPS address")
