"""The family's doors, page by page."""

from __future__ import annotations

from typing import Any

from backend.parentapp.children import ROUTES as CHILDREN
from backend.parentapp.invoices import ROUTES as INVOICES

ROUTES: list[Any] = [*CHILDREN, *INVOICES]
