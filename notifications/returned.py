"""Letters that bounce after their server took them: each leaves from a return address of its own, and what comes back there is believed.

The address holds a keyed hash over the letter's name and the box it was sent to, so a report proves what it is about, no table is needed,
and whoever never had the letter can end nobody's address. Addresses lose their capitals on the way, so it is written without.
"""

from __future__ import annotations

import base64
import hmac
from typing import Final, Literal

import structlog

from backend.core.crypto import same
from backend.core.house import House
from notifications.bounces import bounced
from notifications.channels import dsn
from notifications.dead_addresses import bury_one, email_hash
from notifications.tracking import tracked

log = structlog.get_logger()

_MAC_BYTES: Final = 15
_CANDIDATES_MAX: Final = 20

Told = Literal["no_report", "not_ours", "no_failure", "known", "soft", "dead"]


def return_address(house: House, message_id: str, to: str) -> str:
    """Empty where no mailbox for what comes back is named: then it comes back to the sender, and nobody reads it."""
    box = house.settings.smtp_bounces
    if not box:
        return ""
    local, _, domain = box.rpartition("@")
    return f"{local}+{_mac(house, message_id, to)}@{domain}"


async def take(house: House, raw: bytes) -> Told:
    """One letter from the mailbox of what came back. Twice is once; what is not proved to be about a letter of ours changes nothing."""
    report = dsn.read(raw)
    if report is None:
        return "no_report"
    found = _ours(house, report)
    if found is None:
        return "not_ours"
    message_id, address = found
    if report.code is None:
        return "no_failure"
    if report.dead:
        await bury_one(house, "email", email_hash(house.cipher, address), report.code)
    of = tracked(message_id)
    went_on = of is not None and await bounced(house, of, "email", report.code)
    log.info("letter_came_back", code=report.code, dead=report.dead, chain_goes_on=went_on)
    return "dead" if report.dead else "soft" if went_on else "known"


def _ours(house: House, report: dsn.Report) -> tuple[str, str] | None:
    """(the letter's name, the box it was sent to), when the address that the report came to was made of just these."""
    tokens = [token for address in report.sent_to if (token := _token(house, address))]
    for message_id in report.message_ids[:_CANDIDATES_MAX]:
        for address in report.addresses[:_CANDIDATES_MAX]:
            mac = _mac(house, message_id, address)
            if any(same(token, mac) for token in tokens):
                return message_id, address
    return None


def _token(house: House, address: str) -> str:
    local, _, domain = house.settings.smtp_bounces.lower().rpartition("@")
    own, _, its_domain = address.rpartition("@")
    base, _, token = own.partition("+")
    return token if local and (base, its_domain) == (local, domain) else ""


def _mac(house: House, message_id: str, to: str) -> str:
    told = f"{message_id}|{to.lower()}".encode()
    mac = hmac.digest(house.cipher.key("email:return"), told, "sha256")[:_MAC_BYTES]
    return base64.b32encode(mac).decode().lower()
