"""Who asks, who signs, who reads."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec

from backend.core.clock import school_day
from backend.core.ids import new_id
from backend.files.actions import keep
from backend.forms import area
from backend.forms.actions import close, create_form
from backend.forms.signing import sign
from schemas.announcements import ToClass
from schemas.area_forms import NewAreaForm
from schemas.forms import Consent, NewForm, NewSignature, Paper
from tests.announcements.matrix_lines import area_principal
from tests.files.matrix_lines import PICTURE
from tests.identity.matrix import (
    ADMINS,
    BY_SCHOOL,
    FAMILY,
    GUARDIANS,
    NOTHING,
    STAFF,
    TEACHERS,
    Ask,
    Line,
    Scene,
    on_any,
)

_GO = Consent("go", "Đồng ý?")
OFFICER = on_any("area_admin")
AREA_FORMS = "/v1/area/forms"
AREA_FORM = AREA_FORMS + "/{form_id}"
_AREA_DESK = "/console/area/forms"


def area_form(scene: Scene) -> NewAreaForm:
    due_on = school_day(scene.house.clock.now()) + timedelta(days=5)
    return NewAreaForm(new_id(), scene.world.province, "Bơi", "Lớp bơi.", [_GO], "one", due_on, undo_seconds=3600)


async def an_area_form(scene: Scene) -> str:
    new = area_form(scene)
    await area.send(scene.house, area_principal(scene), new)
    return str(new.form_id)


def area_page_form(scene: Scene) -> dict[str, str]:
    new = area_form(scene)
    words = {"form_id": str(new.form_id), "area_code": new.area_code, "title": new.title, "body": new.body}
    asked = {"rows": "0", "per": "pupil", "signature": "one", "due_on": str(new.due_on), "remind_days": ""}
    return {**words, **asked, "do": "send"}


def of_area(
    path: Callable[[Scene], str],
    form: Callable[[Scene], dict[str, str]] | None = None,
    prepare: Any = an_area_form,
    status: int = 303,
) -> Line:
    """A page of the area's desk."""
    return Line(
        ask=lambda s: Ask(_AREA_DESK + path(s), form=form(s) if form else None),
        allowed=OFFICER,
        targets=NOTHING,
        prepare=prepare,
        by_cookie=True,
        passes={status} if form else None,
    )


def at_the_areas_door(path: Callable[[Scene], str], **more: Any) -> Line:
    return Line(
        ask=lambda s: Ask(path(s), **{name: value(s) for name, value in more.items()}),
        allowed=OFFICER,
        targets=NOTHING,
        prepare=an_area_form,
    )


def other_words(scene: Scene) -> dict[str, Any]:
    return {"title": "Khác", "body": "x", "questions": [], "new_version": True}


def a_later_day(scene: Scene) -> dict[str, str]:
    return {"due_on": later(scene, 9)}


AREA_LINES = {
    ("POST", AREA_FORMS): at_the_areas_door(lambda s: AREA_FORMS, json=lambda s: msgspec.to_builtins(area_form(s))),
    ("GET", AREA_FORMS): at_the_areas_door(lambda s: AREA_FORMS),
    ("GET", AREA_FORM): at_the_areas_door(lambda s: f"{AREA_FORMS}/{s.made}"),
    ("PUT", AREA_FORM + "/text"): at_the_areas_door(lambda s: f"{AREA_FORMS}/{s.made}/text", json=other_words),
    ("POST", AREA_FORM + "/take-back"): at_the_areas_door(lambda s: f"{AREA_FORMS}/{s.made}/take-back"),
    ("POST", AREA_FORM + "/close"): at_the_areas_door(lambda s: f"{AREA_FORMS}/{s.made}/close"),
    ("POST", AREA_FORM + "/until"): at_the_areas_door(lambda s: f"{AREA_FORMS}/{s.made}/until", json=a_later_day),
    ("POST", AREA_FORM + "/remind"): at_the_areas_door(lambda s: f"{AREA_FORMS}/{s.made}/remind"),
    ("GET", "/v1/area/form-files/{form_id}/{kind}"): at_the_areas_door(lambda s: f"/v1/area/form-files/{s.made}/csv"),
    ("GET", _AREA_DESK): of_area(lambda s: "", prepare=None),
    ("POST", _AREA_DESK): of_area(lambda s: "", area_page_form, prepare=None),
    ("GET", _AREA_DESK + "/{form_id}"): of_area(lambda s: f"/{s.made}"),
    ("GET", _AREA_DESK + "/{form_id}/text"): of_area(lambda s: f"/{s.made}/text"),
    **{
        ("POST", f"{_AREA_DESK}/{{form_id}}{rest}"): of_area(
            lambda s, rest=rest: f"/{s.made}{rest}",  # type: ignore[misc]
            lambda s: {**a_later_day(s), "title": "Khác", "body": "x", "rows": "0", "new_version": "yes"},
        )
        for rest in ("/text", "/take-back", "/close", "/remind", "/until")
    },
}


def root(scene: Scene, rest: str = "") -> str:
    return f"/v1/schools/{scene.target.school_id}/forms{rest}"


def later(scene: Scene, days: int) -> str:
    return str(school_day(scene.house.clock.now()) + timedelta(days=days))


async def by_the_administrator(scene: Scene) -> str:
    """A form to the target's class, written by the administrator of its school."""
    admin = scene.world.admin if scene.target.school_id == scene.world.school_id else scene.world.other_admin
    due_on = school_day(scene.house.clock.now()) + timedelta(days=5)
    new = NewForm(new_id(), "Tham quan", "Thứ Sáu.", [_GO], ToClass(scene.target.class_id), "one", due_on)
    made, _ = await create_form(scene.house, admin.account_id, scene.target.school_id, new)
    return str(made.form_id)


async def closed(scene: Scene) -> str:
    form_id = await by_the_administrator(scene)
    admin = scene.world.admin if scene.target.school_id == scene.world.school_id else scene.world.other_admin
    await close(scene.house, admin.account_id, scene.target.school_id, UUID(form_id))
    return form_id


async def signed(scene: Scene) -> str:
    """Signed by everybody of the target's family."""
    form_id = await by_the_administrator(scene)
    family = [scene.target.guardian, *([scene.world.parent2] if scene.target.name == "own" else [])]
    for who in family:
        new = NewSignature(new_id(), 1, [scene.target.pupil_id], {"go": "yes"}, who.full_name)
        await sign(scene.house, who.account_id, scene.target.school_id, UUID(form_id), new, user_agent=None)
    return form_id


async def with_a_file(scene: Scene) -> tuple[str, str]:
    """The form, and a file that the target's family sent as an answer."""
    family = scene.target.guardian
    admin = scene.world.admin if scene.target.school_id == scene.world.school_id else scene.world.other_admin
    now = scene.house.clock.now()
    asked = Paper("paper", "Giấy khám")
    audience = ToClass(scene.target.class_id)
    new = NewForm(new_id(), "Khám", "x", [asked], audience, "answer", school_day(now) + timedelta(days=5))
    made, _ = await create_form(scene.house, admin.account_id, scene.target.school_id, new)
    file_id = new_id()
    async with scene.house.database.school(scene.target.school_id) as tx:
        await keep(tx, file_id=file_id, name="a.png", data=PICTURE, made_by=family.account_id, at=now)
    answer = NewSignature(new_id(), 1, [scene.target.pupil_id], {"paper": str(file_id)})
    await sign(scene.house, family.account_id, scene.target.school_id, made.form_id, answer, user_agent=None)
    return str(made.form_id), str(file_id)


def slips(scene: Scene, rest: str = "") -> Ask:
    guardian = scene.target.guardian.person_id
    return Ask(root(scene, f"/{scene.made}/slips/{scene.target.pupil_id}/{guardian}{rest}"))


def family(scene: Scene, rest: str = "", json: Any = None) -> Ask:
    return Ask(f"/v1/family/forms/{scene.target.school_id}/{scene.made}{rest}", json=json)


def signature(scene: Scene) -> dict[str, Any]:
    return {
        "signature_id": str(new_id()),
        "version": 1,
        "pupil_ids": [str(scene.target.pupil_id)],
        "answers": {"go": "yes"},
        "name": "Ai đó",
    }


def form(scene: Scene) -> dict[str, Any]:
    return {
        "form_id": str(new_id()),
        "title": "Tham quan",
        "body": "Thứ Sáu.",
        "questions": [],
        "audience": {"kind": "class", "class_id": str(scene.target.class_id)},
        "signature": "one",
        "due_on": later(scene, 5),
    }


def app_page(scene: Scene, rest: str = "") -> Ask:
    return Ask(f"/app/{scene.target.school_id}/forms/{scene.made}{rest}")


def signed_on_paper(scene: Scene) -> dict[str, str]:
    """The fields of the family's page."""
    return {
        "signature_id": str(new_id()),
        "version": "1",
        "pupil": str(scene.target.pupil_id),
        "q-go": "yes",
        "name": "Ai đó",
    }


def desk(scene: Scene, rest: str = "") -> Ask:
    return Ask(f"/console/{scene.target.school_id}/forms{rest}")


def paper(scene: Scene) -> dict[str, Any]:
    return {
        "signature_id": str(new_id()),
        "version": 1,
        "pupil_id": str(scene.target.pupil_id),
        "guardian_id": str(scene.target.guardian.person_id),
        "answers": {"go": "yes"},
    }


def paper_page(scene: Scene) -> Ask:
    return desk(scene, f"/{scene.made}/paper/{scene.target.pupil_id}/{scene.target.guardian.person_id}")


def written(scene: Scene) -> dict[str, str]:
    return {
        "form_id": str(new_id()),
        "title": "Tham quan",
        "body": "Thứ Sáu.",
        "to": f"class:{scene.target.class_id}",
        "signature": "one",
        "due_on": later(scene, 5),
        "remind_days": "3, 1",
        "rows": "1",
        "kind-0": "consent",
        "text-0": "Đồng ý?",
        "do": "open",
    }


def on_own_school(*askers: str) -> frozenset[tuple[str, str]]:
    return frozenset((asker, "own") for asker in askers)


# A form to the class asks about each of its children, so a classmate's parent reads it, about the own child.
READERS = FAMILY | {("classmate_parent", "own"), ("parent", "classmate"), ("parent2", "classmate")}
_APP = "/app/{school_id}/forms/{form_id}"
_DESK = "/console/{school_id}/forms"
_TEXT = {"title": "Khác", "body": "Thứ Bảy.", "questions": []}
_ONE = "/v1/schools/{school_id}/forms/{form_id}"
_FAMILY = "/v1/family/forms/{school_id}/{form_id}"

# A teacher changes only own forms (tests/forms/test_signing.py); these are the administrator's. Who teaches the class sees it.
LINES = {
    **AREA_LINES,
    ("POST", "/v1/schools/{school_id}/forms"): Line(
        ask=lambda s: Ask(root(s), json=form(s)), allowed=TEACHERS | ADMINS, passes={201}
    ),
    ("GET", "/v1/schools/{school_id}/forms"): Line(ask=lambda s: Ask(root(s)), allowed=STAFF, targets=BY_SCHOOL),
    ("GET", _ONE): Line(
        ask=lambda s: Ask(root(s, f"/{s.made}")), allowed=TEACHERS | ADMINS, prepare=by_the_administrator
    ),
    ("GET", _ONE + "/results"): Line(
        ask=lambda s: Ask(root(s, f"/{s.made}/results")), allowed=TEACHERS | ADMINS, prepare=by_the_administrator
    ),
    ("PUT", _ONE + "/text"): Line(
        ask=lambda s: Ask(root(s, f"/{s.made}/text"), json=_TEXT), allowed=ADMINS, prepare=by_the_administrator
    ),
    ("POST", _ONE + "/close"): Line(
        ask=lambda s: Ask(root(s, f"/{s.made}/close")), allowed=ADMINS, prepare=by_the_administrator
    ),
    ("POST", _ONE + "/reopen"): Line(
        ask=lambda s: Ask(root(s, f"/{s.made}/reopen"), json={"due_on": later(s, 3)}), allowed=ADMINS, prepare=closed
    ),
    ("POST", _ONE + "/extend"): Line(
        ask=lambda s: Ask(root(s, f"/{s.made}/extend"), json={"due_on": later(s, 9)}),
        allowed=ADMINS,
        prepare=by_the_administrator,
    ),
    ("POST", _ONE + "/remind"): Line(
        ask=lambda s: Ask(root(s, f"/{s.made}/remind")), allowed=ADMINS, prepare=by_the_administrator
    ),
    ("POST", _ONE + "/paper"): Line(
        ask=lambda s: Ask(root(s, f"/{s.made}/paper"), json=paper(s)), allowed=ADMINS, prepare=by_the_administrator
    ),
    ("GET", _DESK + "/{form_id}/paper/{pupil_id}/{guardian_id}"): Line(
        ask=lambda s: paper_page(s), allowed=ADMINS, prepare=by_the_administrator, by_cookie=True
    ),
    ("POST", _DESK + "/{form_id}/paper/{pupil_id}/{guardian_id}"): Line(
        ask=lambda s: Ask(paper_page(s).path, form={"signature_id": str(new_id()), "version": "1", "q-go": "yes"}),
        allowed=ADMINS,
        prepare=by_the_administrator,
        by_cookie=True,
        passes={303},
    ),
    ("GET", "/v1/schools/{school_id}/form-files/{form_id}/{kind}"): Line(
        ask=lambda s: Ask(f"/v1/schools/{s.target.school_id}/form-files/{s.made}/csv"),
        allowed=ADMINS,
        prepare=by_the_administrator,
    ),
    ("GET", _ONE + "/slips/{pupil_id}/{guardian_id}"): Line(ask=slips, allowed=ADMINS, prepare=signed),
    ("GET", _ONE + "/slips/{pupil_id}/{guardian_id}/{number}/{kind}"): Line(
        ask=lambda s: slips(s, "/1/paper"), allowed=ADMINS, prepare=signed
    ),
    ("GET", _ONE + "/files/{file_id}"): Line(
        ask=lambda s: Ask(root(s, f"/{s.made[0]}/files/{s.made[1]}")), allowed=ADMINS, prepare=with_a_file
    ),
    # The signer's own only: the other parent does not see it.
    ("GET", _FAMILY + "/files/{file_id}"): Line(
        ask=lambda s: Ask(f"/v1/family/forms/{s.target.school_id}/{s.made[0]}/files/{s.made[1]}"),
        allowed=FAMILY - {("parent2", "own")},
        prepare=with_a_file,
    ),
    ("GET", "/v1/schools/{school_id}/form-rules"): Line(
        ask=lambda s: Ask(f"/v1/schools/{s.target.school_id}/form-rules"), allowed=STAFF, targets=BY_SCHOOL
    ),
    ("PUT", "/v1/schools/{school_id}/form-rules"): Line(
        ask=lambda s: Ask(f"/v1/schools/{s.target.school_id}/form-rules", json={"remind_hour": 18}),
        allowed=ADMINS,
        targets=BY_SCHOOL,
    ),
    ("GET", "/v1/family/forms"): Line(
        ask=lambda s: Ask("/v1/family/forms"), allowed=on_any(*GUARDIANS), targets=NOTHING
    ),
    ("GET", _FAMILY): Line(ask=family, allowed=READERS, prepare=by_the_administrator),
    ("POST", _FAMILY + "/sign"): Line(
        ask=lambda s: family(s, "/sign", signature(s)), allowed=FAMILY, prepare=by_the_administrator
    ),
    ("POST", _FAMILY + "/withdraw"): Line(
        ask=lambda s: family(s, "/withdraw", {"signature_id": str(new_id()), "pupil_ids": [str(s.target.pupil_id)]}),
        allowed=FAMILY,
        prepare=signed,
    ),
    ("GET", _FAMILY + "/slips/{pupil_id}"): Line(
        ask=lambda s: family(s, f"/slips/{s.target.pupil_id}"), allowed=FAMILY, prepare=signed
    ),
    ("GET", _FAMILY + "/slips/{pupil_id}/{number}/{kind}"): Line(
        ask=lambda s: family(s, f"/slips/{s.target.pupil_id}/1/paper"), allowed=FAMILY, prepare=signed
    ),
    ("GET", "/app/forms"): Line(
        ask=lambda s: Ask("/app/forms"), allowed=on_any(*GUARDIANS), targets=NOTHING, by_cookie=True
    ),
    ("GET", _APP): Line(ask=app_page, allowed=READERS, prepare=by_the_administrator, by_cookie=True),
    ("POST", _APP): Line(
        ask=lambda s: Ask(app_page(s).path, form=signed_on_paper(s)),
        allowed=FAMILY,
        prepare=by_the_administrator,
        by_cookie=True,
        passes={303},
    ),
    ("POST", _APP + "/withdraw"): Line(
        ask=lambda s: Ask(app_page(s, "/withdraw").path, form={"pupil_id": str(s.target.pupil_id)}),
        allowed=FAMILY,
        prepare=signed,
        by_cookie=True,
        passes={303},
    ),
    ("GET", _APP + "/slips/{pupil_id}"): Line(
        ask=lambda s: app_page(s, f"/slips/{s.target.pupil_id}"), allowed=FAMILY, prepare=signed, by_cookie=True
    ),
    # Whoever has children in the school is led back to the own list with a sentence; what is not there changes nothing.
    ("POST", "/app/{school_id}/todo"): Line(
        ask=lambda s: Ask(f"/app/{s.target.school_id}/todo", form={"key": "form:none", "do": "claim"}),
        allowed=on_own_school("parent", "parent2", "classmate_parent", "neighbour") | {("stranger", "foreign")},
        targets=BY_SCHOOL,
        by_cookie=True,
        passes={303},
    ),
    ("GET", _DESK): Line(ask=desk, allowed=STAFF, targets=BY_SCHOOL, by_cookie=True),
    ("POST", _DESK + "/rules"): Line(
        ask=lambda s: Ask(desk(s, "/rules").path, form={"remind_hour": "18"}),
        allowed=ADMINS,
        targets=BY_SCHOOL,
        by_cookie=True,
        passes={303},
    ),
    ("GET", _DESK + "/new"): Line(ask=lambda s: desk(s, "/new"), allowed=STAFF, targets=BY_SCHOOL, by_cookie=True),
    ("POST", _DESK + "/new"): Line(
        ask=lambda s: Ask(desk(s, "/new").path, form=written(s)),
        allowed=TEACHERS | ADMINS,
        by_cookie=True,
        passes={303},
    ),
    ("GET", _DESK + "/{form_id}"): Line(
        ask=lambda s: desk(s, f"/{s.made}"), allowed=TEACHERS | ADMINS, prepare=by_the_administrator, by_cookie=True
    ),
    ("GET", _DESK + "/{form_id}/text"): Line(
        ask=lambda s: desk(s, f"/{s.made}/text"), allowed=ADMINS, prepare=by_the_administrator, by_cookie=True
    ),
    **{
        ("POST", f"{_DESK}/{{form_id}}{rest}"): Line(
            ask=lambda s, rest=rest: Ask(  # type: ignore[misc]
                desk(s, f"/{s.made}{rest}").path,
                form={"due_on": later(s, 9), "title": "Khác", "body": "x", "rows": "0", "do": "save"},
            ),
            allowed=ADMINS,
            prepare=by_the_administrator,
            by_cookie=True,
            passes={303},
        )
        for rest in ("/text", "/remind", "/close", "/until")
    },
    ("GET", _DESK + "/{form_id}/slips/{pupil_id}/{guardian_id}"): Line(
        ask=lambda s: desk(s, f"/{s.made}/slips/{s.target.pupil_id}/{s.target.guardian.person_id}"),
        allowed=ADMINS,
        prepare=signed,
        by_cookie=True,
    ),
}
