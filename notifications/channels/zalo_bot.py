"""Texts of a Zalo bot (Zalo Bot Platform): ten plain calls with the token in the address, so no address may reach a log."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import structlog
from yarl import URL

from notifications.allowances import Allowance
from notifications.channels.wire import Answer, Wire
from notifications.outcomes import Outcome, Refused, Sent, TryLater

log = structlog.get_logger()

TEXT_MAX = 2000
_LIMIT_SECONDS = 30.0
# Words of the chat or its reader in an error: then the chat is meant, and not our request.
_OF_THE_CHAT = ("chat", "recipient", "user")

BLOCKED = frozenset({"ZALOBOT_403"})
# Not 400, which our own mistakes are called as well.
INVALID = frozenset({"ZALOBOT_404"})


class _Result(msgspec.Struct):
    message_id: str = ""


class _Body(msgspec.Struct):
    ok: bool = False
    result: _Result | None = None
    error_code: int = 0
    description: str = ""


class ZaloBotSender:
    def __init__(self, token: str, *, base_url: str, limit: Allowance | None = None) -> None:
        self._base = f"{base_url}/bot{token}"
        self._wire = Wire()
        self.limit = limit

    async def open(self) -> None:
        await self._wire.open()

    async def close(self) -> None:
        await self._wire.close()

    async def post(self, chat_id: str, text: str) -> Outcome:
        """In a turn already taken. There is no idempotency key: trying again after a timeout may double it."""
        return await self._post("sendMessage", {"chat_id": chat_id, "text": text[:TEXT_MAX]})

    async def post_photo(self, chat_id: str, photo_url: str, caption: str) -> Outcome:
        """Zalo fetches the picture from its address; there is no upload."""
        body = {"chat_id": chat_id, "photo": photo_url, **({"caption": caption[:TEXT_MAX]} if caption else {})}
        return await self._post("sendPhoto", body)

    async def call(self, method: str, body: Mapping[str, object]) -> Answer | TryLater:
        """Any other method; what its answer means is the caller's to know."""
        return await self._wire.post_json(URL(f"{self._base}/{method}", encoded=True), body, {})

    async def _post(self, method: str, body: Mapping[str, object]) -> Outcome:
        answer = await self.call(method, body)
        return read_answer(answer) if isinstance(answer, Answer) else answer


class _Identity(msgspec.Struct):
    account_name: str


class _IdentityBody(msgspec.Struct):
    ok: bool
    result: _Identity


def identity_of(answer: Answer) -> str | None:
    """The bot's name in the answer to `getMe`; None where the token is not known."""
    try:
        body = msgspec.json.decode(answer.body, type=_IdentityBody)
    except msgspec.MsgspecError:
        return None
    return body.result.account_name if body.ok else None


def read_answer(answer: Answer) -> Outcome:
    """`error_code` counts, behaving like HTTP's; HTTP 200 alone does not mean that it went."""
    try:
        body = msgspec.json.decode(answer.body, type=_Body)
    except msgspec.DecodeError:
        body = _Body(error_code=answer.status)
        if answer.status == 200:
            return TryLater("unreadable_answer", uncertain=True)
    if body.ok and answer.status == 200:
        return Sent(body.result.message_id if body.result else "")
    code = body.error_code or answer.status
    name = f"ZALOBOT_{code}"
    if code == 401:
        log.error("zalo_bot_token_refused")
        return Refused("channel_down", name)
    if code == 429:
        return TryLater(name, answer.retry_after or _LIMIT_SECONDS, pauses_channel=True)
    if code == 408 or code >= 500:
        return TryLater(name, answer.retry_after, uncertain=code != 503)
    if code == 403:
        return Refused("address_dead", name)
    if code in (400, 404):
        of_the_chat = any(word in body.description.lower() for word in _OF_THE_CHAT)
        return Refused("address_dead" if of_the_chat else "our_bug", name)
    return Refused("unknown", name)
