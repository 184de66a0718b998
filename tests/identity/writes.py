"""Sees every row that is written to a tenant table of a database of its own, for the price of one look after each request."""

from __future__ import annotations

import asyncpg

from backend.core import tables

_WATCHED = [table for table in tables.TENANT if table != "audit_events"]  # a refusal may be worth a line in the trail
_NOTE = """
CREATE TABLE writes (number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, table_name text NOT NULL, deed text NOT NULL);
CREATE FUNCTION note_write() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  INSERT INTO public.writes (table_name, deed) VALUES (TG_TABLE_NAME, TG_OP);
  RETURN NULL;
END $$;
"""


class Writes:
    """What a transaction wrote and took back was not written."""

    def __init__(self, owner: asyncpg.Connection) -> None:
        self._owner = owner
        self._seen = 0

    async def watch(self) -> None:
        for_each = "AFTER INSERT OR UPDATE OR DELETE ON {} FOR EACH ROW EXECUTE FUNCTION note_write();"
        triggers = [f"CREATE TRIGGER note_write {for_each.format(table)}" for table in _WATCHED]
        await self._owner.execute("\n".join([_NOTE, *triggers]))

    async def news(self) -> list[str]:
        """What was written since the last look, or since `watch`."""
        row = await self._owner.fetchrow(
            "SELECT max(number) AS newest, array_agg(DISTINCT deed || ' ' || table_name) AS deeds FROM writes WHERE number > $1",
            self._seen,
        )
        assert row is not None
        self._seen = row["newest"] or self._seen
        return row["deeds"] or []
