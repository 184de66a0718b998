"""E-invoices and e-receipts against a twin of the provider: each once, whatever breaks; numbers kept and shown; cancelled with the receipt."""

import io
from datetime import UTC, datetime, timedelta

import msgspec
import pypdf
import pytest

from backend.core.clock import StoppedClock
from backend.core.house import House
from backend.core.ids import new_id
from payments.documents import outbox
from payments.documents.meinvoice import MeInvoice
from payments.documents.provider import Absent, Document, Issued, Login, TryLater
from schemas.documents import NewDocumentAccount
from tests.payments.conftest import AMOUNT
from tests.twins.meinvoice import Fault, MeInvoiceTwin

ACCOUNT = {
    "tax_code": "0101243150",
    "user_name": "truong@example.vn",
    "password": "twin-password",
    "invoice_series": "1C26TTH",
    "receipt_series": "BL26TTH",
    "types": {"service": "e_invoice"},
}
NOTE = {"note": "Chuyển nhầm em."}


@pytest.fixture
async def twin():
    twin = MeInvoiceTwin()
    await twin.start()
    yield twin
    await twin.stop()


@pytest.fixture
async def office(twin):
    office = MeInvoice(base_url=twin.base_url, app_id=twin.app_id)
    await office.open()
    yield office
    await office.close()


@pytest.fixture
async def later(money):
    """The same house on a clock that the test moves."""
    house = money.house
    return House(
        house.settings, house.database, house.queue, StoppedClock(house.clock.now()), house.cipher, house.redis_url
    )


async def open_account(money, **changes):
    answer = await money.http.put(
        money.path + "/documents/account", json={**ACCOUNT, **changes}, headers=money.world.admin.headers
    )
    assert answer.status_code == 204, answer.text


async def pay(money):
    await money.bill()
    await money.receive(money.bank.credit(AMOUNT, (await money.invoice())["reference"]))


async def documents(money, state=""):
    return (await money.get(f"/documents{state}")).json()["documents"]


async def drained(money, office, house=None):
    if house is not None:
        house.clock.advance(timedelta(days=2))
    await outbox.drain(house or money.house, office, money.world.school_id)
    return await documents(money)


async def undo(money):
    (row,) = (await money.get("/transactions")).json()["transactions"]
    assert (await money.post(f"/transactions/{row['transaction_id']}/undo", NOTE)).status_code == 204


async def test_a_receipt_gets_its_document_and_both_sides_keep_the_number(money, twin, office):
    await open_account(money)
    await pay(money)
    (waiting,) = await documents(money)
    assert (waiting["state"], waiting["document_type"], waiting["number"]) == ("due", "e_invoice", None)
    (done,) = await drained(money, office)
    (kept,) = twin.kept.values()
    assert (done["state"], done["series"], done["number"]) == ("done", "1C26TTH", "00000001")
    assert done["lookup_code"] == kept.transaction_id and kept.ref_id == done["document_id"]
    assert kept.data["TotalAmount"] == AMOUNT and kept.data["BuyerFullName"] == money.world.child.full_name
    assert kept.data["TotalAmountInWords"] == "Ba trăm năm mươi nghìn đồng"
    assert kept.data["OriginalInvoiceDetail"][0]["VATRateName"] == "KCT"


async def test_the_family_sees_number_series_and_code(money, twin, office):
    await open_account(money)
    await pay(money)
    before = (await money.family())["invoices"][0]["receipts"][0]
    assert before["document"] is None
    await drained(money, office)
    (kept,) = twin.kept.values()
    receipt = (await money.family())["invoices"][0]["receipts"][0]
    assert receipt["document"] == {
        "document_type": "e_invoice",
        "series": "1C26TTH",
        "number": "00000001",
        "lookup_code": kept.transaction_id,
    }
    pdf = await money.get(f"/receipts/{receipt['receipt_id']}/pdf", money.world.parent)
    text = pypdf.PdfReader(io.BytesIO(pdf.content)).pages[0].extract_text()
    assert f"Ký hiệu 1C26TTH, số 00000001, mã tra cứu {kept.transaction_id}" in " ".join(text.split())


async def test_without_an_account_or_for_items_that_need_none_nothing_is_promised(money):
    await pay(money)
    assert await documents(money) == []
    await open_account(money, types={"tuition": "e_invoice"})
    await money.bill(title="Nước uống", category="agreed")
    invoices = (await money.family())["invoices"]
    open_one = next(one for one in invoices if one["remaining"])
    await money.receive(money.bank.credit(AMOUNT, open_one["reference"]))
    assert await documents(money) == []


async def test_an_items_own_document_outweighs_its_category(money, twin, office):
    await open_account(money)
    fee = await money.bill()
    answer = await money.http.put(
        f"{money.path}/fees/{fee['fee_id']}/document",
        json={"document_type": "e_receipt"},
        headers=money.world.accountant.headers,
    )
    assert answer.status_code == 204
    await money.receive(money.bank.credit(AMOUNT, (await money.invoice())["reference"]))
    (done,) = await drained(money, office)
    assert (done["document_type"], done["series"]) == ("e_receipt", "BL26TTH")


class Died(BaseException):
    """The process is gone between two lines."""


class Dying:
    """A provider whose caller dies right after the document was issued."""

    def __init__(self, office):
        self._office = office

    async def issue(self, login, document):
        await self._office.issue(login, document)
        raise Died

    def __getattr__(self, name):
        return getattr(self._office, name)


async def test_a_crash_between_sending_and_noting_issues_nothing_twice(money, twin, office, later):
    await open_account(money)
    await pay(money)
    with pytest.raises(Died):
        await outbox.drain(money.house, Dying(office), money.world.school_id)
    assert len(twin.kept) == 1
    assert (await documents(money))[0]["state"] == "leased"
    (early,) = await drained(money, office)
    assert early["state"] == "leased", "another worker leaves a lease alone until it has run out"
    (done,) = await drained(money, office, later)
    (kept,) = twin.kept.values()
    assert (done["state"], done["number"]) == ("done", kept.number)
    assert twin.asked.count("/invoice") == 1


@pytest.mark.parametrize(
    ("fault", "issues"),
    [
        (Fault(cut=True), 1),
        (Fault(garbled=True), 1),
        (Fault(http=503), 2),
        (Fault(code="Exception"), 2),
        (Fault(code="InvoiceNumberNotContinuous"), 2),
    ],
)
async def test_bad_weather_is_waited_out_and_leaves_one_document(money, twin, office, later, fault, issues):
    await open_account(money)
    await pay(money)
    twin.misbehave(fault)
    (waiting,) = await drained(money, office)
    assert waiting["state"] == "due" and waiting["outcome"]
    (done,) = await drained(money, office, later)
    assert done["state"] == "done" and len(twin.kept) == 1
    assert twin.asked.count("/invoice") == issues
    assert twin.asked.count("/invoice/status") == 1, "it was looked up before it was sent again"


async def test_an_expired_token_is_replaced_within_the_same_try(money, twin, office):
    await open_account(money)
    await pay(money)
    await drained(money, office)
    twin.forget_tokens()
    await money.bill(title="Xe đưa đón")
    open_one = next(one for one in (await money.family())["invoices"] if one["remaining"])
    await money.receive(money.bank.credit(AMOUNT, open_one["reference"]))
    found = await drained(money, office)
    assert [one["state"] for one in found] == ["done", "done"]
    assert [one["attempts"] for one in found] == [1, 1] and twin.tokens_given == 2


async def test_a_refusal_is_shown_and_sent_again_when_it_was_mended(money, twin, office):
    await open_account(money, password="wrong")
    await pay(money)
    (refused,) = await drained(money, office)
    assert (refused["state"], refused["outcome"]) == ("refused", "UnAuthorize")
    await open_account(money)
    assert (await drained(money, office))[0]["state"] == "refused", "nobody asked for another try"
    assert (await money.post(f"/documents/{refused['document_id']}/send", {})).status_code == 204
    (done,) = await drained(money, office)
    assert done["state"] == "done"
    again = await money.post(f"/documents/{refused['document_id']}/send", {})
    assert again.json()["type"] == "/problems/document-not-stuck"


async def test_after_the_last_try_it_is_given_up_and_told(money, twin, office, later):
    await open_account(money)
    await pay(money)
    await twin.stop()
    for _ in range(10):
        (row,) = await drained(money, office, later)
    assert (row["state"], row["attempts"], row["outcome"]) == ("given_up", 10, "connection_refused")
    assert await documents(money, "?only=given_up") == [row]


async def test_a_cancelled_receipt_takes_its_document_back_with_the_reason(money, twin, office):
    await open_account(money)
    await pay(money)
    await drained(money, office)
    await undo(money)
    cancelled, issued = await drained(money, office)
    assert (cancelled["deed"], cancelled["state"], issued["deed"]) == ("cancel", "done", "issue")
    (kept,) = twin.kept.values()
    assert kept.deleted and kept.reason


async def test_what_was_not_sent_yet_is_withdrawn_and_never_reaches_the_provider(money, twin, office):
    await open_account(money)
    await pay(money)
    await undo(money)
    (row,) = await drained(money, office)
    assert row["state"] == "withdrawn" and twin.kept == {} and twin.asked == []


async def test_a_cancellation_that_was_cut_is_done_once(money, twin, office, later):
    await open_account(money)
    await pay(money)
    await drained(money, office)
    await undo(money)
    twin.misbehave(Fault(cut=True, path="/invoice/cancel"))
    assert (await drained(money, office))[0]["state"] == "due"
    assert (await drained(money, office, later))[0]["state"] == "done"
    assert twin.asked.count("/invoice/cancel") == 1


async def test_a_receipt_cancelled_while_its_document_may_be_out_is_cancelled_there_too(money, twin, office, later):
    await open_account(money)
    await pay(money)
    twin.misbehave(Fault(cut=True))
    await drained(money, office)
    await undo(money)
    await drained(money, office, later)
    cancelled, issued = await drained(money, office, later)
    assert (issued["state"], cancelled["state"]) == ("done", "done")
    (kept,) = twin.kept.values()
    assert kept.deleted


async def test_the_series_is_asked_for_with_the_kind_of_document(money):
    answer = await money.http.put(
        money.path + "/documents/account",
        json={**ACCOUNT, "invoice_series": None, "tax_code": "0101243150"},
        headers=money.world.admin.headers,
    )
    assert answer.status_code == 422 and answer.json()["errors"][0]["pointer"] == "/invoice_series"


async def test_the_password_is_sealed_and_never_told(money):
    await open_account(money, password="very-secret-9")
    row = await money.owner.fetchrow("SELECT * FROM document_accounts WHERE school_id = $1", money.world.school_id)
    assert b"very-secret-9" not in row["password_sealed"]
    assert "very-secret-9" not in (await money.get("/documents")).text
    answer = await money.http.delete(money.path + "/documents/account", headers=money.world.admin.headers)
    assert answer.status_code == 204
    assert (await money.get("/documents")).json()["account"] is None


async def test_a_wrong_application_id_is_a_refusal_and_an_unknown_key_is_absent(twin, office):
    login = Login(1, twin.tax_code, twin.user_name, twin.password)
    assert await office.look_up(login, new_id()) == Absent()
    other = MeInvoice(base_url=twin.base_url, app_id="somebody-else")
    await other.open()
    assert (await other.look_up(login, new_id())).reason == "InvalidAppID"  # type: ignore[union-attr]
    await other.close()


async def test_what_is_issued_already_is_looked_up_not_refused(twin, office):
    login = Login(1, twin.tax_code, twin.user_name, twin.password)
    document = a_document()
    first = await office.issue(login, document)
    assert isinstance(first, Issued)
    assert await office.issue(login, document) == TryLater("DuplicateInvoiceRefID", uncertain=True)
    assert await office.look_up(login, document.key) == first


def a_document():
    return Document(new_id(), "e_invoice", "1C26TTH", datetime(2026, 9, 5, tzinfo=UTC), "An", "Ăn", 1000, "", "CK")


def test_documents_are_read_strictly():
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({**ACCOUNT, "types": {"service": "paper"}}, NewDocumentAccount)
