"""Lines of the authorisation matrix for wishes, the remainder, calls, caps and emergencies."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from backend.core.ids import new_id
from notifications.audience import SomePupils
from notifications.outbox import Notice, publish
from tests.identity.matrix import ADMINS, BY_SCHOOL, GUARDIANS, HOMEROOM, NOTHING, STAFF, Ask, Line, Scene, on_any

V1 = "/v1/schools/{school_id}"


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
}
