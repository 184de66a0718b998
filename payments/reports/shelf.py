"""The shelf of reports: each by its name, asked for a time and perhaps a class or an account, given as tables. It owns nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta
from uuid import UUID

import msgspec

from backend.core.clock import school_day
from backend.core.house import House
from backend.core.problems import INVALID, NOT_FOUND, FieldError
from payments.reports import accounting, collection, day, day_book, day_close, debts, funds
from payments.reports.table import Table, Wording
from schemas.reports import AccountClose, DayClose

_DAYS_MAX = 366


class Asked(msgspec.Struct, frozen=True):
    """`to_on` alone is the day of reports that are about one day."""

    from_on: date
    to_on: date
    class_id: UUID | None = None
    bank_account_id: int | None = None

    @property
    def span(self) -> tuple[datetime, datetime]:
        return day.day_span(self.from_on)[0], day.day_span(self.to_on)[1]


def asked(
    today: date,
    from_on: date | None = None,
    to_on: date | None = None,
    *,
    class_id: UUID | None = None,
    bank_account_id: int | None = None,
) -> Asked:
    """This month up to today, unless another time is named; a year at most."""
    to_on = to_on or today
    from_on = from_on or min(to_on.replace(day=1), to_on)
    if not timedelta(0) <= to_on - from_on <= timedelta(days=_DAYS_MAX):
        raise INVALID(
            FieldError("?from_on", "Từ ngày đến ngày tối đa một năm.", "From a day to a later day, a year at most.")
        )
    if not 2000 <= from_on.year <= to_on.year < 2100:
        raise INVALID(FieldError("?to_on", "Ngày này không có sổ.", "There are no books of this day."))
    return Asked(from_on, to_on, class_id, bank_account_id)


async def tables(house: House, school_id: int, name: str, what: Asked, language: str) -> list[Table]:
    """Raises NOT_FOUND for a report that is not on the shelf. Who may read it was asked by the caller."""
    if name not in SHELF:
        raise NOT_FOUND()
    return await SHELF[name](house, school_id, what, Wording(language))


async def _day_book(house: House, school_id: int, what: Asked, words: Wording) -> list[Table]:
    body = await day_book.day_book_json(
        house.database.reader, school_id, what.from_on, what.to_on, what.bank_account_id
    )
    return [day_book.table(day_book.understood(body), words, house.clock.now())]


async def _debts(house: House, school_id: int, what: Asked, words: Wording) -> list[Table]:
    body = await debts.debts_json(house.database.reader, school_id, on=what.to_on, class_id=what.class_id)
    return [debts.table(debts.understood(body), words, house.clock.now())]


async def _collection(house: House, school_id: int, what: Asked, words: Wording) -> list[Table]:
    reader = house.database.reader
    body = await collection.collection_json(reader, school_id, what.span, what.from_on, what.to_on)
    return [collection.table(collection.understood(body), words, house.clock.now())]


async def _day_close(house: House, school_id: int, what: Asked, words: Wording) -> list[Table]:
    found = await day_close.day(house.database.reader, house.cipher, school_id, what.to_on)
    return [_accounts(found, words, house.clock.now()), _moves(found, words, house.clock.now())]


async def _funds(house: House, school_id: int, what: Asked, words: Wording) -> list[Table]:
    return funds.tables(await funds.funds_json(house.database.reader, school_id), words, house.clock.now())


async def _accounting(house: House, school_id: int, what: Asked, words: Wording) -> list[Table]:
    reader, now = house.database.reader, house.clock.now()
    return [await accounting.journal(reader, school_id, what.from_on, what.to_on, words, now)]


def _accounts(found: DayClose, words: Wording, made_at: datetime) -> Table:
    return Table(
        name="day-close",
        title=words("day_close"),
        subtitle=words.period(found.on, found.on),
        school_name=found.school_name,
        columns=[
            words.column("account", share=2.0),
            words.column("opening", "dong", 1.2),
            words.column("received", "dong", 1.2),
            words.column("spent", "dong", 1.2),
            words.column("closing", "dong", 1.2),
            words.column("stated", "dong", 1.2),
            words.column("difference", "dong", 1.1),
            words.column("closed_by", share=1.8),
        ],
        rows=[
            [
                one.name,
                one.opening,
                one.received,
                one.spent,
                one.closing,
                one.stated,
                one.difference,
                _signed(one, words),
            ]
            for one in found.accounts
        ],
        totals=None,
        notes=[note for one in found.accounts for note in _notes(one, words)],
        made_at=made_at,
    )


def _signed(one: AccountClose, words: Wording) -> str:
    if one.close is None:
        return words("not_closed")
    return f"{one.close.closed_by or ''} · {words('revision', number=one.close.revision)}"


def _notes(one: AccountClose, words: Wording) -> list[str]:
    close = one.close
    if close is None:
        return []
    said = [words("sealed_as", name=one.name, seal=close.seal)]
    if close.stated_by == "statement":
        said.append(words("stated_by_statement", name=one.name))
    if not close.intact:
        said.append(words("seal_broken", name=one.name))
    if close.note:
        said.append(words("explained", name=one.name, note=close.note))
    if close.added or close.vanished:
        said.append(words("changed_since", name=one.name, added=len(close.added), vanished=len(close.vanished)))
    return said


def _moves(found: DayClose, words: Wording, made_at: datetime) -> Table:
    """Every movement of the day; those that came after the close are marked."""
    late = {
        (one.bank_account_id, one.moved_at, one.balance)
        for account in found.accounts
        if account.close
        for one in account.close.added
    }
    return Table(
        name="day-close",
        title=words("day_moves"),
        subtitle=words.period(found.on, found.on),
        school_name=found.school_name,
        columns=[
            words.column("moment", "moment", 1.3),
            words.column("account", share=1.7),
            words.column("memo", share=2.8),
            words.column("received", "dong", 1.1),
            words.column("spent", "dong", 1.1),
            words.column("balance", "dong", 1.2),
            words.column("after_close", share=0.9),
        ],
        rows=[
            [
                one.moved_at,
                account.name,
                " · ".join(filter(None, (one.bank_reference, one.memo))),
                one.amount if one.amount > 0 else None,
                -one.amount if one.amount < 0 else None,
                one.balance,
                words("late") if (one.bank_account_id, one.moved_at, one.balance) in late else None,
            ]
            for account in found.accounts
            for one in account.movements
        ],
        made_at=made_at,
    )


SHELF: dict[str, Callable[[House, int, Asked, Wording], Awaitable[list[Table]]]] = {
    "day-book": _day_book,
    "day-close": _day_close,
    "debts": _debts,
    "collection": _collection,
    "funds": _funds,
    "accounting": _accounting,
}
# Reports that are about one day, not about a time.
OF_ONE_DAY = frozenset({"day-close", "debts", "funds"})


def today_of(house: House) -> date:
    return school_day(house.clock.now())
