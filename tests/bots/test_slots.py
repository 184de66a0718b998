"""The particulars of a question, as people really write them."""

from __future__ import annotations

import pytest

from bots.normalise import normalise
from bots.slots import read


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("bé Na hôm nay tới lớp chưa", {"child": "Na", "day": "today"}),
        ("cháu Minh Anh lớp 3B nghỉ mấy buổi", {"child": "Minh Anh", "grade": 3, "level": "primary"}),
        ("con gái Bảo Ngọc được mấy điểm toán", {"child": "Bảo Ngọc", "subject": "TOAN"}),
        ("con út nhà tôi mai học gì", {"child_order": "youngest", "day": "tomorrow"}),
        ("con cả thứ 5 có tiết hoá không", {"child_order": "oldest", "day": "weekday-4", "subject": "HH"}),
        ("đứa thứ hai nhà tôi còn nợ 1tr2", {"child_order": "second", "amount": 1_200_000}),
        ("my eldest daughter's math mark in term 2", {"subject": "TOAN", "term": 2}),
        ("lớp lá nghỉ hè khi nào", {"level": "preschool"}),
        ("chuyển trường cấp 2", {"level": "lower-secondary"}),
        ("vào lớp mười", {"grade": 10, "level": "upper-secondary"}),
        ("l7a2 hoc thu may", {"grade": 7, "level": "lower-secondary"}),
        ("giữa kỳ 1 môn Văn được mấy", {"subject": "VAN", "exam": "mid-term", "term": 1}),
        ("diem anh van hk2", {"term": 2}),
        ("bai tap van hom nay", {"subject": "VAN", "day": "today"}),
        ("bài tập vẫn chưa xong", {}),
        ("ngày mốt con có học không", {"day": "day-after-tomorrow"}),
        ("hôm qua con vắng à", {"day": "yesterday"}),
        ("thứ bảy có học không", {"day": "weekday-6"}),
        ("chủ nhật họp phụ huynh à", {"day": "weekday-7"}),
        ("homework for Monday", {"day": "weekday-1"}),
        ("ngày 24/11 có nghỉ không", {"day": "24/11"}),
        ("tháng 10 con nghỉ mấy buổi", {"month": 10}),
        ("tháng trước con nghỉ mấy buổi", {"month": "last"}),
        ("nộp 2.500.000đ bảo hiểm y tế", {"amount": 2_500_000, "fee_item": "insurance"}),
        ("đóng dư 350k tiền ăn", {"amount": 350_000, "fee_item": "lunch"}),
        ("tiền xe đưa đón 2,5 triệu", {"amount": 2_500_000, "fee_item": "bus"}),
        ("đã nộp 510 k rồi", {"amount": 510_000}),
        ("còn thiếu 15 k tiền ăn", {"amount": 15_000, "fee_item": "lunch"}),
        ("quỹ lớp 200 nghìn", {"amount": 200_000, "fee_item": "fund"}),
        ("BHYT lớp 6 đóng bao nhiêu", {"fee_item": "insurance", "grade": 6}),
    ],
)
def test_particulars_are_read(text: str, found: dict[str, str | int]) -> None:
    slots = read(normalise(text))
    assert {name: slots.get(name) for name in found} == found


@pytest.mark.parametrize(
    ("text", "absent"),
    [
        ("đứa thứ hai nhà tôi", "day"),
        ("nguyện vọng thứ 2 tính sao", "day"),
        ("lần thứ ba rồi", "day"),
        ("con có đi học không", "child"),
        ("CON TÔI HỌC LỚP MẤY", "child"),
        ("lớp 7 k", "amount"),
        ("lớp 10 k", "amount"),
        ("năm 2027", "amount"),
        ("bé 3 tuổi", "grade"),
        ("gọi 0912345678", "amount"),
        ("thi hết môn", "subject"),
    ],
)
def test_nothing_is_guessed(text: str, absent: str) -> None:
    assert absent not in read(normalise(text))
