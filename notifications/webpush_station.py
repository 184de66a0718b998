"""The station of the parents' web app: a notice to every living browser of the family, sealed for that browser alone."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import partial
from uuid import UUID

import msgspec

from backend.core.house import House
from notifications.addresses import Device, devices_of
from notifications.channels.webpush import CONNECTIONS, Parcel, Subscription, WebPushSender
from notifications.leases import Batch, Claimed
from notifications.outcomes import Refused
from notifications.posting import Posting, made, post_all
from notifications.push import push_of
from notifications.rounds import Item, Try

_KINDS = ("webpush",)
_PROMPT = frozenset({"absence", "announcement", "message"})


class WebNotice(msgspec.Struct, frozen=True):
    """What the service worker reads (parentapp/static/sw.js). `tag` is the notice: a second copy replaces the first."""

    title: str
    body: str
    path: str
    tag: str
    lang: str


class WebPushStation:
    channel = "webpush"

    def __init__(self, sender: WebPushSender) -> None:
        self.sender = sender

    async def reaches(self, house: House, accounts: Sequence[UUID]) -> Collection[UUID]:
        return list(await devices_of(house.database.reader, accounts, kinds=_KINDS))

    async def deliver(self, house: House, batch: Batch, items: Sequence[Item], resting: Mapping[str, datetime]) -> None:
        accounts = list({item.row.account_id for item in items if item.row.account_id is not None})
        devices = await devices_of(house.database.reader, accounts, kinds=_KINDS)
        postings = []
        for item in items:
            for device in devices.get(item.row.account_id, ()) if item.row.account_id else ():
                if device.token_hash in item.row.done_with:
                    continue
                one = Try(device.token_hash, device.account_id, device.platform)
                item.tries.append(one)
                parcel = made(item.row, partial(_parcel, house, batch, item.row, device))
                if isinstance(parcel, Refused):
                    one.outcome = parcel
                else:
                    to = Subscription(device.token, device.p256dh or "", device.auth or "")
                    postings.append(Posting(one, partial(self.sender.post, to, parcel)))
        # Dead browsers are retired with the other devices (aftermath.py).
        await post_all(postings, self.sender.limit, connections=CONNECTIONS)


def _parcel(house: House, batch: Batch, row: Claimed, device: Device) -> Parcel:
    push = push_of(house, batch, row, device.language)
    told = WebNotice(push.title, push.body, push.path, push.notice_id, push.language)
    return Parcel(
        msgspec.json.encode(told),
        push.ttl_seconds,
        "high" if push.urgent or push.kind in _PROMPT else "normal",
        row.notice.notice_id.hex,
    )
