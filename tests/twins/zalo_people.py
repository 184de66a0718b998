"""People who write to an Official Account: their events go to its webhook as Zalo sends them — signed, in any order, more than once."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from tests.twins.zalo import Reader, ZaloTwin

# Takes a signed body and its headers to the webhook, and gives back the HTTP status.
Hook = Callable[[bytes, dict[str, str]], Awaitable[int]]
_ids = itertools.count(5_510_185_758_000_000_000)


@dataclass
class ZaloPerson:
    twin: ZaloTwin
    hook: Hook
    user_id: str = field(default_factory=lambda: str(next(_ids)))

    @property
    def reader(self) -> Reader:
        return self.twin.readers[self.user_id]

    async def says(self, text: str, **how: Any) -> dict[str, Any]:
        return await self.sends("user_send_text", {"text": text}, **how)

    async def presses(self, label: str) -> dict[str, Any]:
        """A button of the newest message that has it; its payload goes out as a message that the person does not see."""
        for message in reversed(self.reader.messages):
            payload = message.get("attachment", {}).get("payload", {})
            for button in payload.get("buttons", []):
                if button["title"] == label:
                    return await self.says(button["payload"])
        raise AssertionError(f"no button {label!r} in this chat")

    async def sends(
        self, event_name: str, message: dict[str, Any], *, ago: float = 0.0, times: int = 1
    ) -> dict[str, Any]:
        """A deed of the person: the window opens anew, and eight answers are free again."""
        reader = self.reader
        reader.last, reader.free_left = self.twin.now() - ago, 8
        event = {
            "sender": {"id": self.user_id},
            "recipient": {"id": self.twin.oa_id},
            "event_name": event_name,
            "message": {**message, "msg_id": secrets.token_hex(10)},
            "timestamp": self._at(ago),
        }
        await self.deliver(event, times=times)
        return event

    async def submits(self, phone: str) -> None:
        event = {
            "sender": {"id": self.user_id},
            "recipient": {"id": self.twin.oa_id},
            "event_name": "user_submit_info",
            "info": {"name": "Hoa", "phone": phone, "address": "", "city": "", "district": "", "ward": ""},
            "timestamp": self._at(0.0),
        }
        self.reader.last, self.reader.free_left = self.twin.now(), 8
        await self.deliver(event)

    async def follows(self, *, follows: bool = True, ago: float = 0.0) -> None:
        self.reader.follows = follows
        event = {
            "oa_id": self.twin.oa_id,
            "follower": {"id": self.user_id},
            "event_name": "follow" if follows else "unfollow",
            "source": "testing",
            "timestamp": self._at(ago),
        }
        await self.deliver(event)

    async def deliver(self, event: dict[str, Any], *, times: int = 1) -> None:
        """Zalo tries again until it hears 200."""
        body, headers = self.twin.signed(event)
        for _ in range(times):
            status = await self.hook(body, headers)
            assert status == 200, f"the webhook answered {status}"

    def _at(self, ago: float) -> str:
        return str(int((self.twin.now() - ago) * 1000))
