"""Pushes to browsers over their vendors' services (RFC 8030). It knows subscriptions and payloads, no notice and no table."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import Literal

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from yarl import URL

from notifications.allowances import Allowance
from notifications.channels.webpush_crypto import (
    AUTH_BYTES,
    PAYLOAD_BYTES_MAX,
    POINT_BYTES,
    authorisation,
    encrypt,
    fresh_key,
    from_text,
)
from notifications.channels.wire import Answer, Wire
from notifications.outcomes import Outcome, Refused, Sent, TryLater

CONNECTIONS = 32
_HEADER_LIFE = timedelta(hours=6)
_SERVICES_MAX = 100

# The subscription has ended, is none, or was made for another key of ours: the browser makes a new one at its next visit.
_GONE = (403, 404, 410)
INVALID = frozenset({*(f"WEBPUSH_{status}" for status in _GONE), "WEBPUSH_unknown_service", "WEBPUSH_keys"})


class Subscription(msgspec.Struct, frozen=True):
    """As the browser gave it: where to post, its public key and its secret, in base64url."""

    endpoint: str
    p256dh: str
    auth: str


class Parcel(msgspec.Struct, frozen=True):
    """`topic` replaces an older message that still waits: at most 32 URL-safe letters."""

    payload: bytes
    ttl_seconds: int
    urgency: Literal["very-low", "low", "normal", "high"]
    topic: str


class Services:
    """The push services that we post to. An address is given by whoever subscribes, so any other host is refused."""

    def __init__(self, allowed: str) -> None:
        """`https://fcm.googleapis.com, https://*.push.apple.com`: origins, a star for any one name in front."""
        self._origins = [URL(one.strip()) for one in allowed.split(",") if one.strip()]

    def knows(self, endpoint: str) -> bool:
        try:
            url = URL(endpoint)
        except ValueError:
            return False
        if url.user or url.password or not url.host:
            return False
        return any(self._fits(url, one) for one in self._origins)

    def _fits(self, url: URL, one: URL) -> bool:
        if (url.scheme, url.port) != (one.scheme, one.port):
            return False
        host, wanted = url.host or "", one.host or ""
        return host.endswith(wanted[1:]) and host != wanted[2:] if wanted.startswith("*.") else host == wanted


class WebPushSender:
    def __init__(
        self, key: ec.EllipticCurvePrivateKey, *, contact: str, services: Services, limit: Allowance | None = None
    ) -> None:
        self._key = key
        self._contact = contact
        self._services = services
        self._wire = Wire(connections=CONNECTIONS)
        self._headers: dict[str, tuple[str, datetime]] = {}
        self.limit = limit

    async def open(self) -> None:
        await self._wire.open()

    async def close(self) -> None:
        await self._wire.close()

    async def post(self, to: Subscription, parcel: Parcel) -> Outcome:
        """In a turn already taken."""
        if len(parcel.payload) > PAYLOAD_BYTES_MAX:
            return Refused("our_bug", "payload_too_large")
        if not self._services.knows(to.endpoint):
            return Refused("address_dead", "WEBPUSH_unknown_service")
        keys = read_keys(to)
        if keys is None:
            return Refused("address_dead", "WEBPUSH_keys")
        body = encrypt(parcel.payload, *keys, own=fresh_key(), salt=os.urandom(16))
        url = URL(to.endpoint, encoded=True)
        headers = {
            "authorization": self._authorisation(str(url.origin())),
            "content-type": "application/octet-stream",
            "content-encoding": "aes128gcm",
            "ttl": str(parcel.ttl_seconds),
            "urgency": parcel.urgency,
            "topic": parcel.topic,
        }
        answer = await self._wire.post(url, body, headers)
        return read_answer(answer) if isinstance(answer, Answer) else answer

    def _authorisation(self, origin: str) -> str:
        """Signed once for each service and half a day."""
        now = datetime.now(UTC)
        kept = self._headers.get(origin)
        if kept is None or kept[1] < now:
            if len(self._headers) >= _SERVICES_MAX:
                self._headers.clear()
            header = authorisation(self._key, audience=origin, contact=self._contact, now=now)
            kept = self._headers[origin] = (header, now + _HEADER_LIFE)
        return kept[0]


def read_keys(to: Subscription) -> tuple[bytes, bytes] | None:
    """The browser's point and secret; None when they are none."""
    try:
        point, auth = from_text(to.p256dh), from_text(to.auth)
        if len(point) != POINT_BYTES or len(auth) != AUTH_BYTES:
            return None
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except ValueError:
        return None
    return point, auth


def read_answer(answer: Answer) -> Outcome:
    name = f"WEBPUSH_{answer.status}"
    match answer.status:
        case 200 | 201 | 202:
            return Sent()
        case status if status in _GONE:
            return Refused("address_dead", name)
        case 413:
            return Refused("our_bug", name)
        case 401:
            return Refused("channel_down", name)
        case 429:
            return TryLater(name, answer.retry_after or 60.0)
        case 408:
            return TryLater(name, answer.retry_after)
        case status if status >= 500:
            return TryLater(name, answer.retry_after, uncertain=status != 503)
        case 400:
            return Refused("our_bug", name)
        case _:
            return Refused("unknown", name)
