"""What telling these families may cost, way by way, before anything is sent. An estimate from above: most of what is free is read in time.

What a message really costs is said by its station when it leaves (notifications/paid.py), by the same prices and the same text.
"""

from __future__ import annotations

from functools import cache
from uuid import UUID

from backend.core.settings import Settings, SettingsRefused
from notifications.audience import Reach
from notifications.cascade import PAID, PLANS, urgency_of
from notifications.channels.sms_parts import parts_of, plain_text
from notifications.texts import notice_path, text_message
from notifications.zns_templates import Templates, read
from schemas.drafts import ChannelPrice, Letter

_KIND = "announcement"
_ANY_NOTICE = UUID(int=0)


def prices(settings: Settings, school_id: int, school_name: str, letter: Letter, reached: Reach) -> list[ChannelPrice]:
    """Ways in the order in which they are tried. A paid one is counted for everybody, as if nobody read what came for nothing."""
    urgency = urgency_of(_KIND, urgent=letter.urgent, needs_acknowledgement=letter.needs_acknowledgement)
    found = []
    for step in PLANS[urgency]:
        each = 0
        if step.channel == "call":
            continue
        if step.channel == "sms":
            each = _sms(settings, school_id, school_name, letter.title)
        if step.channel == "zns":
            template = _templates(settings.zns_templates_file).of(school_id, _KIND)
            if template is None:
                continue  # no approved template carries letters: nobody is told this way
            each = template.price
        people = reached.guardians if step.channel in PAID else reached.guardians_with_app
        found.append(ChannelPrice(step.channel, people, each, people * each))
    return found


def _sms(settings: Settings, school_id: int, school_name: str, title: str) -> int:
    link = settings.public_url + notice_path(school_id, _ANY_NOTICE)
    text = text_message(_KIND, "vi", school_name=school_name, title=title, params={}, children=(), link=link)
    return parts_of(plain_text(text)).count * settings.sms_part_price


@cache
def _templates(path: str) -> Templates:
    """Over a broken file the worker does not start; a look goes on without this way."""
    try:
        return read(path) if path else Templates([])
    except SettingsRefused:
        return Templates([])
