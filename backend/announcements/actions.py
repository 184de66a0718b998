"""Writing to families at once, and taking a letter back. What is written in rest and leaves later is in drafts.py."""

from __future__ import annotations

from uuid import UUID

import msgspec

from backend.announcements import letters
from backend.announcements.audiences import require_audience
from backend.announcements.letters import Writer
from backend.announcements.resolving import resolved
from backend.announcements.rules import require_unheld
from backend.core.clock import school_day
from backend.core.house import House
from backend.core.ids import new_id
from backend.identity.entitlement import standing
from notifications.audience import Reach, reach
from schemas.announcements import Announced, NewAnnouncement, To


async def announce(house: House, account_id: UUID, school_id: int, new: NewAnnouncement) -> tuple[Announced, bool]:
    """What was announced, and whether it is new: the same request again announces nothing twice."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        who = await require_audience(tx, school_id, account_id, new.audience, school_day(now))
        title, body = letters.read_texts(new.title, new.body)
        new = msgspec.structs.replace(new, title=title, body=body)
        await require_unheld(tx, who, school_id)
        letters.require_end(new.expires_at, now)
        await letters.require_corrected(tx, who, new.corrects)
        await letters.hang_files(tx, new.file_ids, account_id, now, had=[])
        published = await letters.put_out(tx, new, Writer(account_id, who.staff_id), new_id(), now)
        if published is None:
            return await letters.repeated(tx, new, who.staff_id), False
        return letters.announced(new.announcement_id, now, published), True


async def preview(house: House, account_id: UUID, school_id: int, to: To) -> Reach:
    """Before sending: how many homes this reaches, and by name those with neither an account nor a telephone."""
    today = school_day(house.clock.now())
    reader = house.database.reader
    await require_audience(reader, school_id, account_id, to, today)
    return await reach(reader, school_id, await resolved(reader, school_id, to, today), on=today)


async def recall_announcement(house: House, account_id: UUID, school_id: int, announcement_id: UUID) -> None:
    """For its author and the administrator; a letter of the commune or province is theirs to take back."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        who = await standing(tx, school_id, account_id, on=school_day(now))
        await letters.take_out(
            tx,
            announcement_id,
            may=lambda row: row["from_area"] is None and (who.admin or row["author_staff_id"] == who.staff_id),
            at=now,
            actor=account_id,
        )
