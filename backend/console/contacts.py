"""Whom no notice can reach, by name, with the reason and since when: for the school's administrator to mend a number or to call."""

from typing import Any

from litestar import Response, get
from litestar.params import FromPath

from backend.console.desks import AnyRequest, admin_desk, console_page
from backend.core.http import house_of
from backend.core.problems import FORBIDDEN
from backend.identity.guards import STAFF
from backend.identity.principal import principal_of
from notifications.contacts import unreachable

# Codes of providers that mean the same to an office.
_MEANINGS = (
    ("number_dead", ("ESMS_", "SPEEDSMS_", "ZNS_")),
    ("box_dead", ("SMTP_",)),
    ("browser_ended", ("WEBPUSH_",)),
    ("app_ended", ("UNREGISTERED", "SENDER_ID_MISMATCH", "INVALID_ARGUMENT", "unregistered", "replaced", "moved")),
    ("blocked", ("blocked", "forbidden", "chat_", "ZALO_", "ZALOBOT_")),
)
_OWN = frozenset({"no_account", "no_device", "no_phone", "not_mobile"})


@get("/console/{school_id:int}/contacts", include_in_schema=False, **STAFF)
async def contacts_page(request: AnyRequest, school_id: FromPath[int]) -> Response[bytes]:
    desk = await admin_desk(request, school_id)
    found = await unreachable(house_of(request), school_id, principal_of(request).account_id)
    if found is None:
        raise FORBIDDEN()
    return console_page(request, desk, "console/contacts.html", found=found, meaning=meaning)


def meaning(why: str) -> str:
    """The sentence for a code; `other` shows the code as it came."""
    if why in _OWN:
        return why
    return next((name for name, starts in _MEANINGS if why.startswith(starts)), "other")


ROUTES: list[Any] = [contacts_page]
