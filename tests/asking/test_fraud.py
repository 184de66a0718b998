"""Reports of fraud: the first one warns the school, a confirmed one warns every guardian once."""

from backend.core.ids import new_id
from tests.factories import World


def report(money, text, **changes):
    code = changes.pop("school", None)
    return {"report_id": str(new_id()), "school": code or money.code, "text": text, **changes}


async def send(money, text, who=None, **changes):
    if not hasattr(money, "code"):
        money.code = await money.owner.fetchval("SELECT code FROM schools WHERE school_id = $1", money.world.school_id)
    return await money.http.post(
        "/v1/fraud-reports", json=report(money, text, **changes), headers=who.headers if who else {}
    )


async def notices(money, kind="fraud_case"):
    return await money.owner.fetch(
        "SELECT n.title, n.body, n.urgent, (SELECT count(*) FROM notice_recipients r WHERE r.school_id = n.school_id"
        " AND r.notice_id = n.notice_id) AS guardians FROM notices n WHERE n.school_id = $1 AND n.source_kind = $2",
        money.world.school_id,
        kind,
    )


async def the_case(money):
    (case,) = (await money.get("/fraud-cases", money.world.admin)).json()["cases"]
    return case


async def test_the_same_account_is_one_case_however_it_is_told(money):
    first = await send(money, "Chuyển học phí vào STK 19034567890123 Techcombank nhé", money.world.parent)
    assert (first.status_code, first.json()["first"]) == (200, True)
    again = await send(money, "co nguoi bao chuyen vao 19034567890123")
    assert again.json()["first"] is False
    case = await the_case(money)
    assert (case["kind"], case["subject"], case["reports"], case["state"]) == (
        "account", "19034567890123", 2, "reported",
    )  # fmt: skip
    assert len(case["texts"]) == 2
    assert await notices(money) == []


async def test_the_administrators_are_shown_it_on_every_page_and_teachers_are_not(money):
    await send(money, "Chuyển học phí vào STK 19034567890123 nhé")
    world: World = money.world
    for who, shown in ((world.admin, True), (world.teacher, False), (world.accountant, False)):
        page = await money.http.get(
            f"/console/{world.school_id}", headers={"cookie": f"nc_access={who.token}", "accept": "text/html"}
        )
        assert page.status_code == 200
        assert (f"/console/{world.school_id}/fraud" in page.text and "đang chờ xác nhận" in page.text) is shown


async def test_confirming_warns_every_guardian_once(money):
    await send(money, "Chuyển học phí vào STK 19034567890123 nhé")
    path = f"/fraud-cases/{(await the_case(money))['case_id']}/confirm"
    for _ in range(2):
        assert (await money.post(path, {}, money.world.admin)).status_code == 204
    (warning,) = await notices(money)
    assert warning["urgent"]
    assert warning["guardians"] == 4
    assert "19034567890123" in warning["body"]
    assert "/verify" in warning["body"]
    audited = await money.owner.fetchval(
        "SELECT count(*) FROM audit_events WHERE school_id = $1 AND action = 'fraud.confirmed'", money.world.school_id
    )
    assert audited == 1
    refused = await money.post(path.replace("confirm", "dismiss"), {}, money.world.admin)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/fraud-case-decided")


async def test_a_dismissed_case_warns_nobody(money):
    await send(money, "Có cuộc gọi từ 0912345678")
    case = await the_case(money)
    assert case["kind"] == "phone"
    assert (await money.post(f"/fraud-cases/{case['case_id']}/dismiss", {}, money.world.admin)).status_code == 204
    assert (await the_case(money))["state"] == "dismissed"
    assert await notices(money) == []


async def test_the_words_of_a_message_are_not_spread(money):
    await send(money, "Tôi là cô giáo của cháu Minh An, chuyển gấp cho tôi nhé")
    case = await the_case(money)
    assert case["kind"] == "message"
    await money.post(f"/fraud-cases/{case['case_id']}/confirm", {}, money.world.admin)
    (warning,) = await notices(money)
    assert "Minh An" not in warning["body"]


async def test_a_school_that_is_not_here_is_pointed_at(money):
    await send(money, "Chuyển vào STK 19034567890123")
    for school in ("Trường không có", "Trường THCS Thử Nghiệm"):  # unknown; the name of several
        refused = await send(money, "Chuyển vào STK 19034567890123", school=school)
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/school")


async def test_reports_have_a_limit(money):
    statuses = [
        (await send(money, f"Chuyển vào STK 1903456789012{n}", money.world.parent)).status_code for n in range(7)
    ]
    assert statuses[:3] == [200, 200, 200]
    assert statuses[-1] == 429


async def test_the_page_reports_without_a_script_and_loses_nothing(money):
    text = "Chuyển vào STK 19034567890123"
    asked = await money.http.post("/verify", data={"text": text}, headers={"accept": "text/html"})
    assert 'data-told="not_school"' in asked.text
    assert 'action="/verify/report"' in asked.text
    form = {"text": text, "report_id": str(new_id()), "school": "Không có"}
    refused = await money.http.post("/verify/report", data=form, headers={"accept": "text/html"})
    assert refused.status_code == 422
    assert text in refused.text and "Không có" in refused.text
    form["school"] = await money.owner.fetchval("SELECT code FROM schools WHERE school_id = $1", money.world.school_id)
    done = await money.http.post("/verify/report", data=form, headers={"accept": "text/html"})
    assert done.status_code == 303
    assert (await the_case(money))["subject"] == "19034567890123"
