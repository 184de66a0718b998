"""Lines without a reference: names and classes as families write them and banks mangle them; a right bill must be among three."""

from __future__ import annotations

from typing import Any

from tests.payments.noise.frames import framed, payer
from tests.payments.noise.kinds import a_bill, noise
from tests.payments.noise.school import Bill, School, bare


def said(at: School, bill: Bill) -> str:
    return at.rng.choice(
        ["nop tien hoc cho {}", "{} nop hoc phi", "hoc phi {}", "chuyen tien {}", "ck hoc phi be {} nhe", "{}"]
    )


def named(at: School, bill: Bill, name: str) -> tuple[str, int, list[str]]:
    with_class = at.rng.choice([f"{name} {bill.class_name}", f"{name} lop {bill.class_name.lower()}", f"{bill.class_name} {name}",
                                f"{name} L{bill.class_name}"])  # fmt: skip
    return framed(at, said(at, bill).format(with_class)), bill.amount, [bill.code]


@noise("suggest", 8)
def name_and_class(at: School) -> tuple[Any, ...]:
    bill = a_bill(at)
    name = bare(bill.pupil)
    return named(at, bill, at.rng.choice([name.upper(), name, name.lower()]))


@noise("suggest", 4)
def name_alone(at: School) -> tuple[Any, ...]:
    bill = a_bill(at)
    return framed(at, said(at, bill).format(bare(bill.pupil))), bill.amount, [bill.code]


@noise("suggest", 4)
def name_turned(at: School) -> tuple[Any, ...]:
    bill = a_bill(at)
    words = bare(bill.pupil).split()
    return named(at, bill, " ".join([words[-1], *words[:-1]]))


@noise("suggest", 4)
def name_shortened(at: School) -> tuple[Any, ...]:
    bill = a_bill(at)
    words = bare(bill.pupil).split()
    short = at.rng.choice([
        " ".join([*(word[0] for word in words[:-1]), words[-1]]),
        ".".join([*(word[0] for word in words[:-1]), words[-1]]),
        " ".join([words[0][:2], *words[1:]]),
        f"{words[0]} {words[-1]}",
        " ".join(words[-2:]),
        "".join(word[0] for word in words[:-1]) + " " + words[-1],
    ])  # fmt: skip
    return named(at, bill, short)


@noise("suggest", 4)
def name_grown_together(at: School) -> tuple[Any, ...]:
    bill = a_bill(at)
    name = "".join(bare(bill.pupil).split())
    tied = at.rng.choice([name.upper(), name.lower(), name]) + at.rng.choice([bill.class_name, f"LOP{bill.class_name}"])
    return framed(at, at.rng.choice(["", "HOCPHI", "noptiencho"]) + tied), bill.amount, [bill.code]


@noise("suggest", 4)
def name_cut_off(at: School) -> tuple[Any, ...]:
    bill = a_bill(at)
    name = bare(bill.pupil).upper()
    memo = at.rng.choice(["nop hoc phi thang 9 cho ", "hoc phi ", "HP thang 9 lop " + bill.class_name + " "])
    keep = max(len(memo) + len(name) - at.rng.randint(1, 3), len(memo) + 9)
    return (memo + name)[:keep], bill.amount, [bill.code]


@noise("suggest", 3)
def name_mistyped(at: School) -> tuple[Any, ...]:
    bill = a_bill(at)
    letters = list(bare(bill.pupil).lower())
    place = at.rng.choice([n for n, letter in enumerate(letters[:-1]) if letter.isalpha()])
    letters[place] = at.rng.choice(["", letters[place] * 2, at.rng.choice("aeiouhn")])
    return named(at, bill, "".join(letters))


@noise("suggest", 3)
def given_name_and_class(at: School) -> tuple[Any, ...]:
    bill = a_bill(at)
    given = bare(bill.pupil).split()[-1]
    return (
        framed(at, f"me {at.rng.choice(['be', 'con', 'chau', 'em'])} {given} lop {bill.class_name} nop tien"),
        bill.amount,
        [bill.code],
    )


@noise("suggest", 3)
def two_children(at: School) -> tuple[Any, ...]:
    one, two = at.rng.sample(at.bills, 2)
    memo = " va ".join(f"{bare(bill.pupil)} {bill.class_name}" for bill in (one, two))
    return framed(at, memo), one.amount + two.amount, [one.code, two.code]


@noise("suggest", 2)
def only_a_payer(at: School) -> tuple[Any, ...]:
    """Nothing tells the child: it is counted, as it is in life."""
    bill = a_bill(at)
    return f"{payer(at)} chuyen tien", bill.amount, [bill.code]
