"""Lines that carry a reference: whole, and then the machine settles; or in some way not to be trusted, and then it must not."""

from __future__ import annotations

import unicodedata
from typing import Any

from tests.payments.noise.frames import digits, framed, wallet
from tests.payments.noise.kinds import a_bill, noise, qr
from tests.payments.noise.school import FEES, OTHER, School, bare

# With a full reference: settled by the machine.


@noise("auto", 14)
def qr_memo(at: School) -> tuple[Any, ...]:
    bill = a_bill(at)
    return qr(at, bill), bill.amount, [bill.code]


@noise("auto", 24)
def in_a_banks_frame(at: School) -> tuple[Any, ...]:
    bill = a_bill(at)
    return framed(at, qr(at, bill)), bill.amount, [bill.code]


@noise("auto", 4)
def in_a_wallets_frame(at: School) -> tuple[Any, ...]:
    bill = a_bill(at)
    return wallet(at, qr(at, bill)), bill.amount, [bill.code]


@noise("auto", 6)
def other_case(at: School) -> tuple[Any, ...]:
    bill = a_bill(at)
    memo = qr(at, bill)
    return at.rng.choice([memo.lower(), memo.title(), memo.swapcase()]), bill.amount, [bill.code]


@noise("auto", 6)
def broken_inside(at: School) -> tuple[Any, ...]:
    bill = a_bill(at)
    where = at.rng.choice([2, 2, at.rng.randint(3, 8)])
    code = bill.code[:where] + at.rng.choice(" .-\n") + bill.code[where:]
    return framed(at, f"{code} {at.rng.choice(FEES)}"), bill.amount, [bill.code]


@noise("auto", 6)
def grown_together(at: School) -> tuple[Any, ...]:
    bill = a_bill(at)
    fee = at.rng.choice(["HOCPHI", "hocphithang", "TIENAN", "NOPTIEN"])
    before = at.rng.choice(["IBFT", "noptien", digits(at.rng, 6), ""])
    return f"{before}{bill.code}{at.rng.choice([fee, digits(at.rng, 10), fee])}", bill.amount, [bill.code]


@noise("auto", 4)
def other_writing(at: School) -> tuple[Any, ...]:
    bill = a_bill(at)
    wide = "".join(chr(ord(c) + 0xFEE0) if c.isalnum() else c for c in bill.code)
    marked = unicodedata.normalize("NFD", f"Đóng học phí cho cháu {bill.code} tháng chín")
    return (
        at.rng.choice([f"{wide} học phí", marked, f"{bill.code[:5]}\u200b{bill.code[5:]} nộp tiền"]),
        bill.amount,
        [bill.code],
    )


@noise("auto", 6)
def a_part_of_it(at: School) -> tuple[Any, ...]:
    bill = a_bill(at)
    return framed(at, qr(at, bill)), at.rng.choice([bill.amount // 2, bill.amount - 1_000, 50_000]), [bill.code]


@noise("auto", 4)
def two_references(at: School) -> tuple[Any, ...]:
    one, two = at.rng.sample(at.bills, 2)
    return (
        framed(at, f"{one.code}{at.rng.choice([' ', ',', ' va ', '-'])}{two.code}"),
        one.amount + two.amount,
        [one.code, two.code],
    )


@noise("auto", 6)
def with_the_childs_name(at: School) -> tuple[Any, ...]:
    bill = a_bill(at)
    return framed(at, f"{bill.code} {bare(bill.pupil).upper()} {bill.class_name}"), bill.amount, [bill.code]


@noise("auto", 4)
def cut_behind_the_reference(at: School) -> tuple[Any, ...]:
    bill = a_bill(at)
    memo = f"{bill.code} nop hoc phi cho con {bare(bill.pupil)} lop {bill.class_name}"
    return framed(at, memo[: at.rng.randint(len(bill.code) + 1, 40)]), bill.amount, [bill.code]


# A reference that must not move money by itself.


@noise("person", 3)
def two_references_another_sum(at: School) -> tuple[Any, ...]:
    one, two = at.rng.sample(at.bills, 2)
    return f"{one.code} {two.code}", max(1, one.amount + two.amount - 10_000), [one.code, two.code]


@noise("person", 4)
def a_wrong_digit(at: School) -> tuple[Any, ...]:
    bill = a_bill(at)
    place = at.rng.randint(2, len(bill.code) - 1)
    wrong = (
        bill.code[:place] + at.rng.choice([d for d in "0123456789" if d != bill.code[place]]) + bill.code[place + 1 :]
    )
    if at.rng.random() < 0.5:
        place = at.rng.choice([n for n in range(2, 8) if bill.code[n] != bill.code[n + 1]])
        wrong = bill.code[:place] + bill.code[place + 1] + bill.code[place] + bill.code[place + 2 :]
    return framed(at, f"{wrong} {at.rng.choice(FEES)}"), bill.amount, [bill.code]


@noise("person", 3)
def a_digit_twice(at: School) -> tuple[Any, ...]:
    bill = a_bill(at)
    doubled = [f"{bill.code[:place]}{bill.code[place]}{bill.code[place:]}" for place in range(2, len(bill.code) - 1)]
    wrong = at.rng.choice([code for code in doubled if not code.startswith(bill.code)] or [bill.code[:-1]])
    return framed(at, f"{wrong} nop tien"), bill.amount, [bill.code]


@noise("person", 4)
def reference_cut_off(at: School) -> tuple[Any, ...]:
    bill = a_bill(at)
    return framed(at, bill.code[: -at.rng.randint(1, 3)]), bill.amount, [bill.code]


@noise("person", 3)
def letters_for_digits(at: School) -> tuple[Any, ...]:
    bill = a_bill(at)
    body = bill.code[2:]
    looks = body.translate(str.maketrans("0158", "OISB"))
    if looks == body:
        return framed(at, body), bill.amount, [bill.code]
    return framed(at, f"{at.prefix}{looks} hoc phi"), bill.amount, [bill.code]


@noise("person", 3)
def more_than_it_asks(at: School) -> tuple[Any, ...]:
    bill = a_bill(at)
    return framed(at, qr(at, bill)), bill.amount + at.rng.choice([1, 1_000, 500_000]), [bill.code]


@noise("person", 3)
def a_closed_bill(at: School) -> tuple[Any, ...]:
    bill = at.rng.choice(at.closed)
    return framed(at, qr(at, bill)), bill.amount, [bill.code]


@noise("person", 3)
def another_account(at: School) -> tuple[Any, ...]:
    bill = a_bill(at)
    return framed(at, qr(at, bill)), bill.amount, [bill.code], OTHER


@noise("person", 3)
def another_childs_name(at: School) -> tuple[Any, ...]:
    one, two = at.rng.sample(at.bills, 2)
    name = bare(two.pupil).upper()
    if name == bare(one.pupil).upper():
        return f"{one.code} {two.code}", 1, [one.code]
    return (
        framed(at, f"{one.code} {name} {at.rng.choice(['', two.class_name, 'lop ' + two.class_name])}"),
        one.amount,
        [one.code],
    )


@noise("person", 2)
def a_strangers_reference_beside(at: School) -> tuple[Any, ...]:
    bill = a_bill(at)
    taken = {one.code for one in at.bills + at.closed}
    stranger = next(code for code in at.codes(50) if code not in taken)
    return f"{bill.code} {stranger}", bill.amount, [bill.code]


@noise("person", 2)
def a_damaged_reference_beside(at: School) -> tuple[Any, ...]:
    one, two = at.rng.sample(at.bills, 2)
    damaged = at.rng.choice([two.code[:-1], two.code[:-2], two.code[:5] + "O" + two.code[6:]])
    if damaged == two.code or one.code.startswith(damaged):
        damaged = two.code[:-1]
    return f"{one.code} {damaged}", min(one.amount, two.amount), [one.code]
