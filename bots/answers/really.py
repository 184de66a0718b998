"""“Is it really the school?” in chat: the same judgement as /verify, in the words of a message. It decides nothing itself."""

from __future__ import annotations

from backend.core.catalogue import say
from backend.core.house import House
from payments.verify import verdict
from payments.verify_text import take_apart
from schemas.money import format_dong
from schemas.verify import Finding

INTENT = "scam-warning"


def asks(text: str, *, suspicious: bool) -> bool:
    """A QR text or a seal is always a question, and so is a number or a link alone; among words only from somebody who suspects."""
    parts = take_apart(text)
    return bool(parts.payloads or parts.claims or ((suspicious or parts.bare) and (parts.numbers or parts.hosts)))


async def answer(house: House, text: str, language: str) -> str:
    found = await verdict(house, text)
    lines = [say(f"verify.told_{found.told}", language).upper()]
    lines += [_line(finding, language) for finding in found.findings]
    lines.append(say(f"verify.advice_{found.told}", language))
    link = f"{house.settings.public_url.rstrip('/')}/verify"
    lines.append(say("verify.ask_more", language, link=link))
    return "\n".join(lines)


def _line(finding: Finding, language: str) -> str:
    what = say(f"verify.what_{finding.what}", language)
    line = f"• {what} {finding.shown}: {say(f'verify.reason_{finding.reason}', language)}"
    if finding.school:
        line += f" ({finding.school})"
    if finding.amount and finding.told == "school":
        line += f" {say('verify.amount', language)}: {format_dong(finding.amount)}."
    return line
