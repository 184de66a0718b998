"""Is it really the school? A pasted text or the text of a QR code → of the school, not of the school, or cannot tell.

Everything that can be recognised is looked up: VietQR payloads, seals, accounts, telephone numbers, links. One thing that is not the
school's makes the whole not the school's; only a thing that proves itself makes it the school's. It owns nothing, never names a child
and says of a bill only what its seal carries.

A VietQR payload passes only if it is, letter for letter, what the house itself would draw for that code at this moment: so every
changed amount, account, memo or tag fails, and so does yesterday's code of a bill that was paid.
"""

from __future__ import annotations

from datetime import date

from backend.core.clock import school_day
from backend.core.house import House
from backend.core.problems import Problem
from payments import codes, official, receipts, references, requests, seals, standing, vietqr
from payments.official import Door, OfficialAccount
from payments.references import How
from payments.verify_text import Parts, take_apart
from schemas.money import format_dong
from schemas.verify import Finding, Told, Verdict

_FINDINGS_MAX = 20
# Anybody can quote the school's number or web site: they prove nothing about the words around them.
_WEAK = ("phone", "link")


async def verdict(house: House, text: str) -> Verdict:
    parts = take_apart(text)
    today = school_day(house.clock.now())
    reader = house.database.reader
    findings = [await _payload(reader, payload, today) for payload in parts.payloads]
    titles: list[str] = []
    findings += [await _seal(house, claim, parts, today, titles) for claim in parts.claims]
    findings += _beyond(parts, titles)
    findings += [await _link(house, host) for host in parts.hosts]
    findings += [await _number(reader, number, parts) for number in parts.numbers]
    findings = findings[:_FINDINGS_MAX]
    return Verdict(_together(findings, parts), findings)


def _together(findings: list[Finding], parts: Parts) -> Told:
    told = {finding.told for finding in findings}
    if "not_school" in told:
        return "not_school"
    proved = [finding for finding in findings if finding.told == "school"]
    if any(finding.what not in _WEAK for finding in proved) or (proved and parts.bare):
        return "school"
    return "unknown"


def _beyond(parts: Parts, titles: list[str]) -> list[Finding]:
    """A sum in the words that is more than all seals beside it ask for, and stands in no bill's name.

    Less may be the price of a day, or one bill of several.
    """
    asked = [claim.amount for claim in parts.claims if claim.kind is not seals.Kind.RECEIPT]
    if not asked or not all(asked):
        return []
    named = {amount for title in titles for amount in take_apart(title).amounts}
    return [
        Finding("amount", "not_school", "another_amount", format_dong(amount))
        for amount in sorted(parts.amounts - named)
        if amount > sum(asked)
    ]


async def _payload(door: Door, payload: str, today: date) -> Finding:
    try:
        code = vietqr.decode(payload)
    except vietqr.VietQRError as error:
        foreign = error.fault is vietqr.Fault.NOT_VIETQR
        return Finding("qr", "not_school", "qr_not_vietqr" if foreign else "qr_damaged", "QR")
    shown = f"{code.account} ({code.bank_bin})"
    account = next(
        (one for one in await official.accounts_numbered(door, code.account) if one.bank_bin == code.bank_bin), None
    )
    if account is None:
        return Finding("qr", "not_school", "account_unknown", shown)
    reference = _reference(code.memo or "", account.reference_prefix)
    if reference is None:
        return Finding("qr", "not_school", "no_reference", shown, account.school_name)
    at_account = (account.bank_bin, account.account_number) if account.virtual else None
    asked = await requests.asked_now(door, account.school_id, reference, at_account=at_account)
    if asked is None:
        return Finding("qr", "not_school", "reference_unknown", shown, account.school_name)
    if account.virtual and not await standing.belongs(door, account.school_id, account.account_number, reference):
        return Finding("qr", "not_school", "another_account", shown, account.school_name)
    return _compared(code, payload, asked, account)


def _compared(code: vietqr.VietQR, payload: str, asked: requests.Asked, account: OfficialAccount) -> Finding:
    shown = f"{code.account} ({code.bank_bin})"
    if asked.account_number != account.account_number or asked.bank_bin != account.bank_bin:
        return Finding("qr", "not_school", "another_account", shown, account.school_name)
    if asked.amount == 0:
        return Finding("qr", "not_school", "already_paid", shown, account.school_name)
    if code.amount != asked.amount:
        return Finding("qr", "not_school", "another_amount", shown, account.school_name)
    ours = asked.payload
    if payload[:-4] != ours[:-4] or payload[-4:].upper() != ours[-4:]:
        return Finding("qr", "not_school", "changed", shown, account.school_name)
    return Finding("qr", "school", "qr_of_school", shown, account.school_name, asked.amount)


def _reference(memo: str, prefix: str) -> str | None:
    found = references.find(references.views(memo), prefix)
    exact = [one.code for one in found if one.how in (How.WORD, How.RUN_TOGETHER)]
    return exact[0] if len(exact) == 1 else None


async def _seal(house: House, claim: seals.Claim, parts: Parts, today: date, titles: list[str]) -> Finding:
    """`titles` gets the name of the bill that is asked for."""
    shown = claim.subject
    reader = house.database.reader
    if claim.kind is seals.Kind.RECEIPT:
        return await _receipt(house, claim, parts)
    row = await codes.asked_under(reader, claim.school_id, claim.subject)
    asked = await requests.asked_now(reader, claim.school_id, claim.subject) if row else None
    if asked is None or not seals.holds(house.cipher, claim, seals.account_key(asked.bank_bin, asked.account_number)):
        return Finding("seal", "not_school", "seal_false", shown)
    if asked.kind is not claim.kind:
        return Finding("seal", "not_school", "seal_false", shown)
    titles.append(asked.title)
    if claim.expires_on < today:
        return Finding("seal", "not_school", "seal_expired", shown)
    name = await official.school_name(reader, claim.school_id)
    if parts.amounts and claim.amount and claim.amount not in parts.amounts:
        return Finding("seal", "not_school", "another_amount", shown, name, claim.amount, claim.expires_on)
    return Finding("seal", "school", "seal_holds", shown, name, claim.amount or None, claim.expires_on)


async def _receipt(house: House, claim: seals.Claim, parts: Parts) -> Finding:
    try:
        paper = await receipts.checked(house.database.reader, house.cipher, parts.written[claim])
    except Problem:
        return Finding("receipt", "not_school", "seal_false", claim.subject)
    if paper.cancelled_at is not None:
        return Finding("receipt", "not_school", "receipt_cancelled", paper.number, paper.school_name, paper.amount)
    if parts.amounts and paper.amount not in parts.amounts:
        return Finding("receipt", "not_school", "another_amount", paper.number, paper.school_name, paper.amount)
    return Finding("receipt", "school", "receipt_stands", paper.number, paper.school_name, paper.amount)


async def _link(house: House, host: str) -> Finding:
    if host == official.host_of(house.settings.public_url):
        return Finding("link", "school", "link_of_house", host)
    schools = await official.schools_at(house.database.reader, host)
    if schools:
        return Finding("link", "school", "link_of_school", host, "; ".join(schools))
    return Finding("link", "not_school", "link_unknown", host)


async def _number(door: Door, number: str, parts: Parts) -> Finding:
    """An account or a telephone number: in Vietnam one is often the other, so both registers are asked."""
    accounts = await official.accounts_numbered(door, number.upper())
    at_named_bank = [one for one in accounts if not parts.banks or one.bank_bin in parts.banks]
    if at_named_bank:
        return Finding(
            "account",
            "school",
            "account_of_school",
            number,
            "; ".join(sorted({one.school_name for one in at_named_bank})),
        )
    if accounts:
        return Finding("account", "not_school", "another_bank", number)
    phone = official.dialled(number)
    if phone is None:
        return Finding("account", "not_school", "account_unknown", number)
    schools = await official.schools_calling_from(door, phone)
    if schools:
        return Finding("phone", "school", "phone_of_school", number, "; ".join(schools))
    return Finding("phone", "not_school", "phone_unknown", number)
