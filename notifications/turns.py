"""What is decided about a delivery when its turn comes, before anything is sent. Pure: no table, no wire, no clock."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Final

import msgspec

from notifications.bounces import bounce_of
from notifications.cascade import PAID, PLANS, channels_after
from notifications.leases import STANDS_BACK, Claimed
from notifications.preferences import Wishes
from notifications.quiet import Hours, at_minute, spread
from notifications.retries import USEFUL_FOR, Verdict

# Reasons after which no other channel would be right either.
ENDS: Final = frozenset(
    {
        "recalled", "not_entitled", "already_read", "already_delivered", "already_paid", "gave_way", "too_late", "off_by_choice",
    }
)  # fmt: skip
# Reasons that put a step off and have nothing to do with the one after it.
PUTS_OFF: Final = frozenset({"quiet_hours", "stands_back"})


class Turn(msgspec.Struct, frozen=True, gc=False):
    """`open` are the channels that have a station, `off` those that an operator switched off; `leads` those by which this family can be
    tried. `resting` are the channels that their providers stopped.
    """

    row: Claimed
    wishes: Wishes
    leads: frozenset[str]
    open: Collection[str]
    off: Collection[str]
    quiet: Hours | None
    now: datetime
    resting: Collection[str] = ()

    def verdict(self) -> Verdict | None:
        """None: send it."""
        if (code := bounce_of(self.row.reason)) is not None:
            return Verdict("refused", code)
        return self._pointless() or self._unwanted() or self._not_yet()

    def prefers(self) -> str | None:
        """The channel that this family wants first, when it is another one that leads to it and has not had its turn."""
        row, own = self.row, self.wishes.preferred
        if own in (None, row.channel) or own not in self.leads or row.reason == "prefers" or row.channel != "push":
            return None
        return None if row.reached_before or row.notice.urgency == "emergency" else own

    def _pointless(self) -> Verdict | None:
        row = self.row
        notice = row.notice
        reason = (
            "recalled" if notice.recalled
            else "not_entitled" if not row.entitled
            else "already_read" if row.read
            else "already_delivered" if row.account_id is None and row.delivered
            else "already_paid" if row.paid_before and _after_paying(row)
            else "gave_way" if row.urgency_waits and not self._after().isdisjoint(row.took)
            else "too_late" if self.now - notice.created_at > USEFUL_FOR[notice.kind]
            else "no_account" if row.account_id is None and row.channel not in PAID and row.channel != "call"
            else "switched_off" if row.channel in self.off
            else "channel_off" if row.channel not in self.open
            else None
        )  # fmt: skip
        if reason is None:
            return None
        if row.sent_before:
            return Verdict("sent")
        return Verdict("dead" if reason == "too_late" else "skipped", reason)

    def _unwanted(self) -> Verdict | None:
        row = self.row
        if row.channel == "zns" and self.wishes.templates_stopped_at and row.notice.urgency != "emergency":
            return Verdict("skipped", "stopped")
        choice = self.wishes.choice(row.notice.kind, row.notice.urgency)
        if choice == "off":
            return Verdict("skipped", "off_by_choice")
        if choice == "digest" and row.channel == "push" and not row.sent_before:
            evening = at_minute(self.wishes.digest_minute, after=self.now)
            # What would be no news any more by then is told at once.
            if evening - row.notice.created_at <= USEFUL_FOR[row.notice.kind]:
                return Verdict("held", "digest", evening)
        return None

    def _not_yet(self) -> Verdict | None:
        row = self.row
        if row.notice.urgency != "emergency" and row.channel != "call":
            hours = self.wishes.quiet or self.quiet
            if hours is not None and (end := hours.end(self.now)) is not None:
                return Verdict("due", "quiet_hours", spread(end, row.guardian_id))
        if self.prefers():
            return Verdict("due", "prefers", self.now + PLANS[row.notice.urgency][1].after)
        if row.channel in self.resting:
            return Verdict("due", "channel_rests")
        return self._stands_back()

    def _stands_back(self) -> Verdict | None:
        """After a rest or an outage a step may find the one after it at work, or about to be: only one of the two speaks."""
        row = self.row
        if not row.urgency_waits or row.channel == "call" or row.reason == "prefers":
            return None
        if not self._after().isdisjoint(row.soon):
            return Verdict("due", "stands_back", self.now + STANDS_BACK)
        return Verdict("due", "stands_back", self.now + STANDS_BACK / 2) if row.busy else None

    def _after(self) -> frozenset[str]:
        """The channels that come after this one for this family."""
        return channels_after(self.row.notice.urgency, self.wishes.preferred, self.row.channel)


def _after_paying(row: Claimed) -> bool:
    """What was accepted for money is taken as arrived: no second payment and no call, unless it is an emergency."""
    return row.notice.urgency != "emergency" and (row.channel in PAID or row.channel == "call")
