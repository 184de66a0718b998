"""Asking and signing, through the doors: what a school opens, who may sign it, and what can be proved afterwards."""

from __future__ import annotations

import base64
import hashlib
import io
from datetime import timedelta
from typing import Any

import asyncpg
import httpx
import msgspec
import pypdf
import pytest
from PIL import Image, ImageDraw

from backend.core.clock import StoppedClock
from backend.core.ids import new_id
from schemas.forms import SlipHistory
from tests.factories import Person, World
from tests.files.test_doors import send as upload
from tests.forms.asking import (
    NO,
    QUESTIONS,
    a_form,
    opened,
    results,
    seen_by,
    sign,
    signature,
    staff,
    state_of,
    withdraw,
)
from tests.wednesday import TODAY


async def test_a_form_asks_the_families_of_a_class_and_nobody_else(web: httpx.AsyncClient, world: World) -> None:
    form_id = await opened(web, world)
    inbox = (await web.get("/v1/family/notices", headers=world.parent.headers)).json()["notices"]
    assert [(one["kind"], one["title"]) for one in inbox] == [("form", "Phiếu đồng ý đi tham quan")]
    form = await seen_by(web, world, form_id, world.parent)
    assert [(child.full_name, child.may_sign, child.waits) for child in form.children] == [
        ("Nguyễn Minh An", True, True)
    ]
    for stranger in (world.neighbour, world.stranger):
        for school in (world.school_id, world.other_school_id):
            answer = await web.get(f"/v1/family/forms/{school}/{form_id}", headers=stranger.headers)
            assert answer.status_code == 404


async def test_the_same_form_again_is_opened_once_and_other_words_are_a_conflict(
    web: httpx.AsyncClient, world: World
) -> None:
    body, headers = a_form(world), world.teacher.headers
    address = f"/v1/schools/{world.school_id}/forms"
    first, again = [await web.post(address, json=body, headers=headers) for _ in range(2)]
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert (first.json()["pupils"], first.json()["guardians"]) == (2, 3)
    other = await web.post(address, json={**body, "title": "Khác"}, headers=headers)
    assert other.status_code == 409


async def test_every_wrong_field_of_a_form_is_pointed_at(web: httpx.AsyncClient, world: World) -> None:
    questions = [
        {"kind": "one_of", "id": "a", "text": " ", "options": ["x", " x"]},
        {"kind": "number", "id": "a", "text": "Mấy?", "least": 5, "most": 2},
    ]
    body = a_form(world, title="​ ", questions=questions)
    answer = await web.post(f"/v1/schools/{world.school_id}/forms", json=body, headers=world.teacher.headers)
    assert answer.status_code == 422
    assert {error["pointer"] for error in answer.json()["errors"]} == {
        "/title", "/questions/0/text", "/questions/0/options", "/questions/1", "/questions/0/id", "/questions/1/id",
    }  # fmt: skip
    past = await web.post(
        f"/v1/schools/{world.school_id}/forms", json=a_form(world, due_on="2026-10-13"), headers=world.teacher.headers
    )
    assert [error["pointer"] for error in past.json()["errors"]] == ["/due_on"]


async def test_one_signature_settles_a_form_for_one_and_the_other_parent_sees_who(
    web: httpx.AsyncClient, world: World
) -> None:
    form_id = await opened(web, world)
    assert (await sign(web, world, form_id, world.parent)).status_code == 200
    [child] = (await seen_by(web, world, form_id, world.parent2)).children
    assert not child.waits
    assert [(one.name, one.relation, one.mine, one.signed) for one in child.signers] == [
        ("Nguyễn Văn Hùng", "father", True, False),
        ("Nguyễn Thị Hoa", "mother", False, True),
    ]
    assert child.answers is None, "what the other answered is not shown"
    assert await state_of(web, world, form_id, world.child) == "done"
    assert await state_of(web, world, form_id, world.classmate) == "missing"


async def test_both_must_sign_where_both_are_asked(web: httpx.AsyncClient, world: World) -> None:
    form_id = await opened(web, world, signature="both")
    await sign(web, world, form_id, world.parent)
    assert await state_of(web, world, form_id, world.child) == "partly"
    waits = {
        name: (await seen_by(web, world, form_id, getattr(world, name))).children[0].waits
        for name in ("parent", "parent2")
    }
    assert waits == {"parent": False, "parent2": True}
    await sign(web, world, form_id, world.parent2)
    assert await state_of(web, world, form_id, world.child) == "done"


@pytest.mark.parametrize("rule", ["one", "both"])
async def test_a_yes_beside_a_no_is_shown_as_a_disagreement(web: httpx.AsyncClient, world: World, rule: str) -> None:
    form_id = await opened(web, world, signature=rule)
    await sign(web, world, form_id, world.parent)
    await sign(web, world, form_id, world.parent2, answers=NO)
    found = await results(web, world, form_id)
    [child] = [one for one in found.pupils if one.pupil_id == world.child.pupil_id]
    assert (child.state, child.differ) == ("disagree", ["go", "meal"])
    assert {signer.full_name: signer.answers for signer in child.signers} == {
        "Nguyễn Thị Hoa": {"go": "yes", "meal": "Cơm gà"},
        "Nguyễn Văn Hùng": {"go": "no"},
    }
    assert found.counts["disagree"] == 1
    assert found.tally == {"go": {"?": 1}, "meal": {"?": 1}}


@pytest.mark.parametrize(("flag", "status"), [("can_act", 403), ("can_view", 404)])
async def test_without_custody_nobody_signs(
    web: httpx.AsyncClient, world: World, owner: asyncpg.Connection, flag: str, status: int
) -> None:
    form_id = await opened(web, world, signature="both")
    await owner.execute(
        f"UPDATE guardianships SET {flag} = false WHERE school_id = $1 AND guardian_id = $2",
        world.school_id,
        world.parent2.person_id,
    )
    assert (await sign(web, world, form_id, world.parent2)).status_code == status
    await sign(web, world, form_id, world.parent)
    # Whoever holds no custody is not waited for either.
    assert await state_of(web, world, form_id, world.child) == "done"


async def test_what_was_signed_is_provable(web: httpx.AsyncClient, world: World) -> None:
    form_id = await opened(web, world)
    signed = (await sign(web, world, form_id, world.parent)).json()
    address = f"/v1/family/forms/{world.school_id}/{form_id}/slips/{world.child.pupil_id}"
    answer = await web.get(address, headers=world.parent.headers)
    [slip] = msgspec.json.decode(answer.content, type=SlipHistory).slips
    assert hashlib.sha256(slip.text.encode()).hexdigest() == slip.sha256 == signed["slips"][0]["sha256"]
    for said in ("Phiếu đồng ý đi tham quan", "Bảo tàng", "Nguyễn Minh An", "6A1", "Đồng ý", "Cơm gà", "Nguyễn Thị Hoa",
                 "07:40:00 14/10/2026", "điện thoại", "mẹ"):  # fmt: skip
        assert said in slip.text, said
    assert (slip.device, slip.counts, slip.number) == ("phone", True, 1)
    plain = await web.get(f"{address}/1/text", headers=world.parent.headers)
    assert hashlib.sha256(plain.content).hexdigest() == slip.sha256
    paper = await web.get(f"{address}/1/paper", headers=world.parent.headers)
    printed = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(paper.content)).pages)
    assert slip.sha256 in printed
    assert "Nguyễn Minh An" in printed
    for other in (world.parent2, world.classmate_parent, world.stranger):
        assert (await web.get(address, headers=other.headers)).status_code == 404


async def test_a_drawn_signature_is_kept_as_a_small_picture_and_named_in_the_text(
    web: httpx.AsyncClient, world: World, owner: asyncpg.Connection
) -> None:
    form_id = await opened(web, world)
    picture = Image.new("RGBA", (900, 360), (0, 0, 0, 0))
    ImageDraw.Draw(picture).line([(20, 300), (400, 60), (800, 280)], fill="navy", width=6)
    out = io.BytesIO()
    picture.save(out, "PNG")
    drawing = "data:image/png;base64," + base64.b64encode(out.getvalue()).decode()
    assert (await sign(web, world, form_id, world.parent, drawing=drawing)).status_code == 200
    row = await owner.fetchrow("SELECT drawing, slip FROM form_signatures WHERE school_id = $1", world.school_id)
    assert row is not None
    assert hashlib.sha256(row["drawing"]).hexdigest() in row["slip"]
    kept = Image.open(io.BytesIO(row["drawing"]))
    assert (kept.size, kept.mode) == ((800, 320), "L")
    paper = await web.get(
        f"/v1/family/forms/{world.school_id}/{form_id}/slips/{world.child.pupil_id}/1/paper",
        headers=world.parent.headers,
    )
    assert len(pypdf.PdfReader(io.BytesIO(paper.content)).pages[0].images) == 1
    for broken in ("data:image/png;base64,AAAA", "not base64!", base64.b64encode(b"GIF89a").decode()):
        answer = await sign(web, world, form_id, world.parent, drawing=broken)
        assert [error["pointer"] for error in answer.json()["errors"]] == ["/drawing"]


async def test_a_signature_is_withdrawn_until_the_last_day_and_the_history_keeps_both(
    web: httpx.AsyncClient, world: World, clock: StoppedClock
) -> None:
    form_id = await opened(web, world)
    assert (await withdraw(web, world, form_id, world.parent)).json()["type"] == "/problems/form-not-signed"
    await sign(web, world, form_id, world.parent)
    assert (await withdraw(web, world, form_id, world.parent)).status_code == 200
    assert await state_of(web, world, form_id, world.child) == "missing"
    await sign(web, world, form_id, world.parent, answers=NO)
    answer = await web.get(
        f"/v1/family/forms/{world.school_id}/{form_id}/slips/{world.child.pupil_id}", headers=world.parent.headers
    )
    slips = msgspec.json.decode(answer.content, type=SlipHistory).slips
    assert [(slip.number, slip.deed, slip.counts) for slip in slips] == [
        (1, "signed", False), (2, "withdrawn", False), (3, "signed", True),
    ]  # fmt: skip
    clock.advance(timedelta(days=8))
    for deed in (sign, withdraw):
        assert (await deed(web, world, form_id, world.parent)).json()["type"] == "/problems/form-closed"
    assert await state_of(web, world, form_id, world.child) == "done"


async def test_the_whole_last_day_counts(web: httpx.AsyncClient, world: World, clock: StoppedClock) -> None:
    form_id = await opened(web, world, due_on=str(TODAY))
    clock.advance(timedelta(hours=16, minutes=19))  # 23:59 in Vietnam
    assert (await sign(web, world, form_id, world.parent)).status_code == 200
    clock.advance(timedelta(minutes=2))
    assert (await sign(web, world, form_id, world.parent)).status_code == 409


async def test_the_same_signature_sent_twice_is_signed_once(
    web: httpx.AsyncClient, world: World, owner: asyncpg.Connection
) -> None:
    form_id = await opened(web, world)
    body = signature(world.child)
    first, again = [await sign(web, world, form_id, world.parent, body) for _ in range(2)]
    assert first.json() == again.json()
    assert await owner.fetchval("SELECT count(*) FROM form_signatures WHERE school_id = $1", world.school_id) == 1
    other = await opened(web, world)
    assert (await sign(web, world, other, world.parent, body)).status_code == 409


@pytest.mark.parametrize(
    ("answers", "pointer"),
    [
        ({}, "/answers/go"),
        ({"go": "maybe"}, "/answers/go"),
        ({"go": "yes", "meal": "Phở"}, "/answers/meal"),
        ({"go": "yes", "more": "x"}, "/answers/more"),
    ],
)
async def test_answers_that_do_not_fit_are_pointed_at(
    web: httpx.AsyncClient, world: World, answers: dict[str, Any], pointer: str
) -> None:
    form_id = await opened(web, world)
    answer = await sign(web, world, form_id, world.parent, answers=answers)
    assert (answer.status_code, [error["pointer"] for error in answer.json()["errors"]]) == (422, [pointer])
    assert (await sign(web, world, form_id, world.parent, name=" ")).json()["errors"][0]["pointer"] == "/name"


async def test_a_mere_answer_needs_no_name(web: httpx.AsyncClient, world: World) -> None:
    form_id = await opened(web, world, signature="answer")
    assert (await sign(web, world, form_id, world.parent, name="")).status_code == 200
    assert await state_of(web, world, form_id, world.child) == "done"
    empty = a_form(world, signature="answer", questions=[])
    answer = await web.post(f"/v1/schools/{world.school_id}/forms", json=empty, headers=world.teacher.headers)
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/questions"]


async def reword(web: httpx.AsyncClient, world: World, form_id: Any, by: Person, **more: Any) -> httpx.Response:
    body = {"title": "Phiếu đi tham quan", "body": "Đổi sang Chủ nhật 25/10/2026.", "questions": QUESTIONS, **more}
    address = f"/v1/schools/{world.school_id}/forms/{form_id}/text"
    return await web.put(address, json=body, headers=by.headers)


async def test_words_change_freely_before_the_first_answer_and_then_only_as_a_new_version(
    web: httpx.AsyncClient, world: World
) -> None:
    form_id = await opened(web, world)
    assert (await reword(web, world, form_id, world.teacher)).json() == {"version": 2, "asked_again": 0}
    old = await sign(web, world, form_id, world.parent)
    assert old.json()["type"] == "/problems/form-changed", "nobody signs other words than those read"
    await sign(web, world, form_id, world.parent, version=2)
    changed = {"body": "Đổi sang 31/10/2026."}
    refused = await reword(web, world, form_id, world.teacher, **changed)
    assert refused.json()["type"] == "/problems/form-answered"
    again = await reword(web, world, form_id, world.teacher, new_version=True, **changed)
    assert again.json() == {"version": 3, "asked_again": 1}
    assert await state_of(web, world, form_id, world.child) == "missing"
    assert (await seen_by(web, world, form_id, world.parent)).children[0].waits
    inbox = (await web.get("/v1/family/notices", headers=world.parent.headers)).json()["notices"]
    assert len(inbox) == 2
    assert "thay đổi" in inbox[0]["body"]
    same = await reword(web, world, form_id, world.teacher, **changed)
    assert same.json() == {"version": 3, "asked_again": 0}


async def test_only_author_and_administrator_change_a_form(web: httpx.AsyncClient, world: World) -> None:
    form_id = await opened(web, world, by=world.teacher)
    later = {"due_on": str(TODAY + timedelta(days=20))}
    for rest, body in (("/close", None), ("/extend", later), ("/remind", None)):
        assert (await staff(web, world, form_id, rest, world.subject_teacher, body)).status_code == 403
        assert (await staff(web, world, form_id, rest, world.other_admin, body)).status_code == 403
    assert (await reword(web, world, form_id, world.subject_teacher)).status_code == 403
    assert (await staff(web, world, form_id, "/extend", world.admin, later)).status_code == 204


async def test_a_form_is_closed_opened_again_and_extended(web: httpx.AsyncClient, world: World) -> None:
    form_id = await opened(web, world)
    await sign(web, world, form_id, world.parent)
    until = {"due_on": str(TODAY + timedelta(days=3))}
    earlier = await staff(web, world, form_id, "/extend", json=until)
    assert [error["pointer"] for error in earlier.json()["errors"]] == ["/due_on"]
    assert (await staff(web, world, form_id, "/reopen", json=until)).json()["type"] == "/problems/form-open"
    for _ in range(2):
        assert (await staff(web, world, form_id, "/close")).status_code == 204
    assert (await sign(web, world, form_id, world.parent2)).status_code == 409
    assert (await withdraw(web, world, form_id, world.parent)).status_code == 409
    assert (await staff(web, world, form_id, "/reopen", json=until)).status_code == 204
    assert (await seen_by(web, world, form_id, world.parent)).due_on == TODAY + timedelta(days=3)
    assert await state_of(web, world, form_id, world.child) == "done", "what was signed still counts"
    assert (await sign(web, world, form_id, world.parent2)).status_code == 200


async def test_two_children_are_signed_for_at_once(
    web: httpx.AsyncClient, world: World, owner: asyncpg.Connection
) -> None:
    await owner.execute(
        "INSERT INTO guardianships (school_id, pupil_id, guardian_id, kind, valid_from, source)"
        " VALUES ($1, $2, $3, 'guardian', '2020-01-01', 'hand')",
        world.school_id, world.classmate.pupil_id, world.parent.person_id,
    )  # fmt: skip
    form_id = await opened(web, world)
    both = signature(world.child, pupil_ids=[str(world.child.pupil_id), str(world.classmate.pupil_id)])
    assert len((await sign(web, world, form_id, world.parent, both)).json()["slips"]) == 2
    found = await results(web, world, form_id)
    assert found.counts["done"] == 2
    mixed = signature(world.child, pupil_ids=[str(world.child.pupil_id), str(world.neighbour_child.pupil_id)])
    assert (await sign(web, world, form_id, world.parent, mixed)).status_code == 404


async def test_a_familys_version_moves_when_either_signs(web: httpx.AsyncClient, world: World) -> None:
    form_id = await opened(web, world, signature="both")
    first = await web.get("/v1/family/home", headers=world.parent2.headers)
    await sign(web, world, form_id, world.parent)
    headers = {**world.parent2.headers, "if-none-match": first.headers["etag"]}
    assert (await web.get("/v1/family/home", headers=headers)).status_code == 200


async def test_a_file_is_an_answer_and_only_the_signers_own_upload_can_be(
    web: httpx.AsyncClient, world: World, owner: asyncpg.Connection
) -> None:
    form_id = await opened(web, world, questions=[{"kind": "file", "id": "card", "text": "Thẻ bảo hiểm"}])
    file_id = (await upload(web, world, world.parent)).json()["file_id"]
    stolen = await sign(web, world, form_id, world.parent2, answers={"card": file_id})
    assert [error["pointer"] for error in stolen.json()["errors"]] == ["/answers/card"]
    assert (await sign(web, world, form_id, world.parent, answers={"card": file_id})).status_code == 200
    read = await web.get(
        f"/v1/schools/{world.school_id}/forms/{form_id}/files/{file_id}", headers=world.teacher.headers
    )
    assert (read.status_code, read.headers["content-type"]) == (200, "image/png")
    assert await owner.fetchval(
        "SELECT hung_at IS NOT NULL FROM files WHERE school_id = $1 AND file_id = $2", world.school_id, file_id
    )


def paper(world: World, who: Person, **answers: str) -> dict[str, Any]:
    return {
        "signature_id": str(new_id()),
        "version": 1,
        "pupil_id": str(world.child.pupil_id),
        "guardian_id": str(who.person_id),
        "answers": answers or {"go": "yes"},
    }


async def test_a_paper_slip_counts_says_who_entered_it_and_never_replaces_what_the_app_was_told(
    web: httpx.AsyncClient, world: World
) -> None:
    form_id = await opened(web, world, signature="both")
    entered = await staff(web, world, form_id, "/paper", json=paper(world, world.parent2))
    assert entered.status_code == 200, entered.text
    address = f"/v1/family/forms/{world.school_id}/{form_id}/slips/{world.child.pupil_id}"
    [slip] = (await web.get(address, headers=world.parent2.headers)).json()["slips"]
    assert (slip["via"], slip["device"], slip["counts"]) == ("paper", "paper", True)
    assert "nhập từ bản giấy đã ký: Đỗ Thị Cúc" in slip["text"]
    await sign(web, world, form_id, world.parent, answers=NO)
    refused = await staff(web, world, form_id, "/paper", json=paper(world, world.parent))
    assert refused.json()["type"] == "/problems/form-signed-in-app"
    assert (await sign(web, world, form_id, world.parent2, answers=NO)).status_code == 200
    assert await state_of(web, world, form_id, world.child) == "done"


async def test_only_for_guardians_who_may_sign_and_only_by_author_and_administrator(
    web: httpx.AsyncClient, world: World
) -> None:
    form_id = await opened(web, world)
    stranger = paper(world, world.neighbour)
    assert (await staff(web, world, form_id, "/paper", json=stranger)).status_code == 404
    mother = paper(world, world.parent, go="perhaps")
    wrong = await staff(web, world, form_id, "/paper", json=mother)
    assert [error["pointer"] for error in wrong.json()["errors"]] == ["/answers/go"]
    assert (await staff(web, world, form_id, "/paper", world.subject_teacher, mother)).status_code == 403


async def test_one_signature_is_never_taken_for_another(web: httpx.AsyncClient, world: World) -> None:
    form_id = await opened(web, world)
    first = signature(world.child)
    assert (await sign(web, world, form_id, world.parent, first)).status_code == 200
    others = await sign(
        web, world, form_id, world.classmate_parent, {**first, "pupil_ids": [str(world.classmate.pupil_id)]}
    )
    assert (others.status_code, str(world.child.pupil_id) in others.text) == (409, False)
    assert await state_of(web, world, form_id, world.classmate) == "missing"
    assert (await sign(web, world, form_id, world.parent2, first)).status_code == 409
    assert (await sign(web, world, form_id, world.parent, first)).status_code == 200
