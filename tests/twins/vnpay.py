"""VNPay: the IPN, and the page where a family pays."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import parse_qs, quote_plus, urlsplit

import httpx
from aiohttp import web

from tests.twins.bank import VIETNAM
from tests.twins.gateway import Gateway, Sleep, ids, signature_of, until_content


@dataclass
class VnpayTwin:
    """The payment page and the IPN. Content with RspCode 00 and 02; else it calls up to ten times, five minutes apart."""

    http: httpx.AsyncClient
    hook_path: str
    tmn_code: str
    secret: str
    codes: list[str] = field(default_factory=list)

    def take(self, url: str) -> dict[str, str]:
        """The family's browser comes with this address; a wrong signature shows an error page."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        signature = asked.pop("vnp_SecureHash")
        assert signature == self._hash(asked), "VNPay would say: invalid signature"
        assert asked["vnp_TmnCode"] == self.tmn_code
        assert asked["vnp_Version"] == "2.1.0"
        assert int(asked["vnp_Amount"]) % 100 == 0
        return asked

    def _hash(self, asked: dict[str, str], secret: str | None = None) -> str:
        line = "&".join(f"{quote_plus(k)}={quote_plus(v)}" for k, v in sorted(asked.items()) if v)
        return signature_of(secret or self.secret, line, "sha512")

    def query(self, order: str, amount: int, code: str = "00", *, secret: str | None = None, **changes: str) -> bytes:
        number = next(ids)
        told = {
            "vnp_Amount": str(amount * 100),
            "vnp_BankCode": "NCB",
            "vnp_BankTranNo": f"VNP{number}" if code == "00" else "",
            "vnp_CardType": "ATM",
            "vnp_OrderInfo": "nop tien truong",
            "vnp_PayDate": datetime.now(VIETNAM).strftime("%Y%m%d%H%M%S"),
            "vnp_ResponseCode": code,
            "vnp_TmnCode": self.tmn_code,
            "vnp_TransactionNo": str(number) if code == "00" else "0",
            "vnp_TransactionStatus": "00" if code == "00" else "02",
            "vnp_TxnRef": order,
            **changes,
        }
        told = {name: value for name, value in told.items() if value}
        pairs = "&".join(f"{quote_plus(k)}={quote_plus(v)}" for k, v in told.items())
        return f"{pairs}&vnp_SecureHash={self._hash(told, secret)}".encode()

    async def call(self, query: bytes) -> bool:
        answer = await self.http.get(f"{self.hook_path}?{query.decode()}")
        assert answer.status_code == 200, "VNPay takes any other status for an outage"
        self.codes.append(answer.json()["RspCode"])
        return self.codes[-1] in ("00", "02")

    async def report(self, query: bytes, sleep: Sleep) -> bool:
        return await until_content(lambda: self.call(query), (5,) * 9, sleep)


class VnpayPage(Gateway):
    """Where the family's browser is sent: it proves the address as VNPay does, takes the money and leads back."""

    def __init__(self, twin: VnpayTwin) -> None:
        super().__init__()
        self.twin = twin
        self.taken: dict[str, dict[str, str]] = {}
        self.paid: dict[str, bytes] = {}
        self.forge_answers = False

    def routes(self, app: web.Application) -> None:
        app.add_routes(
            [web.get("/paymentv2/vpcpay.html", self._pay), web.post("/merchant_webapi/api/transaction", self._querydr)]
        )

    @property
    def api_url(self) -> str:
        return f"{self.base_url}/merchant_webapi/api/transaction"

    @property
    def url(self) -> str:
        return f"{self.base_url}/paymentv2/vpcpay.html"

    async def _pay(self, request: web.Request) -> web.Response:
        try:
            asked = self.twin.take(str(request.url))
        except (AssertionError, KeyError):
            return web.Response(status=400, text="Sai chữ ký (code 70)")
        self.taken[asked["vnp_TxnRef"]] = asked
        amount = int(asked["vnp_Amount"]) // 100
        told = self.twin.query(asked["vnp_TxnRef"], amount, vnp_OrderInfo=asked["vnp_OrderInfo"])
        self.paid[asked["vnp_TxnRef"]] = told
        raise web.HTTPFound(f"{asked['vnp_ReturnUrl']}?{told.decode()}")

    async def _querydr(self, request: web.Request) -> web.Response:
        """An order is found by its code and the instant of its creation; values that there are none of are null."""
        if trouble := await self.trouble():
            return trouble
        asked = await request.json()
        names = ("RequestId", "Version", "Command", "TmnCode", "TxnRef", "TransactionDate", "CreateDate", "IpAddr")
        line = "|".join(asked[f"vnp_{name}"] for name in (*names, "OrderInfo"))
        if asked["vnp_SecureHash"] != signature_of(self.twin.secret, line, "sha512"):
            return web.json_response({"vnp_ResponseCode": "97", "vnp_Message": "Invalid signature"})
        order = self.taken.get(asked["vnp_TxnRef"])
        if order is None or order["vnp_CreateDate"] != asked["vnp_TransactionDate"]:
            return web.json_response({"vnp_ResponseCode": "91", "vnp_Message": "Transaction not found"})
        return web.json_response(self._found(order))

    def _found(self, order: dict[str, str]) -> dict[str, str | None]:
        said = parse_qs(self.paid.get(order["vnp_TxnRef"], b"").decode())
        told = {
            "vnp_ResponseId": f"{next(ids):032x}",
            "vnp_Command": "querydr",
            "vnp_ResponseCode": "00",
            "vnp_Message": "QueryDR Success",
            "vnp_TmnCode": order["vnp_TmnCode"],
            "vnp_TxnRef": order["vnp_TxnRef"],
            "vnp_Amount": order["vnp_Amount"],
            "vnp_BankCode": said.get("vnp_BankCode", [None])[0],
            "vnp_PayDate": said.get("vnp_PayDate", [None])[0],
            "vnp_TransactionNo": said.get("vnp_TransactionNo", [None])[0],
            "vnp_TransactionType": "01",
            "vnp_TransactionStatus": said.get("vnp_TransactionStatus", ["01"])[0],
            "vnp_OrderInfo": order["vnp_OrderInfo"],
            "vnp_PromotionCode": None,
            "vnp_PromotionAmount": None,
        }
        line = "|".join(value or "" for value in told.values())
        secret = "nobody" if self.forge_answers else self.twin.secret
        return {**told, "vnp_SecureHash": signature_of(secret, line, "sha512")}
