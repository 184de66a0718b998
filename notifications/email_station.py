"""The e-mail station: a short letter with the school's name, what it is about, and the link. No more than a lock screen shows."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import partial
from uuid import UUID

from backend.core.catalogue import say
from backend.core.house import House
from notifications import emails
from notifications.channels.email import CONNECTIONS, EmailSender, Letter
from notifications.dead_addresses import email_hash
from notifications.leases import Batch, Claimed
from notifications.outcomes import Refused
from notifications.posting import Posting, made, post_living
from notifications.returned import return_address
from notifications.rounds import Item, Try
from notifications.texts import notice_path, on_lock_screen
from notifications.tracking import tracking_id


class EmailStation:
    channel = "email"

    def __init__(self, sender: EmailSender) -> None:
        self.sender = sender

    async def reaches(self, house: House, accounts: Sequence[UUID]) -> Collection[UUID]:
        return list(await emails.boxes_of(house.database.reader, accounts))

    async def deliver(self, house: House, batch: Batch, items: Sequence[Item], resting: Mapping[str, datetime]) -> None:
        accounts = list({item.row.account_id for item in items if item.row.account_id is not None})
        boxes = await emails.boxes_of(house.database.reader, accounts)
        postings = []
        for item in items:
            box = boxes.get(item.row.account_id) if item.row.account_id is not None else None
            if box is None:
                continue
            one = Try(email_hash(house.cipher, box.email), item.row.account_id)
            if one.address_hash not in item.row.done_with:
                item.tries.append(one)
                written = made(item.row, partial(letter, house, batch, item.row, box))
                if isinstance(written, Refused):
                    one.outcome = written
                else:
                    postings.append(Posting(one, partial(self.sender.post, written)))
        await post_living(house, self.channel, postings, self.sender.limit, connections=CONNECTIONS)


def letter(house: House, batch: Batch, row: Claimed, box: emails.Box) -> Letter:
    assert row.account_id is not None, "an address belongs to an account"
    notice, language = row.notice, box.language
    words = on_lock_screen(
        notice.kind,
        language,
        school_name=batch.school_name,
        title=notice.title,
        params=notice.params,
        children=row.children,
        urgent=notice.urgent,
    )
    unsubscribe = emails.link(house, "unsubscribe", row.account_id, box)
    text = say(
        "channels.email_text",
        language,
        school=batch.school_name,
        body=words.body,
        link=house.settings.public_url + notice_path(batch.school_id, notice.notice_id),
        unsubscribe=unsubscribe,
    )
    message_id = tracking_id(batch.school_id, notice.notice_id, row.guardian_id)
    return Letter(
        to=box.email,
        subject=f"{words.title}: {words.body}",
        text=text,
        message_id=message_id,
        language=language,
        unsubscribe_url=unsubscribe,
        return_address=return_address(house, message_id, box.email),
    )
