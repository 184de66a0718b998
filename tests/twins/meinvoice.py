"""A twin of MISA meInvoice's integration API: its tokens, its JSON inside JSON, its codes, its memory of RefIDs, numbers without gaps.

python -m tests.twins.meinvoice --port 9097
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import re
import secrets
from collections import defaultdict, deque
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

_BASE = "/api/integration"
_SERIES = re.compile(r"[0-9A-Z]{6,12}")


@dataclass(frozen=True)
class Fault:
    """`code` is a refusal of the provider's own; `http` a broken gateway; `cut` does what was asked and drops the connection."""

    code: str = ""
    http: int = 0
    cut: bool = False
    garbled: bool = False
    path: str = "/invoice"


@dataclass
class Kept:
    ref_id: str
    transaction_id: str
    series: str
    number: str
    on: str
    data: dict[str, Any]
    deleted: bool = False
    reason: str = ""


@dataclass
class MeInvoiceTwin:
    app_id: str = "twin-app"
    tax_code: str = "0101243150"
    user_name: str = "truong@example.vn"
    password: str = "twin-password"
    host: str = "127.0.0.1"
    port: int = 0
    kept: dict[str, Kept] = field(default_factory=dict)
    tokens_given: int = 0
    asked: list[str] = field(default_factory=list)
    _tokens: set[str] = field(default_factory=set)
    _numbers: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    _faults: deque[Fault] = field(default_factory=deque)
    _runner: web.AppRunner | None = None

    async def start(self) -> None:
        app = web.Application()
        app.router.add_post(_BASE + "/auth/token", self._token)
        app.router.add_post(_BASE + "/invoice", self._issue)
        app.router.add_post(_BASE + "/invoice/status", self._status)
        app.router.add_post(_BASE + "/invoice/cancel", self._cancel)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self.host, self.port)
        await site.start()
        self.port = site._server.sockets[0].getsockname()[1]  # type: ignore[union-attr]

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def base_url(self) -> str:
        return f"http://{self.host}:{self.port}{_BASE}"

    def misbehave(self, *faults: Fault) -> None:
        self._faults.extend(faults)

    def forget_tokens(self) -> None:
        """As after the hours that a token lives."""
        self._tokens.clear()

    async def _token(self, request: web.Request) -> web.Response:
        said = await request.json()
        self.asked.append("/auth/token")
        if said.get("appid") != self.app_id:
            return web.json_response({"Success": False, "Data": None, "ErrorCode": "InvalidAppID", "Errors": []})
        if (said.get("taxcode"), said.get("username"), said.get("password")) != (
            self.tax_code,
            self.user_name,
            self.password,
        ):
            return web.json_response({"Success": False, "Data": None, "ErrorCode": "UnAuthorize", "Errors": []})
        token = secrets.token_urlsafe(24)
        self._tokens.add(token)
        self.tokens_given += 1
        return web.json_response({"Success": True, "Data": token, "ErrorCode": None, "Errors": []})

    async def _issue(self, request: web.Request) -> web.StreamResponse:
        fault = self._fault("/invoice")
        if (refused := self._refused(request, fault)) is not None:
            return refused
        said = await request.json()
        if said.get("SignType") != 2 or not isinstance(said.get("InvoiceData"), list):
            return _no("InvalidArgument")
        results = [self._keep(data) for data in said["InvoiceData"]]
        if fault is not None and fault.cut and request.transport is not None:
            request.transport.abort()  # type: ignore[attr-defined]
        if fault is not None and fault.garbled:
            return web.Response(text="<html>Service</html>", content_type="text/html")
        return web.json_response(
            {
                "success": True,
                "errorCode": None,
                "descriptionErrorCode": None,
                "publishInvoiceResult": json.dumps(results),
            }
        )

    def _keep(self, data: dict[str, Any]) -> dict[str, Any]:
        ref_id = data.get("RefID", "")
        if ref_id in self.kept:
            return {"RefID": ref_id, "ErrorCode": "DuplicateInvoiceRefID"}
        if not _SERIES.fullmatch(data.get("InvSeries", "")):
            return {"RefID": ref_id, "ErrorCode": "InvoiceTemplateNotExist"}
        details = data.get("OriginalInvoiceDetail") or []
        if sum(line["Amount"] for line in details) != data.get("TotalAmount") or not data.get("BuyerFullName"):
            return {"RefID": ref_id, "ErrorCode": "InvalidInvoiceData"}
        self._numbers[data["InvSeries"]] += 1
        kept = Kept(
            ref_id,
            secrets.token_hex(5).upper(),
            data["InvSeries"],
            f"{self._numbers[data['InvSeries']]:08d}",
            f"{data['InvDate']}T09:15:00+07:00",
            data,
        )
        self.kept[ref_id] = kept
        return _shown(kept)

    async def _status(self, request: web.Request) -> web.StreamResponse:
        fault = self._fault("/invoice/status")
        if (refused := self._refused(request, fault)) is not None:
            return refused
        if request.query.get("inputType") != "2":
            return _no("InvalidArgument")
        found = [_shown(self.kept[key]) for key in await request.json() if key in self.kept]
        return web.json_response({"success": True, "errorCode": None, "data": json.dumps(found)})

    async def _cancel(self, request: web.Request) -> web.StreamResponse:
        fault = self._fault("/invoice/cancel")
        if (refused := self._refused(request, fault)) is not None:
            return refused
        said = await request.json()
        kept = next((one for one in self.kept.values() if one.transaction_id == said.get("TransactionID")), None)
        if kept is None or kept.number != said.get("InvNo"):
            return _no("InvoiceNotExist")
        if not said.get("CancelReason"):
            return _no("InvalidArgument")
        if kept.deleted:
            return _no("InvoiceIsDeleted")
        kept.deleted, kept.reason = True, said["CancelReason"]
        if fault is not None and fault.cut and request.transport is not None:
            request.transport.abort()  # type: ignore[attr-defined]
        return web.json_response({"success": True, "errorCode": None})

    def _refused(self, request: web.Request, fault: Fault | None) -> web.Response | None:
        self.asked.append(request.path.removeprefix(_BASE))
        if fault is not None and fault.http:
            return web.Response(status=fault.http, text="Service unavailable")
        if request.headers.get("Authorization", "").removeprefix("Bearer ") not in self._tokens:
            return _no("TokenExpiredCode")
        if request.headers.get("CompanyTaxCode") != self.tax_code:
            return _no("UnAuthorize")
        return _no(fault.code) if fault is not None and fault.code else None

    def _fault(self, path: str) -> Fault | None:
        if self._faults and self._faults[0].path == path:
            return self._faults.popleft()
        return None


def _shown(kept: Kept) -> dict[str, Any]:
    return {
        "RefID": kept.ref_id,
        "TransactionID": kept.transaction_id,
        "InvSeries": kept.series,
        "InvNo": kept.number,
        "InvDate": kept.on,
        "IsDelete": kept.deleted,
        "ErrorCode": None,
    }


def _no(code: str) -> web.Response:
    return web.json_response({"success": False, "errorCode": code, "descriptionErrorCode": code})


async def _run(port: int) -> None:
    twin = MeInvoiceTwin(port=port)
    await twin.start()
    print(json.dumps({"base_url": twin.base_url, "app_id": twin.app_id, "tax_code": twin.tax_code}), flush=True)
    try:
        await asyncio.Event().wait()
    finally:
        await twin.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description="A twin of MISA meInvoice's integration API.")
    parser.add_argument("--port", type=int, default=9097)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_run(parser.parse_args().port))


if __name__ == "__main__":
    main()
