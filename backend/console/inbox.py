"""Questions that the bot handed to the school: read, answered, closed. The bot's hand-off owns them."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from backend.console.desks import AnyRequest, admin_desk, console_page, done_or_shown, today_of
from backend.core.http import house_of
from backend.identity.guards import STAFF
from backend.identity.principal import principal_of
from backend.pages import Refusal, read_form
from backend.pages.forms import into
from bots.desk import answer
from bots.desk_reading import handoffs_of
from schemas.chat import HandoffAnswerIn

_INBOX = "/console/{school_id:int}/inbox"


@get(_INBOX, include_in_schema=False, **STAFF)
async def inbox_page(request: AnyRequest, school_id: FromPath[int]) -> Response[bytes]:
    return await _show(request, school_id)


@post(_INBOX + "/{handoff_id:uuid}", include_in_schema=False, **STAFF)
async def answer_question(request: AnyRequest, school_id: FromPath[int], handoff_id: FromPath[UUID]) -> Response[bytes]:
    """With a text the question is answered, without one it is closed."""
    await admin_desk(request, school_id)
    form = await read_form(request)

    async def deed() -> None:
        text = into(HandoffAnswerIn, {"text": form.get("text", "").strip()}).text
        account_id = principal_of(request).account_id
        await answer(house_of(request), account_id, school_id, handoff_id, text)

    async def again(refused: Refusal) -> Response[bytes]:
        return await _show(request, school_id, refused=refused)

    said = "console.question_answered" if form.get("text", "").strip() else "console.question_closed"
    return await done_or_shown(request, deed(), again, f"/console/{school_id}/inbox", said)


async def _show(request: AnyRequest, school_id: int, *, refused: Refusal | None = None) -> Response[bytes]:
    desk = await admin_desk(request, school_id)
    found = await handoffs_of(
        house_of(request).database.reader, school_id, principal_of(request).account_id, today_of(request)
    )
    return console_page(
        request,
        desk,
        "console/inbox.html",
        status=refused.status if refused else 200,
        back_path=f"/console/{school_id}/inbox",
        waiting=[one for one in found.handoffs if one.state in ("waiting", "taken")],
        done=[one for one in found.handoffs if one.state not in ("waiting", "taken")],
        refused=refused,
    )


ROUTES: list[Any] = [inbox_page, answer_question]
