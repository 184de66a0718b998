"""The other side of Casso, payOS, VNPay and MoMo, and of SePay's list: they sign, retry, give up and answer as the vendors do.

They share no code with the house, so that a mistake in our signing cannot cancel itself out.
"""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import os
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, parse_qsl, quote_plus, urlencode, urlsplit

import httpx
from aiohttp import web

from tests.twins.bank import VIETNAM

_ids = itertools.count(os.getpid() * 1_000_000 + 500_001)
Sleep = Callable[[float], Awaitable[None]]


def now_text() -> str:
    return datetime.now(VIETNAM).strftime("%Y-%m-%d %H:%M:%S")


def _hex(secret: str, text: str, digest: str) -> str:
    return hmac.new(secret.encode(), text.encode(), digest).hexdigest()


async def until_content(call: Callable[[], Awaitable[bool]], minutes: tuple[float, ...], sleep: Sleep) -> bool:
    """One call more than there are waits; afterwards the gateway is silent for good."""
    for wait in (*minutes, None):
        if await call():
            return True
        if wait is not None:
            await sleep(wait * 60)
    return False


class _Server:
    """A small HTTP server on loopback; `misbehave` puts statuses in front of the next answers, or holds them back."""

    def __init__(self) -> None:
        self.requests = 0
        self.wrong: list[int] = []
        self.seconds_slow = 0.0
        self._runner: web.AppRunner | None = None
        self._port = 0

    async def start(self, *routes: web.RouteDef) -> None:
        app = web.Application()
        app.router.add_routes(routes)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self._port = site._server.sockets[0].getsockname()[1]  # type: ignore[union-attr]

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    async def trouble(self) -> web.Response | None:
        import asyncio

        self.requests += 1
        if self.seconds_slow:
            await asyncio.sleep(self.seconds_slow)
        return web.Response(status=self.wrong.pop(0), text="<html>trouble</html>") if self.wrong else None


class SepayList(_Server):
    """SePay's user API. Two calls a second; ids at or behind since_id; newest first; amounts as text with decimals."""

    def __init__(self, token: str = "sepay-token") -> None:
        super().__init__()
        self.token = token
        self.items: list[dict[str, Any]] = []
        self.limit_max = 5000
        self.calls_a_second = 2
        self.called_at: list[float] = []
        self.too_fast = 0

    async def open(self) -> None:
        await self.start(web.get("/userapi/transactions/list", self._list))

    def book(self, body: bytes) -> None:
        """What a hook would have told, as the list tells it."""
        told = json.loads(body)
        came = told["transferType"] == "in"
        self.items.append(
            {
                "id": str(told["id"]),
                "bank_brand_name": told["gateway"],
                "account_number": told["accountNumber"],
                "transaction_date": told["transactionDate"],
                "amount_out": "0.00" if came else f"{told['transferAmount']}.00",
                "amount_in": f"{told['transferAmount']}.00" if came else "0.00",
                "accumulated": f"{told['accumulated']}.00",
                "transaction_content": told["content"],
                "reference_number": told["referenceCode"],
                "code": None,
                "sub_account": told["subAccount"],
                "bank_account_id": "19",
            }
        )

    async def _list(self, request: web.Request) -> web.Response:
        if trouble := await self.trouble():
            return trouble
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return web.json_response({"status": 401, "error": "Unauthorized", "messages": {}}, status=401)
        moment = time.monotonic()
        self.called_at = [at for at in self.called_at if moment - at < 1] + [moment]
        if len(self.called_at) > self.calls_a_second:
            self.too_fast += 1
            return web.json_response({"status": 429, "error": "Too many requests"}, status=429)
        asked = request.query
        found = [
            item
            for item in self.items
            if item["account_number"] == asked.get("account_number", item["account_number"])
            and int(item["id"]) >= int(asked.get("since_id", "0"))
            and asked.get("transaction_date_min", "") <= item["transaction_date"]
            and item["transaction_date"] <= asked.get("transaction_date_max", "9")
        ]
        found.sort(key=lambda item: -int(item["id"]))
        limit = min(int(asked.get("limit", "5000")), self.limit_max)
        return web.json_response(
            {"status": 200, "error": None, "messages": {"success": True}, "transactions": found[:limit]}
        )


@dataclass
class CassoTwin:
    """Both versions of the hook. Their schedule of retries is not public; three more tries stand for it."""

    http: httpx.AsyncClient
    hook_path: str
    account_number: str
    secret: str
    version: int = 2
    statuses: list[int] = field(default_factory=list)

    def movement(self, amount: int, memo: str, **changes: object) -> dict[str, Any]:
        number = next(_ids)
        if self.version == 1:
            return {
                "id": number,
                "tid": f"FT{number}",
                "description": memo,
                "amount": amount,
                "cusum_balance": 25_000_000,
                "when": now_text(),
                "bank_sub_acc_id": self.account_number,
                "subAccId": self.account_number,
                **changes,
            }
        return {
            "id": number,
            "reference": f"FT{number}",
            "description": memo,
            "amount": amount,
            "runningBalance": 25_000_000,
            "transactionDateTime": now_text(),
            "accountNumber": self.account_number,
            "bankName": "VPBank",
            "bankAbbreviation": "VPB",
            "virtualAccountNumber": "",
            "virtualAccountName": "",
            "counterAccountName": "NGUYEN VAN A",
            "counterAccountNumber": "8888888888",
            "counterAccountBankId": "970415",
            "counterAccountBankName": "VietinBank",
            **changes,
        }

    def body(self, *movements: dict[str, Any]) -> bytes:
        data: Any = list(movements) if self.version == 1 else movements[0]
        return json.dumps({"error": 0, "data": data}, ensure_ascii=False).encode()

    def headers(self, body: bytes, *, at: float | None = None, secret: str | None = None) -> dict[str, str]:
        key = self.secret if secret is None else secret
        if self.version == 1:
            return {"content-type": "application/json", "secure-token": key}
        stamp = str(int((time.time() if at is None else at) * 1000))
        try:
            told = json.dumps(json.loads(body), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        except ValueError:
            told = "{}"
        return {
            "content-type": "application/json",
            "x-casso-signature": f"t={stamp},v1={_hex(key, f'{stamp}.{told}', 'sha512')}",
        }

    async def call(self, body: bytes) -> bool:
        answer = await self.http.post(self.hook_path, content=body, headers=self.headers(body))
        self.statuses.append(answer.status_code)
        return answer.status_code == 200 and answer.json().get("success") is True

    async def report(self, body: bytes, sleep: Sleep) -> bool:
        return await until_content(lambda: self.call(body), (1, 5, 15), sleep)


class CassoList(_Server):
    def __init__(self, api_key: str = "casso-key") -> None:
        super().__init__()
        self.api_key = api_key
        self.records: list[dict[str, Any]] = []

    async def open(self) -> None:
        await self.start(web.get("/v2/transactions", self._list))

    def book(self, movement: dict[str, Any]) -> None:
        """Of either version of the hook, in the words of the list."""
        self.records.append(
            {
                "id": movement["id"],
                "tid": movement.get("reference", movement.get("tid")),
                "description": movement["description"],
                "amount": movement["amount"],
                "cusumBalance": movement.get("runningBalance", movement.get("cusum_balance")),
                "when": movement.get("transactionDateTime", movement.get("when")),
                "bankSubAccId": movement.get("accountNumber", movement.get("bank_sub_acc_id")),
                "virtualAccount": movement.get("virtualAccountNumber"),
                "corresponsiveName": movement.get("counterAccountName"),
                "corresponsiveAccount": movement.get("counterAccountNumber"),
            }
        )

    async def _list(self, request: web.Request) -> web.Response:
        if trouble := await self.trouble():
            return trouble
        if request.headers.get("authorization") != f"Apikey {self.api_key}":
            return web.json_response({"error": 401, "message": "Unauthorized", "data": None}, status=401)
        size, page = int(request.query["pageSize"]), int(request.query["page"])
        found = [r for r in self.records if r["when"][:10] >= request.query["fromDate"]]
        pages = -(-len(found) // size)
        data = {
            "page": page,
            "pageSize": size,
            "nextPage": page + 1 if page < pages else None,
            "prevPage": None,
            "totalPages": pages,
            "totalRecords": len(found),
            "records": found[(page - 1) * size : page * size],
        }
        return web.json_response({"error": 0, "message": "success", "data": data})


class PayosTwin(_Server):
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

    async def open(self) -> None:
        await self.start(
            web.post("/v2/payment-requests", self._create), web.get("/v2/payment-requests/{code}", self._look)
        )

    def signature(self, data: dict[str, Any], secret: str | None = None) -> str:
        def text(value: Any) -> str:
            if value is None:
                return ""
            if isinstance(value, list):
                return json.dumps([dict(sorted(v.items())) for v in value], ensure_ascii=False, separators=(",", ":"))
            return str(value)

        line = "&".join(f"{key}={text(value)}" for key, value in sorted(data.items()))
        return _hex(secret or self.checksum, line, "sha256")

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
        if asked["signature"] != _hex(self.checksum, line, "sha256"):
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
        number = next(_ids)
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
        return _hex(secret or self.secret, line, "sha512")

    def query(self, order: str, amount: int, code: str = "00", *, secret: str | None = None, **changes: str) -> bytes:
        number = next(_ids)
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


class VnpayPage(_Server):
    """Where the family's browser is sent: it proves the address as VNPay does, takes the money and leads back."""

    def __init__(self, twin: VnpayTwin) -> None:
        super().__init__()
        self.twin = twin
        self.taken: dict[str, dict[str, str]] = {}

    async def open(self) -> None:
        await self.start(web.get("/paymentv2/vpcpay.html", self._pay))

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
        raise web.HTTPFound(f"{asked['vnp_ReturnUrl']}?{told.decode()}")


class MomoTwin(_Server):
    """Create and IPN. Content with 204 only; three more tries stand for a schedule that is not public."""

    def __init__(self, http: httpx.AsyncClient, partner_code: str) -> None:
        super().__init__()
        self.http = http
        self.partner_code = partner_code
        self.access_key, self.secret = "momo-access", "momo-secret-key"
        self.orders: dict[str, dict[str, Any]] = {}
        self.statuses: list[int] = []

    async def open(self) -> None:
        await self.start(web.post("/v2/gateway/api/create", self._create), web.get("/v2/gateway/pay", self._pay))

    async def _pay(self, request: web.Request) -> web.Response:
        """The family confirms in the wallet and its browser is led back; the IPN goes its own way."""
        asked = self.orders.get(request.query.get("t", ""))
        if asked is None:
            return web.Response(status=404, text="Giao dịch không tồn tại")
        told = json.loads(self.body(asked["orderId"], asked["amount"], orderInfo=asked["orderInfo"]))
        raise web.HTTPFound(f"{asked['redirectUrl']}?{urlencode(told)}")

    async def _create(self, request: web.Request) -> web.Response:
        if trouble := await self.trouble():
            return trouble
        asked = await request.json()
        names = ("amount", "extraData", "ipnUrl", "orderId", "orderInfo", "partnerCode", "redirectUrl", "requestId")
        line = "&".join([f"accessKey={self.access_key}", *(f"{n}={asked[n]}" for n in (*names, "requestType"))])
        code = 0
        if asked["signature"] != _hex(self.secret, line, "sha256"):
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

    def body(self, order: str, amount: int, code: int = 0, *, secret: str | None = None, **changes: Any) -> bytes:
        told = {
            "partnerCode": self.partner_code,
            "orderId": order,
            "requestId": order,
            "amount": amount,
            "orderInfo": "nop tien truong",
            "orderType": "momo_wallet",
            "transId": next(_ids),
            "resultCode": code,
            "message": "Thành công.",
            "payType": "qr",
            "responseTime": int(time.time() * 1000),
            "extraData": "",
            **changes,
        }
        names = sorted(told)
        line = "&".join([f"accessKey={self.access_key}", *(f"{name}={told[name]}" for name in names)])
        told["signature"] = _hex(secret or self.secret, line, "sha256")
        return json.dumps(told, ensure_ascii=False).encode()

    async def call(self, body: bytes) -> bool:
        answer = await self.http.post(self.hook_path, content=body, headers={"content-type": "application/json"})
        self.statuses.append(answer.status_code)
        return answer.status_code == 204 and answer.content == b""

    async def report(self, body: bytes, sleep: Sleep) -> bool:
        return await until_content(lambda: self.call(body), (1, 5, 15), sleep)


def parsed(query: bytes) -> dict[str, str]:
    return dict(parse_qsl(query.decode()))


HOUR = timedelta(hours=1)
