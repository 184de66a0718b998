"""The family's doors, page by page."""

from __future__ import annotations

from typing import Any

from backend.parentapp.account import ROUTES as ACCOUNT
from backend.parentapp.children import ROUTES as CHILDREN
from backend.parentapp.dossiers import ROUTES as DOSSIERS
from backend.parentapp.email import ROUTES as EMAIL
from backend.parentapp.events import ROUTES as EVENTS
from backend.parentapp.feed import ROUTES as FEED
from backend.parentapp.forms import ROUTES as FORMS
from backend.parentapp.funds import ROUTES as FUNDS
from backend.parentapp.home import ROUTES as HOME
from backend.parentapp.homework import ROUTES as HOMEWORK
from backend.parentapp.invoices import ROUTES as INVOICES
from backend.parentapp.messages import ROUTES as MESSAGES
from backend.parentapp.notices import ROUTES as NOTICES
from backend.parentapp.paying import ROUTES as PAYING
from backend.parentapp.preferences import ROUTES as PREFERENCES
from backend.parentapp.timetable import ROUTES as TIMETABLE
from backend.parentapp.todo import ROUTES as TODO

ROUTES: list[Any] = [
    *HOME,
    *CHILDREN,
    *TIMETABLE,
    *HOMEWORK,
    *NOTICES,
    *EVENTS,
    *MESSAGES,
    *INVOICES,
    *PAYING,
    *FUNDS,
    *FORMS,
    *DOSSIERS,
    *FEED,
    *TODO,
    *PREFERENCES,
    *ACCOUNT,
    *EMAIL,
]
