"""Whom a notice is for: a school, a grade, a class or some pupils becomes guardians. It owns no table and sends nothing."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import msgspec

from backend.core.database import Reader

# More than any school has: a list that is longer is a mistake and is refused, never cut.
PUPILS_MAX = 50_000


class WholeSchool(msgspec.Struct, frozen=True, tag="school"):
    pass


class Grade(msgspec.Struct, frozen=True, tag="grade"):
    grade: int


class OneClass(msgspec.Struct, frozen=True, tag="class"):
    class_id: UUID


class SomePupils(msgspec.Struct, frozen=True, tag="pupils"):
    """`personal`: it may be about them, so a lock screen does not show its title; a club's letter is not."""

    pupil_ids: tuple[UUID, ...]
    personal: bool = True

    def __post_init__(self) -> None:
        assert len(self.pupil_ids) <= PUPILS_MAX, "a list of pupils is bounded; a class or a grade is not a list"


Audience = WholeSchool | Grade | OneClass | SomePupils


def parameters(audience: Audience) -> tuple[list[UUID] | None, int | None, UUID | None]:
    """The dollars 3 to 5 of ADDRESSED: pupils by name, grade, class. All three empty is the whole school."""
    match audience:
        case SomePupils(pupil_ids):
            return list(pupil_ids), None, None
        case Grade(grade):
            return None, grade, None
        case OneClass(class_id):
            return None, None, class_id
        case _:
            return None, None, None


# The pupils of an audience, also for rooms that ask about each pupil; $1 school, $2 the school's day, $3–$5 as parameters() gives them.
# Pupils asked for by name need no seat in a class: a receipt reaches the family of a pupil who has left.
# Seats are not asked whether they have begun, so that August's roster hears of the first day in September.
PUPILS = """
            SELECT named.pupil_id
              FROM unnest($3::uuid[]) AS named (pupil_id)
             UNION
            SELECT seat.pupil_id
              FROM enrolments seat
              JOIN classes room
                ON room.school_id = seat.school_id
               AND room.class_id = seat.class_id
              JOIN school_years y
                ON y.school_id = room.school_id
               AND y.school_year = room.school_year
              JOIN pupils p
                ON p.school_id = seat.school_id
               AND p.pupil_id = seat.pupil_id
               AND p.status = 'enrolled'
             WHERE $3::uuid[] IS NULL
               AND seat.school_id = $1
               AND (seat.to_on IS NULL OR seat.to_on >= $2)
               AND (y.is_current OR room.class_id = $5)
               AND ($4::smallint IS NULL OR room.grade = $4)
               AND ($5::uuid IS NULL OR room.class_id = $5)
"""

# One row for each guardian who gets notices about somebody in the audience, with the pupils it is about.
ADDRESSED = f"""
        SELECT g.guardian_id, g.account_id, g.phone_e164 IS NOT NULL AS has_phone,
               array_agg(bond.pupil_id ORDER BY bond.pupil_id) AS pupil_ids
          FROM guardianships bond
          JOIN guardians g
            ON g.school_id = bond.school_id
           AND g.guardian_id = bond.guardian_id
         WHERE bond.school_id = $1
           AND bond.can_view
           AND bond.gets_notices
           AND bond.valid_from <= $2
           AND (bond.valid_to IS NULL OR bond.valid_to >= $2)
           AND bond.pupil_id IN ({PUPILS})
         GROUP BY g.guardian_id, g.account_id, g.phone_e164
"""


class Unreached(msgspec.Struct, frozen=True):
    pupil_id: UUID
    full_name: str
    class_name: str | None


class Reach(msgspec.Struct, frozen=True):
    """Counted in pupils' homes: a home is reached when one of its guardians can be."""

    homes: int
    homes_reached: int
    guardians: int
    guardians_with_app: int
    unreached: list[Unreached]


_REACH = f"""
SELECT count(*) AS homes,
       count(*) FILTER (WHERE home.reached) AS homes_reached,
       (SELECT count(*)
          FROM ({ADDRESSED}) AS a) AS guardians,
       (SELECT count(*)
          FROM ({ADDRESSED}) AS a
         WHERE a.account_id IS NOT NULL) AS guardians_with_app,
       coalesce(json_agg(json_build_object('pupil_id', home.pupil_id, 'full_name', home.full_name, 'class_name', home.class_name)
                         ORDER BY home.class_name, home.sort_key)
                FILTER (WHERE NOT home.reached), '[]'::json)::text AS unreached
  FROM (SELECT p.pupil_id, p.full_name, p.sort_key,
               (SELECT room.name
                  FROM enrolments seat
                  JOIN classes room
                    ON room.school_id = seat.school_id
                   AND room.class_id = seat.class_id
                 WHERE seat.school_id = $1
                   AND seat.pupil_id = p.pupil_id
                   AND (seat.to_on IS NULL OR seat.to_on >= $2)
                 ORDER BY seat.from_on DESC
                 LIMIT 1) AS class_name,
               EXISTS (SELECT
                         FROM guardianships bond
                         JOIN guardians g
                           ON g.school_id = bond.school_id
                          AND g.guardian_id = bond.guardian_id
                          AND (g.account_id IS NOT NULL OR g.phone_e164 IS NOT NULL)
                        WHERE bond.school_id = $1
                          AND bond.pupil_id = p.pupil_id
                          AND bond.can_view
                          AND bond.gets_notices
                          AND bond.valid_from <= $2
                          AND (bond.valid_to IS NULL OR bond.valid_to >= $2)) AS reached
          FROM pupils p
         WHERE p.school_id = $1
           AND p.pupil_id IN ({PUPILS})) AS home
"""

_UNREACHED = msgspec.json.Decoder(list[Unreached])


async def reach(reader: Reader, school_id: int, audience: Audience, *, on: date) -> Reach:
    """Before sending: how many homes this would reach, and by name those with neither an account nor a telephone."""
    row = await reader.fetchrow(_REACH, school_id, on, *parameters(audience))
    assert row is not None, "an aggregate answers one row"
    return Reach(
        row["homes"],
        row["homes_reached"],
        row["guardians"],
        row["guardians_with_app"],
        _UNREACHED.decode(row["unreached"]),
    )
