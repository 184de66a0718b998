"""A twin of a browser vendor's push service (RFC 8030) and of the browsers behind it: it checks who posts and opens what was sealed.

It decrypts by its own reading of RFC 8291 and RFC 8188, with the browser's private key; a sender that passes here is understood.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets
import time
from dataclasses import dataclass, field
from typing import Any

import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.twins.hosting import Hosted, cut


@dataclass(frozen=True)
class Fault:
    """`http` is the service's answer; `cut` delivers and drops the connection; `lost` drops it before."""

    http: int = 0
    retry_after: str = ""
    cut: bool = False
    lost: bool = False


@dataclass
class Browser:
    """One subscription. `key` is the application server key that it was made for; None: any."""

    private: ec.EllipticCurvePrivateKey
    auth: bytes
    key: str | None = None
    gone: bool = False
    received: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    @property
    def point(self) -> bytes:
        return self.private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


class PushServiceTwin(Hosted):
    def __init__(self, *, port: int = 0) -> None:
        super().__init__(port=port)
        self.browsers: dict[str, Browser] = {}

    def routes(self, app: web.Application) -> None:
        app.router.add_post("/send/{name}", self._send)

    def subscribe(self, key: str | None = None) -> tuple[Browser, dict[str, Any]]:
        """A new browser, and what its `PushSubscription.toJSON()` says."""
        name = secrets.token_urlsafe(16)
        browser = self.browsers[name] = Browser(ec.generate_private_key(ec.SECP256R1()), os.urandom(16), key)
        keys = {"p256dh": _text(browser.point), "auth": _text(browser.auth)}
        return browser, {"endpoint": f"{self.base_url}/send/{name}", "expirationTime": None, "keys": keys}

    async def _send(self, request: web.Request) -> web.StreamResponse:
        fault: Fault | None = self.next_fault()
        if fault is not None and fault.lost:
            cut(request)
            return web.Response(status=500)
        if fault is not None and fault.http:
            return web.Response(
                status=fault.http, headers={"Retry-After": fault.retry_after} if fault.retry_after else {}
            )
        browser = self.browsers.get(request.match_info["name"])
        if browser is None:
            return web.Response(status=404)
        if browser.gone:
            return web.Response(status=410)
        status = self._judge(request, browser)
        if status:
            return web.Response(status=status)
        body = await request.read()
        if len(body) > 4096:
            return web.Response(status=413)
        try:
            plain = opened(body, browser)
        except Exception:
            return web.Response(status=400)
        browser.received.append(json.loads(plain))
        browser.headers.append({name.lower(): value for name, value in request.headers.items()})
        if fault is not None and fault.cut:
            cut(request)
        return web.Response(status=201, headers={"Location": f"{self.base_url}/message/{len(browser.received)}"})

    def _judge(self, request: web.Request, browser: Browser) -> int:
        """0: may come in. The token is for this very service, of this day, with somebody to write to."""
        if request.headers.get("Content-Encoding") != "aes128gcm" or not request.headers.get("TTL", "").isdigit():
            return 400
        if request.headers.get("Urgency", "normal") not in ("very-low", "low", "normal", "high"):
            return 400
        topic = request.headers.get("Topic", "")
        if len(topic) > 32 or not topic.replace("-", "").replace("_", "").isalnum():
            return 400
        scheme, _, rest = request.headers.get("Authorization", "").partition(" ")
        parts = dict(part.strip().partition("=")[::2] for part in rest.split(","))
        if scheme != "vapid" or {"t", "k"} - parts.keys():
            return 401
        try:
            key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _bytes(parts["k"]))
            claims = jwt.decode(
                parts["t"],
                key,
                algorithms=["ES256"],
                audience=self.base_url,
                options={"require": ["exp", "aud", "sub"]},
            )
        except (jwt.PyJWTError, ValueError):
            return 401
        if claims["exp"] > time.time() + 24 * 3600 or not claims["sub"].startswith(("mailto:", "https://")):
            return 401
        return 403 if browser.key is not None and browser.key != parts["k"] else 0


def opened(body: bytes, browser: Browser) -> bytes:
    """RFC 8188: salt, record size, sender's point; one record that ends with the delimiter 2."""
    salt, size, length = body[:16], int.from_bytes(body[16:20], "big"), body[20]
    sender, sealed = body[21 : 21 + length], body[21 + length :]
    assert len(sealed) <= size, "more than one record"
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender)
    shared = browser.private.exchange(ec.ECDH(), theirs)
    first = _hkdf(browser.auth, shared, b"WebPush: info\x00" + browser.point + sender, 32)
    key = _hkdf(salt, first, b"Content-Encoding: aes128gcm\x00", 16)
    nonce = _hkdf(salt, first, b"Content-Encoding: nonce\x00", 12)
    plain = AESGCM(key).decrypt(nonce, sealed, None).rstrip(b"\x00")
    assert plain.endswith(b"\x02"), "not the last record"
    return plain[:-1]


def _hkdf(salt: bytes, key: bytes, info: bytes, length: int) -> bytes:
    middle = hmac.new(salt, key, hashlib.sha256).digest()
    return hmac.new(middle, info + b"\x01", hashlib.sha256).digest()[:length]


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
