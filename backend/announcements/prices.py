"""What telling these families may cost, way by way, before anything is sent. An estimate from above: most of what is free is read in time.

What a message really costs is said by its station when it leaves (notifications/paid.py); the figures here only help to choose words.
"""

from __future__ import annotations

import math

from backend.core.text import strip_marks
from notifications.audience import Reach
from notifications.cascade import PAID, PLANS, urgency_of
from schemas.drafts import ChannelPrice, Letter

# Đồng of a part of a brand-name SMS and of a ZNS template message, as schools pay them; orders of size, not a contract.
SMS_PART = 850
ZNS_MESSAGE = 300
# What stands around a letter's title in an SMS: the school and the link.
_AROUND = 60
_ONE_PART, _MORE_PARTS = 160, 153
_TWICE = set("^{}\\[~]|€\f")


def prices(letter: Letter, reached: Reach) -> list[ChannelPrice]:
    """Ways in the order in which they are tried. A paid one is counted for everybody, as if nobody read what came for nothing."""
    urgency = urgency_of("announcement", urgent=letter.urgent, needs_acknowledgement=letter.needs_acknowledgement)
    found = []
    for step in PLANS[urgency]:
        if step.channel == "call":
            continue
        people = reached.guardians if step.channel in PAID else reached.guardians_with_app
        each = {"sms": sms_parts(letter.title) * SMS_PART, "zns": ZNS_MESSAGE}.get(step.channel, 0)
        found.append(ChannelPrice(step.channel, people, each, people * each))
    return found


def sms_parts(title: str) -> int:
    """Of the plain letters that SMS are sent in: 160 in one part, 153 in each of several."""
    plain = strip_marks(title)
    units = _AROUND + sum(2 if letter in _TWICE else 1 for letter in plain)
    return 1 if units <= _ONE_PART else math.ceil(units / _MORE_PARTS)
