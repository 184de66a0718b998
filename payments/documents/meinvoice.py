"""MISA meInvoice's integration API. It knows that wire and its codes, no table and no receipt.

Written from public descriptions of the API (token by tax code, user and password; results as JSON inside a JSON text) and
seen only against the twin in tests/twins. A token is fetched when there is none and once more when the provider calls it
expired; it lives in this object only.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import aiohttp
import msgspec
import structlog

from backend.core.clock import SCHOOL_ZONE
from payments.documents.provider import Absent, Cancelled, Document, Issued, Login, Refused, TryLater

log = structlog.get_logger()

_TIMEOUT = aiohttp.ClientTimeout(total=30, sock_connect=5)
_TOKEN = "/auth/token"  # noqa: S105  (a path)
_ISSUE = "/invoice"
_STATUS = "/invoice/status?invoiceWithCode=true&inputType=2"  # 2: asked by RefID, our own key
_CANCEL = "/invoice/cancel"
_SIGNED_BY_HSM = 2
_NOT_TAXED = "KCT"  # teaching and what goes with it is outside VAT

_TOKEN_GONE = frozenset({"TokenExpiredCode", "InvalidTokenCode"})
_KNOWN_ALREADY = frozenset({"DuplicateInvoiceRefID", "InvoiceDuplicated"})
_PASSES = frozenset({"InvoiceNumberNotContinuous", "Exception", "TooManyRequest"})
_GONE_ALREADY = frozenset({"InvoiceIsDeleted", "InvoiceCanceled"})

Weather = TryLater | Refused


class _Answer(msgspec.Struct, rename={"error": "errorCode", "said": "descriptionErrorCode"}):
    """`data` and `publishInvoiceResult` are texts that hold JSON once more."""

    success: bool = False
    error: str | None = None
    said: str | None = None
    data: Any = None
    publishInvoiceResult: Any = None


class _TokenAnswer(msgspec.Struct, rename="pascal"):
    success: bool = False
    data: str | None = None
    error_code: str | None = None


class _Result(msgspec.Struct, rename={"key": "RefID", "lookup_code": "TransactionID", "series": "InvSeries", "number": "InvNo",
                                      "on": "InvDate", "error": "ErrorCode", "deleted": "IsDelete"}):  # fmt: skip
    key: str = ""
    lookup_code: str | None = None
    series: str | None = None
    number: str | None = None
    on: str | None = None
    error: str | None = None
    deleted: bool = False


_RESULTS = msgspec.json.Decoder(list[_Result])


class MeInvoice:
    def __init__(self, *, base_url: str, app_id: str) -> None:
        self._url = base_url
        self._app_id = app_id
        self._tokens: dict[int, str] = {}
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        self._session = aiohttp.ClientSession(timeout=_TIMEOUT, cookie_jar=aiohttp.DummyCookieJar())

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def issue(self, login: Login, document: Document) -> Issued | Weather:
        body = {"SignType": _SIGNED_BY_HSM, "InvoiceData": [_data(document)], "PublishInvoiceData": None}
        answer = await self._ask(login, _ISSUE, body)
        if not isinstance(answer, _Answer):
            return answer
        results = _results(answer.publishInvoiceResult)
        code = (results[0].error if results else None) or answer.error
        if code in _KNOWN_ALREADY:
            return TryLater(code, uncertain=True)
        if not answer.success or code:
            return _weather(code)
        return (_issued(results[0]) if results else None) or TryLater("unreadable_answer", uncertain=True)

    async def look_up(self, login: Login, key: UUID) -> Issued | Cancelled | Absent | Weather:
        answer = await self._ask(login, _STATUS, [str(key)])
        if not isinstance(answer, _Answer):
            return answer
        if not answer.success:
            return _weather(answer.error)
        mine = next((one for one in _results(answer.data) or () if one.key == str(key)), None)
        if mine is None:
            return Absent()
        if mine.deleted:
            return Cancelled()
        return _issued(mine) or TryLater("not_signed_yet", uncertain=True)

    async def cancel(self, login: Login, issued: Issued, reason: str) -> Cancelled | Weather:
        body = {
            "TransactionID": issued.lookup_code,
            "InvNo": issued.number,
            "RefDate": _day(issued.issued_at),
            "CancelReason": reason,
        }
        answer = await self._ask(login, _CANCEL, body)
        if not isinstance(answer, _Answer):
            return answer
        return Cancelled() if answer.success or answer.error in _GONE_ALREADY else _weather(answer.error)

    async def _ask(self, login: Login, path: str, body: Any) -> _Answer | Weather:
        """A token that is no longer taken is replaced once."""
        for _ in range(2):
            token = self._tokens.get(login.school_id) or await self._fetch_token(login)
            if not isinstance(token, str):
                return token
            headers = {"authorization": f"Bearer {token}", "companytaxcode": login.tax_code}
            raw = await self._post(path, body, headers)
            if not isinstance(raw, bytes):
                return raw
            try:
                answer = msgspec.json.decode(raw, type=_Answer)
            except msgspec.DecodeError:
                return TryLater("unreadable_answer", uncertain=True)
            if answer.error not in _TOKEN_GONE:
                return answer
            self._tokens.pop(login.school_id, None)
        return TryLater("token_not_taken")

    async def _fetch_token(self, login: Login) -> str | Weather:
        body = {
            "appid": self._app_id,
            "taxcode": login.tax_code,
            "username": login.user_name,
            "password": login.password,
        }
        raw = await self._post(_TOKEN, body, {})
        if not isinstance(raw, bytes):
            # Nothing was asked for yet, so nothing can have happened.
            return TryLater(raw.reason)
        try:
            answer = msgspec.json.decode(raw, type=_TokenAnswer)
        except msgspec.DecodeError:
            return TryLater("unreadable_answer")
        if not answer.success or not answer.data:
            return _weather(answer.error_code)
        self._tokens[login.school_id] = answer.data
        return answer.data

    async def _post(self, path: str, body: Any, headers: dict[str, str]) -> bytes | TryLater:
        assert self._session is not None, "open() comes first"
        sent = {"content-type": "application/json", **headers}
        try:
            async with self._session.post(self._url + path, data=msgspec.json.encode(body), headers=sent) as response:
                raw = await response.read()
                # Refusals come with 4xx and a body that says why; of 5xx nobody knows what was done.
                return raw if response.status < 500 else TryLater(f"HTTP_{response.status}", uncertain=True)
        except TimeoutError:
            return TryLater("timeout", uncertain=True)
        except aiohttp.ClientConnectorError:
            return TryLater("connection_refused")
        except (aiohttp.ClientError, OSError):
            return TryLater("connection_lost", uncertain=True)


def _data(document: Document) -> dict[str, Any]:
    amount = document.amount
    return {
        "RefID": str(document.key),
        "InvSeries": document.series,
        "InvDate": _day(document.made_at),
        "CurrencyCode": "VND",
        "ExchangeRate": 1,
        "PaymentMethodName": document.paid_by,
        "BuyerFullName": document.buyer_name,
        "TotalSaleAmountOC": amount,
        "TotalSaleAmount": amount,
        "TotalVATAmountOC": 0,
        "TotalVATAmount": 0,
        "TotalAmountOC": amount,
        "TotalAmount": amount,
        "TotalAmountInWords": document.in_words,
        "OriginalInvoiceDetail": [
            {
                "ItemType": 1,
                "LineNumber": 1,
                "SortOrder": 1,
                "ItemName": document.item,
                "Quantity": 1,
                "UnitPrice": amount,
                "AmountOC": amount,
                "Amount": amount,
                "VATRateName": _NOT_TAXED,
            }
        ],
        "TaxRateInfo": [{"VATRateName": _NOT_TAXED, "AmountWithoutVATOC": amount, "VATAmountOC": 0}],
    }


def _day(at: datetime) -> str:
    return at.astimezone(SCHOOL_ZONE).strftime("%Y-%m-%d")


def _results(text: Any) -> list[_Result] | None:
    if not isinstance(text, str):
        return None
    try:
        return _RESULTS.decode(text)
    except msgspec.DecodeError:
        return None


def _issued(result: _Result) -> Issued | None:
    if not (result.series and result.number and result.lookup_code and result.on):
        return None
    try:
        at = datetime.fromisoformat(result.on)
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=SCHOOL_ZONE)
    return Issued(result.series, result.number, result.lookup_code, at)


def _weather(code: str | None) -> Weather:
    if code is None or code in _PASSES:
        return TryLater(code or "no_reason", uncertain=True)
    log.warning("document_refused", code=code)
    return Refused(code)
