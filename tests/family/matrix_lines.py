"""What a family may read and do: its own children and what was sent to it."""

from __future__ import annotations

from uuid import UUID

from backend.core.ids import new_id
from backend.family.claims import claim
from notifications.audience import SomePupils
from notifications.outbox import Notice, publish
from schemas.family import Claim
from tests.identity.matrix import FAMILY, GUARDIANS, NOTHING, Ask, Line, Scene, on_any


async def a_notice(scene: Scene) -> UUID:
    notice_id = new_id()
    notice = Notice(
        notice_id=notice_id,
        kind="announcement",
        source_kind="test",
        source_id=str(notice_id),
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


async def a_thing_to_do(scene: Scene) -> str:
    """Its key on the list of the target's family."""
    return f"notice:test:{await a_notice(scene)}"


async def taken_on(scene: Scene) -> str:
    """The family's every guardian has a claim of their own turn: the last one who asked holds it."""
    key = await a_thing_to_do(scene)
    if scene.asker is not None and (scene.asker_name, scene.target.name) in FAMILY:
        await claim(scene.house, scene.asker.account_id, scene.target.school_id, Claim(key))
    return key


def todo(scene: Scene, verb: str) -> Ask:
    return Ask(f"/v1/family/todo/{scene.target.school_id}/{verb}", json={"key": scene.made})


# Only the own child has two guardians here: where there is nobody else, nothing needs to be taken on.
SHARED = frozenset({("parent", "own"), ("parent2", "own")})

LINES = {
    ("GET", "/v1/family/todo"): Line(ask=lambda s: Ask("/v1/family/todo"), allowed=on_any(*GUARDIANS), targets=NOTHING),
    ("POST", "/v1/family/todo/{school_id}/claim"): Line(
        ask=lambda s: todo(s, "claim"), allowed=SHARED, targets=NOTHING, prepare=a_thing_to_do
    ),
    ("POST", "/v1/family/todo/{school_id}/release"): Line(
        ask=lambda s: todo(s, "release"), allowed=SHARED, targets=NOTHING, prepare=taken_on
    ),
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
