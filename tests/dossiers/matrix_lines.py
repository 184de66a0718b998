"""Who files a request, who follows it, who deals with it. A teacher follows only kinds meant for it (test_privacy.py)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from backend.core.ids import new_id
from backend.dossiers.filing import file
from backend.files.actions import keep
from schemas.dossiers import NewDossier
from tests.files.matrix_lines import FAMILIES_HERE, PICTURE
from tests.identity.matrix import (
    ADMINS,
    BY_SCHOOL,
    FAMILY,
    GUARDIANS,
    NOTHING,
    STAFF,
    Ask,
    Line,
    Scene,
    on_any,
)

_FAMILY = "/v1/family/dossiers/{school_id}"
_SCHOOL = "/v1/schools/{school_id}/dossiers"
_ONE = "/{dossier_id}"
_APP = "/app/{school_id}/dossiers"
_DESK = "/console/{school_id}/dossiers"
# parent2 may act for the own child, but the mother filed it.
_FILERS = FAMILY - {("parent2", "own")}


async def filed(scene: Scene) -> UUID:
    """By the target's own guardian."""
    new = NewDossier(dossier_id=new_id(), pupil_id=scene.target.pupil_id, kind="confirm-loan")
    await file(scene.house, scene.target.guardian.account_id, scene.target.school_id, new)
    return new.dossier_id


async def with_a_paper(scene: Scene) -> tuple[UUID, UUID]:
    file_id, now = new_id(), scene.house.clock.now()
    by, school_id = scene.target.guardian.account_id, scene.target.school_id
    async with scene.house.database.school(school_id) as tx:
        await keep(tx, file_id=file_id, name="a.png", data=PICTURE, made_by=by, at=now)
    new = NewDossier(dossier_id=new_id(), pupil_id=scene.target.pupil_id, kind="confirm-loan", file_ids=[file_id])
    await file(scene.house, by, school_id, new)
    return new.dossier_id, file_id


def asked(scene: Scene, **more: Any) -> dict[str, Any]:
    return {"dossier_id": str(new_id()), "pupil_id": str(scene.target.pupil_id), "kind": "confirm-loan", **more}


def deed(step: str) -> dict[str, Any]:
    return {"step_id": str(new_id()), "seen": 1, "step": step, "note": "Lời nhắn."}


def family(scene: Scene, rest: str = "", json: Any = None) -> Ask:
    return Ask(f"/v1/family/dossiers/{scene.target.school_id}{rest}", json=json)


def school(scene: Scene, rest: str = "", json: Any = None) -> Ask:
    return Ask(f"/v1/schools/{scene.target.school_id}/dossiers{rest}", json=json)


def app(scene: Scene, rest: str = "", form: Any = None) -> Ask:
    return Ask(f"/app/{scene.target.school_id}/dossiers{rest}", form=form)


def desk(scene: Scene, rest: str = "", form: Any = None) -> Ask:
    return Ask(f"/console/{scene.target.school_id}/dossiers{rest}", form=form)


def counter_fields(scene: Scene) -> dict[str, str]:
    guardian = str(scene.target.guardian.person_id)
    return {"dossier_id": str(new_id()), "kind": "confirm-loan", "guardian_id": guardian, "do": "enter"}


_RULE = {"open": True, "working_days": 3}

LINES = {
    ("GET", "/v1/family/dossiers"): Line(
        ask=lambda s: Ask("/v1/family/dossiers"), allowed=on_any(*GUARDIANS), targets=NOTHING
    ),
    ("GET", _FAMILY + "/kinds"): Line(ask=lambda s: family(s, "/kinds"), allowed=FAMILIES_HERE, targets=BY_SCHOOL),
    ("POST", _FAMILY): Line(ask=lambda s: family(s, json=asked(s)), allowed=FAMILY, passes={201}),
    ("GET", _FAMILY + _ONE): Line(ask=lambda s: family(s, f"/{s.made}"), allowed=FAMILY, prepare=filed),
    ("POST", _FAMILY + _ONE + "/steps"): Line(
        ask=lambda s: family(s, f"/{s.made}/steps", deed("withdraw")), allowed=_FILERS, prepare=filed
    ),
    ("GET", _FAMILY + _ONE + "/files/{file_id}"): Line(
        ask=lambda s: family(s, f"/{s.made[0]}/files/{s.made[1]}"), allowed=_FILERS, prepare=with_a_paper
    ),
    ("GET", _SCHOOL): Line(ask=school, allowed=STAFF, targets=BY_SCHOOL),
    ("POST", _SCHOOL): Line(
        ask=lambda s: school(s, json=asked(s, guardian_id=str(s.target.guardian.person_id))),
        allowed=ADMINS,
        passes={201},
    ),
    ("GET", _SCHOOL + _ONE): Line(ask=lambda s: school(s, f"/{s.made}"), allowed=ADMINS, prepare=filed),
    ("POST", _SCHOOL + _ONE + "/steps"): Line(
        ask=lambda s: school(s, f"/{s.made}/steps", deed("ask")), allowed=ADMINS, prepare=filed
    ),
    ("GET", _SCHOOL + _ONE + "/files/{file_id}"): Line(
        ask=lambda s: school(s, f"/{s.made[0]}/files/{s.made[1]}"), allowed=ADMINS, prepare=with_a_paper
    ),
    ("GET", "/v1/schools/{school_id}/dossier-kinds"): Line(
        ask=lambda s: Ask(f"/v1/schools/{s.target.school_id}/dossier-kinds"), allowed=STAFF, targets=BY_SCHOOL
    ),
    ("PUT", "/v1/schools/{school_id}/dossier-kinds/{kind}"): Line(
        ask=lambda s: Ask(f"/v1/schools/{s.target.school_id}/dossier-kinds/transfer", json=_RULE),
        allowed=ADMINS,
        targets=BY_SCHOOL,
    ),
    ("GET", "/app/dossiers"): Line(
        ask=lambda s: Ask("/app/dossiers"), allowed=on_any(*GUARDIANS), targets=NOTHING, by_cookie=True
    ),
    ("GET", _APP + "/new"): Line(
        ask=lambda s: app(s, "/new"), allowed=FAMILIES_HERE, targets=BY_SCHOOL, by_cookie=True
    ),
    ("POST", _APP + "/new"): Line(ask=lambda s: app(s, "/new", asked(s)), allowed=FAMILY, by_cookie=True, passes={303}),
    ("GET", _APP + _ONE): Line(ask=lambda s: app(s, f"/{s.made}"), allowed=FAMILY, prepare=filed, by_cookie=True),
    ("POST", _APP + _ONE): Line(
        ask=lambda s: app(s, f"/{s.made}", deed("withdraw")),
        allowed=_FILERS,
        prepare=filed,
        by_cookie=True,
        passes={303},
    ),
    ("GET", _APP + _ONE + "/slip"): Line(
        ask=lambda s: app(s, f"/{s.made}/slip"), allowed=FAMILY, prepare=filed, by_cookie=True
    ),
    ("GET", _DESK): Line(ask=desk, allowed=STAFF, targets=BY_SCHOOL, by_cookie=True),
    ("GET", _DESK + "/new"): Line(
        ask=lambda s: desk(s, "/new?find=an"), allowed=ADMINS, targets=BY_SCHOOL, by_cookie=True
    ),
    ("GET", _DESK + "/new/{pupil_id}"): Line(
        ask=lambda s: desk(s, f"/new/{s.target.pupil_id}"), allowed=ADMINS, by_cookie=True
    ),
    ("POST", _DESK + "/new/{pupil_id}"): Line(
        ask=lambda s: desk(s, f"/new/{s.target.pupil_id}", counter_fields(s)),
        allowed=ADMINS,
        by_cookie=True,
        passes={303},
    ),
    ("GET", _DESK + "/kinds"): Line(ask=lambda s: desk(s, "/kinds"), allowed=ADMINS, targets=BY_SCHOOL, by_cookie=True),
    ("POST", _DESK + "/kinds/{kind}"): Line(
        ask=lambda s: desk(s, "/kinds/transfer", {"open": "yes", "working_days": "4"}),
        allowed=ADMINS,
        targets=BY_SCHOOL,
        by_cookie=True,
        passes={303},
    ),
    ("GET", _DESK + _ONE): Line(ask=lambda s: desk(s, f"/{s.made}"), allowed=ADMINS, prepare=filed, by_cookie=True),
    ("POST", _DESK + _ONE): Line(
        ask=lambda s: desk(s, f"/{s.made}", deed("start")),
        allowed=ADMINS,
        prepare=filed,
        by_cookie=True,
        passes={303},
    ),
    ("GET", _DESK + _ONE + "/slip"): Line(
        ask=lambda s: desk(s, f"/{s.made}/slip"), allowed=ADMINS, prepare=filed, by_cookie=True
    ),
}
