"""Whatever is posted to a form, the answer is one of ours: never a fault of the server."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.identity.doorkeeper import ACCESS_COOKIE
from tests.factories import World

FORM = "application/x-www-form-urlencoded"
BODIES = [
    (FORM, b""),
    (FORM, b"\xff\xfe=%ff%00&&&==&a"),
    (FORM, b"a=%ZZ&a=1&a=2"),
    ("multipart/form-data", b"--x\r\n\r\n"),
    ("multipart/form-data; boundary=x", b"no boundary at all"),
    ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n\xff\x00\r\n--x--\r\n'),
    ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\ntext, no file\r\n--x--\r\n'),
    ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name=""; filename="a.xlsx"\r\n\r\nPK\r\n--x--\r\n'),
    ("application/json", b'{"title": 1}'),
    ("application/json", b"[1, 2"),
    ("text/plain", b"x"),
]  # fmt: skip


def forms_of(world: World) -> list[tuple[str, str]]:
    school, room = f"/console/{world.school_id}", f"/console/{world.school_id}/classes/{world.class_id}"
    return [
        (world.teacher.token, f"{room}/roll"),
        (world.teacher.token, f"{room}/marks/TOAN"),
        (world.teacher.token, f"{room}/marks/TOAN/publish"),
        (world.admin.token, f"{room}/teachers"),
        (world.admin.token, f"{school}/announcements/new"),
        (world.admin.token, f"{school}/forms/new"),
        (world.admin.token, f"{school}/forms/rules"),
        (world.parent.token, f"/app/{world.school_id}/todo"),
        (world.accountant.token, f"{school}/fees/new"),
        (world.admin.token, f"{school}/pupils/new"),
        (world.admin.token, f"{school}/calendar/close"),
        (world.admin.token, f"{school}/import"),
        (world.admin.token, f"{school}/timetable/bells"),
        (world.admin.token, f"{room}/timetable/edit"),
        (world.teacher.token, f"{room}/timetable/change"),
        (world.admin.token, f"{school}/bank-accounts"),
        (world.teacher.token, "/console/account/password"),
        (world.teacher.token, "/console/account/second-factor/confirm"),
        ("", "/app/sign-in"),
        ("", "/app/sign-in/code"),
        ("", "/app/sign-in/person"),
        ("", "/console/sign-in"),
        ("", "/language"),
    ]


@pytest.mark.parametrize("number", range(len(BODIES)))
async def test_no_body_is_too_odd(client: httpx.AsyncClient, world: World, number: int) -> None:
    media_type, body = BODIES[number]
    wrong = []
    for token, path in forms_of(world):
        headers = {"accept": "text/html", "content-type": media_type, "sec-fetch-site": "same-origin"}
        if token:
            headers["cookie"] = f"{ACCESS_COOKIE}={token}"
        answer = await client.post(path, content=body, headers=headers)
        if answer.status_code not in (200, 303, 400, 401, 403, 404, 413, 415, 422, 429):
            wrong.append(f"{path}: {answer.status_code}")
    assert not wrong, wrong


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    names=st.lists(
        st.one_of(
            st.sampled_from(["day", "session", "term", "was", "to", "title", "amount", "due_on", "m.x.regular.1", "mark-x", "class-x", "pupil-x"]),
            st.text(max_size=12),
        ),
        max_size=6,
    ),
    value=st.one_of(
        st.text(max_size=40), st.sampled_from(["morning", "class:", "grade:999", "{}", "[1]", "１２", "-1", "1e400", "2026-13-01", "\x00"])
    ),
)  # fmt: skip
async def test_no_field_is_too_odd(client: httpx.AsyncClient, world: World, names: list[str], value: str) -> None:
    for token, path in forms_of(world):
        if "sign-in" in path or "account" in path:
            continue  # these are limited on purpose, which would hide a fault
        headers = {"accept": "text/html", "sec-fetch-site": "same-origin", "cookie": f"{ACCESS_COOKIE}={token}"}
        answer = await client.post(path, data=dict.fromkeys(names, value), headers=headers)
        assert answer.status_code < 500, (path, names, value)


@pytest.mark.parametrize("digits", ["²", "９", "9" * 5000])
async def test_no_digits_are_too_odd(client: httpx.AsyncClient, world: World, digits: str) -> None:
    school = f"/console/{world.school_id}"
    room = f"{school}/classes/{world.class_id}"
    fields = {
        "rows": digits,
        "revision": digits,
        f"m.x.regular.{digits}": "1",
        "to": f"grade:{digits}",
        "version": digits,
        "slot": f"morning.{digits}",
        f"l-{digits}-morning-{digits}": "Toán",
        f"begins-morning-{digits}": digits,
        "begins-morning-1": digits,
    }
    for token, path in (
        (world.admin.token, f"{school}/forms/new"),
        (world.admin.token, f"{school}/announcements/new"),
        (world.admin.token, f"{school}/announcements/drafts/{world.class_id}/approve"),
        (world.teacher.token, f"{room}/roll"),
        (world.teacher.token, f"{room}/marks/TOAN"),
        (world.teacher.token, f"{room}/timetable/change"),
        (world.admin.token, f"{room}/timetable/edit"),
        (world.admin.token, f"{school}/timetable/bells"),
    ):
        headers = {"accept": "text/html", "sec-fetch-site": "same-origin", "cookie": f"{ACCESS_COOKIE}={token}"}
        answer = await client.post(path, data={**fields, "session": "morning"}, headers=headers)
        assert answer.status_code < 500, path
