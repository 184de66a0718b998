"""What gateways and Zalo report of messages they took: arrived, or not to be delivered. It proves who reports and knows no route.

A gateway signs nothing, so its address holds a secret. Zalo signs with the secret key of the account's webhook page.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import msgspec

from backend.core.crypto import same
from backend.core.house import House
from notifications import receipts, sent_texts, zalo_followers
from notifications.bounces import bounced
from notifications.dead_addresses import bury_one
from notifications.tracking import Tracked, tracked

# Zalo tries again for an hour and a half; a plain hash proves nothing about age, so what is older is refused.
_AGE_MAX = timedelta(hours=3)

# A reader's own deed; following alone opens no window, nor does what is said in a group.
_INTERACTIONS = ("user_send_", "user_click_", "user_submit_info")
_IN_GROUPS = "user_send_group_"


class ZaloEvent(msgspec.Struct):
    """As much of an event as is needed to prove and to sort it; the bot reads the rest."""

    event_name: str = ""
    app_id: str = ""
    timestamp: str = ""
    message: ZaloMessage | None = None
    sender: ZaloParty | None = None
    follower: ZaloParty | None = None

    @property
    def at(self) -> datetime:
        return datetime.fromtimestamp(int(self.timestamp) / 1000, UTC)


class ZaloParty(msgspec.Struct):
    id: str = ""


class ZaloMessage(msgspec.Struct):
    msg_id: str = ""
    tracking_id: str = ""
    delivery_time: str | int = ""
    error: str | int = ""


_ZALO = msgspec.json.Decoder(ZaloEvent, strict=False)


def proven_event(body: bytes, signature: str, *, app_id: str, secret: str, now: datetime) -> ZaloEvent | None:
    """The event, when Zalo signed these very bytes lately: SHA-256 over application, body, timestamp and secret. None: not Zalo's."""
    if not secret:
        return None
    try:
        event = _ZALO.decode(body)
        at = event.at
    except (msgspec.MsgspecError, ValueError, OverflowError, OSError):
        return None
    mac = hashlib.sha256(event.app_id.encode() + body + event.timestamp.encode() + secret.encode()).hexdigest()
    if not same(mac, signature.removeprefix("mac=").strip().lower()) or event.app_id != app_id:
        return None
    return event if abs(now - at) <= _AGE_MAX else None


async def zalo_reported(house: House, event: ZaloEvent) -> bool:
    """Receipts of template messages find their delivery; messages and taps open a reader's window. True: it was nothing else.

    What readers say is the bot's to understand; it may hand every event in here first.
    """
    message = event.message
    if event.event_name == "user_received_message" and message is not None and message.delivery_time:
        if (of := tracked(message.tracking_id)) is not None:
            await _arrived(house, of, "zns")
        return True
    # No event for a template message that did not arrive is published; should one come with our name and an error, it is understood.
    if message is not None and message.error not in ("", "0", 0) and (of := tracked(message.tracking_id)) is not None:
        await bounced(house, of, "zns", f"ZNS_{message.error}")
        return True
    if event.event_name in ("follow", "unfollow") and event.follower is not None and event.follower.id:
        async with house.database.directory() as tx:
            await zalo_followers.followed(tx, event.follower.id, follows=event.event_name == "follow", at=event.at)
        return True
    own = event.event_name.startswith(_INTERACTIONS) and not event.event_name.startswith(_IN_GROUPS)
    if own and event.sender is not None and event.sender.id:
        await zalo_followers.interacted(house.database, event.sender.id, at=event.at)
    return False


async def esms_reported(house: House, fields: Mapping[str, str]) -> None:
    """SendStatus 5 is the end of the way; SendSuccess and SendFailed count the numbers. Our name for the text comes back."""
    of = tracked(fields.get("RequestId", ""))
    if of is None or fields.get("SendStatus") != "5":
        return
    if _count(fields.get("SendSuccess")):
        await _arrived(house, of, "sms")
    elif _count(fields.get("SendFailed")):
        await _failed(house, of, "ESMS_not_delivered")


async def speedsms_reported(house: House, tran_id: str, status: int) -> None:
    """0: delivered; from 64 on: not to be delivered; between: tried again by the gateway."""
    found = await sent_texts.find(house, "speedsms", tran_id)
    if found is None:
        return
    if status == 0:
        await _arrived(house, found.of, "sms")
    elif status >= 64:
        await bury_one(house, "sms", found.address_hash, f"SPEEDSMS_report_{status}")
        await bounced(house, found.of, "sms", f"SPEEDSMS_report_{status}")


async def _arrived(house: House, of: Tracked, channel: receipts.Channel) -> None:
    async with house.database.school(of.school_id) as tx:
        await receipts.record_arrival(tx, of.guardian_id, of.notice_id, at=house.clock.now(), channel=channel)


_ADDRESS = """
SELECT a.address_hash
  FROM delivery_attempts a
 WHERE a.school_id = $1
   AND a.notice_id = $2
   AND a.guardian_id = $3
   AND a.channel = 'sms'
   AND a.outcome = 'sent'
 ORDER BY a.attempted_at DESC
 LIMIT 1
"""


async def _failed(house: House, of: Tracked, why: str) -> None:
    hashed = await house.database.reader.fetchval(_ADDRESS, of.school_id, of.notice_id, of.guardian_id)
    if hashed is not None:
        await bury_one(house, "sms", hashed, why)
    await bounced(house, of, "sms", why)


def _count(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else 0
