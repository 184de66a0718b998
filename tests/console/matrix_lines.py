"""The console's pages: what the API's doors allow, its pages allow, and nothing more."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from backend.announcements.actions import announce
from backend.core.clock import school_day
from backend.core.ids import new_id
from backend.identity.tokens import TokenOffice
from backend.people.roster import imports
from schemas.announcements import NewAnnouncement, ToClass
from tests.announcements import matrix_lines as letter_lines
from tests.books import matrix_lines as book_lines
from tests.factories import fresh_phone
from tests.identity.matrix import (
    ACCOUNTANTS,
    ADMINS,
    ALL,
    BY_SCHOOL,
    HOMEROOM,
    NOTHING,
    SIGNED_IN,
    STAFF,
    TEACHERS,
    WORKERS,
    Ask,
    Line,
    Scene,
    on_any,
)
from tests.identity.matrix_lines import (
    WORKING,
    begun_by_asker,
    password_of_asker,
    session_of_asker,
    turned_on_by_asker,
)
from tests.payments import fee_lines
from tests.payments.matrix_lines import KEEPERS, bill, hooked, pay
from tests.payments.statements.matrix_lines import a_statement, columns_form
from tests.people.matrix_lines import a_closed_day

MONDAY = "2026-10-05"
Form = Callable[[Scene], Mapping[str, str]]


def base(scene: Scene) -> str:
    return f"/console/{scene.target.school_id}"


def shown(path: Callable[[Scene], str], allowed: Any, *, targets: tuple[str, ...] = ALL, prepare: Any = None) -> Line:
    return Line(ask=lambda s: Ask(base(s) + path(s)), allowed=allowed, targets=targets, prepare=prepare, by_cookie=True)


def sent(
    path: Callable[[Scene], str],
    form: Form,
    allowed: Any,
    *,
    targets: tuple[str, ...] = ALL,
    prepare: Any = None,
) -> Line:
    return Line(
        ask=lambda s: Ask(base(s) + path(s), form=form(s)),
        allowed=allowed,
        targets=targets,
        prepare=prepare,
        by_cookie=True,
        passes={303},
    )


def of_class(rest: str) -> Callable[[Scene], str]:
    return lambda s: f"/classes/{s.target.class_id}{rest}"


def of_pupil(rest: str = "") -> Callable[[Scene], str]:
    return lambda s: f"/pupils/{s.target.pupil_id}{rest}"


def of_member(rest: str) -> Callable[[Scene], str]:
    def path(scene: Scene) -> str:
        member = scene.world.other_admin if scene.target.name == "foreign" else scene.world.subject_teacher
        return f"/staff/{member.person_id}{rest}"

    return path


def decided(verb: str, which: str, form: Form, prepare: Any = bill) -> Line:
    return sent(
        lambda s: f"/transfers/{getattr(s.made, which)}/{verb}",
        lambda s: {"note": "Đã hỏi phụ huynh.", **form(s)},
        ACCOUNTANTS,
        prepare=prepare,
    )


def decided_in_queue() -> Line:
    return sent(
        lambda s: f"/transfers/queue/{s.made.credit_id}/accept",
        lambda s: {"invoice_ids": str(s.made.invoice_id)},
        ACCOUNTANTS,
        prepare=bill,
    )


def nothing(scene: Scene) -> Mapping[str, str]:
    return {}


def roll_form(scene: Scene) -> Mapping[str, str]:
    return {"day": MONDAY, "session": "morning", f"mark-{scene.target.pupil_id}": "late"}


def sheet_form(scene: Scene) -> Mapping[str, str]:
    return {"term": "1", "was": "{}", f"m.{scene.target.pupil_id}.regular.1": "7,5"}


def texts(body: Mapping[str, Any]) -> Mapping[str, str]:
    return {name: str(value) for name, value in body.items()}


def plan_form(scene: Scene) -> Mapping[str, str]:
    body = fee_lines.plan_body(scene)
    return {"plan_id": body["plan_id"], "title": body["title"], "due_on": body["due_on"][0]}


def fee_form(scene: Scene) -> Mapping[str, str]:
    due = school_day(scene.house.clock.now()) + timedelta(days=3)
    return {
        "title": "Nước uống",
        "amount": "60.000",
        "due_on": due.isoformat(),
        "category": "agreed",
        "legal_basis": "Nghị quyết 18/2025/NQ-HĐND",
        "bank_account_id": str(scene.world.bank_account_id),
        f"class-{scene.target.class_id}": str(new_id()),
    }


def letter_form(scene: Scene) -> Mapping[str, str]:
    return {
        "announcement_id": str(new_id()),
        "to": f"class:{scene.target.class_id}",
        "title": "Họp phụ huynh",
        "body": "8 giờ Chủ nhật 29/11/2026, phòng 6A1.",
        "do": "send",
    }


async def a_letter(scene: Scene) -> UUID:
    """To the target's class, from the school's administrator."""
    world, announcement_id = scene.world, new_id()
    author = world.other_admin if scene.target.name == "foreign" else world.admin
    new = NewAnnouncement(announcement_id, "Họp", "8 giờ Chủ nhật 29/11/2026.", ToClass(scene.target.class_id))
    await announce(scene.house, author.account_id, scene.target.school_id, new)
    return announcement_id


def own_page(rest: str, form: Form, prepare: Any) -> Line:
    return Line(
        ask=lambda s: Ask(f"/console/account{rest}", form=form(s)),
        allowed=WORKING,
        targets=NOTHING,
        prepare=prepare,
        by_cookie=True,
    )


ROSTER = "Họ và tên,Lớp,Ngày sinh\nLý Thị Mới,6A1,01/02/2015\n".encode()


async def a_roster(scene: Scene) -> UUID:
    """A file that the target's school has uploaded and not yet applied."""
    admin = scene.world.other_admin if scene.target.name == "foreign" else scene.world.admin
    who = TokenOffice(scene.house.cipher).verify(admin.token, now=scene.house.clock.now().timestamp())
    assert who is not None
    return (await imports.upload(scene.house, who, scene.target.school_id, ROSTER, "ds.csv", None)).import_id


async def a_question(scene: Scene) -> UUID:
    handoff_id = new_id()
    await scene.owner.execute(
        "INSERT INTO chat_handoffs (school_id, handoff_id, channel, chat_id, question, asked_at, state)"
        " VALUES ($1, $2, 'web', 'visitor:x', 'Học phí?', $3, 'waiting')",
        scene.target.school_id,
        handoff_id,
        scene.house.clock.now(),
    )
    return handoff_id


TRANSFER = "/console/{school_id}/transfers/{transaction_id}"
REFUNDS = "/console/{school_id}/refunds"
PERIODS = "/console/{school_id}/periods"
WRITE_OFF = "/console/{school_id}/fees/{fee_id}/invoices/{invoice_id}/write-off"
GUARDIAN = "/console/{school_id}/pupils/{pupil_id}/guardians/{guardian_id}"
MEMBER = "/console/{school_id}/staff/{staff_id}"

DRAFT = "/console/{school_id}/announcements/drafts/{announcement_id}"
LETTER = "/console/{school_id}/announcements/{announcement_id}"
SETTINGS = "/console/{school_id}/announcements/settings"
GROUP = "/console/{school_id}/groups/{group_id}"
AREA_LETTER = "/console/area/letters/{letter_id}"
_DECIDERS = {pair for pair in ADMINS if pair[1] != "foreign"}  # the other school's one administrator wrote it
_RULES = {"approval": "none", "undo_seconds": "30", "reminder_hour": "19"}
_MODEL = {"name": "Họp", "title": "Họp", "body": "Ngày {ngay}.", "do": "save"}


def of_area(path: Callable[[Scene], str], form: Form | None = None, prepare: Any = None) -> Line:
    return Line(
        ask=lambda s: Ask("/console/area/letters" + path(s), form=form(s) if form else None),
        allowed=on_any("area_admin"),
        targets=NOTHING,
        prepare=prepare,
        by_cookie=True,
        passes={303} if form else None,
    )


def area_form(scene: Scene) -> Mapping[str, str]:
    new = letter_lines.area_letter(scene)
    words = {"letter_id": str(new.letter_id), "area_code": new.area_code, "title": new.title, "body": new.body}
    return {**words, "do": "send"}


def event_form(scene: Scene) -> Mapping[str, str]:
    return {"event_id": str(new_id()), "title": "Họp", "held_on": letter_lines.IN_A_WEEK.isoformat()}


LETTERS = {
    ("GET", DRAFT): shown(
        lambda s: f"/announcements/drafts/{s.made}", ADMINS, prepare=letter_lines.draft_of_the_administrator
    ),
    ("GET", DRAFT + "/edit"): shown(
        lambda s: f"/announcements/drafts/{s.made}/edit", ADMINS, prepare=letter_lines.draft_of_the_administrator
    ),
    ("POST", DRAFT + "/take-back"): sent(
        lambda s: f"/announcements/drafts/{s.made}/take-back",
        nothing,
        ADMINS,
        prepare=letter_lines.scheduled_by_the_administrator,
    ),
    ("POST", DRAFT + "/approve"): sent(
        lambda s: f"/announcements/drafts/{s.made}/approve",
        lambda s: {"version": "1"},
        _DECIDERS,
        prepare=letter_lines.waiting_of_a_teacher,
    ),
    ("POST", DRAFT + "/return"): sent(
        lambda s: f"/announcements/drafts/{s.made}/return",
        lambda s: {"reason": "Thiếu địa điểm."},
        _DECIDERS,
        prepare=letter_lines.waiting_of_a_teacher,
    ),
    ("POST", DRAFT + "/discard"): sent(
        lambda s: f"/announcements/drafts/{s.made}/discard",
        nothing,
        ADMINS,
        prepare=letter_lines.draft_of_the_administrator,
    ),
    ("POST", LETTER + "/events"): sent(
        lambda s: f"/announcements/{s.made}/events", event_form, ADMINS, prepare=a_letter
    ),
    ("POST", LETTER + "/events/{event_id}/cancel"): sent(
        lambda s: f"/announcements/{s.made[0]}/events/{s.made[2]}/cancel",
        nothing,
        ADMINS,
        prepare=letter_lines.with_an_event,
    ),
    ("POST", LETTER + "/reminders/{about_on}"): sent(
        lambda s: f"/announcements/{s.made}/reminders/{letter_lines.IN_A_WEEK}", nothing, ADMINS, prepare=a_letter
    ),
    ("POST", LETTER + "/form"): sent(
        lambda s: f"/announcements/{s.made}/form",
        lambda s: {"form_id": str(new_id()), "due_on": letter_lines.IN_A_WEEK.isoformat()},
        ADMINS,
        prepare=a_letter,
    ),
    ("GET", SETTINGS): shown(lambda s: "/announcements/settings", STAFF, targets=BY_SCHOOL),
    ("POST", SETTINGS): sent(lambda s: "/announcements/settings", lambda s: _RULES, ADMINS, targets=BY_SCHOOL),
    ("POST", SETTINGS + "/templates/{template_id}"): sent(
        lambda s: f"/announcements/settings/templates/{new_id()}", lambda s: _MODEL, ADMINS, targets=BY_SCHOOL
    ),
    ("GET", "/console/{school_id}/groups"): shown(lambda s: "/groups", STAFF, targets=BY_SCHOOL),
    ("GET", GROUP): shown(
        lambda s: f"/groups/{s.made}",
        {pair for pair in STAFF if pair[0] != "accountant"},
        targets=BY_SCHOOL,
        prepare=letter_lines.group_of_the_administrator,
    ),
    ("POST", GROUP): sent(
        lambda s: f"/groups/{s.made}",
        lambda s: {"name": f"Nhóm {new_id().hex}", "kind": "club", "do": "save"},
        ADMINS,
        prepare=letter_lines.group_of_the_administrator,
    ),
    ("GET", "/console/area/letters"): of_area(lambda s: ""),
    ("POST", "/console/area/letters"): of_area(lambda s: "", area_form),
    ("GET", AREA_LETTER): of_area(lambda s: f"/{s.made}", prepare=letter_lines.an_area_letter),
    ("POST", AREA_LETTER + "/take-back"): of_area(
        lambda s: f"/{s.made}/take-back", nothing, letter_lines.an_area_letter
    ),
    ("POST", AREA_LETTER + "/recall"): of_area(lambda s: f"/{s.made}/recall", nothing, letter_lines.an_area_letter),
}

LINES = {
    ("GET", "/console"): Line(
        ask=lambda s: Ask("/console"), allowed=on_any(*WORKERS, "other_admin"), targets=NOTHING, by_cookie=True
    ),
    ("GET", "/console/area"): Line(
        ask=lambda s: Ask("/console/area"), allowed=on_any("area_admin"), targets=NOTHING, by_cookie=True
    ),
    ("GET", "/console/{school_id}"): shown(lambda s: "", STAFF, targets=BY_SCHOOL),
    # The roll and the marks.
    ("GET", "/console/{school_id}/classes/{class_id}/roll"): shown(of_class("/roll"), TEACHERS | ADMINS),
    ("POST", "/console/{school_id}/classes/{class_id}/roll"): sent(of_class("/roll"), roll_form, TEACHERS | ADMINS),
    ("GET", "/console/{school_id}/classes/{class_id}/marks/{subject}"): shown(
        of_class("/marks/TOAN"), TEACHERS | ADMINS
    ),
    ("POST", "/console/{school_id}/classes/{class_id}/marks/{subject}"): sent(
        of_class("/marks/TOAN"), sheet_form, TEACHERS | ADMINS
    ),
    ("POST", "/console/{school_id}/classes/{class_id}/marks/{subject}/publish"): sent(
        of_class("/marks/TOAN/publish"), lambda s: {"term": "1"}, TEACHERS | ADMINS
    ),
    # Writing to families.
    ("GET", "/console/{school_id}/announcements"): shown(lambda s: "/announcements", STAFF, targets=BY_SCHOOL),
    ("GET", "/console/{school_id}/announcements/new"): shown(lambda s: "/announcements/new", STAFF, targets=BY_SCHOOL),
    ("POST", "/console/{school_id}/announcements/new"): sent(
        lambda s: "/announcements/new", letter_form, TEACHERS | ADMINS
    ),
    **LETTERS,
    ("GET", "/console/{school_id}/announcements/{announcement_id}"): shown(
        lambda s: f"/announcements/{s.made}", TEACHERS | ADMINS, prepare=a_letter
    ),
    ("POST", "/console/{school_id}/announcements/{announcement_id}/again"): sent(
        lambda s: f"/announcements/{s.made}/again",
        lambda s: {"reminder_id": str(new_id())},
        ADMINS,
        prepare=a_letter,
    ),
    ("POST", "/console/{school_id}/announcements/{announcement_id}/recall"): sent(
        lambda s: f"/announcements/{s.made}/recall", nothing, ADMINS, prepare=a_letter
    ),
    # Money.
    ("GET", "/console/{school_id}/fees"): shown(lambda s: "/fees", KEEPERS, targets=BY_SCHOOL),
    ("GET", "/console/{school_id}/fees/new"): shown(lambda s: "/fees/new", KEEPERS, targets=BY_SCHOOL),
    ("POST", "/console/{school_id}/fees/new"): sent(lambda s: "/fees/new", fee_form, ACCOUNTANTS),
    ("GET", "/console/{school_id}/fees/{fee_id}"): shown(lambda s: f"/fees/{s.made.fee_id}", KEEPERS, prepare=bill),
    ("GET", "/console/{school_id}/fee-items"): shown(lambda s: "/fee-items", KEEPERS, targets=BY_SCHOOL),
    ("GET", "/console/{school_id}/fee-items/new"): shown(lambda s: "/fee-items/new", KEEPERS, targets=BY_SCHOOL),
    ("POST", "/console/{school_id}/fee-items/new"): sent(
        lambda s: "/fee-items/new", lambda s: texts(fee_lines.item_body()), ACCOUNTANTS, targets=BY_SCHOOL
    ),
    ("GET", "/console/{school_id}/fee-items/{item_id}"): shown(
        lambda s: f"/fee-items/{s.made.item_id}", KEEPERS, targets=BY_SCHOOL, prepare=fee_lines.plan
    ),
    ("POST", "/console/{school_id}/fee-items/{item_id}/spend"): sent(
        lambda s: f"/fee-items/{s.made.item_id}/spend",
        lambda s: texts(fee_lines.spending_body()),
        ACCOUNTANTS,
        targets=BY_SCHOOL,
        prepare=fee_lines.plan,
    ),
    ("POST", "/console/{school_id}/fee-items/{item_id}/plan"): sent(
        lambda s: f"/fee-items/{s.made.item_id}/plan", plan_form, ACCOUNTANTS, targets=BY_SCHOOL, prepare=fee_lines.plan
    ),
    ("GET", "/console/{school_id}/fee-plans/{plan_id}"): shown(
        lambda s: f"/fee-plans/{s.made.plan_id}", KEEPERS, targets=BY_SCHOOL, prepare=fee_lines.plan
    ),
    ("POST", "/console/{school_id}/fee-plans/{plan_id}/publish"): sent(
        lambda s: f"/fee-plans/{s.made.plan_id}/publish",
        nothing,
        ACCOUNTANTS,
        targets=BY_SCHOOL,
        prepare=fee_lines.plan,
    ),
    ("GET", "/console/{school_id}/fee-exemptions"): shown(lambda s: "/fee-exemptions", KEEPERS, targets=BY_SCHOOL),
    ("POST", "/console/{school_id}/fee-exemptions"): sent(
        lambda s: "/fee-exemptions", lambda s: texts(fee_lines.exemption_body(s)), ACCOUNTANTS, targets=BY_SCHOOL
    ),
    ("POST", "/console/{school_id}/fee-exemptions/{exemption_id}/revoke"): sent(
        lambda s: f"/fee-exemptions/{s.made.exemption_id}/revoke",
        nothing,
        ACCOUNTANTS,
        targets=BY_SCHOOL,
        prepare=fee_lines.plan,
    ),
    ("POST", "/console/{school_id}/fee-plans/{plan_id}/leavers"): sent(
        lambda s: f"/fee-plans/{s.made.plan_id}/leavers",
        nothing,
        ACCOUNTANTS,
        targets=BY_SCHOOL,
        prepare=fee_lines.plan,
    ),
    ("POST", "/console/{school_id}/fees/{fee_id}/newcomers"): sent(
        lambda s: f"/fees/{s.made.fee_id}/newcomers", nothing, ACCOUNTANTS, prepare=bill
    ),
    ("POST", "/console/{school_id}/fees/{fee_id}/cancel"): sent(
        lambda s: f"/fees/{s.made.fee_id}/cancel", nothing, ACCOUNTANTS, prepare=bill
    ),
    ("POST", "/console/{school_id}/fees/{fee_id}/invoices/{invoice_id}/cancel"): sent(
        lambda s: f"/fees/{s.made.fee_id}/invoices/{s.made.invoice_id}/cancel", nothing, ACCOUNTANTS, prepare=bill
    ),
    ("GET", "/console/{school_id}/transfers"): shown(lambda s: "/transfers", KEEPERS, targets=BY_SCHOOL),
    ("GET", TRANSFER): shown(lambda s: f"/transfers/{s.made.credit_id}", KEEPERS, prepare=bill),
    ("POST", TRANSFER + "/match"): decided(
        "match",
        "credit_id",
        lambda s: {f"invoice-{s.made.invoice_id}": "yes", f"amount-{s.made.invoice_id}": "1.000"},
    ),
    ("POST", TRANSFER + "/{verb}"): decided("undo", "credit_id", nothing, pay),
    ("GET", "/console/{school_id}/transfers/queue"): shown(lambda s: "/transfers/queue", KEEPERS, targets=BY_SCHOOL),
    ("POST", "/console/{school_id}/transfers/queue/{transaction_id}/{verb}"): decided_in_queue(),
    ("GET", "/console/{school_id}/transfers/alike"): shown(
        lambda s: "/transfers/alike?like=name_whole", KEEPERS, targets=BY_SCHOOL
    ),
    ("POST", "/console/{school_id}/transfers/alike"): sent(
        lambda s: "/transfers/alike",
        lambda s: {f"line-{s.made.credit_id}": f"{s.made.invoice_id} 1000"},
        ACCOUNTANTS,
        prepare=bill,
    ),
    # The books: two people, or a limit.
    ("GET", REFUNDS): shown(lambda s: "/refunds", KEEPERS, targets=BY_SCHOOL),
    ("POST", REFUNDS + "/batch"): Line(
        ask=lambda s: Ask(base(s) + "/refunds/batch", form={}),
        allowed=KEEPERS,
        targets=BY_SCHOOL,
        by_cookie=True,
        passes={200},
    ),
    ("POST", REFUNDS + "/{refund_id}/approve"): sent(
        lambda s: f"/refunds/{s.made}/approve", nothing, KEEPERS, prepare=book_lines.proposed
    ),
    ("POST", REFUNDS + "/{refund_id}/reject"): sent(
        lambda s: f"/refunds/{s.made}/reject", nothing, KEEPERS, prepare=book_lines.proposed
    ),
    ("POST", REFUNDS + "/{refund_id}/paid-by"): sent(
        lambda s: f"/refunds/{s.made[0]}/paid-by",
        lambda s: {"outgoing_transaction_id": str(s.made[1])},
        KEEPERS,
        prepare=book_lines.approved,
    ),
    ("GET", TRANSFER + "/refunds"): shown(lambda s: f"/transfers/{s.made.credit_id}/refunds", KEEPERS, prepare=bill),
    ("POST", TRANSFER + "/refunds"): sent(
        lambda s: f"/transfers/{s.made.credit_id}/refunds",
        lambda s: {**book_lines.PAYEE, "amount": "1.000"},
        KEEPERS,
        prepare=bill,
    ),
    ("GET", WRITE_OFF): shown(
        lambda s: f"/fees/{s.made.fee_id}/invoices/{s.made.invoice_id}/write-off", KEEPERS, prepare=bill
    ),
    ("POST", WRITE_OFF): sent(
        lambda s: f"/fees/{s.made.fee_id}/invoices/{s.made.invoice_id}/write-off",
        lambda s: {"amount": "1", "reason": "lẻ"},
        KEEPERS,
        prepare=bill,
    ),
    ("GET", "/console/{school_id}/write-off-limits"): shown(lambda s: "/write-off-limits", ADMINS, targets=BY_SCHOOL),
    ("POST", "/console/{school_id}/write-off-limits"): sent(
        lambda s: "/write-off-limits",
        lambda s: {"accountant_amount": "10.000", "school_admin_amount": "1.000.000"},
        ADMINS,
        targets=BY_SCHOOL,
    ),
    ("GET", PERIODS): shown(lambda s: "/periods", KEEPERS, targets=BY_SCHOOL),
    ("POST", PERIODS): sent(
        lambda s: "/periods",
        lambda s: {"action": "close", "month": "2024-05", "reason": "hết kỳ"},
        KEEPERS,
        targets=BY_SCHOOL,
    ),
    ("POST", PERIODS + "/{change_id}/drop"): sent(
        lambda s: f"/periods/{s.made}/drop", nothing, KEEPERS, prepare=book_lines.change
    ),
    ("POST", PERIODS + "/{change_id}/confirm"): sent(
        lambda s: f"/periods/{s.made}/confirm", nothing, KEEPERS, prepare=book_lines.change
    ),
    ("GET", "/console/{school_id}/balances"): shown(lambda s: "/balances", KEEPERS, targets=BY_SCHOOL),
    ("GET", "/console/{school_id}/bank-accounts"): shown(lambda s: "/bank-accounts", KEEPERS, targets=BY_SCHOOL),
    ("POST", "/console/{school_id}/bank-accounts"): Line(
        ask=lambda s: Ask(
            base(s) + "/bank-accounts",
            form={"bank_bin": "970422", "account_number": fresh_phone()[1:], "account_name": "TRUONG THCS"},
        ),
        allowed=ADMINS,
        targets=BY_SCHOOL,
        by_cookie=True,
        passes={200},
    ),
    ("GET", "/console/{school_id}/bank-feeds"): shown(lambda s: "/bank-feeds", KEEPERS, targets=BY_SCHOOL),
    ("POST", "/console/{school_id}/bank-feeds"): Line(
        ask=lambda s: Ask(
            base(s) + "/bank-feeds",
            form={"bank_account_id": str(s.made["bank_account_id"]), "gateway": "casso token"},
        ),
        allowed=ADMINS,
        targets=BY_SCHOOL,
        by_cookie=True,
        prepare=hooked,
        passes={200},
    ),
    ("POST", "/console/{school_id}/bank-feeds/{hook_key}/rotate"): Line(
        ask=lambda s: Ask(base(s) + f"/bank-feeds/{s.made['hook_key']}/rotate", form={"token": "sepay-list-token"}),
        allowed=ADMINS,
        targets=BY_SCHOOL,
        by_cookie=True,
        prepare=hooked,
        passes={200},
    ),
    ("POST", "/console/{school_id}/bank-feeds/{hook_key}/close"): Line(
        ask=lambda s: Ask(base(s) + f"/bank-feeds/{s.made['hook_key']}/close", form={}),
        allowed=ADMINS,
        targets=BY_SCHOOL,
        by_cookie=True,
        prepare=hooked,
    ),
    # The roll of pupils, and who works here.
    ("GET", "/console/{school_id}/classes"): shown(lambda s: "/classes?find=an", STAFF, targets=BY_SCHOOL),
    ("GET", "/console/{school_id}/classes/{class_id}"): shown(of_class(""), TEACHERS | ACCOUNTANTS | ADMINS),
    ("GET", "/console/{school_id}/classes/{class_id}/register"): shown(
        of_class("/register?month=2026-10"), TEACHERS | ADMINS
    ),
    ("GET", "/console/{school_id}/classes/{class_id}/averages"): shown(of_class("/averages?term=1"), HOMEROOM | ADMINS),
    ("GET", "/console/{school_id}/unreached"): shown(lambda s: "/unreached", ADMINS, targets=BY_SCHOOL),
    ("GET", "/console/{school_id}/classes/{class_id}/teachers"): shown(of_class("/teachers"), ADMINS),
    ("POST", "/console/{school_id}/classes/{class_id}/teachers"): sent(of_class("/teachers"), nothing, ADMINS),
    ("GET", "/console/{school_id}/pupils/{pupil_id}"): shown(of_pupil(), HOMEROOM | ACCOUNTANTS | ADMINS),
    ("GET", "/console/{school_id}/pupils/new"): shown(lambda s: "/pupils/new", ADMINS, targets=BY_SCHOOL),
    ("POST", "/console/{school_id}/pupils/new"): sent(
        lambda s: "/pupils/new",
        lambda s: {"pupil_id": str(new_id()), "full_name": "Lý Thị Mới", "class_id": str(s.target.class_id)},
        ADMINS,
    ),
    ("POST", "/console/{school_id}/pupils/{pupil_id}/transfer"): sent(
        of_pupil("/transfer"),
        lambda s: {"class_id": str(s.world.other_class_id), "on": "2026-10-20"},
        ADMINS,
        targets=("own", "classmate"),
    ),
    ("POST", GUARDIAN + "/phone"): sent(
        lambda s: of_pupil(f"/guardians/{s.target.guardian.person_id}/phone")(s),
        lambda s: {"phone": s.target.guardian.phone},
        ADMINS,
    ),
    ("POST", GUARDIAN + "/custody"): sent(
        lambda s: of_pupil(f"/guardians/{s.target.guardian.person_id}/custody")(s),
        lambda s: {"can_view": "yes", "can_act": "yes", "gets_notices": "yes"},
        ADMINS,
    ),
    ("GET", "/console/{school_id}/staff"): shown(lambda s: "/staff", ADMINS, targets=BY_SCHOOL),
    ("POST", MEMBER + "/grant"): sent(of_member("/grant"), lambda s: {"role": "accountant"}, ADMINS, targets=BY_SCHOOL),
    ("POST", MEMBER + "/take"): sent(of_member("/take"), lambda s: {"role": "accountant"}, ADMINS, targets=BY_SCHOOL),
    ("POST", MEMBER + "/invite"): sent(of_member("/invite"), nothing, ADMINS, targets=BY_SCHOOL),
    ("GET", "/console/{school_id}/calendar"): shown(lambda s: "/calendar", STAFF, targets=BY_SCHOOL),
    ("POST", "/console/{school_id}/calendar/close"): sent(
        lambda s: "/calendar/close", lambda s: {"on": "2026-10-08", "reason": "Bão số 9"}, ADMINS, targets=BY_SCHOOL
    ),
    ("POST", "/console/{school_id}/calendar/open/{day}"): sent(
        lambda s: "/calendar/open/2026-10-07", nothing, ADMINS, targets=BY_SCHOOL, prepare=a_closed_day
    ),
    ("GET", "/console/{school_id}/contacts"): shown(lambda s: "/contacts", ADMINS, targets=BY_SCHOOL),
    ("GET", "/console/{school_id}/audit"): shown(lambda s: "/audit", ADMINS, targets=BY_SCHOOL),
    ("GET", "/console/{school_id}/import"): shown(lambda s: "/import", ADMINS, targets=BY_SCHOOL),
    ("POST", "/console/{school_id}/import"): Line(
        ask=lambda s: Ask(base(s) + "/import", files={"file": ("ds.csv", ROSTER, "text/csv")}),
        allowed=ADMINS,
        targets=BY_SCHOOL,
        by_cookie=True,
        passes={303},
    ),
    ("GET", "/console/{school_id}/import/{import_id}"): shown(
        lambda s: f"/import/{s.made}", ADMINS, targets=BY_SCHOOL, prepare=a_roster
    ),
    ("GET", "/console/{school_id}/import/{import_id}/errors"): shown(
        lambda s: f"/import/{s.made}/errors", ADMINS, targets=BY_SCHOOL, prepare=a_roster
    ),
    ("POST", "/console/{school_id}/import/{import_id}/apply"): sent(
        lambda s: f"/import/{s.made}/apply", nothing, ADMINS, targets=BY_SCHOOL, prepare=a_roster
    ),
    ("GET", "/console/{school_id}/statements"): shown(lambda s: "/statements", KEEPERS, targets=BY_SCHOOL),
    ("POST", "/console/{school_id}/statements"): Line(
        ask=lambda s: Ask(
            base(s) + "/statements",
            files={"file": s.made.file, "bank_account_id": (None, str(s.made.bank_account_id))},
        ),
        allowed=ACCOUNTANTS,
        targets=BY_SCHOOL,
        prepare=a_statement,
        by_cookie=True,
        passes={303},
    ),
    ("GET", "/console/{school_id}/statements/{statement_id}"): shown(
        lambda s: f"/statements/{s.made.statement_id}", KEEPERS, targets=BY_SCHOOL, prepare=a_statement
    ),
    ("GET", "/console/{school_id}/statements/{statement_id}/errors"): shown(
        lambda s: f"/statements/{s.made.statement_id}/errors", KEEPERS, targets=BY_SCHOOL, prepare=a_statement
    ),
    ("POST", "/console/{school_id}/statements/{statement_id}/columns"): sent(
        lambda s: f"/statements/{s.made.statement_id}/columns",
        columns_form,
        ACCOUNTANTS,
        targets=BY_SCHOOL,
        prepare=a_statement,
    ),
    ("POST", "/console/{school_id}/statements/{statement_id}/apply"): sent(
        lambda s: f"/statements/{s.made.statement_id}/apply",
        nothing,
        ACCOUNTANTS,
        targets=BY_SCHOOL,
        prepare=a_statement,
    ),
    ("GET", "/console/{school_id}/inbox"): shown(lambda s: "/inbox", ADMINS, targets=BY_SCHOOL),
    ("POST", "/console/{school_id}/inbox/{handoff_id}"): sent(
        lambda s: f"/inbox/{s.made}", lambda s: {"text": "Đã gọi điện."}, ADMINS, targets=BY_SCHOOL, prepare=a_question
    ),
    # One's own account.
    ("GET", "/console/account"): Line(
        ask=lambda s: Ask("/console/account"), allowed=SIGNED_IN, targets=NOTHING, by_cookie=True
    ),
    ("POST", "/console/account/password"): own_page(
        "/password", lambda s: {"password": "con mèo trèo cây cau"}, session_of_asker
    ),
    ("POST", "/console/account/second-factor"): own_page("/second-factor", nothing, password_of_asker),
    ("POST", "/console/account/second-factor/confirm"): own_page(
        "/second-factor/confirm", lambda s: {"totp": s.made}, begun_by_asker
    ),
    ("POST", "/console/account/second-factor/check"): own_page(
        "/second-factor/check", lambda s: {"totp": s.made}, turned_on_by_asker
    ),
    ("POST", "/console/account/second-factor/off"): own_page(
        "/second-factor/off", lambda s: {"totp": s.made}, turned_on_by_asker
    ),
}
