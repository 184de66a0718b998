"""Scenes for talks: a school day, marks and bills behind the doors, and a chat that is spoken to through the engine itself."""

from __future__ import annotations

import dataclasses
import itertools
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import asyncpg
import msgspec

from backend.core.clock import StoppedClock, school_day
from backend.core.house import House
from backend.core.ids import new_id
from bots.chats import Chat, Memory
from bots.conversation import Turn, turn
from schemas.chat import Answer, Incoming
from tests.factories import EARLY, YEAR, Pupil, World
from tests.twins.telegram import TelegramTwin, TwinChat

_numbers = itertools.count(1)
_chat_ids = itertools.count(930_000_000)
NOW = datetime(2026, 10, 14, 0, 45, tzinfo=UTC)  # a Wednesday, 07:45 in Vietnam
TODAY = school_day(NOW)


@dataclass
class Talker:
    """One chat of one account (or a stranger's): `says` and `presses` are turns of the engine, with its memory kept in between."""

    house: House
    chat: Chat
    at: datetime = NOW
    last: Turn | None = None

    async def says(self, text: str) -> Answer:
        return await self._turn(text=text)

    async def presses(self, label: str) -> Answer:
        assert self.last is not None and self.last.answer is not None
        found = [button for button in self.last.answer.buttons if label in (button.label, button.press)]
        assert found, f"no button {label!r} among {[button.label for button in self.last.answer.buttons]}"
        return await self._turn(button=found[0].press)

    async def _turn(self, *, text: str = "", button: str | None = None) -> Answer:
        incoming = Incoming(
            channel=self.chat.channel,  # type: ignore[arg-type]
            chat_id=self.chat.chat_id,
            update_id=str(next(_numbers)),
            at=self.at,
            text=text,
            button=button,
        )
        self.last = await turn(self.house, self.chat, incoming)
        self.chat = self.last.chat
        assert self.last.answer is not None
        return self.last.answer

    def waits(self, **time: float) -> None:
        self.at += timedelta(**time)


def talker(house: House, account_id: UUID | None = None, *, channel: str = "telegram") -> Talker:
    """On the web the talk is the app's own, and nothing in it has to be confirmed again."""
    chat = Chat(channel=channel, chat_id=f"talk-{next(_numbers)}", account_id=account_id, language="", memory=Memory())
    return Talker(house, chat)


async def roll(
    owner: asyncpg.Connection,
    world: World,
    pupil: Pupil,
    mark: str,
    *,
    on: date = TODAY,
    session: str = "morning",
    note: str | None = None,
) -> None:
    await owner.execute(
        "INSERT INTO roll_marks (school_id, pupil_id, held_on, session, class_id, mark, note, marked_by, marked_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        pupil.school_id, pupil.pupil_id, on, session, pupil.class_id, mark, note, world.teacher.account_id,
        datetime.combine(on, NOW.timetz()),
    )  # fmt: skip


async def mark(
    owner: asyncpg.Connection,
    pupil: Pupil,
    subject: str,
    score: float,
    *,
    kind: str = "regular",
    ordinal: int = 1,
    published: bool = True,
) -> None:
    await owner.execute(
        "INSERT INTO marks (school_id, pupil_id, school_year, term, subject_code, kind, ordinal, class_id, score, entered_by, entered_at, published_at)"
        " VALUES ($1, $2, $3, 1, $4, $5, $6, $7, $8, $9, $10, $11)",
        pupil.school_id, pupil.pupil_id, YEAR, subject, kind, ordinal, pupil.class_id, score, new_id(), NOW, NOW if published else None,
    )  # fmt: skip


async def bill(
    owner: asyncpg.Connection, world: World, pupil: Pupil, title: str, amount: int, *, due_on: date = date(2026, 10, 31)
) -> None:
    fee_id = new_id()
    await owner.execute(
        "INSERT INTO fees (school_id, fee_id, title, category, mandatory, class_id, school_year, amount, due_on, bank_account_id, created_by, created_at)"
        " VALUES ($1, $2, $3, 'service', false, $4, $5, $6, $7, $8, $9, $10)",
        pupil.school_id, fee_id, title, pupil.class_id, YEAR, amount, due_on, world.bank_account_id, new_id(), NOW,
    )  # fmt: skip
    await owner.execute(
        "INSERT INTO invoices (school_id, invoice_id, fee_id, pupil_id, reference, bank_account_id, amount, due_on, created_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        pupil.school_id, new_id(), fee_id, pupil.pupil_id, f"HP{fee_id.hex[-10:].upper()}", world.bank_account_id, amount, due_on, NOW,
    )  # fmt: skip


async def sibling(owner: asyncpg.Connection, world: World, full_name: str = "Nguyễn Gia Bình") -> Pupil:
    """A second child of `world.parent`, in 6A2."""
    from backend.core.text import fold, name_sort_key

    pupil = Pupil(new_id(), full_name, world.other_class_id, world.school_id)
    await owner.execute(
        "INSERT INTO pupils (school_id, pupil_id, full_name, name_fold, sort_key, source, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, 'hand', $6, $6)",
        pupil.school_id, pupil.pupil_id, full_name, fold(full_name), name_sort_key(full_name), NOW,
    )  # fmt: skip
    await owner.execute(
        "INSERT INTO enrolments (school_id, pupil_id, school_year, class_id, from_on) VALUES ($1, $2, $3, $4, $5)",
        pupil.school_id, pupil.pupil_id, YEAR, pupil.class_id, EARLY,
    )  # fmt: skip
    await owner.execute(
        "INSERT INTO guardianships (school_id, pupil_id, guardian_id, kind, valid_from, source) VALUES ($1, $2, $3, 'mother', $4, 'hand')",
        pupil.school_id, pupil.pupil_id, world.parent.person_id, EARLY,
    )  # fmt: skip
    return pupil


def facts(**given: object) -> str:
    return msgspec.json.encode(given).decode()


def somebody(telegram: TelegramTwin) -> TwinChat:
    chat = telegram.open_chat(next(_chat_ids))
    chat.started = True
    return chat


def stopped(house: House, at: datetime = NOW) -> House:
    """The same house with its clock standing at the hour of the talks, for deeds that the rooms date themselves."""
    return dataclasses.replace(house, clock=StoppedClock(at))


async def notice(
    owner: asyncpg.Connection, world: World, pupil: Pupil, guardian_id: UUID, title: str, *, acknowledge: bool = False
) -> UUID:
    notice_id = new_id()
    await owner.execute(
        "INSERT INTO notices (school_id, notice_id, kind, source_kind, source_id, title, body, needs_acknowledgement, created_at)"
        " VALUES ($1, $2, 'announcement', 'test', $3, $4, 'Thứ bảy lúc 8 giờ', $5, $6)",
        pupil.school_id, notice_id, str(notice_id), title, acknowledge, NOW,
    )  # fmt: skip
    await owner.execute(
        "INSERT INTO notice_recipients (school_id, guardian_id, notice_id, pupil_ids, awaits_acknowledgement, created_at)"
        " VALUES ($1, $2, $3, $4, $5, $6)",
        pupil.school_id, guardian_id, notice_id, [pupil.pupil_id], acknowledge, NOW,
    )  # fmt: skip
    return notice_id
