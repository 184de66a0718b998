"""Where Telegram calls: the secret is compared, the update kept, the call answered at once. The answer to the reader comes later."""

from typing import Any

import msgspec
from litestar import Request, Response, post
from litestar.openapi.datastructures import ResponseSpec

from backend.core.crypto import same
from backend.core.http import house_of
from backend.core.problems import BAD_REQUEST, problem
from backend.identity.guards import MACHINE
from bots import door
from bots.turns import Arrived

AnyRequest = Request[Any, Any, Any]

NOT_TELEGRAM = problem(
    "not-telegram",
    401,
    vi="Không nhận ra bên gọi.",
    en="The caller is not known here.",
)
_SECRET_HEADER = b"x-telegram-bot-api-secret-token"
_UPDATE_BYTES_MAX = 262_144
_INTEGER_MAX = 2**63 - 1


class _Chat(msgspec.Struct):
    id: int
    type: str = "private"


class _Message(msgspec.Struct):
    chat: _Chat | None = None
    text: str = ""


class _Query(msgspec.Struct):
    message: _Message | None = None


class _Update(msgspec.Struct):
    """As much as is needed to keep it: which update, of which chat."""

    update_id: int
    message: _Message | None = None
    callback_query: _Query | None = None
    my_chat_member: _Message | None = None

    @property
    def chat(self) -> _Chat | None:
        query = self.callback_query.message if self.callback_query is not None else None
        holder = self.message or query or self.my_chat_member
        return holder.chat if holder is not None else None

    @property
    def is_ours(self) -> bool:
        """What people say to each other in a group is not even kept; only a command is meant for the bot there."""
        chat = self.chat
        if chat is None:
            return False
        return chat.type == "private" or (self.message is not None and self.message.text.startswith("/"))


@post(
    "/bots/telegram/webhook",
    status_code=200,
    tags=["hooks"],
    request_max_body_size=_UPDATE_BYTES_MAX,
    responses={
        200: ResponseSpec(data_container=None, description="Kept, or nothing that we answer", generate_examples=False)
    },
    **MACHINE,
)
async def telegram_webhook(request: AnyRequest) -> Response[None]:
    """Telegram's webhook. The secret comes back in `X-Telegram-Bot-Api-Secret-Token`; a repeated update is kept once."""
    house = house_of(request)
    _require_secret(request, house.settings.telegram_secret)
    body = await request.body()
    try:
        update = msgspec.json.decode(body, type=_Update)
    except msgspec.MsgspecError as error:
        raise BAD_REQUEST() from error
    if not 0 <= update.update_id <= _INTEGER_MAX:
        raise BAD_REQUEST()
    if update.is_ours and update.chat is not None:
        come = Arrived(str(update.update_id), body, house.clock.now())
        await door.arrived(house, "telegram", str(update.chat.id), come)
    return Response(None, status_code=200)


def _require_secret(request: AnyRequest, secret: str) -> None:
    """An unset secret closes the door. Compared in constant time over the raw bytes."""
    sent = next((value for name, value in request.scope["headers"] if name == _SECRET_HEADER), b"")
    if not secret or not same(sent, secret):
        raise NOT_TELEGRAM()


ROUTES: list[Any] = [telegram_webhook]
