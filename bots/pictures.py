"""Pictures for messengers that fetch them by an address: for an hour, under a name that nobody can guess. It owns chat_pictures."""

from __future__ import annotations

import secrets
from datetime import timedelta

from backend.core.crypto import token_hash
from backend.core.house import House

PATH = "/bots/pictures"
LIFE = timedelta(hours=1)
_NAME_BYTES = 24


async def show(house: House, png: bytes) -> str | None:
    """Its address; None where nobody outside can reach us."""
    if not house.settings.public_url:
        return None
    name = secrets.token_urlsafe(_NAME_BYTES)
    await house.database.keep(
        "INSERT INTO chat_pictures (name_hash, png, expires_at) VALUES ($1, $2, $3)",
        token_hash(name),
        png,
        house.clock.now() + LIFE,
    )
    return f"{house.settings.public_url}{PATH}/{name}.png"


async def find(house: House, name: str) -> bytes | None:
    png: bytes | None = await house.database.reader.fetchval(
        """
        SELECT p.png
          FROM chat_pictures p
         WHERE p.name_hash = $1
           AND p.expires_at > $2
        """,
        token_hash(name),
        house.clock.now(),
    )
    return png


async def forget_old(house: House) -> None:
    await house.database.keep("DELETE FROM chat_pictures WHERE expires_at < $1", house.clock.now())
