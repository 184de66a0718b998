"""What goes out as ready JSON is exactly what the API description promises: no field more, none less."""

import msgspec
import pytest

from schemas import payments as shapes
from tests.payments.conftest import AMOUNT


async def scene(money):
    """Every kind of row at least once: paid, part, open and cancelled bills, receipts, suggestions, allocations."""
    fee = await money.bill()
    first, second = await money.invoice(), await money.invoice(money.world.classmate)
    await money.bill(title="Nước uống", mandatory=True)
    water = await money.invoice()
    await money.post(f"/invoices/{water['invoice_id']}/cancel", None)
    await money.receive(
        money.bank.credit(AMOUNT, first["reference"]),
        money.bank.credit(100_000, second["reference"]),
        money.bank.credit(5_000, second["reference"][2:]),
        money.bank.credit(5_000, "", referenceCode=None),
        money.bank.debit(1_000, "phi"),
    )
    return fee, first, second


def exactly(content: bytes, shape: type) -> None:
    """Strictly decoded and written again it is the same document."""
    assert msgspec.to_builtins(msgspec.json.decode(content, type=shape), str_keys=True) == normal(content, shape)


def normal(content: bytes, shape: type) -> object:
    """Instants are written in more than one way; everything else must be equal to the letter."""
    loose = msgspec.json.decode(content)
    decoded = msgspec.to_builtins(msgspec.json.decode(content, type=shape), str_keys=True)
    return _with_instants_of(loose, decoded)


def _with_instants_of(loose: object, decoded: object) -> object:
    if isinstance(loose, dict) and isinstance(decoded, dict):
        return {
            key: decoded[key] if key.endswith("_at") and key in decoded else _with_instants_of(value, decoded.get(key))
            for key, value in loose.items()
        }
    if isinstance(loose, list) and isinstance(decoded, list):
        return [_with_instants_of(one, other) for one, other in zip(loose, decoded, strict=True)]
    return loose


@pytest.mark.parametrize(
    ("path", "shape"),
    [
        ("/fees", shapes.FeeList),
        ("/fees/{fee}", shapes.Fee),
        ("/classes/{class}/invoices", shapes.InvoiceList),
        ("/classes/{class}/invoices?fee_id={fee}", shapes.InvoiceList),
        ("/invoices/{open}/qr", shapes.PaymentRequest),
        ("/transactions", shapes.TransactionList),
        ("/transactions?waiting=true&limit=1", shapes.TransactionList),
        ("/books/check", shapes.Reconciliation),
        ("/bank-accounts", shapes.BankAccountList),
    ],
)
async def test_the_accountants_answers_are_as_described(money, path, shape):
    fee, _, second = await scene(money)
    ids = {"fee": fee["fee_id"], "class": str(money.world.class_id), "open": second["invoice_id"]}
    answer = await money.get(path.format(**ids))
    assert answer.status_code == 200
    exactly(answer.content, shape)


async def test_the_familys_answer_is_as_described(money):
    await scene(money)
    path = f"/v1/family/schools/{money.world.school_id}/pupils/{money.world.child.pupil_id}/invoices"
    answer = await money.http.get(path, headers=money.world.parent.headers)
    exactly(answer.content, shapes.FamilyInvoices)
    assert {i["state"] for i in answer.json()["invoices"]} == {"paid", "cancelled"}
