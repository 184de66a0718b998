"""What only whoever runs the server can do, from the command line: appoint for an area, and let somebody in who lost every key."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from backend.core.database import Database
from backend.core.phones import to_e164
from backend.core.text import clean, fold
from backend.identity.accounts import account_of, accounts_of_phone, grant_area
from backend.identity.audit import record_account
from backend.identity.passwords import forget_password
from backend.identity.sessions import end_all


async def appoint(database: Database, *, phone: str, full_name: str, area_code: str, at: datetime) -> UUID:
    """An administrator of a province or commune, who sees its schools in counts. Doing it again changes nothing. Raises NotAPhone."""
    name = clean(full_name)
    async with database.directory() as tx:
        account_id = await account_of(tx, to_e164(phone), fold(name), name, language="vi", at=at)
        await grant_area(tx, account_id, area_code, at=at)
        await record_account(tx, account_id, "area.granted", at=at, detail={"area": area_code})
    return account_id


async def reset_sign_in(database: Database, *, phone: str, at: datetime) -> int:
    """Password and second factor of everybody at a number go, their sessions end; a one-time code opens again. How many there were.

    For a school's only administrator, whom no colleague can reset. Raises NotAPhone.
    """
    async with database.directory() as tx:
        account_ids = sorted(set((await accounts_of_phone(tx, to_e164(phone))).values()))
        for account_id in account_ids:
            await forget_password(tx, account_id)
            await end_all(tx, account_id, at=at, why="reset")
            await record_account(tx, account_id, "password.reset_by_operator", at=at)
    return len(account_ids)
