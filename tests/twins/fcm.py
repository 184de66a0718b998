"""A twin of Firebase Cloud Messaging: the HTTP v1 wire with its sign-in, its strictness and its fault menu, and phones that remember.

It refuses what the real service refuses (unknown fields, two targets, a bad or missing bearer token, oversized payloads), so that
a sender that passes here speaks the real protocol. Every fault is programmed per address or for all. It needs no test library.

    python -m tests.twins.fcm --port 9099 --credentials service-account.json
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import secrets
import time
from collections import defaultdict, deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jwt
import msgspec
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.twins.fcm_wire import Wrong, fcm_error, plain_error, read_send_request, read_topic

_SCOPES = {"https://www.googleapis.com/auth/firebase.messaging", "https://www.googleapis.com/auth/firebase"}
# Google's own library names this audience whatever the token address is.
_AUDIENCE = "https://oauth2.googleapis.com/token"
_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"


@dataclass(frozen=True)
class Fault:
    """One programmed misbehaviour. `times` None means always; `seconds` is how long a slow answer takes.

    names: unregistered, sender_mismatch, bad_token, bad_request, quota, internal, unavailable, third_party_auth,
    permission_denied, slow (delivered at once, answered 200 late), cut (delivered, then the connection is cut), lost (cut before anything was delivered).
    """

    name: str
    times: int | None = None
    retry_after: str | None = None
    seconds: float = 0.0


_ANSWERS: dict[str, tuple[int, str, str, str]] = {
    "unregistered": (404, "NOT_FOUND", "UNREGISTERED", "Requested entity was not found."),
    "sender_mismatch": (403, "PERMISSION_DENIED", "SENDER_ID_MISMATCH", "SenderId mismatch"),
    "bad_token": (
        400,
        "INVALID_ARGUMENT",
        "INVALID_ARGUMENT",
        "The registration token is not a valid FCM registration token",
    ),
    "quota": (429, "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED", "Quota exceeded for quota metric"),
    "internal": (500, "INTERNAL", "INTERNAL", "Internal error encountered."),
    "unavailable": (503, "UNAVAILABLE", "UNAVAILABLE", "The service is currently unavailable."),
    "third_party_auth": (401, "UNAUTHENTICATED", "THIRD_PARTY_AUTH_ERROR", "Auth error from APNS or Web Push Service"),
}


@dataclass
class Phone:
    """What one installation got. `shown` holds one entry a msg_id: the app de-duplicates by it, as ours promises to."""

    received: list[dict[str, Any]] = field(default_factory=list)
    shown: dict[str, dict[str, Any]] = field(default_factory=dict)

    def take(self, message: dict[str, Any]) -> None:
        self.received.append(message)
        self.shown[message.get("data", {}).get("msg_id", f"#{len(self.received)}")] = message


class FcmTwin:
    def __init__(
        self, project_id: str = "nhipcau-twin", *, host: str = "127.0.0.1", port: int = 0, remember: bool = True
    ) -> None:
        self.project_id = project_id
        self.phones: dict[str, Phone] = defaultdict(Phone)
        self.topics: dict[str, set[str]] = defaultdict(set)
        self.requests = 0
        self.refused: list[str] = []  # what was wrong with requests that a correct sender never makes
        self.token_requests = 0
        self.token_endpoint_down = False
        self.token_seconds = 3600
        self._host, self._port = host, port
        self._remember = remember
        self._faults: dict[str, deque[Fault]] = defaultdict(deque)
        self._bearers: dict[str, float] = {}
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._email = f"twin@{project_id}.iam.gserviceaccount.com"
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        app = web.Application(client_max_size=1 << 20)
        app.router.add_post("/token", self._token)
        app.router.add_post("/v1/projects/{project}/messages:send", self._send)
        app.router.add_post("/v1/projects/{project}/registrations/{token}/topicSubscriptions", self._subscribe)
        app.router.add_delete(
            "/v1/projects/{project}/registrations/{token}/topicSubscriptions/{topic}", self._unsubscribe
        )
        app.router.add_get("/twin/phones", self._listing)
        app.router.add_post("/twin/faults", self._program)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._host, self._port)
        await site.start()
        self._port = site._server.sockets[0].getsockname()[1]  # type: ignore[union-attr]

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def base_url(self) -> str:
        return f"http://{self._host}:{self._port}"

    def credentials(self) -> dict[str, str]:
        """A service account whose key this twin knows; the same shape as the file from the Firebase console."""
        pem = self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        return {
            "type": "service_account",
            "project_id": self.project_id,
            "private_key_id": "twin",
            "private_key": pem,
            "client_email": self._email,
            "client_id": "1",
            "token_uri": f"{self.base_url}/token",
        }

    def misbehave(self, address: str, *faults: Fault) -> None:
        """Program an address (`*` for every one): the faults are used in order; one without `times` stays for good."""
        self._faults[address] = deque(faults)

    def behave(self) -> None:
        self._faults.clear()
        self.token_endpoint_down = False

    def revoke_bearers(self) -> None:
        self._bearers.clear()

    def issue_bearer(self) -> str:
        bearer = secrets.token_urlsafe(24)
        self._bearers[bearer] = time.monotonic() + self.token_seconds
        return bearer

    async def _token(self, request: web.Request) -> web.Response:
        self.token_requests += 1
        if self.token_endpoint_down:
            return web.json_response({"error": "internal_failure"}, status=503)
        form = await request.post()
        try:
            if form.get("grant_type") != _GRANT:
                raise jwt.InvalidTokenError("grant_type")
            claims = jwt.decode(
                str(form.get("assertion", "")), self._key.public_key(), algorithms=["RS256"],
                audience=[_AUDIENCE, f"{self.base_url}/token"], issuer=self._email, options={"require": ["exp", "iat", "aud", "iss"]},
            )  # fmt: skip
            if claims["exp"] - claims["iat"] > 3600 or not _SCOPES & set(str(claims.get("scope", "")).split()):
                raise jwt.InvalidTokenError("life or scope")
        except jwt.InvalidTokenError as error:
            return web.json_response({"error": "invalid_grant", "error_description": str(error)}, status=400)
        return web.json_response(
            {"access_token": self.issue_bearer(), "expires_in": self.token_seconds, "token_type": "Bearer"}
        )

    async def _send(self, request: web.Request) -> web.StreamResponse:
        self.requests += 1
        body = await request.read()
        if wrong := self._not_ours(request):
            return wrong
        try:
            kind, target, message = read_send_request(body, request.content_type)
        except Wrong as error:
            self.refused.append(str(error))
            return web.json_response(error.body, status=400)
        if fault := self._next_fault(target):
            return await self._misbehave(request, fault, kind, target, message)
        return self._deliver(kind, target, message)

    def _deliver(self, kind: str, target: str, message: dict[str, Any]) -> web.Response:
        if self._remember:
            for address in sorted(self.topics[target]) if kind == "topic" else [target]:
                self.phones[address].take(message)
        name = f"projects/{self.project_id}/messages/{secrets.token_hex(8)}"
        return web.Response(body=b'{"name": "%s"}' % name.encode(), content_type="application/json")

    async def _misbehave(
        self, request: web.Request, fault: Fault, kind: str, target: str, message: dict[str, Any]
    ) -> web.StreamResponse:
        if fault.name in ("cut", "lost"):
            if fault.name == "cut":
                self._deliver(kind, target, message)
            if request.transport is not None:
                request.transport.abort()
            return web.Response()
        if fault.name == "slow":
            answer = self._deliver(kind, target, message)
            await asyncio.sleep(fault.seconds)
            return answer
        headers = {"retry-after": fault.retry_after} if fault.retry_after is not None else {}
        if fault.name == "bad_request":
            return web.json_response(Wrong("message.android.ttl", "Illegal duration format").body, status=400)
        if fault.name == "permission_denied":
            return web.json_response(
                plain_error(403, "PERMISSION_DENIED", "Permission denied on resource project"), status=403
            )
        status, name, code, text = _ANSWERS[fault.name]
        return web.json_response(fcm_error(status, name, code, text), status=status, headers=headers)

    def _next_fault(self, address: str) -> Fault | None:
        for key in (address, "*"):
            faults = self._faults.get(key)
            if not faults:
                continue
            fault = faults[0]
            if fault.times is not None:
                faults.popleft()
                if fault.times > 1:
                    faults.appendleft(Fault(fault.name, fault.times - 1, fault.retry_after, fault.seconds))
            return fault
        return None

    def _not_ours(self, request: web.Request) -> web.Response | None:
        scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
        if scheme != "Bearer" or self._bearers.get(bearer, 0) < time.monotonic():
            return web.json_response(
                plain_error(401, "UNAUTHENTICATED", "Request had invalid authentication credentials."), status=401
            )
        if request.match_info["project"] != self.project_id:
            return web.json_response(
                plain_error(403, "PERMISSION_DENIED", "Permission denied on resource project"), status=403
            )
        return None

    async def _subscribe(self, request: web.Request) -> web.Response:
        if wrong := self._not_ours(request):
            return wrong
        try:
            topic = read_topic(request.query.get("topic_name", ""))
        except Wrong as error:
            return web.json_response(error.body, status=400)
        token = request.match_info["token"]
        if fault := self._next_fault(token):
            return await self._misbehave(request, fault, "token", token, {})  # type: ignore[return-value]
        if token in self.topics[topic]:
            return web.json_response(plain_error(409, "ALREADY_EXISTS", "The subscription already exists."), status=409)
        self.topics[topic].add(token)
        return web.json_response({})

    async def _unsubscribe(self, request: web.Request) -> web.Response:
        if wrong := self._not_ours(request):
            return wrong
        topic, token = request.match_info["topic"], request.match_info["token"]
        if token not in self.topics[topic] and request.query.get("allow_missing") != "true":
            return web.json_response(plain_error(404, "NOT_FOUND", "The subscription was not found."), status=404)
        self.topics[topic].discard(token)
        return web.json_response({})

    async def _listing(self, request: web.Request) -> web.Response:
        listing = {
            address: [
                {"msg_id": msg_id, "notification": message.get("notification", {}), "data": message.get("data", {})}
                for msg_id, message in phone.shown.items()
            ]
            for address, phone in self.phones.items()
        }
        return web.json_response({"requests": self.requests, "refused": self.refused, "phones": listing})

    async def _program(self, request: web.Request) -> web.Response:
        asked = msgspec.json.decode(await request.read(), type=dict[str, list[Fault]])
        self.behave()
        for address, faults in asked.items():
            self.misbehave(address, *faults)
        return web.json_response({"programmed": len(asked)})


async def _run(port: int, project: str, credentials: Path | None, remember: bool) -> None:
    twin = FcmTwin(project, port=port, remember=remember)
    await twin.start()
    if credentials is not None:
        credentials.write_text(json.dumps(twin.credentials()))
        credentials.chmod(0o600)
    print(json.dumps({"base_url": twin.base_url, "project_id": twin.project_id}), flush=True)
    try:
        await asyncio.Event().wait()
    finally:
        await twin.stop()


def main() -> None:
    parser = argparse.ArgumentParser(
        description="A twin of Firebase Cloud Messaging; GET /twin/phones lists what phones received."
    )
    parser.add_argument("--port", type=int, default=9099)
    parser.add_argument("--credentials", type=Path, help="where to write the service account that this twin accepts")
    parser.add_argument("--project", default="nhipcau-twin")
    parser.add_argument("--forget", action="store_true", help="do not remember deliveries (for benchmarks)")
    asked = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_run(asked.port, asked.project, asked.credentials, not asked.forget))


if __name__ == "__main__":
    main()
