"""Typed messages as pure rules: an absence, a late coming, a pick-up, a medicine. Every wrong field is pointed at; nothing is read."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import msgspec

from backend.core.phones import NotAPhone, to_e164
from backend.core.problems import FieldError
from backend.core.text import clean
from schemas.messages import Absent, Late, Medicine, Pickup, Request

_BACK_DAYS = 3
_AHEAD_DAYS = 60
_ABSENT_DAYS_MAX = 30
_PICKUP_DAYS_MAX = 180
_MEDICINE_DAYS_MAX = 30

_EMPTY = ("Mục này còn trống.", "This field is empty.")
_BEFORE_FIRST = ("Ngày cuối trước ngày đầu.", "The last day is before the first.")
_LONG_PAST = ("Ngày này đã qua quá lâu.", "This day is too long past.")
_PAST = ("Ngày này đã qua.", "This day is past.")
_FAR = ("Ngày này còn quá xa.", "This day is too far ahead.")
_TOO_LONG_ABSENT = (
    "Nghỉ quá 30 ngày cần đơn gửi văn phòng.",
    "More than 30 days need an application to the office.",
)
_TOO_LONG_PICKUP = ("Nhiều nhất 180 ngày một lần nhờ.", "At most 180 days at a time.")
_TOO_LONG_MEDICINE = ("Nhiều nhất 30 ngày một lần gửi thuốc.", "At most 30 days at a time.")
_NO_PHONE = ("Số điện thoại không đúng.", "This is not a telephone number.")


class Asked(msgspec.Struct, frozen=True):
    """A typed message as it is kept: the days it is about, and the rest as it is shown."""

    kind: str
    from_on: date
    to_on: date
    detail: dict[str, Any]


def read_request(request: Request, today: date) -> tuple[Asked | None, list[FieldError]]:
    """The request as it is kept, or None and every field that is wrong."""
    match request:
        case Absent():
            asked, wrong = _absent(request, today)
        case Late():
            asked, wrong = _late(request, today)
        case Pickup():
            asked, wrong = _pickup(request, today)
        case Medicine():
            asked, wrong = _medicine(request, today)
    errors = [FieldError(f"/request/{field}", *sentences) for field, sentences in wrong]
    return (None if errors else asked), errors


Wrong = list[tuple[str, tuple[str, str]]]


def _absent(request: Absent, today: date) -> tuple[Asked, Wrong]:
    reason = clean(request.reason)
    wrong = _days(
        request.from_on, request.to_on, today, "from_on", "to_on", _ABSENT_DAYS_MAX, _TOO_LONG_ABSENT, _BACK_DAYS
    )
    if not reason:
        wrong.append(("reason", _EMPTY))
    return Asked("absent", request.from_on, request.to_on, {"reason": reason}), wrong


def _late(request: Late, today: date) -> tuple[Asked, Wrong]:
    wrong = _days(request.on, request.on, today, "on", "on", 1, _FAR, 0)
    detail = {"arrives_at": request.arrives_at, "reason": clean(request.reason) or None}
    return Asked("late", request.on, request.on, detail), wrong


def _pickup(request: Pickup, today: date) -> tuple[Asked, Wrong]:
    until = request.until_on or request.on
    collector = clean(request.collector)
    wrong = _days(request.on, until, today, "on", "until_on", _PICKUP_DAYS_MAX, _TOO_LONG_PICKUP, 0)
    if not collector:
        wrong.append(("collector", _EMPTY))
    phone = request.phone
    try:
        phone = to_e164(request.phone)
    except NotAPhone:
        wrong.append(("phone", _NO_PHONE))
    detail = {"collector": collector, "phone": phone}
    if request.leaves_at is not None:
        detail["leaves_at"] = request.leaves_at
    if reason := clean(request.reason):
        detail["reason"] = reason
    return Asked("pickup", request.on, until, detail), wrong


def _medicine(request: Medicine, today: date) -> tuple[Asked, Wrong]:
    name, dose = clean(request.name), clean(request.dose)
    wrong = _days(
        request.from_on, request.until_on, today, "from_on", "until_on", _MEDICINE_DAYS_MAX, _TOO_LONG_MEDICINE, 0
    )
    wrong += [(field, _EMPTY) for field, text in (("name", name), ("dose", dose)) if not text]
    detail = {"name": name, "dose": dose, "at": sorted(set(request.at)), "note": clean(request.note) or None}
    return Asked("medicine", request.from_on, request.until_on, detail), wrong


def _days(
    first: date,
    last: date,
    today: date,
    first_field: str,
    last_field: str,
    days_max: int,
    too_long: tuple[str, str],
    back: int,
) -> Wrong:
    wrong: Wrong = []
    if first < today - timedelta(days=back):
        wrong.append((first_field, _LONG_PAST if back else _PAST))
    elif first > today + timedelta(days=_AHEAD_DAYS):
        wrong.append((first_field, _FAR))
    if last < first:
        wrong.append((last_field, _BEFORE_FIRST))
    elif (last - first).days >= days_max and last_field != first_field:
        wrong.append((last_field, too_long))
    return wrong
