"""What is left to pay and what was paid, for one's own child. Sums come from the payments' own queries; nothing is added up here."""

from __future__ import annotations

from backend.core.clock import SCHOOL_ZONE
from bots.answers.asking import Asker, Told
from bots.slots import Slots
from payments.queries import invoices_for_family
from schemas.money import format_dong
from schemas.payments import FamilyInvoice, FamilyInvoices
from schemas.people import Child

_LINES_MAX = 12


async def balance(asker: Asker, child: Child, slots: Slots) -> Told | str | None:
    """What is asked for stands in every reminder to this chat; what lies to the family's credit is its own affair and waits."""
    bills = await _bills(asker, child)
    if bills is None:
        return None
    open_ones = [bill for bill in bills.invoices if bill.remaining]
    if open_ones:
        lines = [asker.say("balance_head", child=child.full_name, amount=format_dong(bills.due))]
        lines += [_open_line(asker, bill) for bill in open_ones[:_LINES_MAX]]
        lines.append(asker.say("balance_how"))
    else:
        lines = [asker.say("balance_none", child=child.full_name)]
    held_back = bills.credit > 0 and not asker.confirmed
    if bills.credit > 0:
        lines.append(
            asker.say("balance_credit_held_back")
            if held_back
            else asker.say("balance_credit", amount=format_dong(bills.credit))
        )
    return Told("\n".join(lines), held_back)


def _open_line(asker: Asker, bill: FamilyInvoice) -> str:
    overdue = asker.say("overdue") if bill.overdue else ""
    return asker.say(
        "balance_line",
        title=bill.title,
        amount=format_dong(bill.remaining),
        day=f"{bill.due_on:%d/%m/%Y}",
        overdue=overdue,
    )


async def paid(asker: Asker, child: Child, slots: Slots) -> str | None:
    bills = await _bills(asker, child)
    if bills is None:
        return None
    if not bills.invoices:
        return asker.say("paid_none", child=child.full_name)
    # Newest dues first: whoever asks means the last ones.
    newest = sorted(
        (bill for bill in bills.invoices if bill.state != "cancelled"), key=lambda bill: bill.due_on, reverse=True
    )
    return "\n".join(
        [asker.say("paid_head", child=child.full_name), *(_paid_line(asker, bill) for bill in newest[:_LINES_MAX])]
    )


def _paid_line(asker: Asker, bill: FamilyInvoice) -> str:
    if bill.state == "open":
        return asker.say("paid_open", title=bill.title, amount=format_dong(bill.amount), day=f"{bill.due_on:%d/%m/%Y}")
    if bill.state == "part":
        return asker.say(
            "paid_part",
            title=bill.title,
            paid=format_dong(bill.paid),
            amount=format_dong(bill.amount),
            remaining=format_dong(bill.remaining),
        )
    valid = [receipt for receipt in bill.receipts if receipt.cancelled_at is None]
    receipt = ""
    if valid:
        day = f"{valid[-1].issued_at.astimezone(SCHOOL_ZONE):%d/%m/%Y}"
        receipt = asker.say("paid_receipt", number=valid[-1].number, day=day)
    return asker.say("paid_line", title=bill.title, amount=format_dong(bill.paid), receipt=receipt)


async def _bills(asker: Asker, child: Child) -> FamilyInvoices | None:
    return await invoices_for_family(
        asker.house.database.reader, child.school_id, asker.account_id, child.pupil_id, on=asker.today
    )
