"""How far a notice has come, for whoever sent it: counts over everybody, and for one person everything that happened. It owns no table."""

from __future__ import annotations

from uuid import UUID

from backend.core.database import Reader
from notifications.channels import email, fcm_answers, sms, speedsms, telegram, webpush, zalo_answers, zalo_bot
from notifications.past import EVERY_DELIVERY
from schemas.notifications import Happening, Status

_PROGRESS = f"""
WITH way AS MATERIALIZED (
        SELECT d.guardian_id, d.channel, d.state
          FROM {EVERY_DELIVERY.format(notice="$2")} AS d)
SELECT json_build_object(
         'recipients', people.recipients, 'accepted', ways.accepted, 'waiting', ways.waiting,
         'delivered', people.delivered, 'opened', people.opened, 'acknowledged', people.acknowledged,
         'channels', coalesce(ways.channels, '[]'::json))::text
  FROM (SELECT count(*) AS recipients, count(r.delivered_at) AS delivered, count(r.opened_at) AS opened,
               count(r.acknowledged_at) AS acknowledged
          FROM notice_recipients r
         WHERE r.school_id = $1
           AND r.notice_id = $2) AS people
 CROSS JOIN (SELECT (SELECT count(DISTINCT d.guardian_id)
                       FROM way d
                      WHERE d.state = 'sent') AS accepted,
                    (SELECT count(DISTINCT d.guardian_id)
                       FROM way d
                      WHERE d.state IN ('due', 'leased', 'held')) AS waiting,
                    (SELECT json_agg(json_build_object('channel', c.channel, 'waiting', c.waiting, 'accepted', c.accepted,
                                                       'refused', c.refused, 'skipped', c.skipped) ORDER BY c.channel)
                       FROM (SELECT d.channel, count(*) FILTER (WHERE d.state IN ('due', 'leased', 'held')) AS waiting,
                                    count(*) FILTER (WHERE d.state = 'sent') AS accepted,
                                    count(*) FILTER (WHERE d.state IN ('refused', 'dead')) AS refused,
                                    count(*) FILTER (WHERE d.state = 'skipped') AS skipped
                               FROM way d
                              GROUP BY d.channel) AS c) AS channels) AS ways
"""

_HAPPENINGS = """
SELECT h.at, h.channel, h.told, h.code
  FROM (SELECT a.attempted_at AS at, a.channel, a.outcome AS told, a.code
          FROM delivery_attempts a
         WHERE a.school_id = $1
           AND a.notice_id = $2
           AND a.guardian_id = $3
         UNION ALL
        SELECT p.last_finished_at, p.channel, CASE p.state WHEN 'sent' THEN 'sent' ELSE 'refused' END, nullif(p.reason, '')
          FROM past_deliveries p
         WHERE p.school_id = $1
           AND p.notice_id = $2
           AND p.guardian_ids @> ARRAY[$3]
           AND p.state IN ('sent', 'refused')
           AND p.channel NOT IN ('zns', 'sms')
         UNION ALL
        SELECT r.happened_at, r.channel, r.kind, r.code
          FROM notice_receipts r
         WHERE r.school_id = $1
           AND r.notice_id = $2
           AND r.guardian_id = $3) AS h
 ORDER BY h.at, h.channel
 LIMIT 500
"""

_ADDRESSED = """
SELECT true
  FROM notice_recipients r
 WHERE r.school_id = $1
   AND r.notice_id = $2
   AND r.guardian_id = $3
"""

# What a final no says about the address, as each wire knows its own codes; of our own words, who has left our Zalo account and what
# is no mobile number. A code that stands in neither list only says that this message was turned away.
_BLOCKED = frozenset({"unfollowed"}).union(telegram.BLOCKED, sms.BLOCKED, zalo_answers.BLOCKED, zalo_bot.BLOCKED)
_INVALID = frozenset({"not_mobile"}).union(
    fcm_answers.INVALID,
    telegram.INVALID,
    sms.INVALID,
    speedsms.INVALID,
    zalo_answers.INVALID,
    zalo_bot.INVALID,
    email.INVALID,
    webpush.INVALID,
)


async def progress(reader: Reader, school_id: int, notice_id: UUID) -> str:
    """Progress as JSON, on one line. The caller has asked whether the reader may."""
    found: str = await reader.fetchval(_PROGRESS, school_id, notice_id)
    return found


async def happenings(reader: Reader, school_id: int, notice_id: UUID, guardian_id: UUID) -> list[Happening] | None:
    """Everything that channels and devices said about one person, in order of time; None when the notice was not for them."""
    if not await reader.fetchval(_ADDRESSED, school_id, notice_id, guardian_id):
        return None
    rows = await reader.fetch(_HAPPENINGS, school_id, notice_id, guardian_id)
    return [Happening(row["at"], row["channel"], status_of(row["told"], row["code"]), row["code"]) for row in rows]


def status_of(told: str, code: str | None) -> Status:
    """The word for an attempt's outcome or a receipt's kind."""
    if told in ("refused", "bounced"):
        return "blocked" if code in _BLOCKED else "invalid" if code in _INVALID else "bounced"
    return _STATUSES[told]


_STATUSES: dict[str, Status] = {
    "sent": "accepted",
    "try_later": "delayed",
    "unknown": "uncertain",
    "delivered": "delivered",
    "opened": "opened",
    "acknowledged": "acknowledged",
}
