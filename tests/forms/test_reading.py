"""Who reads answers, that reading is written down, and that what families wrote does no harm in a spreadsheet."""

from __future__ import annotations

import csv
import io

import asyncpg
import httpx
import openpyxl

from backend.core.ids import new_id
from tests.factories import Person, World
from tests.forms.asking import opened, results, sign
from tests.wednesday import MORNING

FORMULA = '=HYPERLINK("http://x","y")'
WORDS = [{"kind": "text", "id": "note", "text": "=Ghi chú"}, {"kind": "number", "id": "how_many", "text": "Mấy người?"}]


async def answers_read(owner: asyncpg.Connection, world: World) -> list[str]:
    rows = await owner.fetch(
        "SELECT detail ->> 'how' AS how FROM audit_events WHERE school_id = $1 AND action = 'form.answers_read' ORDER BY audit_id",
        world.school_id,
    )
    return [row["how"] for row in rows]


async def test_a_class_teacher_sees_of_the_schools_form_who_is_missing_in_the_own_class_and_no_answer(
    web: httpx.AsyncClient, world: World, owner: asyncpg.Connection
) -> None:
    form_id = await opened(web, world, by=world.admin, audience={"kind": "school"})
    await sign(web, world, form_id, world.parent)
    found = await results(web, world, form_id, world.subject_teacher)
    assert [(one.full_name, one.state) for one in found.pupils] == [
        ("Nguyễn Minh An", "done"),
        ("Trần Bảo Ân", "missing"),
    ]
    assert found.tally is None
    assert all(signer.answers is None for one in found.pupils for signer in one.signers)
    assert await answers_read(owner, world) == []
    whole = await results(web, world, form_id, world.admin)
    assert len(whole.pupils) == 3
    assert whole.tally == {"go": {"yes": 1}, "meal": {"Cơm gà": 1}}
    assert await answers_read(owner, world) == ["json"]


async def test_each_staff_member_lists_what_concerns_the_own_classes(web: httpx.AsyncClient, world: World) -> None:
    form_id = await opened(web, world)
    await sign(web, world, form_id, world.parent)

    async def listed(who: Person) -> list[tuple[str, int, int, bool]]:
        answer = await web.get(f"/v1/schools/{world.school_id}/forms", headers=who.headers)
        return [
            (one["form_id"], one["pupils"], one["answered"], one["may_read_answers"]) for one in answer.json()["forms"]
        ]

    assert await listed(world.teacher) == [(str(form_id), 2, 1, True)]
    assert await listed(world.admin) == [(str(form_id), 2, 1, True)]
    assert await listed(world.subject_teacher) == [(str(form_id), 2, 1, False)]
    assert await listed(world.other_teacher) == await listed(world.accountant) == []


async def test_the_files_hold_every_answer_and_no_formula(
    web: httpx.AsyncClient, world: World, owner: asyncpg.Connection
) -> None:
    form_id = await opened(web, world, questions=WORDS)
    await sign(web, world, form_id, world.parent, answers={"note": FORMULA, "how_many": "2,5"})
    address = f"/v1/schools/{world.school_id}/form-files/{form_id}"
    sheet = await web.get(f"{address}/xlsx", headers=world.teacher.headers)
    rows = list(openpyxl.load_workbook(io.BytesIO(sheet.content)).worksheets[0].iter_rows(values_only=True))
    head = next(place for place, row in enumerate(rows) if row[0] == "Học sinh")
    assert rows[head][7:] == ("'=Ghi chú", "Mấy người?")
    first = rows[head + 1]
    assert (first[0], first[3], first[5], first[7:]) == (
        "Nguyễn Minh An", "Nguyễn Thị Hoa", MORNING.replace(hour=7, tzinfo=None), ("'" + FORMULA, "2,5"),
    )  # fmt: skip
    assert rows[head + 2][:4] == ("Trần Bảo Ân", "6A1", "Chưa có", None)
    plain = await web.get(f"{address}/csv", headers=world.teacher.headers)
    lines = list(csv.reader(io.StringIO(plain.content.decode("utf-8-sig"))))
    assert lines[1][5] == "14/10/2026 07:40"
    assert lines[1][7] == "'" + FORMULA
    assert await answers_read(owner, world) == ["xlsx", "csv"]
    for who in (world.subject_teacher, world.other_teacher, world.other_admin):
        refused = await web.get(f"{address}/csv", headers=who.headers)
        assert refused.status_code in (403, 404)


async def test_author_and_administrator_read_a_slip_word_for_word_and_it_is_recorded(
    web: httpx.AsyncClient, world: World, owner: asyncpg.Connection
) -> None:
    form_id = await opened(web, world)
    await sign(web, world, form_id, world.parent)
    address = f"/v1/schools/{world.school_id}/forms/{form_id}/slips/{world.child.pupil_id}/{world.parent.person_id}"
    for who in (world.teacher, world.admin):
        found = (await web.get(address, headers=who.headers)).json()["slips"]
        assert [one["signer_name"] for one in found] == ["Nguyễn Thị Hoa"]
    paper = await web.get(f"{address}/1/paper", headers=world.admin.headers)
    assert paper.content.startswith(b"%PDF")
    assert (await web.get(f"{address}/2/paper", headers=world.admin.headers)).status_code == 404
    assert await answers_read(owner, world) == ["slip", "slip", "paper", "paper"]
    assert (await web.get(address, headers=world.subject_teacher.headers)).status_code == 403
    assert (await web.get(address, headers=world.other_teacher.headers)).status_code == 404


async def test_a_pupil_whom_nobody_may_sign_for_is_named(
    web: httpx.AsyncClient, world: World, owner: asyncpg.Connection
) -> None:
    await owner.execute(
        "UPDATE guardianships SET can_act = false WHERE school_id = $1 AND guardian_id = $2",
        world.school_id,
        world.classmate_parent.person_id,
    )
    form_id = await opened(web, world)
    found = await results(web, world, form_id)
    assert {one.full_name: one.state for one in found.pupils} == {"Nguyễn Minh An": "missing", "Trần Bảo Ân": "nobody"}


async def test_an_unknown_form_is_not_found(web: httpx.AsyncClient, world: World) -> None:
    answer = await web.get(f"/v1/schools/{world.school_id}/forms/{new_id()}", headers=world.admin.headers)
    assert answer.status_code == 404
