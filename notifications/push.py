"""The push station: claimed deliveries become letters to every living device of the family, and the answers come back beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from backend.core.house import House
from notifications.addresses import Device, devices_of
from notifications.channels.fcm import FcmSender, Letter
from notifications.channels.fcm_message import Push, tail
from notifications.leases import Batch, Claimed
from notifications.outcomes import Outcome, Refused
from notifications.retries import USEFUL_FOR
from notifications.rounds import Item, Try
from notifications.texts import notice_path, on_lock_screen

log = structlog.get_logger()

CHANNEL = "push"
_TTL_SECONDS_MIN = 300


class PushStation:
    channel = CHANNEL

    def __init__(self, sender: FcmSender) -> None:
        self.sender = sender

    async def deliver(self, house: House, batch: Batch, items: Sequence[Item], resting: Mapping[str, datetime]) -> None:
        accounts = list({item.row.account_id for item in items if item.row.account_id is not None})
        devices = await devices_of(house.database.reader, accounts)
        bodies = _Bodies(house, batch)
        letters: list[Letter] = []
        posted: list[Try] = []
        for item in items:
            for device in devices.get(item.row.account_id, ()) if item.row.account_id else ():
                if device.token_hash in item.row.done_with:
                    continue
                one = Try(device.token_hash, device.account_id, device.platform)
                item.tries.append(one)
                if resting and f"{CHANNEL}:{device.platform}" in resting:
                    continue
                letter = bodies.letter(item.row, device)
                if isinstance(letter, Refused):
                    one.outcome = letter
                else:
                    letters.append(letter)
                    posted.append(one)
        outcomes: list[Outcome | None] = [None] * len(letters)
        try:
            if letters:
                await self.sender.send_all(letters, outcomes)
        finally:
            for one, outcome in zip(posted, outcomes, strict=True):
                one.outcome = outcome


class _Bodies:
    """The body is made once a notice, language and child, however many phones it goes to."""

    def __init__(self, house: House, batch: Batch) -> None:
        self._house = house
        self._batch = batch
        self._made: dict[tuple[UUID, str, tuple[str, ...]], bytes | Refused] = {}

    def letter(self, row: Claimed, device: Device) -> Letter | Refused:
        assert device.kind != "webpush", "browsers of the web app have a station of their own"
        key = (row.notice.notice_id, device.language, row.children)
        if key not in self._made:
            self._made[key] = self._make(row, device.language)
        made = self._made[key]
        return made if isinstance(made, Refused) else Letter(device.kind, device.token, made)

    def _make(self, row: Claimed, language: str) -> bytes | Refused:
        try:
            return tail(push_of(self._house, self._batch, row, language))
        except Exception as error:
            # A notice that cannot be said must not keep the others of its batch from leaving.
            log.error("notice_not_rendered", notice_id=str(row.notice.notice_id), kind=type(error).__name__)
            return Refused("our_bug", type(error).__name__)


def push_of(house: House, batch: Batch, row: Claimed, language: str) -> Push:
    notice = row.notice
    words = on_lock_screen(
        notice.kind,
        language,
        school_name=batch.school_name,
        title=notice.title,
        params=notice.params,
        children=row.children,
        urgent=notice.urgent,
    )
    path = notice_path(batch.school_id, notice.notice_id)
    public = house.settings.public_url
    expires_at = notice.created_at + USEFUL_FOR[notice.kind]
    left = int((expires_at - house.clock.now()) / timedelta(seconds=1))
    return Push(
        notice_id=str(notice.notice_id),
        school_id=batch.school_id,
        kind=notice.kind,
        title=words.title,
        body=words.body,
        path=path,
        link=public + path if public.startswith("https://") else None,
        language=language,
        urgent=notice.urgent,
        ttl_seconds=max(left, _TTL_SECONDS_MIN),
        expires_at=expires_at,
    )
