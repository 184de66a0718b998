"""A dialogue begun in one chat goes on in another of the same account: what the talk was about is read with the chat itself.

Carried for as long as a thread lasts, from the chat the family wrote in last: the question, the child asked about, what waits for an
answer, the language. Not carried: whether the family has shown that it is the family, and what it was about to confirm. Ids only: what
may be read is asked again with the account's right. A chat that was let go is no chat of the account, so it gives and gets nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

import msgspec

M = TypeVar("M", bound=msgspec.Struct)
THREAD: Final = timedelta(minutes=10)
_CARRIED: Final = ("intent", "intent_at", "child", "asked", "slots", "children", "unsure", "question", "english")

# `who.account_id` is whose chat it is, `s` its own state, `me` its channel and id.
ELSEWHERE: Final = """
           (SELECT json_build_object('state', o.state, 'language', o.language, 'at', o.updated_at)
              FROM chat_states o
             WHERE (o.channel, o.chat_id) IN (SELECT c.channel, c.chat_id
                                                FROM account_chats c
                                               WHERE c.account_id = who.account_id
                                               UNION ALL
                                              SELECT 'web', 'account:' || who.account_id)
               AND (o.channel, o.chat_id) <> (me.channel, me.chat_id)
               AND (s.updated_at IS NULL OR o.updated_at > s.updated_at)
             ORDER BY o.updated_at DESC
             LIMIT 1)::text AS elsewhere
"""


class _Elsewhere(msgspec.Struct, frozen=True):
    state: msgspec.Raw
    language: str
    at: datetime


def carried(memory: M, language: str, row: Any, now: datetime) -> tuple[M, str]:
    """The memory and the language with which the talk goes on here."""
    if row["elsewhere"] is None:
        return memory, language
    other = msgspec.json.decode(row["elsewhere"], type=_Elsewhere)
    if now - other.at > THREAD:
        return memory, language
    try:
        theirs = msgspec.json.decode(other.state, type=type(memory))
    except msgspec.MsgspecError:
        return memory, language
    taken_on = {name: getattr(theirs, name) for name in _CARRIED}
    return msgspec.structs.replace(memory, **taken_on), language or other.language
