"""`python -m backend match`: bills from a file, lines from standard input, one answer a line in order, whatever is written there."""

from __future__ import annotations

import io
import json
import subprocess
import sys

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.match_command import Measuring, run

BILL = {
    "code": "HP2600017",
    "pupil": "Nguyễn Văn An",
    "class": "7A2",
    "amount": 350_000,
    "account": "0123499999",
    "status": "open",
}
OTHER = {**BILL, "code": "HP1234566", "pupil": "Trần Thị Bình", "class": "6A1"}


def answered(line, *bills, **changes):
    desk = Measuring(bills or [{**BILL, **changes}, OTHER])
    return desk.answer(
        msgspec.json.encode({"memo": BILL["code"], "amount": BILL["amount"], "account": BILL["account"], **line})
    )


def test_lines_are_answered_in_order_by_the_command(tmp_path):
    (tmp_path / "bills.jsonl").write_text(json.dumps(BILL) + "\n\n" + json.dumps(OTHER) + "\n", encoding="utf-8")
    lines = [
        {"memo": "MBVCB.3278907687.HP2600017.CT tu 0011000999999", "amount": 350_000, "account": "0123499999"},
        {"memo": "nop tien cho con tran thi binh 6a1", "amount": 350_000, "account": "0123499999"},
        {"memo": "HP2600017 HP1234566", "amount": 700_000, "account": "0123499999"},
    ]
    done = subprocess.run(
        [sys.executable, "-m", "backend", "match", "--bills", str(tmp_path / "bills.jsonl"), "--jsonl"],
        input="".join(json.dumps(line) + "\n" for line in lines).encode() + b"not JSON\n",
        capture_output=True,
        check=True,
        timeout=60,
    )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(one["auto"], one["codes"], one["suggestions"]) for one in answers] == [
        (True, ["HP2600017"], ["HP2600017"]),
        (False, [], ["HP1234566", "HP2600017"]),  # the second bill only shares the amount
        (True, ["HP2600017", "HP1234566"], ["HP2600017", "HP1234566"]),
        (False, [], []),
    ]
    assert answers[0]["why"] == ["reference_word", "amount_equal"]
    assert all(one["why"] and one["sentence"] for one in answers)


@pytest.mark.parametrize(
    "status",
    ["open", "OPEN", None, "", "part", "Partly paid", "partly-paid", "unpaid", "overdue", "chưa thu", "Còn nợ"],
)
def test_open_by_whatever_word_may_be_paid(status):
    assert answered({}, status=status).auto


@pytest.mark.parametrize(
    "status",
    ["paid", "Paid", "cancelled", "canceled", "void", "refunded", "closed", "đã hủy", "settled", "nobody knows"],
)
def test_a_bill_that_is_not_clearly_open_only_suggests(status):
    answer = answered({}, status=status)
    assert (answer.auto, answer.codes, answer.suggestions) == (False, [BILL["code"]], [BILL["code"]])


@pytest.mark.parametrize("account", ["0123499999", 123499999, "0123 499 999", "0123-499-999", " 0123499999 "])
def test_the_same_account_in_another_writing_is_the_same(account):
    assert answered({"account": account}).auto


@pytest.mark.parametrize("account", ["0123499998", "9999", "xxx"])
def test_another_account_moves_nothing(account):
    answer = answered({"account": account})
    assert (answer.auto, answer.why) == (False, ["another_account"])


def test_no_account_told_is_no_mistake_where_there_is_only_one():
    assert answered({"account": None}).auto
    assert not answered({"account": None}, BILL, {**OTHER, "account": "0999"}).auto


@pytest.mark.parametrize("amount", ["350000", "350.000", "350,000.00", "350000.0", "350000 VND", "+350000", 350_000.0])
def test_amounts_are_read_as_they_are_written(amount):
    assert answered({"amount": amount}).auto


@pytest.mark.parametrize("amount", [0, -350_000, 350_000.5, None, "nhiều", True])
def test_what_is_no_amount_moves_nothing(amount):
    assert not answered({"amount": amount}).auto


@pytest.mark.parametrize("amount", ["-350000", "350000.5", "35.000.0x"])
def test_no_other_amount_moves_money(amount):
    assert not answered({"amount": amount}).auto


def test_bytes_that_are_no_text_are_unreadable_and_stop_nothing():
    desk = Measuring([BILL])
    assert desk.answer(b'{"memo": "HP2600017\xff", "amount": 350000, "account": "0123499999"}').why == ["unreadable"]
    assert desk.answer(b'\xef\xbb\xbf{"memo": "HP2600017", "amount": 350000, "account": "0123499999"}').auto


def test_a_bill_that_cannot_be_read_is_told_and_left_out(tmp_path, capsys):
    file = tmp_path / "bills.jsonl"
    file.write_bytes(b"\xef\xbb\xbf" + json.dumps(BILL).encode() + b'\n{broken\n[1]\n{"code": "\xff"}\n')
    out = io.BytesIO()
    assert run(file, io.BytesIO(b'{"memo": "HP2600017", "amount": 350000, "account": "0123499999"}\n'), out) == 0
    assert json.loads(out.getvalue())["auto"]
    assert [line.split(":")[0] for line in capsys.readouterr().err.splitlines()] == [
        f"bills, line {n}" for n in (2, 3, 4)
    ]
    assert run(tmp_path / "none.jsonl", io.BytesIO(), out) == 2


@pytest.mark.parametrize(
    ("pupil", "other", "memo"),
    [
        ("Lê Thị Ngọc Phương", "Lê Ngọc Phương", "Thi Ngoc Phuong Le lop 7a2"),  # the own name, turned
        ("Trịnh Văn Nam", "Nguyễn Thùy Ý", "Nguyen Thuy Yen chuyen tien"),  # the payer's begins alike
        ("Nguyễn Bảo Đức", "Nguyễn Đức Anh", "Nguyen Duc 7A2"),  # short, and not cut off
        ("Trần Gia Nhân", "Trần Phương Trang", "Tran Phuong Tran chuyen tien"),
    ],
)
def test_a_name_that_only_looks_like_another_childs_stops_nothing(pupil, other, memo):
    bills = [{**BILL, "pupil": pupil}, {**OTHER, "pupil": other}]
    assert answered({"memo": f"HP2600017 {memo}"}, *bills).auto


@pytest.mark.parametrize(
    "memo",
    [
        "HP2600017 Huu Khang To-050926-08:15:22 185440",  # a surname that is English for the payee's account
        "HP2600017 ToHuuKhang",
        "HP2600017 tohuukhanglop6a1",
        "HP2600017 hoc phi To Huu Kha",
    ],
)
def test_another_childs_clear_name_always_stops(memo):
    assert answered({"memo": memo}, BILL, {**OTHER, "pupil": "Tô Hữu Khang"}).why == ["another_child_named"]


def test_a_name_that_the_own_one_begins_with_is_another_childs_when_it_stands_whole():
    bills = [{**BILL, "pupil": "Lê Phương Anh"}, {**OTHER, "pupil": "Lê Phương An"}]
    assert answered({"memo": "HP2600017 Le Phuong An 6 A1"}, *bills).why == ["another_child_named"]
    for own in ("Le Phuong Anh", "Le Phuong Anh 7A2", "Le Phuong An lop 7A2", "lephuonganh"):
        assert answered({"memo": f"HP2600017 {own}"}, *bills).auto, own


def test_another_reference_that_is_grown_together_stops_the_known_one():
    assert answered({"memo": "HP2600017 xHP1234566O"}, BILL).why == ["unknown_reference_beside"]


@pytest.mark.parametrize(
    "memo", ["HOAN TRA HP2600017", "Reversal FT26245123456789 HP2600017", "HUY LENH chuyen HP2600017"]
)
def test_money_that_a_bank_gives_back_waits_for_a_person(memo):
    answer = answered({"memo": memo})
    assert (answer.auto, answer.why, answer.suggestions) == (False, ["looks_returned"], [BILL["code"]])


def test_fields_that_are_missing_stop_nothing():
    bare = {"code": "hp 2600017", "amount": 350_000}
    assert answered({}, bare).codes == [BILL["code"]]
    assert answered({"memo": None}, bare).suggestions == [BILL["code"]]  # the only bill of this amount


def test_the_same_code_twice_is_nobodys():
    answer = answered({}, BILL, {**BILL, "pupil": "Lê Minh Châu", "status": "paid"})
    assert not answer.auto


def test_a_code_without_a_right_check_digit_is_only_a_suggestion():
    answer = answered({"memo": "HP26A1B2C3"}, {**BILL, "code": "HP26A1B2C3"})
    assert (answer.auto, answer.suggestions) == (False, ["HP26A1B2C3"])


def test_a_payer_who_paid_before_is_remembered_from_line_to_line():
    desk = Measuring(
        [BILL, {**BILL, "code": "HP5464597", "amount": 60_000}, *({**OTHER, "code": f"X{n}"} for n in range(9))]
    )
    frame = "MBVCB.1.{}.CT tu 0011000999999 LE THI HOA toi 0123499999"
    line = {"memo": frame.format("HP2600017"), "amount": 350_000, "account": "0123499999"}
    assert desk.answer(msgspec.json.encode(line)).auto
    answer = desk.answer(msgspec.json.encode({**line, "memo": frame.format("chuyen tien")}))
    assert answer.suggestions[0] == BILL["code"]
    assert "payer_seen_before" in answer.sentence


def test_streams_of_text_are_read_as_the_bytes_below_them(tmp_path):
    (tmp_path / "bills.jsonl").write_text(json.dumps(BILL, ensure_ascii=False), encoding="utf-8")
    out = io.BytesIO()
    assert (
        run(
            tmp_path / "bills.jsonl",
            io.BytesIO(b'{"memo": "\xc4\x90\xc3\xb3ng HP2600017", "amount": 350000, "account": "0123499999"}'),
            out,
        )
        == 0
    )
    assert json.loads(out.getvalue())["auto"] is True


@given(
    st.dictionaries(
        st.sampled_from(["memo", "amount", "account"]),
        st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.text()),
    )
)
def test_any_line_is_answered(line):
    answer = Measuring([BILL, OTHER]).answer(msgspec.json.encode(line))
    assert not answer.auto or BILL["code"] in str(line["memo"]).upper()


@given(
    st.lists(
        st.dictionaries(st.sampled_from([*BILL]), st.none() | st.integers(0, 10**9) | st.text(max_size=20)), max_size=4
    )
)
def test_any_bills_can_be_read(bills):
    assert Measuring(bills).answer(b'{"memo": "HP2600017", "amount": 1, "account": "1"}').why
