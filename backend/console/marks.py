"""The gradebook of one subject in a class as a sheet to type into. The gradebook decides what a mark is; this page only carries cells."""

from collections.abc import Mapping
from typing import Any, cast
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from backend.console.desks import AnyRequest, console_page, desk_of, shown_in_form, today_of
from backend.core.http import house_of, language_of
from backend.core.problems import Problem
from backend.gradebook.actions import enter_marks, publish_marks
from backend.gradebook.registers import class_subject
from backend.identity.entitlement import standing
from backend.identity.guards import STAFF
from backend.identity.principal import principal_of
from backend.pages import Refusal, go, read_form
from backend.pages.forms import into, whole_number
from backend.pages.wording import score
from schemas.gradebook import ClassSubject, MarksIn, MarksToPublish, MarkValue, PupilSubject

_SHEET = "/console/{school_id:int}/classes/{class_id:uuid}/marks/{subject:str}"
_REGULAR_AT_LEAST = 2
_REGULAR_AT_MOST = 5
Column = tuple[str, int]


class Sheet(msgspec.Struct):
    """What the page shows: cells by pupil and column, as written; wrong cells with their sentence."""

    subject: ClassSubject
    columns: list[Column]
    cells: dict[str, str]
    seen: dict[str, str]
    wrong: dict[str, str]
    unpublished: int

    @property
    def was(self) -> str:
        """The cells as the teacher found them, so that only what the teacher changed is sent on, and no colleague's work undone."""
        return msgspec.json.encode(self.seen).decode()


@get(_SHEET, include_in_schema=False, **STAFF)
async def sheet_page(
    request: AnyRequest,
    school_id: FromPath[int],
    class_id: FromPath[UUID],
    subject: FromPath[str],
    term: FromQuery[int | None] = None,
    more: FromQuery[str | None] = None,
) -> Response[bytes]:
    found = await _read(request, school_id, class_id, subject, _term(term, request))
    return await _show(request, school_id, class_id, _sheet(found, language_of(request), more=bool(more)))


@post(_SHEET, include_in_schema=False, **STAFF)
async def send_sheet(
    request: AnyRequest, school_id: FromPath[int], class_id: FromPath[UUID], subject: FromPath[str]
) -> Response[bytes]:
    """Column by column, since each is one deed of the gradebook: good columns are kept, wrong cells come back to be mended."""
    form = await read_form(request)
    term = _term(form.get("term"), request)
    found = await _read(request, school_id, class_id, subject, term)
    was = _was(form.get("was"))
    kept, wrong, refusal = 0, {}, None
    for column in _columns_of(form):
        lines = _changed(found, column, form, was)
        if not lines:
            continue
        values = {
            "subject_code": subject,
            "term": term,
            "kind": column[0],
            "ordinal": column[1],
            "lines": lines,
            "reason": form.get("reason", "").strip() or None,
        }
        try:
            marks = into(MarksIn, values)
            done = await enter_marks(house_of(request), principal_of(request).account_id, school_id, class_id, marks)
            kept += done.entered + done.changed + done.erased
            was |= {cell_name(line.pupil_id, column): form[cell_name(line.pupil_id, column)] for line in marks.lines}
        except Problem as problem:
            refusal = Refusal(shown_in_form(problem), language_of(request))
            wrong.update(_wrong_cells(refusal, lines, column))
    if refusal is None:
        return go(f"{request.scope['path']}?term={term}", "console.marks_kept", count=kept)
    sheet = _sheet(await _read(request, school_id, class_id, subject, term), language_of(request), form=form)
    sheet.wrong, sheet.seen = wrong, was
    reason = form.get("reason", "")
    return await _show(request, school_id, class_id, sheet, refused=refusal, kept=kept, reason=reason)


@post(_SHEET + "/publish", include_in_schema=False, **STAFF)
async def publish_sheet(
    request: AnyRequest, school_id: FromPath[int], class_id: FromPath[UUID], subject: FromPath[str]
) -> Response[bytes]:
    form = await read_form(request)
    term = _term(form.get("term"), request)
    what = into(MarksToPublish, {"subject_code": subject, "term": term})
    done = await publish_marks(house_of(request), principal_of(request).account_id, school_id, class_id, what)
    back = f"{request.scope['path'].removesuffix('/publish')}?term={term}"
    return go(back, "console.marks_published", marks=done.marks, pupils=done.pupils)


async def _read(request: AnyRequest, school_id: int, class_id: UUID, subject: str, term: int) -> ClassSubject:
    return await class_subject(
        house_of(request).database.reader,
        school_id,
        principal_of(request).account_id,
        class_id,
        subject,
        term,
        today=today_of(request),
        language=language_of(request),
    )


async def _show(
    request: AnyRequest,
    school_id: int,
    class_id: UUID,
    sheet: Sheet,
    *,
    refused: Refusal | None = None,
    kept: int = 0,
    reason: str = "",
) -> Response[bytes]:
    desk = await desk_of(request, school_id)
    reader = house_of(request).database.reader
    here = await standing(reader, school_id, principal_of(request).account_id, class_id=class_id, on=today_of(request))
    return console_page(
        request,
        desk,
        "console/sheet.html",
        status=refused.status if refused else 200,
        back_path=f"/console/{school_id}/classes/{class_id}/marks/{sheet.subject.subject_code}?term={sheet.subject.term}",
        sheet=sheet,
        may_write=here.admin or sheet.subject.subject_code in here.subjects,
        refused=refused,
        kept=kept,
        reason=reason,
    )


def _sheet(found: ClassSubject, language: str, *, form: Mapping[str, str] | None = None, more: bool = False) -> Sheet:
    used = [mark.ordinal for pupil in found.pupils for mark in pupil.marks if mark.kind == "regular"]
    regular = max([found.regular_required or _REGULAR_AT_LEAST, *used]) + (1 if more else 0)
    columns: list[Column] = [("regular", n) for n in range(1, min(regular, _REGULAR_AT_MOST) + 1)]
    columns += [("midterm", 1), ("final", 1)]
    if form is not None:
        columns = sorted({*columns, *_columns_of(form)}, key=_left_to_right)
    cells = {
        cell_name(pupil.pupil_id, (mark.kind, mark.ordinal)): _written(mark, language)
        for pupil in found.pupils
        for mark in pupil.marks
    }
    seen = dict(cells)
    if form is not None:
        cells |= {name: value for name, value in form.items() if name.startswith("m.")}
    unpublished = sum(1 for pupil in found.pupils for mark in pupil.marks if mark.published_at is None)
    return Sheet(found, columns, cells, seen, {}, unpublished)


def cell_name(pupil_id: UUID, column: Column) -> str:
    return f"m.{pupil_id}.{column[0]}.{column[1]}"


def _written(mark: MarkValue, language: str) -> str:
    if mark.score is not None:
        return score(mark.score, language)
    return {True: "Đ", False: "CĐ"}.get(cast(bool, mark.passed), "")


def _was(packed: str | None) -> dict[str, str]:
    try:
        return msgspec.json.decode(packed or "{}", type=dict[str, str])
    except msgspec.MsgspecError:
        return {}


def _columns_of(form: Mapping[str, str]) -> list[Column]:
    found: set[Column] = set()
    for name in form:
        parts = name.split(".")
        if len(parts) == 4 and parts[0] == "m" and (ordinal := whole_number(parts[3])) is not None:
            found.add((parts[2], ordinal))
    return sorted(found, key=_left_to_right)


def _left_to_right(column: Column) -> tuple[int, int]:
    order = {"regular": 0, "midterm": 1, "final": 2}
    return order.get(column[0], 3), column[1]


def _changed(
    found: ClassSubject, column: Column, form: Mapping[str, str], was: Mapping[str, str]
) -> list[dict[str, Any]]:
    lines = []
    for pupil in found.pupils:
        name = cell_name(pupil.pupil_id, column)
        value = form.get(name)
        if value is None or value.strip() == was.get(name, "").strip():
            continue
        remark = _remark(pupil, column)
        lines.append({"pupil_id": str(pupil.pupil_id), "value": value.strip() or None, "remark": remark})
        if not value.strip():
            lines[-1]["remark"] = None
    return lines


def _remark(pupil: PupilSubject, column: Column) -> str | None:
    return next((mark.remark for mark in pupil.marks if (mark.kind, mark.ordinal) == column), None)


def _wrong_cells(refusal: Refusal, lines: list[dict[str, Any]], column: Column) -> dict[str, str]:
    """`lines/3/value` of the gradebook's answer → the cell on the page."""
    wrong = {}
    for pointer, sentence in refusal.fields.items():
        parts = pointer.split("/")
        if parts[0] == "lines" and len(parts) > 1 and parts[1].isdigit() and int(parts[1]) < len(lines):
            wrong[cell_name(UUID(lines[int(parts[1])]["pupil_id"]), column)] = sentence
    return wrong


def _term(asked: Any, request: AnyRequest) -> int:
    """The semester asked for; otherwise the one that this time of the year falls into."""
    if str(asked) in ("1", "2"):
        return int(asked)
    return 2 if today_of(request).month in (2, 3, 4, 5, 6, 7) else 1


ROUTES: list[Any] = [sheet_page, send_sheet, publish_sheet]
