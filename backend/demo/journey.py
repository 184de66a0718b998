"""The journey: the whole job through public doors, on real input, each step visible and each claim checked.

`python -m backend demo --journey` walks it for people, tests/test_journey.py for the build. Nothing here looks behind a door: what a phone
received is asked of the phone, what a family sees of its API, what is paid of its receipt.
"""

from __future__ import annotations

import asyncio
import io
import secrets
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx

from backend.core.clock import school_day
from backend.core.ids import new_id
from backend.demo.seed import BANK, Cast, arrive, take_roll
from backend.demo.stage import Say, Stage, both_languages
from backend.demo.visitor import Visitor
from backend.people.roster.invented import invent_school
from tests.twins.bank import SepayTwin


class Journey:
    def __init__(self, stage: Stage, *, say: Say) -> None:
        self.stage = stage
        self.say = say
        self.seen: dict[str, Any] = {}  # what each step saw, for the test to look at

    async def walk(self) -> None:
        self.cast = await self._school_arrives()
        self.parent = await self._parent_signs_in()
        self.teacher = await self._teacher_signs_in()
        await self._teacher_takes_the_roll()
        await self._teacher_broadcasts()
        await self._parent_reads_and_acknowledges()
        invoice = await self._accountant_makes_a_fee()
        code = await self._parent_scans_the_code(invoice)
        await self._bank_reports_three_times(invoice, code)
        await self._parent_gets_one_receipt(invoice)
        await self._the_bot_is_asked()
        for visitor in (self.parent, self.teacher):
            await visitor.close()

    async def _school_arrives(self) -> Cast:
        self.say(both_languages("step1"))
        workbook = self.stage.data_dir / "danh-sach-hoc-sinh.xlsx"
        school = invent_school()
        cast = await arrive(self.stage, school, say=self._detail, path=workbook)
        self.seen["school"] = {"pupils": len(school.pupils), "classes": len(school.classes), "staff": len(school.staff)}
        return cast

    async def _parent_signs_in(self) -> Visitor:
        self.say(both_languages("step2"))
        person = self.cast.parent
        parent = Visitor(self.stage.url, person.name)
        await parent.sign_in(self.stage.house, person.phone)
        self.push_token = f"journey-{secrets.token_urlsafe(24)}"
        await parent.post(
            "/v1/devices", {"token": self.push_token, "token_kind": "fcm_token", "platform": "android"}, expect=201
        )
        home = await parent.get("/v1/family/home")
        (self.child,) = [c for c in home["children"] if c["full_name"] in person.what]
        self.seen["home_before"] = home
        return parent

    async def _teacher_signs_in(self) -> Visitor:
        teacher = Visitor(self.stage.url, self.cast.teacher.name)
        await teacher.sign_in(self.stage.house, self.cast.teacher.phone, kind="console")
        return teacher

    async def _teacher_takes_the_roll(self) -> None:
        self.say(both_languages("step3"))
        today = school_day(self.stage.clock.now())
        roll = {"exceptions": [{"pupil_id": self.child["pupil_id"], "mark": "unexcused"}], "make_up": True}
        await take_roll(self.teacher, f"{self._base}/classes/{self.cast.class_id}/roll/{today}/morning", roll)
        self.seen["absence_push"] = await self._push_of("absence")
        self._detail(f"push: {self.seen['absence_push']['notification']['title']}")

    async def _teacher_broadcasts(self) -> None:
        self.say(both_languages("step4"))
        self.announcement_id = str(new_id())
        friday = school_day(self.stage.clock.now()) + timedelta(days=3)
        await self.teacher.post(
            f"{self._base}/announcements",
            {
                "announcement_id": self.announcement_id,
                "title": "Tiêm chủng đợt 2",
                "body": f"Ngày {friday:%d/%m/%Y}, 7 giờ 30, tại phòng y tế trường. Xin mang theo sổ tiêm.",
                "audience": {"kind": "class", "class_id": self.cast.class_id},
                "needs_acknowledgement": True,
            },
            expect=201,
        )
        self.seen["announcement_push"] = await self._push_of("announcement")

    async def _parent_reads_and_acknowledges(self) -> None:
        self.say(both_languages("step5"))
        home = await self.parent.get("/v1/family/home")
        notice_id = self.seen["announcement_push"]["data"]["msg_id"]
        for deed in ("opened", "acknowledged"):
            await self.parent.post(f"/v1/family/notices/{self.cast.school_id}/{notice_id}/{deed}")
        receipts = await self.teacher.get(f"{self._base}/announcements/{self.announcement_id}/receipts")
        mine = [r for r in receipts["recipients"] if r["guardian_name"] == self.cast.parent.name]
        _must(len(mine) == 1 and mine[0]["acknowledged_at"] is not None, f"the teacher does not see it: {mine}")
        after = await self.parent.get("/v1/family/home")
        self.seen["home"], self.seen["home_after"], self.seen["receipt_by_name"] = home, after, mine[0]
        self._detail(f"acknowledged: {mine[0]['guardian_name']}")

    async def _accountant_makes_a_fee(self) -> dict[str, Any]:
        self.say(both_languages("step6"))
        accountant = Visitor(self.stage.url, "accountant")
        await accountant.sign_in(self.stage.house, self.cast.find("accountant").phone, kind="console")
        fee = {
            "fee_id": str(new_id()),
            "class_id": self.cast.class_id,
            "title": "Tiền ăn bán trú tháng 12",
            "amount": 650_000,
            "category": "agreed",
            "legal_basis": "Nghị quyết của HĐND thành phố về các khoản thu dịch vụ giáo dục; thoả thuận với cha mẹ học sinh",
            "due_on": str(school_day(self.stage.clock.now()) + timedelta(days=14)),
        }
        for _ in range(2):  # a second click adds nothing
            made = await accountant.post(f"{self._base}/fees", fee, expect=201)
        self.seen["fee"] = made
        self.accountant = accountant
        invoice: dict[str, Any] = (await self._family_invoices())[0]
        return invoice

    async def _parent_scans_the_code(self, invoice: dict[str, Any]) -> dict[str, str]:
        self.say(both_languages("step7"))
        picture = await self.parent.bytes_of(f"{self._base}/invoices/{invoice['invoice_id']}/qr.png")
        code = read_vietqr(picture)
        _must(code["bin"] == BANK["bank_bin"] and code["account"] == BANK["account_number"], f"another account: {code}")
        _must(int(code["amount"]) == invoice["remaining"], f"another amount: {code}")
        _must(code["memo"].startswith(invoice["reference"]), f"another reference: {code}")
        self.seen["code"] = code
        self._detail(f"{code['amount']} đ to {code['account']} at {code['bin']}, “{code['memo']}”")
        return code

    async def _bank_reports_three_times(self, invoice: dict[str, Any], code: dict[str, str]) -> None:
        self.say(both_languages("step8"))
        async with httpx.AsyncClient(base_url=self.stage.url, timeout=30) as http:
            bank = SepayTwin(http, self.cast.hook_path, BANK["account_number"], self.cast.hook_secret)
            event = bank.credit(int(code["amount"]), f"MBVCB.3278907687.{code['memo']}.CT tu 0011 NGUYEN THI HOA")
            await bank.replay([event, event])
            await bank.replay([event])
            self.seen["hook_answers"] = [attempt.status for attempt in bank.attempts]

    async def _parent_gets_one_receipt(self, invoice: dict[str, Any]) -> None:
        async def paid() -> dict[str, Any] | None:
            found = [i for i in await self._family_invoices() if i["invoice_id"] == invoice["invoice_id"]]
            return found[0] if found and found[0]["state"] == "paid" else None

        done = await self._until(paid, "the invoice is paid")
        _must(len(done["receipts"]) == 1, f"{len(done['receipts'])} receipts")
        pdf = await self.parent.bytes_of(f"{self._base}/receipts/{done['receipts'][0]['receipt_id']}/pdf")
        _must(pdf.startswith(b"%PDF"), "the receipt is no PDF")
        self.seen["receipt_pdf"], self.seen["payment_push"] = pdf, await self._push_of("payment")
        books = await self.accountant.get(f"{self._base}/books/check")
        _must(books["disagreements"] == [], f"the books disagree: {books}")
        await self.accountant.close()
        self.say(both_languages("step9"))
        self._detail(f"receipt {done['receipts'][0]['number']}, {len(pdf)} bytes of PDF")

    async def _the_bot_is_asked(self) -> None:
        self.say(both_languages("step10"))
        link = await self.parent.post("/v1/chat/links", {"channel": "telegram"}, expect=201)
        chat = self.stage.telegram.open_chat(7_000_001, "Phụ huynh")
        await chat.ask(f"/start {link['url'].rpartition('start=')[2]}")
        stranger = self.stage.telegram.open_chat(7_000_002, "Người lạ")
        questions = [
            (chat, "hom nay con co di hoc ko"),
            (chat, "con tôi còn phải đóng bao nhiêu tiền"),
            (chat, "thủ tục chuyển trường cho con lớp 7 thế nào"),
            (stranger, f"cho hỏi hôm nay em {self.child['full_name']} lớp {self.cast.class_name} có đi học không"),
        ]
        answers = []
        for who, question in questions:
            heard = await who.ask(question)
            answers.append((question, heard))
            # The whole answer on one line: an urgent one begins with the numbers to call, and the answer itself comes after.
            self._detail(f"“{question}” → {' / '.join(heard.splitlines())[:260]}")
        _must("vắng" in answers[0][1].lower(), "the linked parent is not told of the absence")
        _must("vắng" not in answers[3][1].lower(), "a stranger was told about a child")
        self.seen["answers"] = answers

    # — what the steps share —

    @property
    def _base(self) -> str:
        return f"/v1/schools/{self.cast.school_id}"

    async def _family_invoices(self) -> list[dict[str, Any]]:
        path = f"/v1/family/schools/{self.cast.school_id}/pupils/{self.child['pupil_id']}/invoices"
        invoices: list[dict[str, Any]] = (await self.parent.get(path))["invoices"]
        return invoices

    async def _push_of(self, kind: str) -> dict[str, Any]:
        async def arrived() -> dict[str, Any] | None:
            for message in self.stage.fcm.phones[self.push_token].shown.values():
                if message["data"]["kind"] == kind:
                    return message
            return None

        push: dict[str, Any] = await self._until(arrived, f"a push of kind {kind}")
        return push

    async def _until(self, look: Callable[[], Awaitable[Any]], what: str, patience_seconds: float = 45) -> Any:
        deadline = time.monotonic() + patience_seconds
        while time.monotonic() < deadline:
            if (seen := await look()) is not None:
                return seen
            await asyncio.sleep(0.1)
        raise AssertionError(f"waited {patience_seconds:.0f} s in vain for {what}")

    def _detail(self, line: str) -> None:
        self.say(f"     {line}")


async def walk(stage: Stage, *, say: Say) -> Journey:
    journey = Journey(stage, say=say)
    await journey.walk()
    return journey


def read_vietqr(picture: bytes) -> dict[str, str]:
    """What a bank app reads: the picture through ZXing, then the fields by position. None of our own encoder's code."""
    import zxingcpp
    from PIL import Image

    (barcode,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture)).convert("L"))
    root = _fields(barcode.text)
    account = _fields(_fields(root["38"])["01"])
    return {
        "bin": account["00"],
        "account": account["01"],
        "amount": root.get("54", "0"),
        "memo": _fields(root["62"])["08"],
    }


def _fields(text: str) -> dict[str, str]:
    found = {}
    while text:
        length = int(text[2:4])
        found[text[:2]], text = text[4 : 4 + length], text[4 + length :]
    return found


def _must(holds: bool, otherwise: str) -> None:
    if not holds:
        raise AssertionError(otherwise)
