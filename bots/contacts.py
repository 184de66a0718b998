"""A shared number and whose it is now: the sender's own contact, a guardian whom a school knows by it, and the name of a child.

A messenger proves that a number was the sender's when they registered there. An operator may have given it to somebody else since,
so a child's name is asked besides; and a link that rests on a number ends when the number changes hands.
"""

from __future__ import annotations

import base64
import binascii
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidTag

from backend.core.clock import school_day
from backend.core.database import Tx
from backend.core.house import House
from backend.core.phones import NotAPhone, to_e164
from backend.core.text import fold
from backend.identity import audit
from backend.identity.accounts import account_of, claims_of, releases_since
from backend.identity.sign_in import PersonAtPhone, link_persons, masked, people_at
from backend.people.queries import children_of_family
from bots import links
from bots.chats import Chat
from bots.hearing import Contact
from bots.link_codes import count_wrong, paused
from schemas.people import Child

PROVED_LIFE = timedelta(minutes=10)
_SEALED_FOR = "chat-contact"
_BATCH = 1000


class Proved(msgspec.Struct, frozen=True):
    """A number that the messenger says is the sender's, until the reader has said who they are. Kept sealed in the chat's memory."""

    phone: str
    until: datetime
    person: str = ""


class Person(msgspec.Struct, frozen=True):
    key: str
    masked_name: str


class WhoIsIt(msgspec.Struct, frozen=True):
    """Several people at home share the number."""

    proved: Proved
    people: tuple[Person, ...]


class WhichChild(msgspec.Struct, frozen=True):
    """The person is clear; the name of one of their children shows that the number is still theirs."""

    proved: Proved


async def shared(house: House, chat: Chat, contact: Contact) -> WhoIsIt | WhichChild | links.Refused:
    """why of Refused: foreign (somebody else's number), unknown (no family of a school), paused."""
    now = house.clock.now()
    if paused(chat, now):
        return links.Refused("paused")
    phone = _e164(contact.phone)
    async with house.database.directory() as tx:
        people = await _guardians_at(house, tx, phone) if contact.own and phone else []
        if not people or phone is None:
            await count_wrong(tx, chat, now)
            return links.Refused("unknown" if contact.own else "foreign")
    proved = Proved(phone, now + PROVED_LIFE)
    if len(people) == 1:
        return WhichChild(msgspec.structs.replace(proved, person=people[0].key))
    return WhoIsIt(proved, tuple(Person(one.key, masked(one.full_name)) for one in people))


async def confirm(house: House, chat: Chat, proved: Proved, name: str) -> links.Linked | links.Refused:
    """Bind the chat when `name` is a child's of the person. why of Refused: child (no such child), unknown, paused, full."""
    now = house.clock.now()
    if paused(chat, now):
        return links.Refused("paused")
    if proved.until <= now:
        return links.Refused("unknown")
    account_id = await _account(house, proved, now)
    if account_id is None:
        return links.Refused("unknown")
    children = await _children(house, account_id, now)
    async with house.database.directory() as tx:
        if not any(_is_named(child, name) for child in children):
            await count_wrong(tx, chat, now)
            return links.Refused("child")
        if await links.is_full(tx, account_id, chat):
            return links.Refused("full")
        await _release_others(tx, proved.phone, chat, now)
        await links.bind(tx, chat, account_id, now, phone=proved.phone)
        detail = {"channel": chat.channel, "by": "phone"}
        await audit.record_account(tx, account_id, "chat.linked", at=now, detail=detail)
    return links.Linked(account_id)


def seal(house: House, proved: Proved) -> str:
    return base64.b64encode(house.cipher.seal(msgspec.json.encode(proved).decode(), _SEALED_FOR)).decode()


def opened(house: House, sealed: str, now: datetime) -> Proved | None:
    try:
        proved = msgspec.json.decode(house.cipher.open(base64.b64decode(sealed), _SEALED_FOR), type=Proved)
    except (binascii.Error, InvalidTag, AssertionError, ValueError, msgspec.MsgspecError):
        return None
    return proved if proved.until > now else None


# -- Whose number it is now -------------------------------------------------------------------------------------------


async def _guardians_at(house: House, tx: Tx, phone: str) -> list[PersonAtPhone]:
    """As signing in by one-time code would find them; a school's staff have other doors."""
    people = await people_at(tx, house.cipher, phone)
    return [one for one in people if any(person.kind == "guardian" for person in one.persons)]


async def _account(house: House, proved: Proved, now: datetime) -> UUID | None:
    """The account of the person at the number as the schools know it at this moment, made and tied like at a first sign-in."""
    async with house.database.directory() as tx:
        people = await _guardians_at(house, tx, proved.phone)
        who = next((one for one in people if one.key == proved.person), None)
        if who is None:
            return None
        account_id = who.account_id or await account_of(
            tx, proved.phone, who.name_fold, who.full_name, language="vi", at=now
        )
    guardians = [person for person in who.persons if person.kind == "guardian"]
    await link_persons(house, account_id, proved.phone, guardians)
    async with house.database.directory() as tx:
        claims = await claims_of(tx, account_id)
    return account_id if claims.guardian_in and not claims.closed else None


async def _children(house: House, account_id: UUID, now: datetime) -> list[Child]:
    async with house.database.directory() as tx:
        schools = (await claims_of(tx, account_id)).guardian_in
    reader, today = house.database.reader, school_day(now)
    return [c for school_id in schools for c in await children_of_family(reader, school_id, account_id, today)]


def _is_named(child: Child, reply: str) -> bool:
    """The whole name, or the given name as it is said at home, with whatever is said around it left out."""
    said, name = fold(reply).split(), fold(child.full_name).split()
    return bool(said) and (said == name or (said[-1] == name[-1] and set(said[:-1]) <= {*name, *_AROUND}))


_AROUND = frozenset({"be", "chau", "con", "em", "ten", "la", "toi", "ba", "me", "bo"})


def _e164(text: str) -> str | None:
    """Messengers tell numbers with the country's code, with or without a plus."""
    try:
        return to_e164("+" + text.strip().lstrip("+"))
    except NotAPhone:
        return None


# -- When a number changes hands --------------------------------------------------------------------------------------


async def _release_others(tx: Tx, phone: str, chat: Chat, now: datetime) -> None:
    """A number is one person's at a messenger: whoever proved it there before has it no longer."""
    rows = await tx.fetch(
        """
        SELECT p.chat_id, p.account_id
          FROM phone_chats p
         WHERE p.phone_e164 = $1
           AND p.channel = $2
           AND p.chat_id <> $3
         ORDER BY p.chat_id
        """,
        phone,
        chat.channel,
        chat.chat_id,
    )
    for row in rows:
        await links.let_go(tx, row["account_id"], chat.channel, row["chat_id"], now, "chat.released")


async def release_moved(house: House, *, since: datetime) -> int:
    """Chats linked by a number that no longer leads to their account. What they may read ended with the number itself. How many."""
    released = await releases_since(house.database.reader, since)
    ended = 0
    for start in range(0, len(released), _BATCH):
        ended += await _release(house, set(released[start : start + _BATCH]), house.clock.now())
    return ended


async def _release(house: House, released: set[tuple[str, UUID]], now: datetime) -> int:
    rows = await house.database.reader.fetch(
        """
        SELECT p.phone_e164, p.account_id, p.channel, p.chat_id
          FROM phone_chats p
         WHERE p.phone_e164 = ANY ($1::text[])
         ORDER BY p.phone_e164, p.channel, p.chat_id
        """,
        sorted({phone for phone, _ in released}),
    )
    ended = [row for row in rows if (row["phone_e164"], row["account_id"]) in released]
    for row in ended:
        async with house.database.directory() as tx:
            await links.let_go(tx, row["account_id"], row["channel"], row["chat_id"], now, "chat.released")
    return len(ended)
