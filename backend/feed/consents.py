"""Each child's consent: what its guardians wish, and what counts of it. It owns feed_consents, to which is only ever added.

What counts is the strictest of the newest wishes of all guardians who may act for the child today; without any wish it is a no.
So one guardian's yes is enough while nobody says less, and a guardian who has lost the child has no say any more.
"""

from __future__ import annotations

from datetime import date
from uuid import UUID

from backend.core.clock import school_day
from backend.core.database import Reader
from backend.core.house import House
from backend.core.problems import INVALID, FieldError
from backend.core.versions import TOUCH_FAMILIES
from backend.identity.audit import record
from backend.identity.entitlement import require_class, require_guardian
from schemas.feed import ClassConsents, ConsentIn, Consents, PupilConsent, Wish, Wished

_WISHES = ("none", "class", "school")
_AGE_OF_ASKING = 7
_HISTORY_MAX = 100
_ASK_CHILD = (
    "Con từ 7 tuổi cũng cần đồng ý: xin hỏi con rồi đánh dấu vào đây.",
    "A child of seven or more is to agree, too: please ask your child and tick this.",
)

# How far the consent for {pupil} reaches on the day {today}, for {purpose}: 0 nobody, 1 its own class, 2 the school. $1 = school_id.
REACHES = """
       coalesce((SELECT min(CASE newest.wish WHEN 'none' THEN 0 WHEN 'class' THEN 1 ELSE 2 END)
                   FROM (SELECT DISTINCT ON (said.guardian_id) said.wish
                           FROM feed_consents said
                           JOIN guardianships say
                             ON say.school_id = said.school_id
                            AND say.pupil_id = said.pupil_id
                            AND say.guardian_id = said.guardian_id
                            AND say.can_view
                            AND say.can_act
                            AND say.valid_from <= {today}
                            AND (say.valid_to IS NULL OR say.valid_to >= {today})
                          WHERE said.school_id = $1
                            AND said.pupil_id = {pupil}
                            AND said.purpose = '{purpose}'
                          ORDER BY said.guardian_id, said.version DESC) AS newest), 0)
"""

# The wish of one guardian, and with it the new version of every family that may see pictures of the child or lose sight of them.
_KEEP = f"""
WITH said AS (
        INSERT INTO feed_consents (school_id, pupil_id, guardian_id, purpose, version, wish, child_agreed, account_id, wished_at)
        SELECT $1, $2, $3, $4,
               coalesce((SELECT max(before.version)
                           FROM feed_consents before
                          WHERE before.school_id = $1
                            AND before.pupil_id = $2
                            AND before.guardian_id = $3
                            AND before.purpose = $4), 0) + 1,
               $5, $6, $7, $8),
     touched AS ({
    TOUCH_FAMILIES.format(
        pupils='''SELECT seat.pupil_id
                          FROM enrolments seat
                         WHERE seat.school_id = $1
                           AND seat.class_id IN (SELECT p.class_id
                                                   FROM feed_photo_pupils tag
                                                   JOIN feed_posts p
                                                     ON p.school_id = tag.school_id
                                                    AND p.post_id = tag.post_id
                                                  WHERE tag.school_id = $1
                                                    AND tag.pupil_id = $2
                                                  UNION
                                                 SELECT p.class_id
                                                   FROM feed_posts p
                                                  WHERE p.school_id = $1
                                                    AND p.pupil_id = $2)
                         UNION
                        SELECT $2'''
    )
})
SELECT 1
"""
# Two devices of one guardian queue here, so that each wish has its number.
_ORDERED = "SELECT born_on FROM pupils WHERE school_id = $1 AND pupil_id = $2 FOR NO KEY UPDATE"
_NEWEST = """
SELECT DISTINCT ON (purpose) purpose, wish
  FROM feed_consents
 WHERE school_id = $1
   AND pupil_id = $2
   AND guardian_id = $3
 ORDER BY purpose, version DESC
"""


async def wish(house: House, account_id: UUID, school_id: int, pupil_id: UUID, said: ConsentIn) -> None:
    """By a guardian who may act for the child. The same wish again is not said again."""
    now = house.clock.now()
    async with house.database.school(school_id) as tx:
        guardian_id = await require_guardian(tx, school_id, account_id, pupil_id, on=school_day(now), act=True)
        born_on = await tx.fetchval(_ORDERED, school_id, pupil_id)
        says_yes = (said.photo, said.praise) != ("none", "none")
        if says_yes and not said.child_agrees and _is_asked(born_on, school_day(now)):
            raise INVALID(FieldError("/child_agrees", *_ASK_CHILD))
        before = {row["purpose"]: row["wish"] for row in await tx.fetch(_NEWEST, school_id, pupil_id, guardian_id)}
        for purpose, to in (("photo", said.photo), ("praise", said.praise)):
            if before.get(purpose) == to:
                continue
            await tx.execute(
                _KEEP, school_id, pupil_id, guardian_id, purpose, to, said.child_agrees, account_id, now
            )  # fmt: skip
            detail = {"purpose": purpose, "wish": to}
            await record(tx, "feed.consent", "pupil", pupil_id, at=now, actor=account_id, detail=detail)


def _is_asked(born_on: date | None, today: date) -> bool:
    """Seven years old on the day; whose birthday is unknown is asked."""
    if born_on is None:
        return True
    return (today.year - born_on.year) - ((today.month, today.day) < (born_on.month, born_on.day)) >= _AGE_OF_ASKING


_CHILD = f"""
SELECT p.full_name, p.born_on,
       {REACHES.format(pupil="$2", purpose="photo", today="$3")} AS photo,
       {REACHES.format(pupil="$2", purpose="praise", today="$3")} AS praise
  FROM pupils p
 WHERE p.school_id = $1
   AND p.pupil_id = $2
"""
_SAID = """
SELECT said.guardian_id, said.purpose, said.wish, said.wished_at, said.version,
       coalesce(g.full_name, '') AS guardian,
       bond.guardian_id IS NOT NULL AS has_say
  FROM feed_consents said
  JOIN guardians g
    ON g.school_id = said.school_id
   AND g.guardian_id = said.guardian_id
  LEFT JOIN guardianships bond
    ON bond.school_id = said.school_id
   AND bond.pupil_id = said.pupil_id
   AND bond.guardian_id = said.guardian_id
   AND bond.can_view
   AND bond.can_act
   AND bond.valid_from <= $3
   AND (bond.valid_to IS NULL OR bond.valid_to >= $3)
 WHERE said.school_id = $1
   AND said.pupil_id = $2
 ORDER BY said.wished_at DESC, said.guardian_id, said.version DESC, said.purpose
 LIMIT $4
"""


async def of_child(reader: Reader, school_id: int, account_id: UUID, pupil_id: UUID, today: date) -> Consents:
    """For the child's guardians: everybody who looks after it sees what was said for it."""
    me = await require_guardian(reader, school_id, account_id, pupil_id, on=today)
    child = await reader.fetchrow(_CHILD, school_id, pupil_id, today)
    assert child is not None, "the guardian has it"
    rows = await reader.fetch(_SAID, school_id, pupil_id, today, _HISTORY_MAX)
    newest: dict[UUID, dict[str, str]] = {}
    names: dict[UUID, str] = {}
    for row in rows:
        if row["has_say"]:
            names[row["guardian_id"]] = row["guardian"]
            newest.setdefault(row["guardian_id"], {}).setdefault(row["purpose"], row["wish"])
    return Consents(
        school_id=school_id,
        pupil_id=pupil_id,
        full_name=child["full_name"],
        asks_child=_is_asked(child["born_on"], today),
        photo=_WISHES[child["photo"]],  # type: ignore[arg-type]
        praise=_WISHES[child["praise"]],  # type: ignore[arg-type]
        wishes=[
            Wish(names[one], one == me, wishes.get("photo"), wishes.get("praise"))  # type: ignore[arg-type]
            for one, wishes in newest.items()
        ],
        history=[Wished(row["purpose"], row["wish"], row["guardian"], row["wished_at"]) for row in rows],
    )


_OF_CLASS = f"""
SELECT p.pupil_id, p.full_name,
       {REACHES.format(pupil="p.pupil_id", purpose="photo", today="$3")} AS photo,
       {REACHES.format(pupil="p.pupil_id", purpose="praise", today="$3")} AS praise
  FROM enrolments seat
  JOIN pupils p
    ON p.school_id = seat.school_id
   AND p.pupil_id = seat.pupil_id
 WHERE seat.school_id = $1
   AND seat.class_id = $2
   AND seat.from_on <= $3
   AND (seat.to_on IS NULL OR seat.to_on >= $3)
 ORDER BY p.sort_key, p.pupil_id
 LIMIT 200
"""


async def of_class(reader: Reader, school_id: int, account_id: UUID, class_id: UUID, today: date) -> ClassConsents:
    """For whoever writes in the class's feed: what counts, and not who said it."""
    await require_class(reader, school_id, account_id, class_id, on=today, subject="*")
    name = await reader.fetchval(
        "SELECT name FROM classes WHERE school_id = $1 AND class_id = $2", school_id, class_id
    )  # fmt: skip
    rows = await reader.fetch(_OF_CLASS, school_id, class_id, today)
    pupils = [PupilConsent(r["pupil_id"], r["full_name"], _WISHES[r["photo"]], _WISHES[r["praise"]]) for r in rows]  # type: ignore[arg-type]
    return ClassConsents(class_id, name or "", pupils)
