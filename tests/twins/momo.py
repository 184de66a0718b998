"""MoMo: its orders, its wallet and its IPN."""

from __future__ import annotations

import json
import time
from typing import Any
from urllib.parse import urlencode

import httpx
from aiohttp import web

from tests.twins.gateway import Gateway, Sleep, ids, signature_of, until_content


class MomoTwin(Gateway):
    """Create and IPN. Content with 204 only; three more tries stand for a schedule that is not public."""

    def __init__(self, http: httpx.AsyncClient, partner_code: str) -> None:
        super().__init__()
        self.http = http
        self.partner_code = partner_code
        self.access_key, self.secret = "momo-access", "momo-secret-key"
        self.orders: dict[str, dict[str, Any]] = {}
        self.paid: dict[str, dict[str, Any]] = {}
        self.statuses: list[int] = []

    def routes(self, app: web.Application) -> None:
        app.add_routes(
            [
                web.post("/v2/gateway/api/create", self._create),
                web.post("/v2/gateway/api/query", self._query),
                web.get("/v2/gateway/pay", self._pay),
            ]
        )

    async def _pay(self, request: web.Request) -> web.Response:
        """The family confirms in the wallet and its browser is led back; the IPN goes its own way."""
        asked = self.orders.get(request.query.get("t", ""))
        if asked is None:
            return web.Response(status=404, text="Giao dịch không tồn tại")
        told = json.loads(self.body(asked["orderId"], asked["amount"], orderInfo=asked["orderInfo"]))
        self.paid[asked["orderId"]] = told
        raise web.HTTPFound(f"{asked['redirectUrl']}?{urlencode(told)}")

    async def _create(self, request: web.Request) -> web.Response:
        if trouble := await self.trouble():
            return trouble
        asked = await request.json()
        names = ("amount", "extraData", "ipnUrl", "orderId", "orderInfo", "partnerCode", "redirectUrl", "requestId")
        line = "&".join([f"accessKey={self.access_key}", *(f"{n}={asked[n]}" for n in (*names, "requestType"))])
        code = 0
        if asked["signature"] != signature_of(self.secret, line, "sha256"):
            code = 11007
        elif not 1_000 <= asked["amount"] <= 50_000_000:
            code = 22
        elif asked["orderId"] in self.orders:
            code = 41
        else:
            self.orders[asked["orderId"]] = asked
        told = {
            "partnerCode": self.partner_code,
            "requestId": asked["requestId"],
            "orderId": asked["orderId"],
            "amount": asked["amount"],
            "responseTime": int(time.time() * 1000),
            "message": "Thành công." if code == 0 else "Giao dịch bị từ chối.",
            "resultCode": code,
        }
        if code == 0:
            told["payUrl"] = f"{self.base_url}/v2/gateway/pay?t={asked['orderId']}"
        return web.json_response(told)

    async def _query(self, request: web.Request) -> web.Response:
        """The state of an order. The answer has no signature."""
        if trouble := await self.trouble():
            return trouble
        asked = await request.json()
        names = ("orderId", "partnerCode", "requestId")
        line = "&".join([f"accessKey={self.access_key}", *(f"{name}={asked[name]}" for name in names)])
        order, paid = self.orders.get(asked["orderId"]), self.paid.get(asked["orderId"])
        code = 1000
        if asked["signature"] != signature_of(self.secret, line, "sha256"):
            code = 11007
        elif order is None:
            code = 42
        elif paid is not None:
            code = 0
        return web.json_response(
            {
                "partnerCode": asked["partnerCode"],
                "requestId": asked["requestId"],
                "orderId": asked["orderId"],
                "extraData": "",
                "amount": order["amount"] if order else 0,
                "transId": paid["transId"] if paid else 0,
                "payType": "qr" if paid else "",
                "resultCode": code,
                "refundTrans": [],
                "message": "Thành công." if code == 0 else "Giao dịch chưa hoàn tất.",
                "responseTime": int(time.time() * 1000),
                "lastUpdated": paid["responseTime"] if paid else int(time.time() * 1000),
            }
        )

    def body(self, order: str, amount: int, code: int = 0, *, secret: str | None = None, **changes: Any) -> bytes:
        told = {
            "partnerCode": self.partner_code,
            "orderId": order,
            "requestId": order,
            "amount": amount,
            "orderInfo": "nop tien truong",
            "orderType": "momo_wallet",
            "transId": next(ids),
            "resultCode": code,
            "message": "Thành công.",
            "payType": "qr",
            "responseTime": int(time.time() * 1000),
            "extraData": "",
            **changes,
        }
        names = sorted(told)
        line = "&".join([f"accessKey={self.access_key}", *(f"{name}={told[name]}" for name in names)])
        told["signature"] = signature_of(secret or self.secret, line, "sha256")
        return json.dumps(told, ensure_ascii=False).encode()

    async def call(self, body: bytes) -> bool:
        answer = await self.http.post(self.hook_path, content=body, headers={"content-type": "application/json"})
        self.statuses.append(answer.status_code)
        return answer.status_code == 204 and answer.content == b""

    async def report(self, body: bytes, sleep: Sleep) -> bool:
        return await until_content(lambda: self.call(body), (1, 5, 15), sleep)
