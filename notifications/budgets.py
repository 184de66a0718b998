"""What a school may spend on paid channels in a month, and has spent. It owns channel_budgets and channel_spendings; sums are đồng."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from backend.core.database import Reader, SchoolTx

# A cap that nobody has set is none: money leaves only after somebody at the school has said how much.
_LEFT = """
SELECT greatest(b.month_cap - s.spent, 0)
  FROM channel_spendings s
  JOIN channel_budgets b
    ON b.school_id = s.school_id
   AND b.channel = s.channel
 WHERE s.school_id = $1
   AND s.channel = $2
   AND s.spent_month = $3
   FOR UPDATE OF s
"""

_OPEN_MONTH = """
INSERT INTO channel_spendings (school_id, channel, spent_month, spent)
VALUES ($1, $2, $3, 0)
    ON CONFLICT DO NOTHING
"""


async def left(tx: SchoolTx, channel: str, month: date) -> int:
    """What may still be spent; held until the end of the transaction, so that two workers cannot spend it twice."""
    await tx.execute(_OPEN_MONTH, tx.school_id, channel, month)
    return await tx.fetchval(_LEFT, tx.school_id, channel, month) or 0


_SPEND = """
UPDATE channel_spendings s
   SET spent = s.spent + $4
 WHERE s.school_id = $1
   AND s.channel = $2
   AND s.spent_month = $3
"""


async def spend(tx: SchoolTx, channel: str, month: date, amount: int) -> None:
    """Negative: what was reserved and not needed comes back."""
    await tx.execute(_SPEND, tx.school_id, channel, month, amount)


_SET_CAP = """
INSERT INTO channel_budgets AS b (school_id, channel, month_cap, set_by, set_at)
VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (school_id, channel)
    DO UPDATE SET month_cap = excluded.month_cap, set_by = excluded.set_by, set_at = excluded.set_at
"""


async def set_cap(tx: SchoolTx, channel: str, amount: int, *, by: UUID, at: datetime) -> None:
    await tx.execute(_SET_CAP, tx.school_id, channel, amount, by, at)


_OF = """
SELECT json_build_object(
         'month', to_char($3::date, 'YYYY-MM'),
         'channels', (SELECT json_agg(json_build_object(
                               'channel', c.channel, 'month_cap', c.month_cap, 'spent', c.spent,
                               'left', greatest(c.month_cap - c.spent, 0), 'sent_count', c.sent_count,
                               'uncertain_count', c.uncertain_count) ORDER BY c.place)
                        FROM (SELECT k.channel, k.place, coalesce(b.month_cap, 0) AS month_cap, coalesce(s.spent, 0) AS spent,
                                     count(*) FILTER (WHERE p.state = 'sent') AS sent_count,
                                     count(*) FILTER (WHERE p.state IN ('reserved', 'uncertain')) AS uncertain_count
                                FROM unnest($4::text[]) WITH ORDINALITY AS k (channel, place)
                                LEFT JOIN channel_budgets b
                                  ON b.school_id = $1
                                 AND b.channel = k.channel
                                LEFT JOIN channel_spendings s
                                  ON s.school_id = $1
                                 AND s.channel = k.channel
                                 AND s.spent_month = $3
                                LEFT JOIN paid_sends p
                                  ON p.school_id = $1
                                 AND p.channel = k.channel
                                 AND p.spent_month = $3
                               GROUP BY k.channel, k.place, b.month_cap, s.spent) AS c))::text
  FROM staff me
  JOIN staff_roles role
    ON role.school_id = me.school_id
   AND role.staff_id = me.staff_id
   AND role.role = 'school_admin'
 WHERE me.school_id = $1
   AND me.account_id = $2
   AND me.status = 'active'
"""

PAID_IN_ORDER = ("zns", "sms")


async def budgets_of(reader: Reader, school_id: int, account_id: UUID, month: date) -> str | None:
    """Budgets as JSON, or None for anybody but the school's administrator."""
    found: str | None = await reader.fetchval(_OF, school_id, account_id, month, list(PAID_IN_ORDER))
    return found
