"""ZNS (ZBS template messages) of a Zalo Official Account, to numbers. It knows numbers and filled templates, no notice and no table."""

from __future__ import annotations

from notifications.allowances import Allowance
from notifications.channel_tokens import ChannelTokens
from notifications.channels.wire import Wire
from notifications.channels.zalo import read_here, with_token
from notifications.channels.zalo_answers import Read, read_template
from notifications.outcomes import Outcome

_PATH = "/message/template"
TRACKING_ID_MAX = 48


class ZnsSender:
    def __init__(self, wire: Wire, tokens: ChannelTokens, *, base_url: str, limit: Allowance | None = None) -> None:
        self._wire = wire
        self._tokens = tokens
        self._url = base_url + _PATH
        self.limit = limit

    async def post(self, phone_e164: str, template_id: str, data: dict[str, str], tracking_id: str) -> Outcome:
        """In a turn already taken. Zalo tells `tracking_id` again with the receipt; it does not refuse a second message by it."""
        assert len(tracking_id) <= TRACKING_ID_MAX, "Zalo takes tracking ids of at most 48 letters"
        body = {
            "phone": phone_e164.removeprefix("+"),
            "template_id": template_id,
            "template_data": data,
            "tracking_id": tracking_id,
        }
        read = await with_token(self._tokens, lambda token: self._post(body, token))
        return read.outcome

    async def _post(self, body: object, token: str) -> Read:
        answer = await self._wire.post_json(self._url, body, {"access_token": token})
        return read_here(answer, read_template)
