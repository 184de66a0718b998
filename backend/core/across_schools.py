"""The few statements that cross schools, each with a name. They read, take no row locks, and only say in which schools there is work.

Everything else carries one school_id (docs/decisions/tenancy-and-rls.md). The work itself is then done school by school.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import msgspec

from backend.core.database import Reader


class SchoolWithDeliveries(msgspec.Struct, frozen=True):
    school_id: int
    due: int


async def schools_with_deliveries(
    reader: Reader, now: datetime, channels: Sequence[str], *, limit: int
) -> list[SchoolWithDeliveries]:
    """Schools with deliveries due on these channels or with leases run out, the longest waiting first, so that none starves."""
    rows = await reader.fetch(
        """
        SELECT w.school_id, count(*) AS due
          FROM (SELECT d.school_id, d.due_at
                  FROM deliveries d
                 WHERE d.state = 'due'
                   AND d.due_at <= $1
                   AND d.channel = ANY ($2::text[])
                 UNION ALL
                SELECT d.school_id, d.lease_until AS due_at
                  FROM deliveries d
                 WHERE d.state = 'leased'
                   AND d.lease_until < $1) AS w
         GROUP BY w.school_id
         ORDER BY min(w.due_at)
         LIMIT $3
        """,
        now,
        channels,
        limit,
    )
    return [SchoolWithDeliveries(row["school_id"], row["due"]) for row in rows]


async def schools_with_impatient(
    reader: Reader,
    now: datetime,
    channels: Sequence[str],
    urgencies: Sequence[str],
    befores: Sequence[datetime],
    *,
    limit: int,
) -> list[int]:
    """Schools where something waits on a channel that rests, and the rest outlasts its patience (by urgency), the longest waiting first."""
    rows = await reader.fetch(
        """
        SELECT d.school_id
          FROM deliveries d
          JOIN notices n
            ON n.school_id = d.school_id
           AND n.notice_id = d.notice_id
          JOIN unnest($2::text[], $3::text[], $4::timestamptz[]) AS rest (channel, urgency, before)
            ON rest.channel = d.channel
           AND rest.urgency = n.urgency
         WHERE d.state = 'due'
           AND d.due_at <= $1
           AND d.due_at < rest.before
           AND d.reason IS DISTINCT FROM 'channel_rests'
         GROUP BY d.school_id
         ORDER BY min(d.due_at)
         LIMIT $5
        """,
        now,
        channels,
        urgencies,
        befores,
        limit,
    )
    return [row["school_id"] for row in rows]


async def schools_with_past_deliveries(reader: Reader, before: datetime, *, limit: int) -> list[int]:
    """Schools with notices from before then whose deliveries were not folded away yet, the oldest first."""
    rows = await reader.fetch(
        """
        SELECT n.school_id
          FROM notices n
         WHERE n.folded_at IS NULL
           AND n.created_at < $1
         GROUP BY n.school_id
         ORDER BY min(n.created_at)
         LIMIT $2
        """,
        before,
        limit,
    )
    return [row["school_id"] for row in rows]


async def schools_with_documents(reader: Reader, now: datetime, *, limit: int) -> list[int]:
    """Schools whose e-invoices or e-receipts are due or were left by a worker that died, the longest waiting first."""
    rows = await reader.fetch(
        """
        SELECT d.school_id
          FROM tax_documents d
         WHERE d.state = 'due' AND d.due_at <= $1
            OR d.state = 'leased' AND d.lease_until < $1
         GROUP BY d.school_id
         ORDER BY min(d.due_at)
         LIMIT $2
        """,
        now,
        limit,
    )
    return [row["school_id"] for row in rows]


async def schools_with_letters_due(reader: Reader, now: datetime, *, limit: int) -> list[int]:
    """Schools where a letter, an area's letter or form, a reminder or the end of a notice is due, the longest waiting first."""
    rows = await reader.fetch(
        """
        SELECT w.school_id
          FROM (SELECT d.school_id, d.due_at
                  FROM announcement_drafts d
                 WHERE d.state = 'scheduled'
                   AND d.due_at <= $1
                 UNION ALL
                SELECT s.school_id, s.due_at
                  FROM area_sendings s
                 WHERE s.state IN ('due', 'to_recall')
                   AND s.due_at <= $1
                 UNION ALL
                SELECT q.school_id, q.due_at
                  FROM area_form_askings q
                 WHERE q.state = 'due'
                   AND q.due_at <= $1
                 UNION ALL
                SELECT r.school_id, r.remind_at
                  FROM announcement_reminders r
                 WHERE r.state = 'due'
                   AND r.remind_at <= $1
                 UNION ALL
                SELECT n.school_id, n.expires_at
                  FROM notices n
                 WHERE n.expires_at <= $1
                   AND n.expired_at IS NULL) AS w (school_id, due_at)
         GROUP BY w.school_id
         ORDER BY min(w.due_at)
         LIMIT $2
        """,
        now,
        limit,
    )
    return [row["school_id"] for row in rows]


async def schools_with_hanging_files(reader: Reader, before: datetime) -> list[int]:
    """Schools that hold files which were uploaded before this instant and hang on nothing."""
    rows = await reader.fetch(
        """
        SELECT DISTINCT f.school_id
          FROM files f
         WHERE f.hung_at IS NULL
           AND f.uploaded_at < $1
         ORDER BY f.school_id
        """,
        before,
    )
    return [row["school_id"] for row in rows]


async def unanswered_in_area(
    reader: Reader, area_code: str, since: datetime, *, of_a_school: int, limit: int
) -> list[Any]:
    """Masked questions that the chat could not place in the schools of an area, the newest of each school. Whoever asks has shown the right."""
    found: list[Any] = await reader.fetch(
        """
        SELECT s.school_id, u.question, encode(u.asker, 'hex') AS asker, u.nearest, u.asked_at
          FROM schools s
         CROSS JOIN LATERAL (SELECT q.question, q.asker, q.nearest, q.asked_at
                               FROM chat_unanswered q
                              WHERE q.school_id = s.school_id
                                AND q.asked_at > $2
                              ORDER BY q.asked_at DESC
                              LIMIT $3) AS u
         WHERE $1 IN (s.province_code, s.commune_code)
         ORDER BY u.asked_at DESC, u.question
         LIMIT $4
        """,
        area_code,
        since,
        of_a_school,
        limit,
    )
    return found


async def schools_with_old_unanswered(reader: Reader, before: datetime) -> list[int]:
    """Schools that hold questions of families' chats from before this instant."""
    rows = await reader.fetch(
        """
        SELECT DISTINCT u.school_id
          FROM chat_unanswered u
         WHERE u.asked_at < $1
         ORDER BY u.school_id
        """,
        before,
    )
    return [row["school_id"] for row in rows]


async def schools_with_open_forms(reader: Reader) -> list[int]:
    """Schools in which some form still waits for families, or ran out and is to be closed."""
    rows = await reader.fetch(
        """
        SELECT DISTINCT f.school_id
          FROM forms f
         WHERE f.closed_at IS NULL
         ORDER BY f.school_id
        """
    )
    return [row["school_id"] for row in rows]


async def schools_with_forms_to_count(reader: Reader, now: datetime, *, limit: int) -> list[int]:
    """Schools in which the answers to an area's form are to be counted again, the longest waiting first."""
    rows = await reader.fetch(
        """
        SELECT s.school_id
          FROM area_form_askings s
         WHERE s.count_at <= $1
         GROUP BY s.school_id
         ORDER BY min(s.count_at)
         LIMIT $2
        """,
        now,
        limit,
    )
    return [row["school_id"] for row in rows]


async def schools_with_old_claims(reader: Reader, before: datetime) -> list[int]:
    """Schools in which a guardian took something on so long ago that it is done or given up."""
    rows = await reader.fetch(
        """
        SELECT DISTINCT k.school_id
          FROM family_claims k
         WHERE k.claimed_at < $1
         ORDER BY k.school_id
        """,
        before,
    )
    return [row["school_id"] for row in rows]


async def schools_waiting_on(reader: Reader, channels: Sequence[str], now: datetime, *, limit: int) -> list[int]:
    """Schools with deliveries that would wait for a later hour on these channels, which an operator switched off."""
    rows = await reader.fetch(
        """
        SELECT DISTINCT d.school_id
          FROM deliveries d
         WHERE d.state = 'due'
           AND d.due_at > $1
           AND d.channel = ANY ($2::text[])
         ORDER BY d.school_id
         LIMIT $3
        """,
        now,
        channels,
        limit,
    )
    return [row["school_id"] for row in rows]


async def schools_switched_off(reader: Reader, channel: str, since: datetime, *, limit: int) -> list[int]:
    """Schools where a delivery since then went another way, or none, because its channel was switched off."""
    rows = await reader.fetch(
        """
        SELECT DISTINCT d.school_id
          FROM deliveries d
         WHERE d.state = 'skipped'
           AND d.reason = 'switched_off'
           AND d.channel = $1
           AND d.finished_at >= $2
         ORDER BY d.school_id
         LIMIT $3
        """,
        channel,
        since,
        limit,
    )
    return [row["school_id"] for row in rows]


async def schools_with_staff_alerts(reader: Reader, now: datetime, *, limit: int) -> list[int]:
    """Schools where somebody is to be woken now, the longest waiting first."""
    rows = await reader.fetch(
        """
        SELECT a.school_id
          FROM staff_alerts a
         WHERE a.state = 'due'
           AND a.send_after <= $1
         GROUP BY a.school_id
         ORDER BY min(a.send_after)
         LIMIT $2
        """,
        now,
        limit,
    )
    return [row["school_id"] for row in rows]


async def schools_with_untaken_questions(reader: Reader, now: datetime, *, limit: int) -> list[int]:
    """Schools where a family's question waits past its time, nobody has taken it, and nobody was woken for it."""
    rows = await reader.fetch(
        """
        SELECT h.school_id
          FROM chat_handoffs h
         WHERE h.state = 'waiting'
           AND h.rung_at IS NULL
           AND h.due_at < $1
         GROUP BY h.school_id
         ORDER BY min(h.due_at)
         LIMIT $2
        """,
        now,
        limit,
    )
    return [row["school_id"] for row in rows]


async def schools_with_inbox_alerts(reader: Reader, now: datetime, *, limit: int) -> list[int]:
    """Schools where somebody is still to be woken for a family's question, the longest waiting first."""
    rows = await reader.fetch(
        """
        SELECT a.school_id
          FROM inbox_alerts a
         WHERE a.state = 'due'
           AND a.send_after <= $1
         GROUP BY a.school_id
         ORDER BY min(a.send_after)
         LIMIT $2
        """,
        now,
        limit,
    )
    return [row["school_id"] for row in rows]


async def schools_with_old_conversations(reader: Reader, now: datetime, kept_days: int) -> list[int]:
    """Schools that hold conversations which ended longer ago than they keep them; `kept_days` where a school has set nothing."""
    rows = await reader.fetch(
        """
        SELECT DISTINCT h.school_id
          FROM chat_handoffs h
          LEFT JOIN inbox_settings s
            ON s.school_id = h.school_id
         WHERE h.state IN ('answered', 'closed')
           AND h.forgotten_at IS NULL
           AND h.answered_at < $1::timestamptz - make_interval(days => coalesce(s.kept_days, $2::int))
         ORDER BY h.school_id
        """,
        now,
        kept_days,
    )
    return [row["school_id"] for row in rows]


async def schools_with_chat_words(reader: Reader, now: datetime, *, limit: int) -> list[int]:
    """Schools where something that a person said is still to go out to a messenger, the longest waiting first."""
    rows = await reader.fetch(
        """
        SELECT s.school_id
          FROM chat_word_sends s
         WHERE s.state = 'due'
           AND s.due_at <= $1
         GROUP BY s.school_id
         ORDER BY min(s.due_at)
         LIMIT $2
        """,
        now,
        limit,
    )
    return [row["school_id"] for row in rows]


async def schools_with_old_posts(reader: Reader, today: date, keep_days: int) -> list[int]:
    """Schools whose feeds hold posts past their time; `keep_days` where a school has set none."""
    rows = await reader.fetch(
        """
        SELECT DISTINCT p.school_id
          FROM feed_posts p
          JOIN classes c
            ON c.school_id = p.school_id
           AND c.class_id = p.class_id
          JOIN school_years y
            ON y.school_id = c.school_id
           AND y.school_year = c.school_year
          LEFT JOIN feed_settings f
            ON f.school_id = p.school_id
         WHERE y.ends_on + coalesce(f.keep_days, $2::smallint) < $1
         ORDER BY p.school_id
        """,
        today,
        keep_days,
    )
    return [row["school_id"] for row in rows]


async def people_of_schools(reader: Reader, school_ids: Sequence[int]) -> int:
    """Guardians of these schools as people: one account, or one telephone without an account, counts once."""
    found = await reader.fetchval(
        """
        SELECT count(DISTINCT coalesce(g.account_id::text, g.phone_e164, g.guardian_id::text))
          FROM guardians g
         WHERE g.school_id = ANY ($1::bigint[])
        """,
        list(school_ids),
    )
    return int(found or 0)


async def schools_with_late_reads(reader: Reader, now: datetime, *, limit: int) -> list[int]:
    """Schools where something read in quiet hours may be told now."""
    rows = await reader.fetch(
        """
        SELECT l.school_id
          FROM late_reads l
         WHERE l.tell_at <= $1
         GROUP BY l.school_id
         ORDER BY min(l.tell_at)
         LIMIT $2
        """,
        now,
        limit,
    )
    return [row["school_id"] for row in rows]
