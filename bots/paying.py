"""The code that pays: a child's open bills as VietQR pictures, the same as the app's. It works out nothing; payments does."""

from __future__ import annotations

import re
from datetime import date
from typing import Final

from backend.core.problems import Problem
from backend.core.text import fold
from bots.absences import read_pair
from bots.context import OwnChild
from bots.slots import FEE_ITEMS, Slots
from bots.talk import Talk
from payments import qrimage, requests
from payments.family_bills import BillToPay, bills_to_pay
from payments.requests import NOTHING_OPEN
from payments.words import amount_in_words
from schemas.chat import Answer, Button
from schemas.money import format_dong
from schemas.payments import FamilyRequest, PaymentRequest

DEED: Final = "do-pay"
INTENT: Final = "fee-pay-how"
# Where the wish for a code may hide; with any other intent "QR" is about something else.
NEAR: Final = frozenset({INTENT, "my-balance", "fee-list", "fee-deadline", "my-payment-status"})
_CODE: Final = re.compile(r"\b(?:qr|ma (?:chuyen khoan|thanh toan|dong tien|quet)|payment code)\b")
# Trouble with a code, or doubts about one, is another question.
_TROUBLE: Final = re.compile(
    r"\b(?:loi|hong|khong (?:quet|scan|doc|nhan|duoc)|ko (?:quet|scan|duoc)|k (?:quet|scan|duoc)|that khong|gia|lua|dung cua truong|"
    r"nghi ngo|not work(?:ing)?|error|scam|fake|real|how|the nao|ntn|lam sao|cach khac|bang cach nao)\b"
)
_LABEL_MAX: Final = 60


def asks(text: str) -> bool:
    words = fold(text)
    return bool(_CODE.search(words)) and not _TROUBLE.search(words)


async def codes_of_child(talk: Talk, child: OwnChild, slots: Slots) -> Answer:
    """One open bill: its code. Several: which one, or all in one code."""
    assert talk.chat.account_id is not None
    bills = await bills_to_pay(
        talk.house, talk.chat.account_id, child.school_id, on=talk.today, pupil_id=child.pupil_id
    )
    talk.remember(intent=INTENT, intent_at=talk.incoming.at)
    meant = _of_item(bills, slots)
    if not bills:
        return talk.answer(talk.say("balance_none", child=child.full_name), intent=INTENT)
    if len(meant) == 1:
        return _code_of_bill(talk, child.school_id, meant[0])
    lines = [talk.say("pay_which", child=child.full_name)]
    lines += [_line(talk, bill) for bill in meant]
    buttons = [
        Button(
            f"{bill.title}: {format_dong(bill.request.remaining)}"[:_LABEL_MAX],
            f"q:{child.school_id}:{bill.request.invoice_id.hex}",
        )
        for bill in meant[:8]
    ]
    if sum(not bill.voluntary for bill in bills) > 1:
        buttons.append(talk.button("pay_all", f"r:{child.school_id}"))
    return talk.answer("\n".join(lines), buttons, intent=INTENT)


def _of_item(bills: list[BillToPay], slots: Slots) -> list[BillToPay]:
    shape = dict(FEE_ITEMS).get(str(slots.get("fee_item", "")))
    found = [bill for bill in bills if shape is not None and shape.search(fold(bill.title))]
    return found or bills


def _line(talk: Talk, bill: BillToPay) -> str:
    return talk.say(
        "balance_line",
        title=bill.title,
        amount=format_dong(bill.request.remaining),
        day=f"{bill.due_on:%d/%m/%Y}",
        overdue=_overdue(talk, bill.due_on, voluntary=bill.voluntary),
    )


def _overdue(talk: Talk, due_on: date, *, voluntary: bool) -> str:
    if voluntary:
        return talk.say("voluntary")
    return talk.say("overdue") if due_on < talk.today else ""


async def bill_pressed(talk: Talk, value: str) -> Answer | None:
    """Any bill's number may come from outside: only an open one of one's own child is answered, and as it stands now."""
    school_id, invoice_id = read_pair(value)
    if invoice_id is None or talk.chat.account_id is None:
        return None
    found = await bills_to_pay(talk.house, talk.chat.account_id, school_id, on=talk.today, invoice_id=invoice_id)
    if not found:
        return talk.answer(talk.say("pay_gone"), [talk.intent_button("my-balance")], intent=INTENT)
    return _code_of_bill(talk, school_id, found[0])


async def all_pressed(talk: Talk, value: str) -> Answer | None:
    """Everything the family owes the school in one code; a school with several accounts needs one code for each."""
    if talk.chat.account_id is None or not (value.isascii() and value.isdigit() and len(value) <= 18):
        return None
    try:
        found = await requests.family_requests(talk.house, talk.chat.account_id, int(value), None)
    except Problem as problem:
        if problem.kind is not NOTHING_OPEN:
            raise
        return talk.answer(talk.say("pay_gone"), [talk.intent_button("my-balance")], intent=INTENT)
    first, *others = found
    buttons = [
        Button(
            talk.say("pay_other_account", amount=format_dong(one.amount), bank=one.bank_name),
            f"k:{one.school_id}:{one.code}",
        )
        for one in others[:5]
    ]
    return _code_of_request(talk, first, buttons)


async def request_pressed(talk: Talk, value: str) -> Answer | None:
    school, _, code = value.partition(":")
    if talk.chat.account_id is None or not (
        school.isascii() and school.isdigit() and len(school) <= 18 and code.isalnum()
    ):
        return None
    try:
        found = await requests.family_request(talk.house, talk.chat.account_id, int(school), code)
    except Problem:
        return talk.answer(talk.say("pay_gone"), [talk.intent_button("my-balance")], intent=INTENT)
    return _code_of_request(talk, found, [])


def _code_of_bill(talk: Talk, school_id: int, bill: BillToPay) -> Answer:
    head = talk.say("pay_head", title=bill.title, child=bill.pupil_name)
    due = talk.say("pay_due", day=f"{bill.due_on:%d/%m/%Y}") + _overdue(talk, bill.due_on, voluntary=bill.voluntary)
    return _code(talk, [head], bill.request, [due], [])


def _code_of_request(talk: Talk, request: FamilyRequest, buttons: list[Button]) -> Answer:
    lines = [talk.say("pay_head_all")]
    lines += [
        talk.say("pay_head_line", child=bill.pupil_name, title=bill.title, amount=format_dong(bill.remaining))
        for bill in request.bills[:10]
    ]
    first = min(bill.due_on for bill in request.bills)
    return _code(talk, lines, request, [talk.say("pay_due_first", day=f"{first:%d/%m/%Y}")], buttons)


def _code(
    talk: Talk, head: list[str], request: PaymentRequest | FamilyRequest, due: list[str], buttons: list[Button]
) -> Answer:
    words = f" ({amount_in_words(request.amount)})" if talk.language != "en" else ""
    lines = [
        *head,
        talk.say("pay_amount", amount=format_dong(request.amount), words=words),
        talk.say("pay_to", name=request.account_name, bank=request.bank_name, number=request.account_number),
        talk.say("pay_memo", memo=request.memo),
        *due,
    ]
    if request.parts > 1:
        lines.append(talk.say("pay_parts", parts=request.parts, remaining=format_dong(request.remaining)))
    lines += [talk.say("pay_how"), talk.say("pay_seal", seal=request.seal)]
    alt = talk.say("pay_alt", amount=format_dong(request.amount), memo=request.memo)
    return Answer("\n".join(lines), tuple(buttons), INTENT, image=qrimage.png(request.payload), image_alt=alt)
