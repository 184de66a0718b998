"""A school of invented children with their bills, for measuring: names as common as they are, some bills closed."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

from backend.core.text import strip_marks
from payments.shape import check_digit

_RARE_SURNAMES = "Phan,Vũ,Đặng,Bùi,Đỗ,Hồ,Ngô,Dương,Lý,Đào,Đinh,Mai,Lâm,Trương,Hà,Cao,Tạ,Lương,Châu,Thạch,Lò,Vàng"
_COMMON_SURNAMES = (("Nguyễn", 38), ("Trần", 11), ("Lê", 9), ("Phạm", 7), ("Hoàng", 5))
_GIRLS_MIDDLES = "Thị,Thị,Thị,Ngọc,Thu,Minh,Khánh,Bảo,Thị Thu,Ngọc Bảo,Thanh,Hà,Phương,Thị Ngọc,Hoàng"
_BOYS_MIDDLES = "Văn,Văn,Đức,Minh,Quang,Gia,Hữu,Tuấn,Anh,Quốc,Văn Minh,Hoàng,Công,Duy,Đình"
_GIRLS = """
An Anh Bình Chi Dung Giang Hà Hân Hoa Hương Khanh Lan Linh Ly Mai My Nga Ngân Nhi Như Oanh Phương Quyên Thảo Thư Trang Trâm Uyên Vy Yến
"""
_BOYS = """
An Anh Bảo Bình Cường Dũng Duy Đạt Hải Hiếu Hùng Huy Khang Khoa Khôi Kiên Lâm Long Minh Nam Nghĩa Nhân Phát Phong Phúc Quân Sơn Tâm Thành
Tiến Toàn Trung Tú Việt
"""
SURNAMES = [name for name, share in _COMMON_SURNAMES for _ in range(share)] + 2 * _RARE_SURNAMES.split(",")
AMOUNTS = [350_000] * 6 + [1_250_000] * 4 + [180_000, 95_000, 640_000, 2_400_000]
FEES = ["HOC PHI T9", "TIEN AN T9", "hoc phi thang 9", "BHYT 2026", "Tien nuoc", "ban tru thang 10", "hoc 2 buoi"]
HOME = "0123499999"
OTHER = "0123488888"


@dataclass(frozen=True)
class Bill:
    code: str
    pupil: str
    class_name: str
    amount: int
    status: str = "open"
    account: str = HOME

    def row(self) -> dict[str, Any]:
        return {"code": self.code, "pupil": self.pupil, "class": self.class_name, "amount": self.amount,
                "account": self.account, "status": self.status}  # fmt: skip


@dataclass(frozen=True)
class Line:
    """`must`: auto (settled by itself, on exactly these codes), person (never by itself), suggest (a right code among three)."""

    noise: str
    must: str
    memo: str
    amount: int
    codes: tuple[str, ...]
    account: str = HOME

    def row(self) -> dict[str, Any]:
        return {"memo": self.memo, "amount": self.amount, "account": self.account}


@dataclass
class School:
    rng: random.Random
    prefix: str = "HP"
    bills: list[Bill] = field(default_factory=list)
    closed: list[Bill] = field(default_factory=list)
    names: frozenset[str] = frozenset()  # capitals without marks

    def codes(self, count: int, digits: int = 6) -> list[str]:
        bodies = self.rng.sample(range(10 ** (digits - 1), 10**digits), count)
        return [f"{self.prefix}{body}{check_digit(str(body))}" for body in bodies]


def person(rng: random.Random) -> str:
    girl = rng.random() < 0.5
    middles, given = (_GIRLS_MIDDLES, _GIRLS) if girl else (_BOYS_MIDDLES, _BOYS)
    return f"{rng.choice(SURNAMES)} {rng.choice(middles.split(','))} {rng.choice(given.split())}"


def school(seed: int, pupils: int = 2_000) -> School:
    rng = random.Random(seed)
    made = School(rng)
    names = [person(rng) for _ in range(pupils)]
    classes = [f"{grade}A{number}" for grade in range(6, 10) for number in range(1, 13)]
    for name, code in zip(names, made.codes(pupils), strict=True):
        status = rng.choice(["open"] * 18 + ["part", "paid", "cancelled"])
        bill = Bill(code, name, rng.choice(classes), rng.choice(AMOUNTS), status)
        (made.bills if status in ("open", "part") else made.closed).append(bill)
    made.names = frozenset(bare(name).upper() for name in names)
    return made


def bare(text: str) -> str:
    return strip_marks(text)
