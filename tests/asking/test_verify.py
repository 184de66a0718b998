"""Is it really the school? What the house makes passes, whatever is changed does not, and nobody learns about a child."""

import io
import random
from datetime import timedelta

import msgspec
import pytest
from PIL import Image

from backend.core.clock import school_day
from payments import qrimage, references, requests, seals, vietqr
from payments.verify import verdict
from payments.verify_text import take_apart
from tests.asking.test_family_requests import ask, bills_of_both
from tests.payments.conftest import AMOUNT


@pytest.fixture
async def asked(money, sister):
    """A bill, a request over two, and what the school shows for both."""
    await bills_of_both(money, sister)
    invoice = await money.invoice()
    bill = (await money.get(f"/invoices/{invoice['invoice_id']}/qr", money.world.parent)).json()
    (request,) = (await ask(money)).json()["requests"]
    return bill, request


async def told(money, text):
    return (await verdict(money.house, text)).told


async def test_what_the_school_makes_is_the_schools(money, asked):
    for one in asked:
        for text in (one["payload"], f"  {one['payload']}\n", one["payload"][:-4] + one["payload"][-4:].lower()):
            assert await told(money, text) == "school"
        found = await verdict(money.house, one["seal"])
        assert (found.told, found.findings[0].amount) == ("school", one["amount"])
        assert found.findings[0].school == "Trường THCS Thử Nghiệm"
        assert await told(money, one["seal"].lower()) == "school"
        assert await told(money, money.account_number) == "school"
    assert await told(money, "024 3825 1234") == "school"
    assert await told(money, "+84 24 3825 1234") == "school"


async def test_ten_thousand_changed_payloads_and_none_passes(money, asked):
    """Amount, account, bank, reference, memo, tags, with the check sum made anew as a forger would."""
    chance = random.Random(20261128)
    genuine = [vietqr.decode(one["payload"]) for one in asked]
    originals = {one["payload"] for one in asked}
    passed, tried = [], 0
    while tried < 10_000:
        code = chance.choice(genuine)
        forged = changed(code, chance)
        try:
            payload = vietqr.encode(forged)
        except vietqr.VietQRError:
            continue
        if payload in originals:
            continue
        tried += 1
        if await told(money, payload) == "school":
            passed.append(payload)
    assert passed == []
    for payload in originals:
        assert await told(money, payload) == "school"


def changed(code, chance):
    replace = msgspec.structs.replace
    match chance.randrange(9):
        case 0:
            return replace(
                code, amount=chance.choice([code.amount + 1, code.amount * 10, chance.randrange(1, 10**8), None])
            )
        case 1:
            return replace(code, account=swapped(code.account, chance, "0123456789"))
        case 2:
            return replace(
                code,
                bank_bin=chance.choice(["970422", "970415", "970407", swapped(code.bank_bin, chance, "0123456789")]),
            )
        case 3:
            body = str(chance.randrange(10**5, 10**6))
            return replace(code, memo="HP" + body + references.check_digit(body))
        case 4:
            return replace(code, memo=swapped(code.memo, chance, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 "))
        case 5:
            return replace(
                code, memo=chance.choice([None, code.memo + " X", code.memo[:9], "CHUYEN TIEN", code.memo[9:].strip()])
            )
        case 6:
            return replace(code, service=chance.choice(["QRIBFTTC", "QRPUSH", "QRCASH", None]))
        case 7:
            return replace(code, initiation="11")
        case _:
            return replace(
                code, bill_number=chance.choice(["1", "HP"]), extra=((chance.choice(["59", "60", "62.05", "80"]), "X"),)
            )


def swapped(text, chance, letters):
    at = chance.randrange(len(text))
    return (text[:at] + chance.choice(letters) + text[at + 1 :]).strip()


async def test_ten_thousand_changed_seals_and_none_passes(money, asked):
    chance = random.Random(7)
    genuine = [one["seal"] for one in asked]
    marks = {
        (claim.subject, claim.mark, claim.amount, claim.expires_on) for seal in genuine for claim in seals.find(seal)
    }
    passed = []
    for _ in range(10_000):
        seal = swapped(chance.choice(genuine), chance, "0123456789ABCDEFGHJKMNPQRSTVWXYZ")
        same = [(claim.subject, claim.mark, claim.amount, claim.expires_on) in marks for claim in seals.find(seal)]
        if not all(same) and await told(money, seal) == "school":
            passed.append(seal)
    assert passed == []


async def test_a_seal_passes_until_its_last_day(money, asked):
    bill, _ = asked
    (claim,) = seals.find(bill["seal"])
    account = seals.account_key("970436", money.account_number)
    for days, answer in ((0, "school"), (-1, "not_school")):
        until = school_day(money.house.clock.now()) + timedelta(days=days)
        seal = seals.seal(
            money.house.cipher,
            seals.Sealed(claim.kind, claim.school_id, claim.subject, account, claim.amount, until),
        )
        found = await verdict(money.house, seal)
        assert (found.told, found.findings[0].reason) == (answer, "seal_holds" if days == 0 else "seal_expired")


async def test_a_code_for_what_is_no_longer_asked_does_not_pass(money, asked):
    bill, request = asked
    invoice = await money.invoice()
    await money.receive(money.bank.credit(100_000, invoice["reference"]))
    for one in (bill, request):
        found = await verdict(money.house, one["payload"])
        assert (found.told, found.findings[0].reason) == ("not_school", "another_amount")
    await money.receive(money.bank.credit(AMOUNT - 100_000, invoice["reference"]))
    found = await verdict(money.house, bill["payload"])
    assert (found.told, found.findings[0].reason) == ("not_school", "already_paid")
    assert await told(money, bill["seal"]) == "school"  # the notice was the school's all the same


async def test_a_cancelled_bill_and_a_closed_account_do_not_pass(money, asked):
    bill, _ = asked
    await money.owner.execute(
        "UPDATE bank_accounts SET closed_at = $2 WHERE bank_account_id = $1",
        money.world.bank_account_id,
        money.house.clock.now(),
    )
    assert (await verdict(money.house, bill["payload"])).findings[0].reason == "account_unknown"
    await money.owner.execute(
        "UPDATE bank_accounts SET closed_at = NULL WHERE bank_account_id = $1", money.world.bank_account_id
    )
    invoice = await money.invoice()
    assert (await money.post(f"/invoices/{invoice['invoice_id']}/cancel", {})).status_code == 204
    assert (await verdict(money.house, bill["payload"])).findings[0].reason == "reference_unknown"
    assert await told(money, bill["seal"]) == "not_school"


async def test_a_notice_passes_and_every_way_of_bending_it_fails(money, asked):
    bill, _ = asked
    notice = (
        f"Trường THCS Thử Nghiệm: Tiền ăn bán trú tháng 9, 350.000 đ, hạn 10/12/2026. Chuyển vào {money.account_number}"
        f" Vietcombank, nội dung {bill['memo']}. Mã xác thực: {bill['seal']}"
    )
    assert await told(money, notice) == "school"
    for bent in (
        notice.replace("350.000 đ", "3.500.000 đ"),
        notice.replace("350.000 đ", "450000 đồng"),
        notice.replace(money.account_number, "19034567890123"),
        notice.replace(money.account_number, "1903 4567 8901 23"),
        notice.replace(money.account_number, "1903.456.789.012"),
        notice.replace(money.account_number, "1234567 8901234"),
        notice.replace("Vietcombank", "Techcombank"),
        notice + " Liên hệ 0912 345 678.",
        notice + " Xem tại http://truong-thu-nghiem.top/nop-tien",
        notice + " hoặc vào truong-thu.xyz",
        notice + " hoặc chuyển vào VA PSP123456789000000",
        notice.replace(bill["seal"], bill["seal"][:-1] + ("A" if bill["seal"][-1] != "A" else "B")),
    ):
        assert await told(money, bent) == "not_school", bent


async def test_quoting_the_schools_number_proves_nothing(money):
    assert await told(money, "0243 825 1234") == "school"
    assert await told(money, "Con chị đang cấp cứu, gọi 024 3825 1234 và chuyển tiền gấp") == "unknown"
    assert await told(money, "Chào phụ huynh, mai lớp nghỉ học") == "unknown"
    assert await told(money, "số 0912 345 678 gọi cho tôi") == "not_school"
    assert await told(money, "1900 1234") == "not_school"


async def test_an_official_number_is_the_schools_until_it_is_removed(money):
    world, path = money.world, "/official-contacts"
    assert await told(money, "0912 345 678") == "not_school"
    added = await money.post(path, {"phone": "0912.345.678", "label": "Kế toán"}, world.admin)
    assert (added.status_code, added.json()["phone"]) == (200, "84912345678")
    assert await told(money, "0912 345 678") == "school"
    listed = (await money.get(path, world.accountant)).json()["contacts"]
    assert listed == [{"phone": "84912345678", "label": "Kế toán"}]
    assert (await money.post(f"{path}/84912345678/remove", {}, world.admin)).status_code == 204
    assert await told(money, "0912 345 678") == "not_school"
    bad = await money.post(path, {"phone": "abc1", "label": " "}, world.admin)
    assert {error["pointer"] for error in bad.json()["errors"]} == {"/phone", "/label"}


async def test_pictures_are_read_and_strange_files_refused(money, asked):
    bill, _ = asked
    png = qrimage.png(bill["payload"])
    jpeg = io.BytesIO()
    Image.open(io.BytesIO(png)).convert("RGB").resize((300, 300)).save(jpeg, "JPEG", quality=60)
    for name, content, answer in (
        ("a.png", png, "school"),
        ("a.jpg", jpeg.getvalue(), "school"),
        ("b.png", qrimage.png(vietqr.encode(vietqr.VietQR("970422", "0912345678", 1000, "HOC PHI"))), "not_school"),
        ("c.png", blank(), "unknown"),
    ):
        answered = await money.http.post("/v1/verify/picture", files={"picture": (name, content)})
        assert (answered.status_code, answered.json()["told"]) == (200, answer), name
    for content in (b"GIF89a....", b"\x89PNG\r\n\x1a\n", b"<svg/>", b"", b"x" * 6_000_001):
        refused = await money.http.post("/v1/verify/picture", files={"picture": ("x.png", content)})
        assert refused.status_code in (413, 422), content[:10]


def blank() -> bytes:
    buffer = io.BytesIO()
    Image.new("L", (200, 200), 255).save(buffer, "PNG")
    return buffer.getvalue()


async def test_a_picture_with_a_hundred_million_pixels_is_not_unpacked(money):
    buffer = io.BytesIO()
    Image.new("1", (12_000, 9_000)).save(buffer, "PNG")
    refused = await money.http.post("/v1/verify/picture", files={"picture": ("x.png", buffer.getvalue())})
    assert refused.status_code == 422


async def test_the_answer_names_no_child(money, asked):
    for one in asked:
        for text in (one["payload"], one["seal"], one["memo"]):
            answer = (await money.http.post("/v1/verify", json={"text": text})).text
            for private in ("Nguyễn", "Minh An", "6A1", "Ánh"):
                assert private not in answer


async def test_strangers_may_not_ask_without_end(money):
    statuses = [(await money.http.post("/v1/verify", json={"text": "0912345678"})).status_code for _ in range(70)]
    assert statuses[0] == 200
    assert statuses[-1] == 429


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("STK 0011000000017 VCB", ["0011000000017"]),
        ("so 0912 345 678", ["0912345678"]),
        ("+84 912 345 678", ["+84912345678"]),
        ("0011000000017 350000", ["0011000000017", "350000"]),
        ("1.250.000 đ ngày 05/12/2026 lúc 14:30 năm học 2026-2027", []),
        ("HP2600017 hoc phi", []),
        ("FT26245123456789", []),
        ("PSP123456789000000", ["PSP123456789000000"]),
    ],
)
def test_numbers_are_found_in_what_people_paste(text, numbers):
    assert list(take_apart(text).numbers) == numbers


async def test_the_house_shows_what_it_says_it_would(money, asked):
    bill, request = asked
    for one, code in ((bill, bill["reference"]), (request, request["code"])):
        now = await requests.asked_now(money.house.database.reader, money.world.school_id, code)
        assert now.payload == one["payload"]
