"""payOS: its links, their payments and its hook."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any

import httpx
from aiohttp import web

from tests.twins.bank import VIETNAM
from tests.twins.gateway import Gateway, ids, signature_of


class PayosTwin(Gateway):
    """Links, their payments and the hook. Answers and calls are signed over the sorted data."""

    def __init__(self, http: httpx.AsyncClient, account_number: str) -> None:
        super().__init__()
        self.http = http
        self.account_number = account_number
        self.hook_path = ""
        self.client_id, self.api_key, self.checksum = "payos-client", "payos-api-key", "payos-checksum-key"
        self.links: dict[int, dict[str, Any]] = {}
        self.statuses: list[int] = []
        self.forge_answers = False

    def routes(self, app: web.Application) -> None:
        app.add_routes(
            [web.post("/v2/payment-requests", self._create), web.get("/v2/payment-requests/{code}", self._look)]
        )

    def signature(self, data: dict[str, Any], secret: str | None = None) -> str:
        def text(value: Any) -> str:
            if value is None:
                return ""
            if isinstance(value, list):
                return json.dumps([dict(sorted(v.items())) for v in value], ensure_ascii=False, separators=(",", ":"))
            return str(value)

        line = "&".join(f"{key}={text(value)}" for key, value in sorted(data.items()))
        return signature_of(secret or self.checksum, line, "sha256")

    def _signed(self, data: dict[str, Any]) -> web.Response:
        signature = "0" * 64 if self.forge_answers else self.signature(data)
        return web.json_response({"code": "00", "desc": "success", "data": data, "signature": signature})

    def _refusal(self, request: web.Request) -> web.Response | None:
        keys = (request.headers.get("x-client-id"), request.headers.get("x-api-key"))
        if keys != (self.client_id, self.api_key):
            return web.json_response({"code": "214", "desc": "Cổng thanh toán không tồn tại"}, status=401)
        return None

    async def _create(self, request: web.Request) -> web.Response:
        if trouble := await self.trouble() or self._refusal(request):
            return trouble
        asked = await request.json()
        fields = ("amount", "cancelUrl", "description", "orderCode", "returnUrl")
        line = "&".join(f"{name}={asked[name]}" for name in fields)
        if asked["signature"] != signature_of(self.checksum, line, "sha256"):
            return web.json_response({"code": "201", "desc": "Mã kiểm tra(signature) không hợp lệ"})
        if not isinstance(asked["orderCode"], int) or asked["orderCode"] > 2**53 - 1 or len(asked["description"]) > 9:
            return web.json_response({"code": "20", "desc": "Thông tin truyền lên không đúng"})
        if asked["orderCode"] in self.links:
            return web.json_response({"code": "231", "desc": "Đơn thanh toán đã tồn tại"})
        link_id = hashlib.md5(str(asked["orderCode"]).encode()).hexdigest()
        self.links[asked["orderCode"]] = {**asked, "id": link_id, "status": "PENDING", "transactions": []}
        return self._signed(
            {
                "bin": "970436",
                "accountNumber": self.account_number,
                "accountName": "TRUONG",
                "amount": asked["amount"],
                "description": asked["description"],
                "orderCode": asked["orderCode"],
                "currency": "VND",
                "paymentLinkId": link_id,
                "status": "PENDING",
                "expiredAt": asked.get("expiredAt"),
                "checkoutUrl": f"https://pay.payos.vn/web/{link_id}",
                "qrCode": "00020101",
            }
        )

    async def _look(self, request: web.Request) -> web.Response:
        if trouble := await self.trouble() or self._refusal(request):
            return trouble
        link = self.links.get(int(request.match_info["code"]))
        if link is None:
            return web.json_response({"code": "101", "desc": "Mã thanh toán không tồn tại"})
        paid = sum(one["amount"] for one in link["transactions"])
        return self._signed(
            {
                "id": link["id"],
                "orderCode": link["orderCode"],
                "amount": link["amount"],
                "amountPaid": paid,
                "amountRemaining": link["amount"] - paid,
                "status": link["status"],
                "createdAt": "2026-09-05T10:00:00+07:00",
                "transactions": link["transactions"],
                "cancellationReason": None,
                "canceledAt": None,
            }
        )

    def pay(self, code: int, amount: int | None = None) -> bytes:
        """A family pays through the link; the body that the hook is called with."""
        link = self.links[code]
        amount = amount or link["amount"]
        number = next(ids)
        moment = datetime.now(VIETNAM).replace(microsecond=0)
        common = {
            "reference": f"FT{number}",
            "amount": amount,
            "accountNumber": self.account_number,
            "description": f"CS{number} {link['description']}",
            "virtualAccountName": None,
            "virtualAccountNumber": None,
            "counterAccountBankId": None,
            "counterAccountBankName": None,
            "counterAccountName": None,
            "counterAccountNumber": None,
        }
        link["transactions"].append({**common, "transactionDateTime": moment.isoformat()})
        paid = sum(one["amount"] for one in link["transactions"])
        link["status"] = "PAID" if paid >= link["amount"] else "UNDERPAID"
        data = {
            **common,
            "orderCode": code,
            "transactionDateTime": moment.strftime("%Y-%m-%d %H:%M:%S"),
            "currency": "VND",
            "paymentLinkId": link["id"],
            "code": "00",
            "desc": "success",
        }
        return self.body(data)

    def body(self, data: dict[str, Any], secret: str | None = None) -> bytes:
        told = {
            "code": "00",
            "desc": "success",
            "success": True,
            "data": data,
            "signature": self.signature(data, secret),
        }
        return json.dumps(told, ensure_ascii=False).encode()

    async def call(self, body: bytes) -> bool:
        answer = await self.http.post(self.hook_path, content=body, headers={"content-type": "application/json"})
        self.statuses.append(answer.status_code)
        return 200 <= answer.status_code < 300
