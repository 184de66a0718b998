"""The cryptography of web push: a payload that only one browser opens (RFC 8291, aes128gcm of RFC 8188), and who we are (RFC 8292). Pure.

Forty lines on the house's own library instead of pywebpush: that brings requests, six and an unkept http_ece, opens a session for each
message and parses the key anew. A test holds these lines to the RFC's own vector.
"""

from __future__ import annotations

import base64
import hmac
from datetime import datetime, timedelta
from typing import Final

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from backend.core.crypto import Cipher

PAYLOAD_BYTES_MAX: Final = 3993
POINT_BYTES: Final = 65
AUTH_BYTES: Final = 16
_RECORD_BYTES: Final = 4096
_CURVE: Final = ec.SECP256R1()
# The order of P-256: private keys are numbers below it.
_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_TOKEN_LIFE: Final = timedelta(hours=12)


def encrypt(payload: bytes, point: bytes, auth: bytes, *, own: ec.EllipticCurvePrivateKey, salt: bytes) -> bytes:
    """`point` and `auth` are the browser's; `own` and `salt` are fresh for every message. ValueError: a point on no curve."""
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, point)
    ours = public_point(own)
    shared = own.exchange(ec.ECDH(), theirs)
    key = _expand(hmac.digest(auth, shared, "sha256"), b"WebPush: info\x00" + point + ours, 32)
    mixed = hmac.digest(salt, key, "sha256")
    content_key = _expand(mixed, b"Content-Encoding: aes128gcm\x00", 16)
    nonce = _expand(mixed, b"Content-Encoding: nonce\x00", 12)
    head = salt + _RECORD_BYTES.to_bytes(4, "big") + bytes([len(ours)]) + ours
    return head + AESGCM(content_key).encrypt(nonce, payload + b"\x02", None)


def fresh_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(_CURVE)


def house_key(cipher: Cipher) -> ec.EllipticCurvePrivateKey:
    """Who we are to every push service, from the house's one secret: nothing to make, to store or to lose beside it."""
    number = int.from_bytes(cipher.key("webpush:vapid") + cipher.key("webpush:vapid:more"), "big")
    return ec.derive_private_key(number % (_ORDER - 1) + 1, _CURVE)


def public_point(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def authorisation(key: ec.EllipticCurvePrivateKey, *, audience: str, contact: str, now: datetime) -> str:
    """The header for one push service, good for half a day."""
    claims = {"aud": audience, "exp": int((now + _TOKEN_LIFE).timestamp()), "sub": contact}
    return f"vapid t={jwt.encode(claims, key, algorithm='ES256')}, k={to_text(public_point(key))}"


def to_text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def from_text(text: str) -> bytes:
    """ValueError for what is not base64url."""
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def _expand(key: bytes, info: bytes, length: int) -> bytes:
    """HKDF-Expand for at most one block (RFC 5869)."""
    return hmac.digest(key, info + b"\x01", "sha256")[:length]
