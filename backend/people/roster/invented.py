"""An invented secondary school: pupils, families, classes and staff, the same for the same seed. No person in it exists."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass, field

from backend.core.text import strip_marks
from backend.people.roster.personal_ids import PROVINCES
from schemas.roster import RosterGuardian, RosterPupil, RosterStaff, Sex, Teaching

_NAMES = """
    Nguyễn Trần Lê Phạm Hoàng Huỳnh Phan Vũ Võ Đặng Bùi Đỗ Hồ Ngô Dương Lý Đào Đoàn Trịnh Đinh Mai Tô Lương Hà Cao
|
    An Bách Bình Cường Dũng Duy Đạt Đức Hải Hiếu Hoàng Huy Hùng Khang Khôi Kiên Lâm Long Minh Nam Nghĩa Nguyên Phong
    Phúc Quân Sơn Tài Thắng Thịnh Tiến Toàn Trí Trung Tuấn Tú Việt Vinh Vũ
|
    An Anh Ánh Châu Chi Diệp Dung Đào Giang Hà Hân Hạnh Hiền Hoa Hồng Huyền Hương Lan Linh Loan Ly Mai My Nga Ngân Ngọc
    Nguyệt Nhi Nhung Oanh Phương Quyên Quỳnh Tâm Thảo Thúy Trang Trâm Uyên Vân Vy Xuân Yến Ý
"""
_FAMILY, _BOYS, _GIRLS = (part.split() for part in _NAMES.split("|"))
_FAMILY_WEIGHTS = [31, 11, 9, 7, 5, 5, 4, 4, 3, 3, 2, 2] + [1] * 13
_MIDDLE = """
    Văn, Đức, Minh, Hữu, Quang, Gia, Tuấn, Anh, Quốc, Thành, Ngọc, Bảo, Xuân, Đình, Công
|
    Thị, Thị, Thị Ngọc, Ngọc, Thu, Khánh, Thùy, Phương, Minh, Bảo, Thị Thanh, Hà, Mai, Quỳnh
"""
_BOY_MIDDLE, _GIRL_MIDDLE = ([name.strip() for name in part.split(",")] for part in _MIDDLE.split("|"))
_PHONE_PREFIXES = [
    f"0{two}" for two in (32, 33, 35, 37, 39, 56, 70, 76, 79, 83, 84, 85, 86, 88, 90, 91, 94, 96, 97, 98)
]
# Subject, weekly share: enough teachers for each.
_SUBJECTS = [
    ("Toán", 9), ("Ngữ văn", 9), ("Tiếng Anh", 7), ("Khoa học tự nhiên", 8), ("Lịch sử và Địa lí", 6), ("Giáo dục công dân", 2),
    ("Tin học", 3), ("Công nghệ", 3), ("Giáo dục thể chất", 4), ("Nghệ thuật", 4),
]  # fmt: skip


@dataclass
class InventedSchool:
    name: str
    department: str
    school_year: str
    classes: list[str]
    pupils: list[RosterPupil] = field(default_factory=list)
    staff: list[RosterStaff] = field(default_factory=list)


class _Inventor:
    def __init__(self, seed: int, year: int) -> None:
        self.random = random.Random(seed)
        self._year = year
        self._phones: set[str] = set()
        self._personal: set[str] = set()

    def phone(self) -> str:
        while True:
            digits = self.random.choice(_PHONE_PREFIXES) + f"{self.random.randrange(10_000_000):07d}"
            if digits not in self._phones:
                self._phones.add(digits)
                return "+84" + digits[1:]

    def name(self, sex: Sex, family: str | None = None) -> str:
        family = family or self.random.choices(_FAMILY, _FAMILY_WEIGHTS)[0]
        middle = self.random.choice(_BOY_MIDDLE if sex == "male" else _GIRL_MIDDLE)
        return f"{family} {middle} {self.random.choice(_BOYS if sex == 'male' else _GIRLS)}"

    def personal_id(self, sex: Sex, born_on: dt.date) -> str:
        while True:
            province = self.random.choices(
                ["031", "001", "034", "0" + self.random.choice(sorted(PROVINCES))], [70, 10, 10, 10]
            )[0]
            century = 2 * (born_on.year // 100 - 19) + (sex == "female")
            number = f"{province}{century}{born_on.year % 100:02d}{self.random.randrange(1_000_000):06d}"
            if number not in self._personal:
                self._personal.add(number)
                return number

    def born_on(self, grade: int) -> dt.date:
        late = self.random.choices([0, 1, 2], [96, 3, 1])[0]
        return dt.date(self._year - grade - 5 - late, 1, 1) + dt.timedelta(days=self.random.randrange(365))

    def family(self, pupil_name: str) -> list[RosterGuardian]:
        family_name = pupil_name.split()[0]
        kind = self.random.choices(["both", "mother", "father", "other"], [82, 9, 5, 4])[0]
        guardians = []
        if kind in ("both", "father"):
            guardians.append(RosterGuardian(self.name("male", family_name), self.phone(), "father"))
        if kind in ("both", "mother"):
            phone = self.phone() if kind == "mother" or self.random.random() < 0.85 else None
            guardians.append(RosterGuardian(self.name("female"), phone, "mother"))
        if kind == "other":
            guardians.append(RosterGuardian(self.name("female"), self.phone(), "guardian"))
        return guardians


def invent_school(
    seed: int = 1,
    *,
    pupils: int = 1200,
    classes: int = 35,
    staff: int = 60,
    year: int = 2026,
    name: str = "Trường THCS Nguyễn Trãi",
) -> InventedSchool:
    """`year` is the one in which the school year begins. Siblings share a family; a few pupils share their full name."""
    inventor = _Inventor(seed, year)
    names = class_names(classes)
    school = InventedSchool(name, "SỞ GIÁO DỤC VÀ ĐÀO TẠO HẢI PHÒNG", f"{year}-{year + 1}", names)
    for number in range(pupils):
        class_name = names[number * classes // pupils]
        school.pupils.append(_pupil(inventor, class_name, number, school.pupils))
    school.staff = _staff(inventor, names, staff)
    return school


def class_names(count: int) -> list[str]:
    """Spread over grades 6 to 9: 6A1, 6A2, …"""
    sizes = [count // 4 + (1 if position < count % 4 else 0) for position in range(4)]
    return [f"{grade}A{index}" for grade, size in zip((6, 7, 8, 9), sizes, strict=True) for index in range(1, size + 1)]


def _pupil(inventor: _Inventor, class_name: str, number: int, before: list[RosterPupil]) -> RosterPupil:
    chance = inventor.random
    sex: Sex = "male" if chance.random() < 0.52 else "female"
    born_on = inventor.born_on(int(class_name[0]))
    sibling = chance.choice(before) if before and chance.random() < 0.12 else None
    father = next((g.name for g in sibling.guardians if g.relation == "father" and g.name), None) if sibling else None
    family_name = father.split()[0] if father else None
    full_name = inventor.name(sex, family_name)
    while any(p.full_name == full_name and (p.born_on == born_on or p.class_name == class_name) for p in before):
        full_name = inventor.name(sex, family_name)
    return RosterPupil(
        full_name=full_name,
        class_name=class_name,
        born_on=born_on,
        sex=sex,
        personal_id=inventor.personal_id(sex, born_on),
        moedu_id=f"31{2_600_000 + number:08d}",
        guardians=list(sibling.guardians) if sibling else inventor.family(full_name),
        school_code=f"HS{number + 1:05d}",
    )


def _staff(inventor: _Inventor, classes: list[str], count: int) -> list[RosterStaff]:
    posts = ["Hiệu trưởng", "Phó hiệu trưởng", "Phó hiệu trưởng", "Kế toán", "Văn thư"][: max(count - 1, 0)]
    posts += ["Giáo viên"] * (count - len(posts))
    people = [_colleague(inventor, post) for post in posts]
    teachers = [person for person in people if person.position == "Giáo viên"]
    pool = [subject for subject, share in _SUBJECTS for _ in range(share)]
    for position, teacher in enumerate(teachers):
        teacher.subjects = [pool[position * len(pool) // max(len(teachers), 1)]]
    for class_name, teacher in zip(
        classes, inventor.random.sample(teachers, min(len(classes), len(teachers))), strict=False
    ):
        teacher.homeroom = class_name
    for subject, _ in _SUBJECTS:
        _share_out(subject, [t for t in teachers if subject in t.subjects], classes)
    return people


def _colleague(inventor: _Inventor, post: str) -> RosterStaff:
    name = inventor.name("male" if inventor.random.random() < 0.3 else "female")
    mail = strip_marks(name.split()[-1] + "." + "".join(w[0] for w in name.split()[:-1])).lower()
    return RosterStaff(
        name, inventor.phone(), f"{mail}{inventor.random.randrange(100):02d}@thcsnguyentrai.example", post
    )


def _share_out(subject: str, teachers: list[RosterStaff], classes: list[str]) -> None:
    if not teachers:
        return
    for position, teacher in enumerate(teachers):
        taught = classes[position * len(classes) // len(teachers) : (position + 1) * len(classes) // len(teachers)]
        if taught:
            teacher.teaching = [Teaching(subject, taught)]
