"""The form of a letter: its fields read into a letter, and what it is filled with. The announcements room decides."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar.datastructures import UploadFile

from backend.announcements.groups import groups
from backend.announcements.templates import templates
from backend.console import queries
from backend.console.desks import AnyRequest, console_page, desk_of, today_of
from backend.core.clock import SCHOOL_ZONE
from backend.core.http import house_of, language_of, open_form
from backend.core.ids import new_id
from backend.core.problems import INVALID, FieldError, Problem
from backend.files import actions as files
from backend.files.content import FILE_BYTES_MAX
from backend.identity.principal import principal_of
from backend.pages import Refusal
from backend.pages.forms import into, whole_number
from backend.people.registers import class_pupils_json
from schemas.announcements import To
from schemas.drafts import Draft, Letter
from schemas.files import Kept
from schemas.people import ClassPupils

FILES_MAX = 5
BODY_BYTES_MAX = FILES_MAX * FILE_BYTES_MAX + 262_144
_PUPILS = msgspec.json.Decoder(ClassPupils)
_NOBODY = FieldError("/to", "Chọn nơi nhận.", "Choose who should get this.")
_TOO_MANY = FieldError("/file", "Nhiều nhất năm tệp.", "At most five files.")
_NO_TIME = ("Thời điểm không đúng dạng.", "This is not a valid time.")


Keep = Callable[[UUID, str, bytes], Awaitable[Kept]]


async def read_letter_form(request: AnyRequest, school_id: int) -> dict[str, str]:
    house, account_id = house_of(request), principal_of(request).account_id

    async def keep(file_id: UUID, name: str, data: bytes) -> Kept:
        return await files.upload(house, account_id, school_id, file_id=file_id, name=name, data=data)

    return await read_with_files(request, keep)


async def read_with_files(request: AnyRequest, keep: Keep) -> dict[str, str]:
    """The fields as texts. Files that came along are kept at once, so that a refused form loses none: their ids stand in `files`."""
    raw = await open_form(request)
    form = {name: value for name, value in raw.items() if not isinstance(value, UploadFile)}
    kept = [one for one in form.get("files", "").split(",") if one]
    kept = [one for one in kept if form.get(f"drop-{one}") != "yes"]
    sent = [one for _, one in raw.multi_items() if isinstance(one, UploadFile) and one.filename]
    form["files"] = ",".join(kept)
    for position, file in enumerate(sent):
        if len(kept) + position >= FILES_MAX:
            raise FormRefused(form, INVALID(_TOO_MANY))
        try:
            found = await keep(new_id(), file.filename, await file.read(FILE_BYTES_MAX + 1))
        except Problem as problem:
            if problem.kind.status not in (413, 415, 422, 429):
                raise
            raise FormRefused(form, problem) from problem
        form["files"] = ",".join(one for one in (form["files"], str(found.file_id)) if one)
    return form


class FormRefused(Exception):
    """What was filled in so far, and what is wrong with a file that came along."""

    def __init__(self, form: dict[str, str], problem: Problem) -> None:
        super().__init__(problem.kind.name)
        self.form = form
        # Said beside the field for files, whatever the problem is.
        errors = problem.errors or (FieldError("/file", problem.sentence("vi"), problem.sentence("en")),)
        self.problem = Problem(problem.kind, errors=errors, params=problem.params)


def letter_of(form: dict[str, str]) -> Letter:
    """Raises INVALID with the form's own field names."""
    values: dict[str, Any] = {
        "title": form.get("title", "").strip(),
        "body": form.get("body", "").strip(),
        "audience": audience_of(form),
        "needs_acknowledgement": form.get("needs_acknowledgement") == "yes",
        "urgent": form.get("urgent") == "yes",
        "send_at": moment_of(form, "send_at"),
        "expires_at": moment_of(form, "expires_at"),
        "file_ids": file_ids_of(form),
        "corrects": form.get("corrects") or None,
    }
    return into(Letter, values)


def file_ids_of(form: dict[str, str]) -> list[str]:
    return [one for one in form.get("files", "").split(",") if one]


def audience_of(form: dict[str, str]) -> dict[str, Any] | None:
    """`school`, `grade:6`, `class:<id>`, `group:<id>`, `absent`, `unpaid:<class>`, `unanswered:<form>:<class>` …

    Of a class, the pupils that were ticked, if any.
    """
    kind, _, which = form.get("to", "").partition(":")
    ticked = [name.removeprefix("pupil-") for name in form if name.startswith("pupil-")]
    if kind == "class" and ticked and form.get("some") == "yes":
        return {"kind": "pupils", "pupil_ids": ticked}
    match kind:
        case "":
            return None
        case "class":
            return {"kind": "class", "class_id": which}
        case "group":
            return {"kind": "group", "group_id": which}
        case "grade" if (grade := whole_number(which)) is not None:
            return {"kind": "grade", "grade": grade}
        case "school":
            return {"kind": "school"}
        case "absent" | "unpaid":
            return {"kind": kind, "class_id": which or None}
        case "unacknowledged" | "unanswered":
            about, _, class_id = which.partition(":")
            name = "announcement_id" if kind == "unacknowledged" else "form_id"
            return {"kind": kind, name: about, "class_id": class_id or None}
        case "pupils":
            return {"kind": "pupils", "pupil_ids": which.split(",")}
    raise INVALID(_NOBODY)


def require_audience_of(form: dict[str, str]) -> dict[str, Any]:
    """Raises INVALID at `to` when nobody was chosen."""
    told = audience_of(form)
    if told is None:
        raise INVALID(_NOBODY)
    return told


def moment_of(form: dict[str, str], name: str) -> datetime | None:
    """`2026-10-14T18:00`, on the school's clock."""
    text = form.get(name, "").strip()
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=SCHOOL_ZONE)
    except ValueError as error:
        raise INVALID(FieldError(f"/{name}", *_NO_TIME)) from error


def form_of(draft: Draft) -> dict[str, str]:
    """The fields of a letter that was saved."""
    letter = draft.letter
    form = {
        "announcement_id": str(draft.announcement_id),
        "version": str(draft.version),
        "title": letter.title,
        "body": letter.body,
        "to": to_of(letter.audience),
        "files": ",".join(str(one) for one in letter.file_ids),
        "corrects": str(letter.corrects or ""),
        "send_at": _local(letter.send_at),
        "expires_at": _local(letter.expires_at),
    }
    for name in ("needs_acknowledgement", "urgent"):
        if getattr(letter, name):
            form[name] = "yes"
    return form


def to_of(audience: To | None) -> str:
    """As the form's `to` says it."""
    told: dict[str, Any] = msgspec.to_builtins(audience) if audience else {}
    kind = told.get("kind", "")
    keys = {"grade": "grade", "class": "class_id", "group": "group_id", "unacknowledged": "announcement_id", "unanswered": "form_id"}  # fmt: skip
    if kind == "pupils":
        return "pupils:" + ",".join(told["pupil_ids"])
    which = [told.get(keys.get(kind, "class_id"))]
    if kind in ("unacknowledged", "unanswered"):
        which.append(told.get("class_id"))
    return ":".join(str(one) for one in (kind, *which) if one is not None)


def _local(at: datetime | None) -> str:
    return at.astimezone(SCHOOL_ZONE).strftime("%Y-%m-%dT%H:%M") if at else ""


async def letter_form(
    request: AnyRequest, school_id: int, form: dict[str, str], *, refused: Problem | None = None, template: str = ""
) -> Any:
    """The page of the form, as it was filled in, or begun from a model."""
    desk = await desk_of(request, school_id)
    house, account_id = house_of(request), principal_of(request).account_id
    today = await queries.today(house.database.reader, school_id, account_id, on=today_of(request))
    classes = today.classes if desk.admin else [one for one in today.classes if one.mine]
    kind, _, which = form.get("to", "").partition(":")
    class_id = uuid_of(which) if kind == "class" else None
    models = await templates(house, account_id, school_id, language=language_of(request), class_id=class_id)
    if chosen := next((one for one in models.templates if one.key == template), None):
        form = {**form, "title": chosen.title, "body": chosen.body}
    refusal = Refusal(_in_form(refused), language_of(request)) if refused else None
    return console_page(
        request,
        desk,
        "console/announcement_form.html",
        status=refusal.status if refusal else 200,
        back_path=f"/console/{school_id}/announcements/new",
        form=form,
        announcement_id=form.get("announcement_id") or new_id(),
        classes=classes,
        grades=sorted({one.grade for one in classes}) if desk.admin else [],
        groups=(await groups(house, account_id, school_id)).groups,
        pupils=await pupils_of(request, school_id, class_id),
        models=models.templates,
        files=file_ids_of(form),
        refused=refusal,
    )


def _in_form(problem: Problem) -> Problem:
    """The letter's audience is the form's `to`, its files the form's `file`."""
    named = {"audience": "to", "file_ids": "file"}
    errors = []
    for error in problem.errors:
        head = error.pointer.strip("/").partition("/")[0]
        errors.append(FieldError(f"/{named[head]}", error.vi, error.en) if head in named else error)
    return Problem(problem.kind, errors=tuple(errors), params=problem.params)


def uuid_of(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


async def pupils_of(request: AnyRequest, school_id: int, class_id: UUID | None) -> ClassPupils | None:
    """The list to tick pupils from, when the form is about one class that the reader may read."""
    if class_id is None:
        return None
    reader, account_id = house_of(request).database.reader, principal_of(request).account_id
    try:
        return _PUPILS.decode(await class_pupils_json(reader, school_id, account_id, class_id, today=today_of(request)))
    except Problem:
        return None
