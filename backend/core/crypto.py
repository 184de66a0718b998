"""Keys and what they do: seal columns, index them blindly, hash codes and tokens. Every key is derived from the one secret (HKDF, RFC 5869)."""

from __future__ import annotations

import hashlib
import hmac
import os

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_VERSION = b"\x01"
_NONCE_BYTES = 12


class Cipher:
    """`purpose` binds a value to its column: a sealed personal number cannot be opened as a bank secret."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    def key(self, purpose: str) -> bytes:
        return HKDF(algorithm=SHA256(), length=32, salt=b"nhipcau", info=purpose.encode()).derive(self._secret)

    def seal(self, text: str, purpose: str) -> bytes:
        """AES-256-GCM: version byte, nonce, ciphertext."""
        nonce = os.urandom(_NONCE_BYTES)
        return _VERSION + nonce + self._aead(purpose).encrypt(nonce, text.encode(), purpose.encode())

    def open(self, sealed: bytes, purpose: str) -> str:
        """Raises cryptography's InvalidTag when the value was sealed for another purpose or with another secret."""
        assert sealed[:1] == _VERSION, "sealed by an unknown version"
        nonce, body = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        return self._aead(purpose).decrypt(nonce, body, purpose.encode()).decode()

    def blind_index(self, text: str, purpose: str) -> bytes:
        """A keyed hash: equal texts are found again, nothing else is told."""
        return hmac.digest(self._cached_key(f"index:{purpose}"), text.encode(), "sha256")

    def _aead(self, purpose: str) -> AESGCM:
        return AESGCM(self._cached_key(f"seal:{purpose}"))

    def _cached_key(self, purpose: str) -> bytes:
        keys: dict[str, bytes] = self.__dict__.setdefault("_keys", {})
        if purpose not in keys:
            keys[purpose] = self.key(purpose)
        return keys[purpose]


def token_hash(token: str) -> bytes:
    """For long random tokens only: they need no slow hash and no key."""
    return hashlib.sha256(token.encode()).digest()


def same(left: bytes | str, right: bytes | str) -> bool:
    """Constant-time comparison over the raw bytes."""
    left = left.encode() if isinstance(left, str) else left
    right = right.encode() if isinstance(right, str) else right
    return hmac.compare_digest(left, right)
