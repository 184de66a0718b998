"""What a family may read and do: its own children and what was sent to it."""

from __future__ import annotations

from uuid import UUID

from backend.core.ids import new_id
from notifications.audience import SomePupils
from notifications.outbox import Notice, publish
from tests.identity.matrix import FAMILY, GUARDIANS, NOTHING, Ask, Line, Scene, on_any


async def a_notice(scene: Scene) -> UUID:
    notice = Notice(
        notice_id=new_id(),
        kind="announcement",
        source_kind="test",
        source_id="x",
        title="Tiêm chủng",
        body="Mang theo sổ tiêm.",
        needs_acknowledgement=True,
        created_at=scene.house.clock.now(),
    )
    async with scene.house.database.school(scene.target.school_id) as tx:
        await publish(tx, notice, SomePupils((scene.target.pupil_id,)))
    return notice.notice_id


def pupil(scene: Scene, rest: str) -> Ask:
    return Ask(f"/v1/family/schools/{scene.target.school_id}/pupils/{scene.target.pupil_id}/{rest}")


def notice(scene: Scene, rest: str = "") -> Ask:
    return Ask(f"/v1/family/notices/{scene.target.school_id}/{scene.made}{rest}")


LINES = {
    ("GET", "/v1/family/home"): Line(ask=lambda s: Ask("/v1/family/home"), allowed=on_any(*GUARDIANS), targets=NOTHING),
    ("GET", "/v1/family/notices"): Line(
        ask=lambda s: Ask("/v1/family/notices"), allowed=on_any(*GUARDIANS), targets=NOTHING
    ),
    ("GET", "/v1/family/schools/{school_id}/pupils/{pupil_id}/grades"): Line(
        ask=lambda s: pupil(s, "grades"), allowed=FAMILY
    ),
    ("GET", "/v1/family/schools/{school_id}/pupils/{pupil_id}/attendance"): Line(
        ask=lambda s: pupil(s, "attendance"), allowed=FAMILY
    ),
    ("GET", "/v1/family/notices/{school_id}/{notice_id}"): Line(ask=notice, allowed=FAMILY, prepare=a_notice),
    ("POST", "/v1/family/notices/{school_id}/{notice_id}/opened"): Line(
        ask=lambda s: notice(s, "/opened"), allowed=FAMILY, prepare=a_notice
    ),
    ("POST", "/v1/family/notices/{school_id}/{notice_id}/acknowledged"): Line(
        ask=lambda s: notice(s, "/acknowledged"), allowed=FAMILY, prepare=a_notice
    ),
}
