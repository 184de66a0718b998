"""A family's pages: its own children and what was sent to it."""

from __future__ import annotations

from datetime import UTC, datetime

from notifications.emails import Box, link_token
from tests.family.matrix_lines import a_notice
from tests.identity.matrix import (
    BY_SCHOOL,
    EVERYONE,
    FAMILY,
    GUARDIANS,
    NOBODY,
    NOTHING,
    SIGNED_IN,
    Ask,
    Line,
    Scene,
    on_any,
)
from tests.papers.matrix_lines import FAMILIES
from tests.payments.matrix_lines import bill

ANY_GUARDIAN = on_any(*GUARDIANS)


def pupil(scene: Scene, rest: str) -> Ask:
    return Ask(f"/app/{scene.target.school_id}/children/{scene.target.pupil_id}/{rest}")


def notice(scene: Scene) -> Ask:
    return Ask(f"/app/{scene.target.school_id}/notices/{scene.made}", form={})


async def letter_link(scene: Scene) -> str:
    """The confirming link of the own child's mother, which whoever holds it may follow."""
    mother = scene.world.parent.account_id
    at = datetime.now(UTC)
    await scene.owner.execute(
        "INSERT INTO account_emails (account_id, email, language, asked_at) VALUES ($1, 'me@example.com', 'vi', $2)"
        " ON CONFLICT (account_id) DO UPDATE SET asked_at = excluded.asked_at, email = excluded.email",
        mother, at,
    )  # fmt: skip
    return link_token(scene.house, "confirm", mother, Box("me@example.com", "vi", at))


LINES = {
    # Staff who have no child here are led to the console.
    ("GET", "/app"): Line(ask=lambda s: Ask("/app"), allowed=SIGNED_IN, targets=NOTHING, by_cookie=True),
    ("GET", "/app/account"): Line(
        ask=lambda s: Ask("/app/account"), allowed=SIGNED_IN, targets=NOTHING, by_cookie=True
    ),
    ("GET", "/app/events"): Line(
        ask=lambda s: Ask("/app/events"), allowed=ANY_GUARDIAN, targets=NOTHING, by_cookie=True
    ),
    ("GET", "/app/notices"): Line(
        ask=lambda s: Ask("/app/notices"), allowed=ANY_GUARDIAN, targets=NOTHING, by_cookie=True
    ),
    ("GET", "/app/invoices"): Line(
        ask=lambda s: Ask("/app/invoices"), allowed=ANY_GUARDIAN, targets=NOTHING, by_cookie=True
    ),
    ("GET", "/app/{school_id}/funds"): Line(
        ask=lambda s: Ask(f"/app/{s.target.school_id}/funds"), allowed=FAMILIES, targets=BY_SCHOOL, by_cookie=True
    ),
    ("GET", "/app/{school_id}/children/{pupil_id}/marks"): Line(
        ask=lambda s: pupil(s, "marks"), allowed=FAMILY, by_cookie=True
    ),
    ("GET", "/app/{school_id}/children/{pupil_id}/attendance"): Line(
        ask=lambda s: pupil(s, "attendance"), allowed=FAMILY, by_cookie=True
    ),
    ("GET", "/app/{school_id}/children/{pupil_id}/timetable"): Line(
        ask=lambda s: pupil(s, "timetable"), allowed=FAMILY, by_cookie=True
    ),
    ("GET", "/app/{school_id}/children/{pupil_id}/invoices/{invoice_id}"): Line(
        ask=lambda s: pupil(s, f"invoices/{s.made.invoice_id}"), allowed=FAMILY, prepare=bill, by_cookie=True
    ),
    # The school of the matrix has no gateway to send anybody to; test_gateway_page.py has one.
    ("POST", "/app/{school_id}/children/{pupil_id}/invoices/{invoice_id}/gateway"): Line(
        ask=lambda s: Ask(pupil(s, f"invoices/{s.made.invoice_id}/gateway").path, form={}),
        allowed=NOBODY,
        prepare=bill,
        by_cookie=True,
    ),
    # Outside the demo no bank is played.
    ("POST", "/app/{school_id}/children/{pupil_id}/invoices/{invoice_id}/simulate"): Line(
        ask=lambda s: Ask(pupil(s, f"invoices/{s.made.invoice_id}/simulate").path, form={}),
        allowed=NOBODY,
        prepare=bill,
        by_cookie=True,
    ),
    ("GET", "/app/{school_id}/notices/{notice_id}"): Line(
        ask=lambda s: Ask(notice(s).path), allowed=FAMILY, prepare=a_notice, by_cookie=True
    ),
    ("POST", "/app/{school_id}/notices/{notice_id}"): Line(
        ask=notice, allowed=FAMILY, prepare=a_notice, by_cookie=True, passes={303}
    ),
    # Without a bot there is nothing to link; who may not ask is refused before that.
    ("POST", "/app/account/chats"): Line(
        ask=lambda s: Ask("/app/account/chats", form={"channel": "telegram"}),
        allowed=ANY_GUARDIAN,
        targets=NOTHING,
        by_cookie=True,
        passes={409},
    ),
    ("POST", "/app/account/chats/unlink"): Line(
        ask=lambda s: Ask("/app/account/chats/unlink", form={"channel": "zalo", "chat": "x"}),
        allowed=NOBODY,
        targets=NOTHING,
        by_cookie=True,
    ),
    ("POST", "/app/account/email"): Line(
        ask=lambda s: Ask("/app/account/email", form={"email": "gia.dinh@example.com"}),
        allowed=ANY_GUARDIAN,
        targets=NOTHING,
        by_cookie=True,
        passes={303},
    ),
    ("POST", "/app/account/email/remove"): Line(
        ask=lambda s: Ask("/app/account/email/remove", form={}),
        allowed=ANY_GUARDIAN,
        targets=NOTHING,
        by_cookie=True,
        passes={303},
    ),
    ("GET", "/email/{verb}/{token}"): Line(
        ask=lambda s: Ask(f"/email/confirm/{s.made}"),
        allowed=EVERYONE,
        targets=NOTHING,
        by_cookie=True,
        prepare=letter_link,
    ),
    ("POST", "/email/{verb}/{token}"): Line(
        ask=lambda s: Ask(f"/email/confirm/{s.made}", form={}),
        allowed=EVERYONE,
        targets=NOTHING,
        by_cookie=True,
        prepare=letter_link,
    ),
}
