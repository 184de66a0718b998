"""Letters that came back, as mail servers report them: RFC 3464 inside RFC 6522, and Exim's older plain form. Pure; it believes nobody.

Whether a report is about a letter of ours is proved by the address that it was sent to (returned.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from email.utils import getaddresses
from typing import Final

import msgspec

from notifications.channels.email import read_reply
from notifications.outcomes import Refused

BYTES_MAX: Final = 1 << 20
_SENT_TO: Final = ("Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "To")
_MESSAGE_ID: Final = re.compile(r"<([^<>@\s]{1,200})@[^<>\s]*>")
_MESSAGE_ID_LINE: Final = re.compile(r"^message-id:\s*<([^<>@\s]{1,200})@", re.IGNORECASE | re.MULTILINE)
_TO_LINE: Final = re.compile(r"^to:\s*(.{3,320})$", re.IGNORECASE | re.MULTILINE)
_REPLY: Final = re.compile(r"\b([245]\d\d)[\s-]+(?:#?([245]\.\d{1,3}\.\d{1,3})\b)?")
_OF_US: Final = re.compile(r"spam|block|policy|reputation|listed|rate|dmarc|spf|dkim|junk", re.IGNORECASE)
_STATUS: Final = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")


class Report(msgspec.Struct, frozen=True):
    """`sent_to`: addresses that the report was sent to; `message_ids` and `addresses`: what it says of the letter. `code` None: it says
    of nobody that the letter will not arrive. `dead`: nor will any other letter.
    """

    sent_to: tuple[str, ...]
    message_ids: tuple[str, ...]
    addresses: tuple[str, ...]
    code: str | None = None
    dead: bool = False


def read(raw: bytes) -> Report | None:
    """None: no report of a mail server, as far as can be read."""
    try:
        mail = message_from_bytes(raw[:BYTES_MAX], policy=policy.compat32)
        return _report(mail)
    except (
        LookupError,
        ValueError,
        TypeError,
        AttributeError,
    ):  # the parser takes nearly anything, its accessors do not
        return None


def _report(mail: Message) -> Report | None:
    sent_to = tuple(_addresses(mail, _SENT_TO))
    parts = {part.get_content_type(): part for part in reversed(list(mail.walk()))}
    status = parts.get("message/delivery-status")
    if mail.get_content_type() != "multipart/report" or status is None:
        return _plain(mail, sent_to)
    blocks = [block for block in status.get_payload() if isinstance(block, Message)]
    failed = [block for block in blocks if str(block.get("Action", "")).strip().lower() == "failed"]
    letter = _letter(parts)
    codes = [_code(str(one.get("Status", "")), str(one.get("Diagnostic-Code", ""))) for one in failed]
    code, dead = codes[0] if codes else (None, False)
    return Report(
        sent_to,
        tuple(dict.fromkeys([*_message_ids(mail, letter), *_envelope_ids(blocks)])),
        tuple(dict.fromkeys([*_recipients(blocks), *_addresses(mail, ("X-Failed-Recipients",)), *_addresses(letter, ("To",))])),
        code,
        dead,
    )  # fmt: skip


def _plain(mail: Message, sent_to: tuple[str, ...]) -> Report | None:
    """Exim before it spoke RFC 3464: a sentence for people, the reply it got, and the letter's own headers below."""
    failed = tuple(_addresses(mail, ("X-Failed-Recipients",)))
    if not failed or mail.is_multipart():
        return None
    payload = mail.get_payload(decode=True)
    text = payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
    reply, _, letter = text.partition("------ This is a copy of")
    code, dead = _code("", reply)
    named = [address.lower() for _, address in getaddresses(_TO_LINE.findall(letter))]
    return Report(sent_to, tuple(_MESSAGE_ID_LINE.findall(letter)), (*failed, *named), code, dead)


def _code(status: str, diagnostic: str) -> tuple[str, bool]:
    """(the reply as SMTP would have said it, whether the address is dead). The diagnosis knows better than a status that says nothing."""
    told = (status.split() or [""])[0]
    reply = _REPLY.search(diagnostic)
    if not _STATUS.fullmatch(told) or told.endswith(".0.0"):
        told = (reply and reply[2]) or next(iter(_STATUS.findall(diagnostic)), "")
    number = int(reply[1]) if reply else 450 if told.startswith("4") else 550
    code, outcome = (f"SMTP_{number}_{told}" if told else f"SMTP_{number}"), read_reply(number, f"{told} ".encode())
    dead = isinstance(outcome, Refused) and outcome.why == "address_dead"
    # Where nobody gave a status, only a reply that somebody really gave may end an address, and none that speaks of us.
    return code, dead and bool(told or (reply and not _OF_US.search(diagnostic)))


def _letter(parts: dict[str, Message]) -> Message:
    """What came back of the letter itself: whole, its headers, or nothing."""
    whole = parts.get("message/rfc822") or parts.get("message/global")
    inner = whole.get_payload() if whole is not None else ()
    if isinstance(inner, list) and inner and isinstance(inner[0], Message):
        return inner[0]
    headers = parts.get("text/rfc822-headers") or parts.get("message/global-headers")
    if headers is None:
        return EmailMessage()
    payload = headers.get_payload(decode=True)
    return message_from_bytes(payload if isinstance(payload, bytes) else b"", policy=policy.compat32)


def _message_ids(mail: Message, letter: Message) -> Iterator[str]:
    for message, names in ((letter, ("Message-ID",)), (mail, ("In-Reply-To", "References"))):
        for name in names:
            for value in message.get_all(name, ()):
                yield from _MESSAGE_ID.findall(str(value))


def _envelope_ids(blocks: Iterable[Message]) -> Iterator[str]:
    for block in blocks:
        for value in block.get_all("Original-Envelope-Id", ()):
            yield str(value).strip()


def _recipients(blocks: Iterable[Message]) -> Iterator[str]:
    """`rfc822; somebody@example`, with whatever a server puts around the address."""
    for block in blocks:
        for name in ("Original-Recipient", "Final-Recipient"):
            for value in block.get_all(name, ()):
                address = str(value).rpartition(";")[2].strip().strip("<>").lower()
                if "@" in address:
                    yield address


def _addresses(message: Message, names: Iterable[str]) -> Iterator[str]:
    values = [str(value) for name in names for value in message.get_all(name, ())]
    for _, address in getaddresses(values):
        if "@" in address:
            yield address.lower()
