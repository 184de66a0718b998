"""A short word to a member of staff by their own channels: to the devices and Telegram chats of the account, by mail where none took it.

It says where to look, and nothing of what was written. It owns no table and keeps no promise: whoever calls tries again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from backend.core.catalogue import say
from backend.core.house import House
from notifications import emails
from notifications.addresses import chats_of, devices_of
from notifications.channels.email import Letter as Mail
from notifications.channels.fcm import Letter
from notifications.channels.fcm_message import Push, tail
from notifications.outcomes import Outcome, Refused, Sent
from notifications.returned import return_address
from notifications.stations import Stations

USEFUL_FOR = timedelta(hours=12)


class StaffWord(msgspec.Struct, frozen=True):
    """`key` is the same for every attempt. `words`: in a language. `path`: the page of the console where it is read."""

    key: str
    account_id: UUID
    school_id: int
    school_name: str
    words: Callable[[str], str]
    path: str
    at: datetime
    urgent: bool = False


async def tell(house: House, stations: Stations, word: StaffWord) -> Outcome:
    """Sent when it arrived anywhere; the last answer otherwise."""
    answers = [*await push(house, stations, word), *await chat(house, stations, word)]
    if not any(isinstance(answer, Sent) for answer in answers):
        answers += await _mail(house, stations, word)
    came = [answer for answer in answers if isinstance(answer, Sent)]
    return came[0] if came else answers[-1] if answers else Refused("unknown", "no_address")


async def push(house: House, stations: Stations, word: StaffWord) -> Sequence[Outcome]:
    if stations.push is None:
        return []
    devices = (await devices_of(house.database.reader, [word.account_id])).get(word.account_id, [])
    letters = [
        Letter(device.kind, device.token, tail(_push_of(house, word, device.language)))  # type: ignore[arg-type]
        for device in devices
    ]
    outcomes: list[Outcome | None] = [None] * len(letters)
    if letters:
        await stations.push.sender.send_all(letters, outcomes)
    return [outcome for outcome in outcomes if outcome is not None]


def _push_of(house: House, word: StaffWord, language: str) -> Push:
    public = house.settings.public_url
    return Push(
        notice_id=word.key,
        school_id=word.school_id,
        kind="message",
        title=word.school_name,
        body=word.words(language),
        path=word.path,
        link=public + word.path if public.startswith("https://") else None,
        language=language,
        urgent=word.urgent,
        ttl_seconds=int(USEFUL_FOR.total_seconds()),
        expires_at=word.at + USEFUL_FOR,
    )


async def chat(house: House, stations: Stations, word: StaffWord) -> Sequence[Outcome]:
    if stations.telegram_sender is None:
        return []
    chats = (await chats_of(house.database.reader, [word.account_id], "telegram")).get(word.account_id, [])
    text = f"{word.school_name}\n{word.words('vi')}\n{house.settings.public_url}{word.path}"
    return [await stations.telegram_sender.send(chat_id, text) for chat_id in chats]


async def _mail(house: House, stations: Stations, word: StaffWord) -> Sequence[Outcome]:
    """To the address that the account confirmed."""
    sender = stations.email_sender
    box = (await emails.boxes_of(house.database.reader, [word.account_id])).get(word.account_id)
    if sender is None or box is None:
        return []
    words = word.words(box.language)
    link = house.settings.public_url + word.path
    letter = Mail(
        to=box.email,
        subject=f"{word.school_name}: {words}",
        text=say("messages.staff_mail", box.language, school=word.school_name, words=words, link=link),
        message_id=word.key,
        language=box.language,
        return_address=return_address(house, word.key, box.email),
    )
    return [await sender.post(letter)]
