"""What a new fee of a class may be: the short form, held against the law and the school. It writes nothing."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import msgspec

from backend.core.database import SchoolTx
from backend.core.problems import INVALID, FieldError, problem
from backend.core.text import clean
from payments import accounts
from payments.fees.guard import VOLUNTARY, Basis, Item, School, Violation, check
from schemas.payments import NewFee

NO_BANK_ACCOUNT = problem(
    "no-bank-account",
    409,
    vi="Trường chưa khai báo tài khoản ngân hàng nhận tiền.",
    en="The school has not registered a receiving bank account yet.",
)


class Fee(msgspec.Struct, frozen=True):
    fee_id: UUID
    class_id: UUID
    school_year: str
    title: str
    category: str
    mandatory: bool
    legal_basis: str | None
    amount: int
    due_on: date
    bank_account_id: int
    cancelled: bool = False


async def checked(tx: SchoolTx, new: NewFee, *, on: date) -> Fee:
    """Every wrong field at once."""
    wrong: list[FieldError] = []
    title = clean(new.title)
    if not title:
        wrong.append(FieldError("/title", "Cần tên khoản thu.", "The fee needs a title."))
    if new.due_on < on:
        wrong.append(FieldError("/due_on", "Hạn nộp đã qua.", "The due date has passed."))
    wrong += [_at_the_field(one) for one in await _forbidden(tx, new, title, on=on)]
    school_year = await tx.fetchval(
        "SELECT school_year FROM classes WHERE school_id = $1 AND class_id = $2", tx.school_id, new.class_id
    )
    if school_year is None:
        wrong.append(FieldError("/class_id", "Trường không có lớp này.", "The school has no such class."))
    bank_account_id = await _receiving_account(tx, new.bank_account_id)
    if bank_account_id is None:
        wrong.append(
            FieldError(
                "/bank_account_id",
                "Hãy chọn một tài khoản nhận tiền của trường.",
                "Choose one of the school's accounts.",
            )
        )
    if wrong or bank_account_id is None:
        raise INVALID(*wrong)
    return Fee(
        fee_id=new.fee_id,
        class_id=new.class_id,
        school_year=school_year,
        title=title,
        category=new.category,
        mandatory=new.mandatory,
        legal_basis=clean(new.legal_basis) if new.legal_basis else None,
        amount=new.amount,
        due_on=new.due_on,
        bank_account_id=bank_account_id,
    )


async def _forbidden(tx: SchoolTx, new: NewFee, title: str, *, on: date) -> tuple[Violation, ...]:
    """What the law says of it. The basis of a service is the council's resolution, which sets its ceiling as well."""
    row = await tx.fetchrow("SELECT ownership, province_code FROM schools WHERE school_id = $1", tx.school_id)
    assert row is not None, "the till is this school's"
    basis = clean(new.legal_basis) if new.legal_basis else None
    item = Item(
        title=title,
        category=new.category,
        obligatory=new.mandatory,
        unit_amount=new.amount,
        basis=Basis(basis) if basis else None,
        cap_amount=new.cap_amount,
        cap_document=basis if new.category == "service" else None,
        equal_share=new.category not in VOLUNTARY,
        planned_use=title if new.category in VOLUNTARY else "",
        receiver="third_party" if new.category == "collected_on_behalf" else "school",
        receiver_name=basis if new.category == "collected_on_behalf" else None,
    )
    return check(item, School(row["ownership"], row["province_code"]), on=on)


# What the short form calls by another name, or asks by another question.
_FIELDS = {
    "obligatory": "mandatory",
    "unit_amount": "amount",
    "basis": "legal_basis",
    "basis_on": "legal_basis",
    "cap_document": "legal_basis",
}
_OWN_FIELDS = frozenset(NewFee.__struct_fields__)


def _at_the_field(broken: Violation) -> FieldError:
    field = _FIELDS.get(broken.field, broken.field)
    return broken.at(field if field in _OWN_FIELDS else "category")


async def _receiving_account(tx: SchoolTx, chosen: int | None) -> int | None:
    """The chosen account of this school, or its only one; None where the accountant has to say which."""
    accounts_open = await accounts.open_accounts(tx, tx.school_id)
    known = [account.bank_account_id for account in accounts_open if account.kind == "bank"]
    if not known:
        raise NO_BANK_ACCOUNT()
    if chosen is None:
        return known[0] if len(known) == 1 else None
    return chosen if chosen in known else None
