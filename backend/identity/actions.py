"""What somebody changes about oneself. Signing in has its own stations: codes, sending, sign_in, staff_sign_in, sessions."""

from __future__ import annotations

from backend.core.house import House
from backend.identity.accounts import change_language, persons_of
from backend.identity.principal import Principal
from backend.people.linking import speak_to_family
from schemas.identity import Language


async def speak(house: House, who: Principal, language: Language) -> None:
    """The account's language, and that of the notices each school writes to it."""
    async with house.database.directory() as tx:
        await change_language(tx, who.account_id, language)
        persons = await persons_of(tx, who.account_id)
    for school_id in sorted({person.school_id for person in persons if person.kind == "guardian"}):
        async with house.database.school(school_id) as school:
            await speak_to_family(school, who.account_id, language, at=house.clock.now())
