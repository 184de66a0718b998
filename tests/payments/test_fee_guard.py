"""The thirty-odd things a school may not collect, each beside its lawful neighbour: the yes and the no with the same set-up."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.fees.guard import Basis, Item, School, check
from payments.fees.rules import rules

ON = date(2026, 9, 10)
PUBLIC, PRIVATE = School("public", "79"), School("private", "79")
COUNCIL = Basis("18/2025/NQ-HĐND", "HĐND TP. Hồ Chí Minh", date(2025, 7, 28))
LUNCH: dict[str, Any] = {
    "title": "Phục vụ bán trú", "category": "service", "obligatory": False, "unit_amount": 300_000,
    "basis": COUNCIL, "cap_amount": 350_000, "cap_document": "18/2025/NQ-HĐND",
}  # fmt: skip
ON_BEHALF: dict[str, Any] = {
    "title": "Bảo hiểm y tế học sinh", "category": "collected_on_behalf", "obligatory": True, "unit_amount": 884_520,
    "basis": Basis("Luật Bảo hiểm y tế"), "receiver": "social_insurance",
}  # fmt: skip
BOARD: dict[str, Any] = {
    "title": "Ủng hộ ban đại diện cha mẹ học sinh", "category": "parents_board", "obligatory": False, "unit_amount": 50_000,
    "receiver": "parents_board", "equal_share": False, "planned_use": "Thăm hỏi học sinh ốm, hoạt động ngày hội của các con",
}  # fmt: skip
GIFT: dict[str, Any] = {
    "title": "Tài trợ thư viện", "category": "sponsorship", "obligatory": False, "unit_amount": 50_000, "equal_share": False,
    "basis": Basis("Kế hoạch 12/KH-THCS đã được Sở phê duyệt"), "planned_use": "Mua sách cho thư viện",
}  # fmt: skip
AGREED: dict[str, Any] = {
    "title": "Nước uống", "category": "agreed", "obligatory": False, "unit_amount": 15_000, "basis": COUNCIL,
}  # fmt: skip
TUITION: dict[str, Any] = {
    "title": "Học phí", "category": "tuition", "obligatory": True, "unit_amount": 4_000_000,
    "basis": Basis("Quyết định 07/QĐ-HĐT", "Hội đồng trường", date(2026, 6, 1)),
}  # fmt: skip


def broken(school: School, on: date = ON, **item: Any) -> list[str]:
    return [violation.rule for violation in check(Item(**item), school, on=on)]


# rule, what the school tries (changes), the lawful item they change, and where.
ILLEGAL: list[tuple[str, dict[str, Any], dict[str, Any], School]] = [
    ("tuition_in_public_school", {"category": "tuition", "title": "Học phí tháng 9"}, AGREED, PUBLIC),
    ("tuition_by_another_name", {"title": "HOC PHI thang 9"}, LUNCH, PUBLIC),
    ("tuition_by_another_name", {"title": "Phụ thu học phí buổi 2"}, AGREED, PUBLIC),
    ("foreigners_without_basis", {"category": "tuition", "for_foreigners": True, "basis": None}, AGREED, PUBLIC),
    ("class_fund", {"title": "Quỹ lớp 6A1"}, AGREED, PUBLIC),
    ("class_fund", {"title": "Tiền quy lop ky 1", "category": "voluntary"}, AGREED, PRIVATE),
    ("parents_fund_by_the_school", {"receiver": "school"}, BOARD, PUBLIC),
    ("parents_fund_by_the_school", {"title": "Quỹ phụ huynh", "category": "voluntary"}, BOARD, PUBLIC),
    ("parents_fund_obligatory", {"obligatory": True}, BOARD, PUBLIC),
    ("parents_fund_per_head", {"equal_share": True}, BOARD, PUBLIC),
    ("parents_fund_use", {"planned_use": "Trả lương bảo vệ"}, BOARD, PUBLIC),
    ("parents_fund_use", {"planned_use": "Mua máy chiếu cho lớp"}, BOARD, PUBLIC),
    ("parents_fund_use", {"planned_use": "Sửa chữa nhà vệ sinh"}, BOARD, PUBLIC),
    ("parents_fund_use", {"planned_use": "Khen thưởng giáo viên"}, BOARD, PUBLIC),
    ("voluntary_without_purpose", {"planned_use": "  "}, BOARD, PUBLIC),
    ("sponsorship_obligatory", {"obligatory": True}, GIFT, PUBLIC),
    ("sponsorship_per_head", {"equal_share": True}, GIFT, PUBLIC),
    ("sponsorship_without_plan", {"basis": None}, GIFT, PUBLIC),
    ("sponsorship_as_condition", {"planned_use": "Đóng đủ mới được nhận vào lớp 1"}, GIFT, PUBLIC),
    ("socialised_obligatory", {"title": "Xã hội hóa giáo dục", "obligatory": True}, AGREED, PUBLIC),
    ("socialised_obligatory", {"title": "Đóng góp cơ sở vật chất"}, LUNCH, PUBLIC),
    ("extra_teaching", {"title": "Dạy thêm môn Toán"}, AGREED, PUBLIC),
    ("extra_teaching", {"title": "Tiền học thêm buổi chiều"}, LUNCH, PUBLIC),
    ("extra_teaching", {"title": "Ôn thi vào lớp 10"}, AGREED, PUBLIC),
    ("voluntary_obligatory", {"category": "voluntary", "obligatory": True}, AGREED, PUBLIC),
    ("agreed_obligatory", {"obligatory": True}, AGREED, PUBLIC),
    ("accident_insurance_obligatory", {"title": "Bảo hiểm thân thể", "receiver": "third_party", "receiver_name": "Bảo Việt"},
     ON_BEHALF, PUBLIC),
    ("health_insurance_receiver", {"receiver": "third_party", "receiver_name": "Công ty A"}, ON_BEHALF, PUBLIC),
    ("health_insurance_category", {"category": "service", "cap_document": "18/2025/NQ-HĐND", "cap_amount": 900_000}, ON_BEHALF, PUBLIC),
    ("on_behalf_without_receiver", {"title": "Thu hộ vé xe buýt", "receiver": "school"}, ON_BEHALF, PUBLIC),
    ("on_behalf_without_receiver", {"title": "Thu hộ vé xe buýt", "receiver": "third_party"}, ON_BEHALF, PRIVATE),
    ("third_party_unnamed", {"receiver": "third_party"}, AGREED, PUBLIC),
    ("no_basis", {"basis": None}, AGREED, PUBLIC),
    ("no_basis", {"basis": Basis("  ")}, LUNCH, PUBLIC),
    ("no_basis", {"basis": None}, TUITION, PRIVATE),
    ("basis_in_the_future", {"basis": Basis("20/2027/NQ-HĐND", None, date(2027, 1, 1))}, AGREED, PUBLIC),
    ("basis_repealed", {"basis": Basis("Nghị định 81/2021/NĐ-CP")}, AGREED, PUBLIC),
    ("item_expired", {"valid_from": date(2025, 9, 1), "valid_to": date(2026, 5, 31)}, LUNCH, PUBLIC),
    ("service_without_council", {"cap_document": None, "cap_amount": None}, LUNCH, PUBLIC),
    ("cap_unknown", {"cap_amount": None}, LUNCH, PUBLIC),
    ("over_the_cap", {"unit_amount": 350_001}, LUNCH, PUBLIC),
    ("rise_over_the_limit", {"previous_amount": 260_000}, LUNCH, PUBLIC),
    ("collected_by_a_teacher", {"collected_by": "teacher"}, AGREED, PUBLIC),
    ("no_document", {"document_type": "none"}, LUNCH, PUBLIC),
    ("admission_deposit", {"title": "Tiền giữ chỗ lớp 6"}, AGREED, PUBLIC),
    ("facilities", {"title": "Cơ sở vật chất"}, AGREED, PUBLIC),
    ("facilities", {"title": "Lắp điều hòa phòng học"}, AGREED, PUBLIC),
    ("guarding_and_cleaning", {"title": "Tiền bảo vệ"}, AGREED, PUBLIC),
    ("guarding_and_cleaning", {"title": "Lao công"}, AGREED, PUBLIC),
    ("tests_and_papers", {"title": "In đề kiểm tra"}, AGREED, PUBLIC),
    ("gifts_to_staff", {"title": "Quà 20/11"}, AGREED, PUBLIC),
    ("gifts_to_staff", {"title": "Lì xì giáo viên"}, AGREED, PUBLIC),
    ("fine", {"title": "Phạt đi trễ"}, AGREED, PRIVATE),
    ("fine", {"title": "phi nop cham"}, AGREED, PUBLIC),
    ("tuition_by_another_name", {"title": "Tiền học tháng 11"}, AGREED, PUBLIC),
    ("class_fund", {"title": "Quỹ khuyến học lớp"}, AGREED, PUBLIC),
    ("parents_fund_by_the_school", {"title": "quy hoi cmhs"}, AGREED, PUBLIC),
    ("guarding_and_cleaning", {"title": "Gửi xe"}, AGREED, PUBLIC),
    ("tests_and_papers", {"title": "Tiền photo tài liệu"}, AGREED, PUBLIC),
    ("service_by_another_name", {"title": "Tiền học 2 buổi/ngày", "basis": Basis("Biên bản họp phụ huynh")}, AGREED, PUBLIC),
    ("service_by_another_name", {"title": "Tiền ăn bán trú", "basis": Basis("Thỏa thuận")}, AGREED, PUBLIC),
    ("tuition_by_another_name", {"title": "H.ọc p.hí kỳ 1"}, AGREED, PUBLIC),
    ("tuition_by_another_name", {"title": "hocphi"}, AGREED, PUBLIC),
    ("extra_teaching", {"title": "Bồi dưỡng văn hóa ngoài giờ"}, AGREED, PUBLIC),
    ("extra_teaching", {"title": "Lớp bồi dưỡng HSG"}, LUNCH, PUBLIC),
    ("class_fund", {"title": "Quỹ của lớp 6A1"}, AGREED, PUBLIC),
    ("parents_fund_by_the_school", {"title": "Kinh phí Ban đại diện CMHS", "category": "voluntary"}, AGREED, PUBLIC),
    ("facilities", {"title": "Cải tạo nhà vệ sinh"}, AGREED, PUBLIC),
    ("admission_deposit", {"title": "Tiền cọc nhập học"}, AGREED, PUBLIC),
    ("tests_and_papers", {"title": "Phí khảo sát chất lượng đầu năm"}, AGREED, PUBLIC),
    ("gifts_to_staff", {"title": "Tri ân thầy cô ngày Nhà giáo", "category": "voluntary"}, AGREED, PUBLIC),
    ("gifts_to_staff", {"title": "Tiền Tết cho giáo viên"}, AGREED, PUBLIC),
    ("fine", {"title": "Phạt đi học muộn"}, AGREED, PRIVATE),
    ("goods_obligatory", {"title": "Đồng phục", "category": "collected_on_behalf", "obligatory": True, "receiver": "third_party",
                          "receiver_name": "Công ty may"}, AGREED, PUBLIC),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "tried", "lawful", "school"), ILLEGAL)
def test_what_is_forbidden_is_refused_by_name_and_its_lawful_neighbour_passes(
    rule: str, tried: dict[str, Any], lawful: dict[str, Any], school: School
) -> None:
    assert rule in broken(school, **{**lawful, **tried})
    assert broken(school, **lawful) == []


def test_there_are_more_than_thirty_cases_and_every_rule_has_one() -> None:
    assert len(ILLEGAL) >= 30
    assert {rule for rule, *_ in ILLEGAL} == set(rules().rule)


@pytest.mark.parametrize(
    ("school", "item"),
    [
        (PRIVATE, TUITION),
        (PUBLIC, {**TUITION, "for_foreigners": True}),
        (PUBLIC, {**LUNCH, "title": "Sử dụng máy lạnh lớp học"}),
        (PUBLIC, {**LUNCH, "title": "Vệ sinh lớp học"}),
        (PUBLIC, {**LUNCH, "previous_amount": 261_000}),
        (School("public", "46"), {**LUNCH, "previous_amount": 200_000}),
        (PUBLIC, {**AGREED, "title": "Học bơi, kỹ năng bảo vệ môi trường"}),
        (PUBLIC, {**AGREED, "title": "Quỹ học bổng Nguyễn Thị Minh Khai", "category": "voluntary", "planned_use": "Học bổng"}),
        (PUBLIC, {**AGREED, "title": "Bảo hiểm thân thể", "category": "collected_on_behalf", "receiver": "third_party",
                  "receiver_name": "Bảo Việt"}),
        (PUBLIC, {**AGREED, "title": "Đồng phục"}),
        (PUBLIC, {**AGREED, "title": "Phát triển năng lực số"}),
        (PUBLIC, {**AGREED, "title": "Tiền học bơi"}),
        (PUBLIC, {**AGREED, "title": "Trại hè kỹ năng tự bảo vệ", "basis": Basis("Kế hoạch 12/KH-THCS")}),
        (PUBLIC, {**AGREED, "title": "Câu lạc bộ bảo vệ rừng", "basis": Basis("Kế hoạch 12/KH-THCS")}),
        (PUBLIC, {**AGREED, "title": "Lệ phí thi chứng chỉ Cambridge", "basis": Basis("Kế hoạch 12/KH-THCS")}),
        (PRIVATE, {**AGREED, "title": "Tiền ăn bán trú", "basis": Basis("Thỏa thuận")}),
        (PUBLIC, ON_BEHALF),
        (PUBLIC, BOARD),
        (PUBLIC, GIFT),
    ],
)  # fmt: skip
def test_what_is_allowed_passes(school: School, item: dict[str, Any]) -> None:
    assert broken(school, **item) == []


def test_the_day_of_collecting_chooses_the_rules() -> None:
    fee = {**TUITION, "basis": Basis("Nghị định 81/2021/NĐ-CP")}
    assert broken(PUBLIC, on=date(2025, 5, 1), **fee) == []
    assert broken(PUBLIC, **fee) == ["tuition_in_public_school", "basis_repealed"]
    assert "extra_teaching" not in broken(
        PUBLIC, on=date(2025, 1, 10), **{**AGREED, "title": "Học thêm", "basis": Basis("x")}
    )


def test_every_rule_speaks_both_languages_names_its_source_and_a_field() -> None:
    fields = {*Item.__struct_fields__, "basis_on"}
    for name, rule in rules().rule.items():
        assert rule.vi and rule.en and rule.vi != rule.en and rule.source, name
        assert rule.on_field in fields, name


@given(st.sampled_from(ILLEGAL), st.sampled_from(["Đ", " ", "  tháng 9", " (đợt 1)", " năm học 2026-2027"]))
def test_what_is_written_around_a_forbidden_title_hides_nothing(case: Any, around: str) -> None:
    rule, tried, lawful, school = case
    item = {**lawful, **tried}
    assert rule in broken(school, **{**item, "title": f"{item['title']} {around}"})
    assert rule in broken(school, **{**item, "title": item["title"].upper()})


@given(st.sampled_from(ILLEGAL), st.booleans())
def test_a_second_breach_never_hides_the_first(case: Any, teacher: bool) -> None:
    rule, tried, lawful, school = case
    worse = {**lawful, "collected_by": "teacher" if teacher else "school", **tried, "document_type": "none"}
    assert {rule, "no_document"} <= set(broken(school, **worse))


def test_a_violation_is_a_shape_of_the_wire() -> None:
    found = check(Item(**{**LUNCH, "unit_amount": 400_000}), PUBLIC, on=ON)
    assert msgspec.to_builtins(found)[0]["field"] == "unit_amount"
