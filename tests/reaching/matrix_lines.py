"""Lines of the authorisation matrix for wishes, the remainder, calls, caps and emergencies."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from backend.core.ids import new_id
from notifications.audience import SomePupils
from notifications.outbox import Notice, publish
from tests.identity.matrix import ADMINS, BY_SCHOOL, GUARDIANS, HOMEROOM, NOTHING, STAFF, Ask, Line, Scene, on_any

V1 = "/v1/schools/{school_id}"
CONSOLE = "/console/{school_id}"


async def notice_about_target(scene: Scene) -> Any:
    told = Notice(
        notice_id=new_id(), kind="announcement", source_kind="announcement", source_id="1", created_at=datetime.now(UTC),
        title="a", body="b", needs_acknowledgement=True,
    )  # fmt: skip
    async with scene.house.database.school(scene.target.school_id) as tx:
        await publish(tx, told, SomePupils((scene.target.pupil_id,)))
    return told.notice_id


async def listed_call(scene: Scene) -> Any:
    told = await notice_about_target(scene)
    await scene.owner.execute(
        "INSERT INTO call_list (school_id, notice_id, guardian_id, listed_at) VALUES ($1, $2, $3, $4)",
        scene.target.school_id, told, scene.target.guardian.person_id, datetime.now(UTC),
    )  # fmt: skip
    return told


def at(path: str, **more: Any) -> Any:
    return lambda s: Ask(f"/v1/schools/{s.target.school_id}{path.format(s=s)}", **more)


def page(path: str, allowed: Any, *, form: dict[str, str] | None = None, **more: Any) -> Line:
    def ask(s: Scene) -> Ask:
        where = f"/console/{s.target.school_id}{path.format(s=s)}"
        return Ask(where, form=form) if form else Ask(where)

    return Line(ask=ask, allowed=allowed, by_cookie=True, passes={303} if form else None, **more)


LINES = {
    ("GET", "/v1/family/preferences"): Line(
        ask=lambda s: Ask("/v1/family/preferences"), allowed=on_any(*GUARDIANS), targets=NOTHING
    ),
    ("PUT", "/v1/family/preferences"): Line(
        ask=lambda s: Ask("/v1/family/preferences", json={"digest_at": "19:00"}),
        allowed=on_any(*GUARDIANS),
        targets=NOTHING,
    ),
    ("GET", V1 + "/notices/{notice_id}/remainder"): Line(
        ask=at("/notices/{s.made}/remainder"), allowed=ADMINS, prepare=notice_about_target
    ),
    ("POST", V1 + "/notices/{notice_id}/emergency"): Line(
        ask=at("/notices/{s.made}/emergency", json={"reason": "Bão số 9"}),
        allowed=ADMINS,
        prepare=notice_about_target,
        passes={204},
    ),
    ("GET", V1 + "/calls"): Line(ask=at("/calls"), allowed=STAFF, targets=BY_SCHOOL),
    ("POST", V1 + "/calls/{notice_id}/{guardian_id}"): Line(
        ask=at("/calls/{s.made}/{s.target.guardian.person_id}", json={"result": "not_reached"}),
        allowed=HOMEROOM | ADMINS,
        prepare=listed_call,
        passes={204},
    ),
    ("GET", V1 + "/budgets"): Line(ask=at("/budgets"), allowed=ADMINS, targets=BY_SCHOOL),
    ("PUT", V1 + "/budgets/{channel}"): Line(
        ask=at("/budgets/sms", json={"month_cap": 500_000}), allowed=ADMINS, targets=BY_SCHOOL, passes={204}
    ),
    ("GET", "/app/preferences"): Line(
        ask=lambda s: Ask("/app/preferences"), allowed=on_any(*GUARDIANS), targets=NOTHING, by_cookie=True
    ),
    ("POST", "/app/preferences"): Line(
        ask=lambda s: Ask("/app/preferences", form={"digest_at": "19:00"}),
        allowed=on_any(*GUARDIANS),
        targets=NOTHING,
        by_cookie=True,
        passes={303},
    ),
    ("GET", CONSOLE + "/calls"): page("/calls", STAFF, targets=BY_SCHOOL),
    ("POST", CONSOLE + "/calls/{notice_id}/{guardian_id}"): page(
        "/calls/{s.made}/{s.target.guardian.person_id}",
        HOMEROOM | ADMINS,
        form={"result": "not_reached"},
        prepare=listed_call,
    ),
    ("GET", CONSOLE + "/budgets"): page("/budgets", ADMINS, targets=BY_SCHOOL),
    ("POST", CONSOLE + "/budgets"): page(
        "/budgets", ADMINS, form={"channel": "sms", "month_cap": "500.000"}, targets=BY_SCHOOL
    ),
    ("GET", CONSOLE + "/notices/{notice_id}/remainder"): page(
        "/notices/{s.made}/remainder", ADMINS, prepare=notice_about_target
    ),
    ("POST", CONSOLE + "/notices/{notice_id}/remainder"): page(
        "/notices/{s.made}/remainder", ADMINS, form={"reason": "Bão số 9"}, prepare=notice_about_target
    ),
}
