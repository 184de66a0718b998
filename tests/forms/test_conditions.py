"""A question that hangs on an earlier answer: asked, demanded, shown and signed only after that answer."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from backend.core.ids import new_id
from backend.forms.slip import text_sha256
from schemas.forms import Condition, Consent, OneOf
from tests.factories import World
from tests.forms.asking import a_form, opened, signature

GO = {"kind": "consent", "id": "go", "text": "Đồng ý cho con đi?"}
MEAL = {
    "kind": "one_of", "id": "meal", "text": "Bữa trưa", "options": ["Cơm gà", "Cơm chay"],
    "when": {"question": "go", "answers": ["yes"]},
}  # fmt: skip
EGG = {"kind": "text", "id": "egg", "text": "Ăn trứng?", "when": {"question": "meal", "answers": ["Cơm chay"]}}


async def signed(web: httpx.AsyncClient, world: World, form_id: Any, answers: dict[str, Any]) -> httpx.Response:
    return await web.post(
        f"/v1/family/forms/{world.school_id}/{form_id}/sign",
        json=signature(world.child, answers),
        headers=world.parent.headers,
    )


async def slip(web: httpx.AsyncClient, world: World, form_id: Any) -> str:
    path = f"/v1/family/forms/{world.school_id}/{form_id}/slips/{world.child.pupil_id}"
    answer = await web.get(path, headers=world.parent.headers)
    assert answer.status_code == 200, answer.text
    text: str = answer.json()["slips"][-1]["text"]
    return text


async def test_it_is_demanded_only_after_the_answer_it_hangs_on(web: httpx.AsyncClient, world: World) -> None:
    form_id = await opened(web, world, questions=[GO, MEAL, EGG])
    for answers, pointers in (
        ({"go": "yes"}, ["/answers/meal"]),
        ({"go": "yes", "meal": "Cơm chay"}, ["/answers/egg"]),
        ({"go": "yes", "meal": "Phở"}, ["/answers/meal"]),
    ):
        refused = await signed(web, world, form_id, answers)
        assert (refused.status_code, [one["pointer"] for one in refused.json()["errors"]]) == (422, pointers)
    assert (await signed(web, world, form_id, {"go": "yes", "meal": "Cơm gà"})).status_code == 200
    text = await slip(web, world, form_id)
    assert "Chỉ hỏi khi câu 1 trả lời: Đồng ý\nTrả lời: Cơm gà" in text
    assert "Chỉ hỏi khi câu 2 trả lời: Cơm chay\nTrả lời: (không hỏi)" in text


async def test_what_was_filled_in_needlessly_is_not_signed(web: httpx.AsyncClient, world: World) -> None:
    form_id = await opened(web, world, questions=[GO, MEAL, EGG])
    given = {"go": "no", "meal": "Cơm chay", "egg": "Có"}
    assert (await signed(web, world, form_id, given)).status_code == 200
    text = await slip(web, world, form_id)
    assert "Trả lời: Không đồng ý" in text and text.count("(không hỏi)") == 2
    path = f"/v1/schools/{world.school_id}/forms/{form_id}/results"
    [child] = [
        one
        for one in (await web.get(path, headers=world.teacher.headers)).json()["pupils"]
        if one["pupil_id"] == str(world.child.pupil_id)
    ]
    assert [one["answers"] for one in child["signers"] if one["counts"]] == [{"go": "no"}]


@pytest.mark.parametrize(
    ("when", "pointer"),
    [
        ({"question": "egg", "answers": ["x"]}, "/questions/1/when/question"),  # stands after it
        ({"question": "meal", "answers": ["Cơm gà"]}, "/questions/1/when/question"),  # itself
        ({"question": "none", "answers": ["x"]}, "/questions/1/when/question"),
        ({"question": "go", "answers": ["maybe"]}, "/questions/1/when/answers/0"),
    ],
)
async def test_a_condition_that_can_never_hold_is_pointed_at(
    web: httpx.AsyncClient, world: World, when: dict[str, Any], pointer: str
) -> None:
    body = a_form(
        world, questions=[GO, {**MEAL, "when": when}, {**EGG, "when": {"question": "go", "answers": ["yes"]}}]
    )
    answer = await web.post(f"/v1/schools/{world.school_id}/forms", json=body, headers=world.teacher.headers)
    assert (answer.status_code, [one["pointer"] for one in answer.json()["errors"]]) == (422, [pointer])


def test_words_without_a_condition_are_signed_as_before() -> None:
    """The SHA-256 under signatures that families have given does not move."""
    plain = [Consent("go", "Đồng ý?"), OneOf("meal", "Bữa", False, options=["a", "b"])]
    assert (
        text_sha256("Phiếu", "Lời", plain).hex() == "d33ed97135279c90ada5a48927ba077682dcbaddd0588ab1eedc74b7ac7a608e"
    )
    held = [plain[0], OneOf("meal", "Bữa", False, options=["a", "b"], when=Condition("go", ["yes"]))]
    assert text_sha256("Phiếu", "Lời", held) != text_sha256("Phiếu", "Lời", plain)


async def test_the_editor_asks_by_the_number_of_an_earlier_question(web: httpx.AsyncClient, world: World) -> None:
    from tests.announcements.test_carried import browser

    who, console = browser(world.teacher), f"/console/{world.school_id}"
    filled = {
        "form_id": str(new_id()), "to": f"class:{world.class_id}", "title": "Phiếu", "body": "", "signature": "one",
        "due_on": "2026-10-20", "remind_days": "", "rows": "2", "kind-0": "consent", "text-0": "Đi không?", "required-0": "yes",
        "kind-1": "text", "text-1": "Ai đón?", "required-1": "yes", "when-1": "1", "answers-1": "", "do": "open",
    }  # fmt: skip
    refused = await web.post(f"{console}/forms/new", data=filled, headers=who)
    assert refused.status_code == 422 and 'id="answers-1-wrong"' in refused.text
    for wrong in ("Có lẽ", "Đồng ý\nCó lẽ"):
        refused = await web.post(f"{console}/forms/new", data={**filled, "answers-1": wrong}, headers=who)
        assert refused.status_code == 422 and 'id="answers-1-wrong"' in refused.text
    sent = await web.post(f"{console}/forms/new", data={**filled, "answers-1": "đồng ý"}, headers=who)
    draft = f"{console}/announcements/drafts/{filled['form_id']}"
    assert sent.headers["location"] == draft
    assert "Đi không? → Đồng ý" in (await web.get(draft, headers=who)).text
    await web.post(draft + "/take-back", headers=who)
    edit = (await web.get(f"{console}/forms/new?draft={filled['form_id']}", headers=who)).text
    assert '<option value="1" selected' in edit and ">Đồng ý</textarea>" in edit
