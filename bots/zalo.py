"""The wire of a Zalo Official Account: answers inside the reader's window, with buttons or a picture. It knows no intent and no child.

Tokens, codes and their meaning are the notices' (notifications/channels/zalo*.py); the account's allowance is shared with them.
"""

from __future__ import annotations

import time
from typing import Any, Final

from backend.core.house import House
from bots.hearing import Heard, Limits, Part, Standing
from bots.turns import Claimed
from bots.zalo_reading import PRESS_MARK, read_event
from notifications import zalo_followers
from notifications.allowances import turn
from notifications.channels.zalo import IMAGE_BYTES_MAX, TEXT_MAX, ZaloSender
from notifications.outcomes import Outcome, Refused, Sent, TryLater
from notifications.zalo_followers import Follower
from schemas.chat import Channel

CHANNEL: Final[Channel] = "zalo"
_PATIENCE_SECONDS = 20.0
_NEVER_WROTE = Follower(None, 0, False)


class ZaloAccount:
    channel: Channel = CHANNEL
    greets = True
    # Zalo shows five buttons below a text and none below a picture.
    limits = Limits(text=TEXT_MAX, caption=TEXT_MAX, buttons=5, label=100, buttons_below_image=False)

    def __init__(self, house: House, sender: ZaloSender) -> None:
        self._house = house
        self._sender = sender

    def read(self, claimed: Claimed) -> Heard | Standing | None:
        return read_event(claimed)

    async def post(self, chat_id: str, part: Part) -> Outcome:
        """Refused("unreachable", …) outside of the reader's window: nothing is sent for money without anybody's decision."""
        house = self._house
        known = await zalo_followers.followers(house.database.reader, [chat_id])
        follower = known.get(chat_id, _NEVER_WROTE)
        now = house.clock.now()
        if (why := follower.closed(now)) is not None:
            return Refused("unreachable", why)
        if not await turn(self._sender.limit, time.monotonic() + _PATIENCE_SECONDS):
            return TryLater("rate_limited", 10.0)
        message = await self._message(part)
        if not isinstance(message, dict):
            return message
        read = await self._sender.post_message(chat_id, message)
        left = read.replies_left
        if left is None and isinstance(read.outcome, Sent):
            left = max(0, follower.replies_left - 1)
        if left is not None:
            await zalo_followers.answered(house.database, {chat_id: left}, began_at=now)
        return read.outcome

    async def picture(self, name: str) -> bytes:
        raise NotImplementedError("no picture is heard here")

    async def take_receipt(self, receipt: str) -> None:
        """Zalo waits for none."""

    async def _message(self, part: Part) -> dict[str, Any] | Outcome:
        if part.image is not None:
            return await self._picture(part.image, part.text)
        if not part.buttons:
            return {"text": part.text}
        buttons = [
            {"title": button.label, "type": "oa.query.hide", "payload": f"{PRESS_MARK}{button.press}"}
            for button in part.buttons
        ]
        return {"text": part.text, "attachment": {"type": "template", "payload": {"buttons": buttons}}}

    async def _picture(self, png: bytes, text: str) -> dict[str, Any] | Outcome:
        if len(png) > IMAGE_BYTES_MAX:
            return Refused("our_bug", "image_too_large")
        read = await self._sender.upload_image(png)
        if not isinstance(read.outcome, Sent):
            return read.outcome
        element = {"media_type": "image", "attachment_id": read.attachment_id}
        media = {"type": "template", "payload": {"template_type": "media", "elements": [element]}}
        return {"text": text, "attachment": media} if text else {"attachment": media}
