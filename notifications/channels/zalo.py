"""Consultation messages of a Zalo Official Account (OpenAPI v3). It knows the ids of readers and texts, no notice and no table."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime

from notifications.allowances import Allowance
from notifications.channel_tokens import ChannelTokens, NoToken
from notifications.channels.wire import Answer, Wire
from notifications.channels.zalo_answers import Read, read_reply
from notifications.outcomes import Outcome, Refused, TryLater

TEXT_MAX = 2000
_TOKEN_WAIT_SECONDS = 30.0
_PATH = "/v3.0/oa/message/cs"
_UPLOAD_PATH = "/v2.0/oa/upload/image"
# Zalo takes pictures of up to a megabyte.
IMAGE_BYTES_MAX = 1_048_576


class ZaloSender:
    def __init__(self, wire: Wire, tokens: ChannelTokens, *, base_url: str, limit: Allowance | None = None) -> None:
        self._wire = wire
        self._tokens = tokens
        self._url = base_url + _PATH
        self._upload_url = base_url + _UPLOAD_PATH
        self.limit = limit

    async def post(self, user_id: str, text: str) -> Read:
        """In a turn already taken. The window is the caller's to know; Zalo refuses outside it."""
        body = {"recipient": {"user_id": user_id}, "message": {"text": text[:TEXT_MAX]}}
        return await with_token(self._tokens, lambda token: self._post(body, token))

    async def post_message(self, user_id: str, message: Mapping[str, object]) -> Read:
        """A message with buttons or a picture, as the bot makes them (bots/zalo.py)."""
        body = {"recipient": {"user_id": user_id}, "message": message}
        return await with_token(self._tokens, lambda token: self._post(body, token))

    async def upload_image(self, png: bytes) -> Read:
        """`attachment_id` names the picture for a week."""
        return await with_token(self._tokens, lambda token: self._upload(png, token))

    async def _upload(self, png: bytes, token: str) -> Read:
        data, content_type = _multipart(png)
        answer = await self._wire.post(self._upload_url, data, {"content-type": content_type, "access_token": token})
        return read_here(answer, read_reply)

    async def _post(self, body: object, token: str) -> Read:
        answer = await self._wire.post_json(self._url, body, {"access_token": token})
        return read_here(answer, read_reply)


def _multipart(png: bytes) -> tuple[bytes, str]:
    """One file in a form, by a boundary that the picture cannot hold."""
    boundary = secrets.token_hex(16)
    head = f'--{boundary}\r\ncontent-disposition: form-data; name="file"; filename="anh.png"\r\ncontent-type: image/png\r\n\r\n'
    return head.encode() + png + f"\r\n--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def read_here(answer: Answer | TryLater, read: Callable[[Answer, datetime], Read]) -> Read:
    return Read(answer) if isinstance(answer, TryLater) else read(answer, datetime.now(UTC))


async def with_token(tokens: ChannelTokens, send: Callable[[str], Awaitable[Read]]) -> Read:
    """Send; with another token once more where Zalo refused the first, which it does before it takes the message."""
    try:
        token = await tokens.access()
        read = await send(token)
        if read.token_refused:
            read = await send(await tokens.after_refusal(token))
    except NoToken as error:
        return Read(no_token(error))
    return read


def no_token(error: NoToken) -> Outcome:
    if error.final:
        return Refused("channel_down", error.code)
    return TryLater(error.code, _TOKEN_WAIT_SECONDS, pauses_channel=True)
