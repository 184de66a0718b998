"""Whom a school cannot reach: guardians who get notices and have no living address, why, and since when. It owns no table.

A living address is a device or browser, a linked chat, a confirmed e-mail address, or a mobile number that nobody called dead. People
and schools are spread by different keys, so the school's guardians come first and their addresses after them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from backend.core.clock import school_day
from backend.core.database import Reader
from backend.core.house import House
from backend.core.phones import is_mobile
from notifications import emails
from notifications.addresses import devices_of
from notifications.dead_addresses import chat_hash, dead_among, email_hash, phone_hash
from schemas.notifications import ContactReason, UnreachableGuardian, UnreachableGuardians

_GUARDIANS_MAX = 20_000
_LISTED_MAX = 500
_AT_ONCE = 1000
_KINDS = ("fcm_token", "fcm_fid", "webpush")

# For the school's administrator; no row for anybody else. $3 is the school's day.
_GUARDIANS = """
SELECT (SELECT coalesce(json_agg(f ORDER BY f.sort_key, f.guardian_id), '[]'::json)
          FROM (SELECT g.guardian_id, g.full_name, g.phone_e164, g.account_id, g.created_at,
                       min(p.sort_key) AS sort_key,
                       json_agg(DISTINCT p.full_name) AS pupil_names,
                       coalesce(json_agg(DISTINCT c.name) FILTER (WHERE c.name IS NOT NULL), '[]'::json) AS class_names
                  FROM guardianships bond
                  JOIN guardians g
                    ON g.school_id = bond.school_id
                   AND g.guardian_id = bond.guardian_id
                  JOIN pupils p
                    ON p.school_id = bond.school_id
                   AND p.pupil_id = bond.pupil_id
                  JOIN enrolments seat
                    ON seat.school_id = bond.school_id
                   AND seat.pupil_id = bond.pupil_id
                   AND seat.from_on <= $3
                   AND (seat.to_on IS NULL OR seat.to_on >= $3)
                  JOIN classes c
                    ON c.school_id = seat.school_id
                   AND c.class_id = seat.class_id
                  JOIN school_years y
                    ON y.school_id = c.school_id
                   AND y.school_year = c.school_year
                   AND y.is_current
                 WHERE bond.school_id = $1
                   AND bond.can_view
                   AND bond.gets_notices
                   AND bond.valid_from <= $3
                   AND (bond.valid_to IS NULL OR bond.valid_to >= $3)
                 GROUP BY g.guardian_id, g.full_name, g.phone_e164, g.account_id, g.created_at
                 LIMIT $4) AS f)::text AS guardians
  FROM staff me
  JOIN staff_roles role
    ON role.school_id = me.school_id
   AND role.staff_id = me.staff_id
   AND role.role = 'school_admin'
 WHERE me.school_id = $1
   AND me.account_id = $2
   AND me.status = 'active'
"""

# The newest end of each account's devices, for those that have none left.
_RETIRED = """
SELECT DISTINCT ON (d.account_id) d.account_id, d.retired_why, d.retired_at,
       CASE d.token_kind WHEN 'webpush' THEN 'webpush' ELSE 'push' END AS channel
  FROM devices d
 WHERE d.account_id = ANY ($1::uuid[])
   AND d.retired_at IS NOT NULL
 ORDER BY d.account_id, d.retired_at DESC
"""

_CHATS = """
SELECT c.account_id, c.channel, c.chat_id
  FROM account_chats c
 WHERE c.account_id = ANY ($1::uuid[])
 ORDER BY c.account_id, c.linked_at
"""

_BLOCKED = """
SELECT l.channel, l.chat_id, l.blocked_at
  FROM chat_links l
 WHERE l.chat_id = ANY ($1::text[])
   AND l.blocked_at IS NOT NULL
"""


class _Guardian(msgspec.Struct):
    guardian_id: UUID
    full_name: str | None
    phone_e164: str | None
    account_id: UUID | None
    created_at: datetime
    pupil_names: list[str]
    class_names: list[str]


_DECODER = msgspec.json.Decoder(list[_Guardian])


async def unreachable(house: House, school_id: int, account_id: UUID) -> UnreachableGuardians | None:
    """None for anybody but the school's administrator. The longest unreachable first."""
    reader = house.database.reader
    today = school_day(house.clock.now())
    row = await reader.fetchrow(_GUARDIANS, school_id, account_id, today, _GUARDIANS_MAX)
    if row is None:
        return None
    guardians = _DECODER.decode(row["guardians"])
    known = _Known(house)
    await known.look_up(guardians)
    found = [
        UnreachableGuardian(
            g.guardian_id, g.full_name, g.pupil_names, g.class_names, max(r.since for r in reasons), reasons
        )
        for g in guardians
        if (reasons := known.reasons(g))
    ]
    found.sort(key=lambda one: (one.since, one.guardian_id))
    return UnreachableGuardians(len(guardians), len(found), found[:_LISTED_MAX])


class _Known:
    """What is known of the addresses of many guardians."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._alive: set[UUID] = set()
        self._ended: dict[UUID, list[ContactReason]] = defaultdict(list)
        self._numbers: Mapping[bytes, Any] = {}

    async def look_up(self, guardians: Sequence[_Guardian]) -> None:
        accounts = sorted({g.account_id for g in guardians if g.account_id is not None})
        for start in range(0, len(accounts), _AT_ONCE):
            part = accounts[start : start + _AT_ONCE]
            await self._devices(part)
            await self._chats(part)
            await self._boxes(part)
        hashes = [phone_hash(self._house.cipher, g.phone_e164) for g in guardians if g.phone_e164]
        self._numbers = await dead_among(self._reader, "sms", hashes, now=self._house.clock.now())

    def reasons(self, guardian: _Guardian) -> list[ContactReason]:
        """Empty: there is a living address."""
        account = guardian.account_id
        number = self._number(guardian)
        if number is None or (account is not None and account in self._alive):
            return []
        if account is None:
            return [ContactReason("account", "no_account", guardian.created_at), number]
        ended = self._ended.get(account) or [ContactReason("push", "no_device", guardian.created_at)]
        return [*ended, number]

    def _number(self, guardian: _Guardian) -> ContactReason | None:
        """None: a text may reach it."""
        phone = guardian.phone_e164
        if phone is None:
            return ContactReason("sms", "no_phone", guardian.created_at)
        if not is_mobile(phone):
            return ContactReason("sms", "not_mobile", guardian.created_at)
        dead = self._numbers.get(phone_hash(self._house.cipher, phone))
        return ContactReason("sms", dead.why, dead.dead_at) if dead is not None else None

    async def _devices(self, accounts: Sequence[UUID]) -> None:
        self._alive |= (await devices_of(self._reader, accounts, kinds=_KINDS)).keys()
        for row in await self._reader.fetch(_RETIRED, accounts):
            ended = ContactReason(row["channel"], row["retired_why"] or "", row["retired_at"])
            self._ended[row["account_id"]].append(ended)

    async def _chats(self, accounts: Sequence[UUID]) -> None:
        rows = await self._reader.fetch(_CHATS, accounts)
        chat_ids = [row["chat_id"] for row in rows]
        blocked = {(r["channel"], r["chat_id"]): r["blocked_at"] for r in await self._reader.fetch(_BLOCKED, chat_ids)}
        for channel in sorted({row["channel"] for row in rows}):
            mine = [row for row in rows if row["channel"] == channel]
            dead = await self._dead(channel, (chat_hash(row["chat_id"]) for row in mine))
            for row in mine:
                ended = dead.get(chat_hash(row["chat_id"]))
                at = blocked.get((channel, row["chat_id"]))
                if ended is not None:
                    self._ended[row["account_id"]].append(ContactReason(channel, ended.why, ended.dead_at))
                elif at is not None:
                    self._ended[row["account_id"]].append(ContactReason(channel, "blocked", at))
                elif channel != "zalo":  # a Zalo reader can be answered only for two days after writing
                    self._alive.add(row["account_id"])

    async def _boxes(self, accounts: Sequence[UUID]) -> None:
        boxes = await emails.boxes_of(self._reader, accounts)
        hashes = {account: email_hash(self._house.cipher, box.email) for account, box in boxes.items()}
        dead = await self._dead("email", hashes.values())
        for account, hashed in hashes.items():
            if hashed in dead:
                self._ended[account].append(ContactReason("email", dead[hashed].why, dead[hashed].dead_at))
            else:
                self._alive.add(account)

    async def _dead(self, channel: str, hashes: Iterable[bytes]) -> Mapping[bytes, Any]:
        return await dead_among(self._reader, channel, list(hashes), now=self._house.clock.now())

    @property
    def _reader(self) -> Reader:
        return self._house.database.reader
