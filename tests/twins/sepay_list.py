"""SePay's list of movements, which is asked for what its hook gave up telling."""

from __future__ import annotations

import json
import time
from typing import Any

from aiohttp import web

from tests.twins.gateway import Gateway


class SepayList(Gateway):
    """SePay's user API. Two calls a second; ids at or behind since_id; newest first; amounts as text with decimals."""

    def __init__(self, token: str = "sepay-token") -> None:
        super().__init__()
        self.token = token
        self.items: list[dict[str, Any]] = []
        self.limit_max = 5000
        self.calls_a_second = 2
        self.called_at: list[float] = []
        self.too_fast = 0

    def routes(self, app: web.Application) -> None:
        app.add_routes([web.get("/userapi/transactions/list", self._list)])

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
