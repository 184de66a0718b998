"""What a family may see of a feed: the one place that answers it, in SQL, asked anew at every reading.

A post is read by the families of the pupils who sit in its class today, until it expires. The praise of one child is read by that
child's family alone unless it agreed. A picture is seen only while nobody on it lacks consent: so a withdrawal hides it at once.
"""

from __future__ import annotations

from backend.feed.consents import REACHES
from backend.identity.entitlement import GUARDIAN_JOIN

KEEP_DAYS = 30

# The reader's seats: $1 = school_id, $2 = account_id, $3 = the school's day.
MINE = f"""
     mine AS (
        SELECT seat.class_id, bond.pupil_id, bond.guardian_id, bond.kind
          FROM {GUARDIAN_JOIN}
          JOIN enrolments seat
            ON seat.school_id = bond.school_id
           AND seat.pupil_id = bond.pupil_id
           AND seat.from_on <= $3
           AND (seat.to_on IS NULL OR seat.to_on >= $3)
         WHERE family.school_id = $1
           AND family.account_id = $2)
"""

# A post with its class and its time; `p` is a post.
WITH_CLASS = """
  JOIN classes c
    ON c.school_id = p.school_id
   AND c.class_id = p.class_id
  JOIN school_years y
    ON y.school_id = c.school_id
   AND y.school_year = c.school_year
  LEFT JOIN feed_settings f
    ON f.school_id = p.school_id
"""
EXPIRED = f"y.ends_on + coalesce(f.keep_days, {KEEP_DAYS}) < $3"

# `p` for the reader of `mine`: published, or hidden (then only its place is shown), and not expired.
READABLE = f"""
       p.school_id = $1
   AND p.state IN ('published', 'hidden')
   AND NOT {EXPIRED}
   AND p.class_id IN (SELECT m.class_id FROM mine m)
   AND (p.kind <> 'pupil_praise'
        OR p.pupil_id IN (SELECT m.pupil_id FROM mine m)
        OR {REACHES.format(pupil="p.pupil_id", purpose="praise", today="$3")} >= 1)
"""

# Whether the family of the child of `tag` agrees to a picture in the feed of `p`: its own class, or one that it is not in.
AGREED = f"""
       {REACHES.format(pupil="tag.pupil_id", purpose="photo", today="$3")}
       >= CASE WHEN EXISTS (SELECT
                              FROM enrolments sits
                             WHERE sits.school_id = $1
                               AND sits.pupil_id = tag.pupil_id
                               AND sits.class_id = p.class_id
                               AND sits.from_on <= $3
                               AND (sits.to_on IS NULL OR sits.to_on >= $3))
               THEN 1
               ELSE 2 END
"""

# Whether families see `photo` of the post `p`.
SEEN = f"""
       (photo.held_at IS NULL
        AND (photo.nobody_recognisable
             OR EXISTS (SELECT
                          FROM feed_photo_pupils tag
                         WHERE tag.school_id = $1
                           AND tag.post_id = photo.post_id
                           AND tag.file_id = photo.file_id))
        AND NOT EXISTS (SELECT
                          FROM feed_photo_pupils tag
                         WHERE tag.school_id = $1
                           AND tag.post_id = photo.post_id
                           AND tag.file_id = photo.file_id
                           AND NOT {AGREED}))
"""
