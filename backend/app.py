"""The roof: one list of routers, plugins and handlers. It imports everybody; nobody imports it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from litestar import Litestar
from litestar.datastructures import State

from backend import health, pages
from backend.announcements.routes import ROUTES as ANNOUNCEMENTS
from backend.announcements.routes_area import ROUTES as AREA_LETTERS
from backend.announcements.routes_drafts import ROUTES as DRAFTS
from backend.announcements.routes_following import ROUTES as FOLLOWING
from backend.announcements.routes_groups import ROUTES as GROUPS
from backend.announcements.routes_happenings import ROUTES as HAPPENINGS
from backend.announcements.routes_templates import ROUTES as TEMPLATES
from backend.attendance.routes import ROUTES as ATTENDANCE
from backend.console.routes import ROUTES as CONSOLE
from backend.core import logs
from backend.core.clock import Clock, SystemClock
from backend.core.crypto import Cipher
from backend.core.database import Database
from backend.core.house import House
from backend.core.http import EXCEPTION_HANDLERS
from backend.core.queue import Queue
from backend.core.settings import Settings, refuse_unsafe
from backend.dossiers.routes import ROUTES as DOSSIERS
from backend.family.routes import ROUTES as FAMILY
from backend.feed.routes import ROUTES as FEED
from backend.files.routes import ROUTES as FILES
from backend.forms.routes import ROUTES as FORMS
from backend.forms.routes_area import ROUTES as AREA_FORMS
from backend.gradebook.routes import ROUTES as GRADEBOOK
from backend.homework.routes import ROUTES as HOMEWORK
from backend.identity.doorkeeper import Doorkeeper
from backend.identity.routes import ROUTES as IDENTITY
from backend.identity.tokens import TokenOffice
from backend.identity.watch import watch_revocations
from backend.messages.routes import ROUTES as MESSAGES
from backend.openapi import document_problems, openapi_config
from backend.pages.routes import ROUTES as PAGES
from backend.parentapp.routes import ROUTES as PARENTAPP
from backend.people.roster.routes import ROUTES as ROSTER
from backend.people.routes import ROUTES as PEOPLE
from backend.reaching.routes import ROUTES as REACHING
from backend.timetable.routes import ROUTES as TIMETABLE
from bots.door import doors_open
from bots.routes import ROUTES as BOTS
from notifications.routes import ROUTES as NOTIFICATIONS
from payments.routes import ROUTES as PAYMENTS
from payments.statements.routes import ROUTES as STATEMENTS

ROUTES: list[Any] = [
    *health.ROUTES,
    *IDENTITY,
    *PEOPLE,
    *ROSTER,
    *ATTENDANCE,
    *GRADEBOOK,
    *TIMETABLE,
    *FAMILY,
    *FILES,
    *FEED,
    *HOMEWORK,
    *ANNOUNCEMENTS,
    *AREA_LETTERS,
    *AREA_FORMS,
    *TEMPLATES,
    *DRAFTS,
    *HAPPENINGS,
    *GROUPS,
    *FOLLOWING,
    *FORMS,
    *DOSSIERS,
    *MESSAGES,
    *NOTIFICATIONS,
    *REACHING,
    *PAYMENTS,
    *STATEMENTS,
    *BOTS,
    *CONSOLE,
    *PARENTAPP,
    *PAGES,
]


def create_app(settings: Settings, *, redis_url: str, database_url: str, clock: Clock | None = None) -> Litestar:
    """`database_url` and `redis_url` are given by the caller, who knows whether the embedded servers or real ones are used."""
    refuse_unsafe(settings)
    logs.configure(pretty=False)
    clock = clock or SystemClock()
    cipher = Cipher(settings.secret_key)
    tokens = TokenOffice(cipher)

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        database = await Database.open(
            database_url,
            writers=settings.database_writers,
            readers=settings.database_readers,
            slow_milliseconds=settings.slow_query_milliseconds,
        )
        queue = Queue.for_url(redis_url)
        house = House(settings, database, queue, clock, cipher, redis_url)
        app.state.house = house
        watching = asyncio.create_task(watch_revocations(house, tokens))
        try:
            async with doors_open(house):
                yield
        finally:
            await house.live.close()
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching
            await house.limits.close()
            await queue.close()
            await database.close()

    app = Litestar(
        route_handlers=ROUTES,
        lifespan=[lifespan],
        exception_handlers=pages.speaking_to_browsers(EXCEPTION_HANDLERS),
        openapi_config=openapi_config(),
        template_config=pages.template_config(),
        request_max_body_size=settings.body_bytes_max,
        state=State({"tokens": tokens, "settings": settings}),
        logging_config=None,
        debug=False,
    )
    document_problems(app)
    app.asgi_handler = Doorkeeper(  # type: ignore[assignment]
        app.asgi_handler, tokens, clock=clock, log_requests=settings.mode != "test"
    )
    return app
