"""A family's pages: its own children and what was sent to it."""

from __future__ import annotations

from tests.family.matrix_lines import a_notice
from tests.identity.matrix import FAMILY, GUARDIANS, NOBODY, NOTHING, SIGNED_IN, Ask, Line, Scene, on_any
from tests.payments.matrix_lines import bill

ANY_GUARDIAN = on_any(*GUARDIANS)


def pupil(scene: Scene, rest: str) -> Ask:
    return Ask(f"/app/{scene.target.school_id}/children/{scene.target.pupil_id}/{rest}")


def notice(scene: Scene) -> Ask:
    return Ask(f"/app/{scene.target.school_id}/notices/{scene.made}", form={})


LINES = {
    # Staff who have no child here are led to the console.
    ("GET", "/app"): Line(ask=lambda s: Ask("/app"), allowed=SIGNED_IN, targets=NOTHING, by_cookie=True),
    ("GET", "/app/account"): Line(
        ask=lambda s: Ask("/app/account"), allowed=SIGNED_IN, targets=NOTHING, by_cookie=True
    ),
    ("GET", "/app/notices"): Line(
        ask=lambda s: Ask("/app/notices"), allowed=ANY_GUARDIAN, targets=NOTHING, by_cookie=True
    ),
    ("GET", "/app/invoices"): Line(
        ask=lambda s: Ask("/app/invoices"), allowed=ANY_GUARDIAN, targets=NOTHING, by_cookie=True
    ),
    ("GET", "/app/{school_id}/children/{pupil_id}/marks"): Line(
        ask=lambda s: pupil(s, "marks"), allowed=FAMILY, by_cookie=True
    ),
    ("GET", "/app/{school_id}/children/{pupil_id}/attendance"): Line(
        ask=lambda s: pupil(s, "attendance"), allowed=FAMILY, by_cookie=True
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
    ("POST", "/app/account/telegram"): Line(
        ask=lambda s: Ask("/app/account/telegram", form={}),
        allowed=ANY_GUARDIAN,
        targets=NOTHING,
        by_cookie=True,
        passes={409},
    ),
    ("POST", "/app/account/telegram/unlink"): Line(
        ask=lambda s: Ask("/app/account/telegram/unlink", form={"chat": "x"}),
        allowed=NOBODY,
        targets=NOTHING,
        by_cookie=True,
    ),
}
