"""The staff's doors, page by page."""

from __future__ import annotations

from typing import Any

from backend.console.account import ROUTES as ACCOUNT
from backend.console.fees import ROUTES as FEES
from backend.console.home import ROUTES as HOME
from backend.console.marks import ROUTES as MARKS
from backend.console.roll import ROUTES as ROLL
from backend.console.transfers import ROUTES as TRANSFERS

ROUTES: list[Any] = [*HOME, *ROLL, *MARKS, *FEES, *TRANSFERS, *ACCOUNT]
