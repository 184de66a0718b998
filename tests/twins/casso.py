"""Casso: both versions of its hook, and its list."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import Any

import httpx
from aiohttp import web

from tests.twins.gateway import Gateway, Sleep, ids, now_text, signature_of, until_content


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
        number = next(ids)
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
            "x-casso-signature": f"t={stamp},v1={signature_of(key, f'{stamp}.{told}', 'sha512')}",
        }

    async def call(self, body: bytes) -> bool:
        answer = await self.http.post(self.hook_path, content=body, headers=self.headers(body))
        self.statuses.append(answer.status_code)
        return answer.status_code == 200 and answer.json().get("success") is True

    async def report(self, body: bytes, sleep: Sleep) -> bool:
        return await until_content(lambda: self.call(body), (1, 5, 15), sleep)


class CassoList(Gateway):
    def __init__(self, api_key: str = "casso-key") -> None:
        super().__init__()
        self.api_key = api_key
        self.records: list[dict[str, Any]] = []

    def routes(self, app: web.Application) -> None:
        app.add_routes([web.get("/v2/transactions", self._list)])

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
