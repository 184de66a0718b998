"""The notices a family has not opened, read out, and taking note of one by a button. The receipts are the notifications room's."""

from __future__ import annotations

from typing import Final

from backend.core.problems import NOT_FOUND, Problem
from backend.core.text import clean
from backend.family import queries
from backend.family.actions import answer_notice
from bots.absences import read_pair
from bots.answers import notices
from bots.talk import Talk
from notifications.receipts import Channel
from schemas.chat import Answer, Button

INTENT: Final = "my-unread"
_LABEL_MAX: Final = 40
_RECEIPT_OF: Final[dict[str, Channel]] = {"telegram": "telegram", "zalo": "zalo", "zalo_bot": "zalo_bot"}


async def unread(talk: Talk, intent: str) -> Answer:
    assert talk.chat.account_id is not None
    told = await notices.unread(talk.asker(talk.chat.account_id), await talk.schools())
    buttons = [
        Button(talk.say("acknowledge", title=_short(notice.title)), f"a:{notice.school_id}:{notice.notice_id.hex}")
        for notice in told.shown
        if notice.needs_acknowledgement
    ]
    return talk.answer(told.text, buttons, intent=intent)


async def pressed(talk: Talk, value: str) -> Answer | None:
    """Twice is once. A notice to somebody else, recalled, or about a child one may no longer see is no notice."""
    school_id, notice_id = read_pair(value)
    account_id = talk.chat.account_id
    if notice_id is None or account_id is None:
        return None
    found = await queries.notice(
        talk.house.database.reader, school_id, account_id, notice_id, talk.today, language=talk.language
    )
    if found is None:
        return None
    try:
        await answer_notice(
            talk.house,
            account_id,
            school_id,
            notice_id,
            "acknowledged",
            channel=_RECEIPT_OF.get(talk.chat.channel, "app"),
        )
    except Problem as problem:
        if problem.kind is not NOT_FOUND:
            raise
        return None
    return talk.answer(talk.say("acknowledged", title=found.title), intent=INTENT)


def _short(title: str) -> str:
    one_line = clean(title)
    return one_line if len(one_line) <= _LABEL_MAX else one_line[: _LABEL_MAX - 1] + "…"
