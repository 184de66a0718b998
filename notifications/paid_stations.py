"""The stations that cost money and reach a number: ZNS templates and SMS. What is not known to have failed is not sent again.

The number is the one on the school's roll. The text holds no more than a lock screen shows: no mark, no sum, a child's short name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

from backend.core.clock import school_day
from backend.core.house import House
from backend.core.phones import is_mobile
from notifications.channels.sms_parts import PARTS_MAX, parts_of, plain_text
from notifications.channels.zns import ZnsSender
from notifications.dead_addresses import phone_hash
from notifications.leases import Batch
from notifications.outcomes import Outcome, Refused
from notifications.posting import Posting, made, post_living
from notifications.rounds import Item, Try
from notifications.sent_texts import Text
from notifications.text_gateways import REPEATS_FOR, TextGateways
from notifications.texts import notice_path, short_names, text_message, text_summary
from notifications.tracking import Tracked, tracking_id
from notifications.zns_templates import Source, Template, Templates, filled


class SmsStation:
    channel = "sms"
    paid = True
    # Whichever gateway is asked: eSMS remembers our name for the text, and for the others we do.
    repeats_for = REPEATS_FOR

    def __init__(self, gateways: TextGateways, *, part_price: int) -> None:
        self.gateways = gateways
        self._part_price = part_price

    async def price(self, house: House, batch: Batch, item: Item) -> int:
        return parts_of(plain_text(self._text(house, batch, item))).count * self._part_price

    async def deliver(self, house: House, batch: Batch, items: Sequence[Item], resting: Mapping[str, datetime]) -> None:
        postings = []
        for item in items:
            if (one := _try(house, item)) is not None:
                postings.append(Posting(one, partial(self._send, house, batch, item, one)))
        # Each gateway has an allowance of its own.
        await post_living(house, self.channel, postings, None)

    async def _send(self, house: House, batch: Batch, item: Item, one: Try) -> Outcome:
        row = item.row
        assert row.phone is not None
        of = Tracked(batch.school_id, row.notice.notice_id, row.guardian_id)
        text = Text(
            tracking_id(of.school_id, of.notice_id, of.guardian_id),
            row.phone,
            self._text(house, batch, item),
            one.address_hash,
            of,
            PARTS_MAX,
        )
        return await self.gateways.post(text, first=row.failures == 0)

    def _text(self, house: House, batch: Batch, item: Item) -> str:
        row = item.row
        link = house.settings.public_url + notice_path(batch.school_id, row.notice.notice_id)
        return text_message(
            row.notice.kind,
            row.language,
            school_name=batch.school_name,
            title=row.notice.title,
            params=row.notice.params,
            children=row.children,
            link=link,
        )


class ZnsStation:
    channel = "zns"
    paid = True
    # Zalo gives our tracking id back and refuses nothing by it: what may have been taken is not sent again.
    repeats_for = timedelta()

    def __init__(self, sender: ZnsSender, templates: Templates) -> None:
        self.sender = sender
        self._templates = templates

    async def price(self, house: House, batch: Batch, item: Item) -> int:
        template = self._templates.of(batch.school_id, item.row.notice.kind)
        return template.price if template is not None else 0

    async def deliver(self, house: House, batch: Batch, items: Sequence[Item], resting: Mapping[str, datetime]) -> None:
        postings = []
        for item in items:
            one = _try(house, item)
            if one is None:
                continue
            template = self._templates.of(batch.school_id, item.row.notice.kind)
            if template is None:
                one.outcome = Refused("unreachable", "no_template")
                continue
            data = made(item.row, partial(_filled, house, batch, item, template))
            if isinstance(data, Refused):
                one.outcome = data
                continue
            postings.append(Posting(one, partial(self._send, batch, item, template.template_id, data)))
        await post_living(house, self.channel, postings, self.sender.limit)

    async def _send(self, batch: Batch, item: Item, template_id: str, data: dict[str, str]) -> Outcome:
        row = item.row
        assert row.phone is not None
        name = tracking_id(batch.school_id, row.notice.notice_id, row.guardian_id)
        return await self.sender.post(row.phone, template_id, data, name)


def _try(house: House, item: Item) -> Try | None:
    """None where there is nobody to write to any more. A landline is an address that takes no text."""
    row = item.row
    if row.phone is None:
        return None
    one = Try(phone_hash(house.cipher, row.phone), row.account_id)
    if one.address_hash in row.done_with:
        return None
    item.tries.append(one)
    if not is_mobile(row.phone):
        one.outcome = Refused("unreachable", "not_mobile")
        return None
    return one


def _filled(house: House, batch: Batch, item: Item, template: Template) -> dict[str, str]:
    return filled(template, _values(house, batch, item))


def _values(house: House, batch: Batch, item: Item) -> dict[Source, str]:
    row = item.row
    notice = row.notice
    return {
        "school": batch.school_name,
        "child": short_names(row.children, row.language),
        "summary": text_summary(
            notice.kind, row.language, title=notice.title, params=notice.params, children=row.children
        ),
        "day": school_day(notice.created_at).strftime("%d/%m/%Y"),
        "path": notice_path(batch.school_id, notice.notice_id).removeprefix("/"),
    }
