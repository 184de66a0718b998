"""Matching: an exact reference moves money, everything else only suggests, and every decision says why."""

import random
from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.match import Ambiguous, Bill, Credit, Match, NoMatch, Share, match
from payments.references import check_digit, draw, find, views

SPACE = UUID("00000000-0000-7000-8000-000000000000")
FEE = 1_250_000
CODE, OTHER, THIRD = "HP2600017", *draw("HP", 2, random.Random(11).randrange)


def bill(reference=CODE, remaining=FEE, *, account=1, cancelled=False, pupil="nguyen thi binh an", class_name="6a1"):
    return Bill(uuid5(SPACE, reference), reference, account, remaining, cancelled, pupil, class_name)


def decide(memo, amount, *bills, account=1):
    credit = Credit(account, amount, views(memo))
    return match(credit, find(credit.memo, "HP"), bills)


def test_the_whole_reference_and_the_whole_amount_settle():
    decision = decide("HP2600017 HOC PHI T9", FEE, bill(), bill(OTHER))
    assert decision == Match("settled", (Share(bill().invoice_id, FEE),), ("reference_word", "amount_equal"))


def test_a_whole_reference_with_less_pays_a_part():
    decision = decide("HP2600017", 500_000, bill())
    assert decision == Match("part", (Share(bill().invoice_id, 500_000),), ("reference_word", "amount_less"))


def test_a_run_together_reference_settles_only_the_exact_amount():
    assert isinstance(decide("IBFTHP2600017HOCPHI", FEE, bill()), Match)
    decision = decide("IBFTHP2600017HOCPHI", FEE - 1, bill())
    assert isinstance(decision, Ambiguous)
    assert decision.reasons == ("reference_run_together", "amount_less")


@pytest.mark.parametrize(
    ("the_bill", "amount", "state", "reason"),
    [
        (bill(), FEE + 1, "over", "amount_more"),
        (bill(remaining=0), FEE, "over", "bill_paid"),
        (bill(cancelled=True), FEE, "ambiguous", "bill_cancelled"),
        (bill(account=2), FEE, "ambiguous", "another_account"),
    ],
)
def test_everything_out_of_the_ordinary_goes_to_a_person_with_the_bill_suggested(the_bill, amount, state, reason):
    decision = decide("HP2600017", amount, the_bill)
    assert isinstance(decision, Ambiguous)
    assert (decision.state, decision.reasons) == (state, (reason,))
    assert [s.reference for s in decision.suggestions] == [CODE]


def test_two_references_split_an_exact_sum():
    decision = decide(f"{CODE} {OTHER}", FEE + 90_000, bill(), bill(OTHER, 90_000))
    assert isinstance(decision, Match)
    assert {(share.invoice_id, share.amount) for share in decision.shares} == {
        (bill().invoice_id, FEE),
        (bill(OTHER).invoice_id, 90_000),
    }


@pytest.mark.parametrize("amount", [FEE, 90_000, FEE + 90_001])
def test_two_references_and_any_other_sum_go_to_a_person(amount):
    decision = decide(f"{CODE} {OTHER}", amount, bill(), bill(OTHER, 90_000))
    assert isinstance(decision, Ambiguous)
    assert decision.reasons == ("several_references", "amount_not_the_sum")


def test_two_references_of_which_one_is_paid_go_to_a_person():
    decision = decide(f"{CODE} {OTHER}", FEE, bill(), bill(OTHER, 0))
    assert isinstance(decision, Ambiguous)
    assert decision.reasons == ("several_references", "bill_paid")


def test_a_known_reference_beside_an_unknown_one_goes_to_a_person():
    decision = decide(f"{CODE} {OTHER}", FEE, bill())
    assert isinstance(decision, Ambiguous)
    assert decision.reasons == ("unknown_reference_beside",)


def test_a_valid_reference_of_nobody_is_no_match():
    assert decide(OTHER, FEE, bill()) == NoMatch(("unknown_reference",), ())


def test_the_amount_alone_suggests_nothing():
    assert decide("NGUYEN VAN A chuyen tien", FEE, bill(), bill(OTHER)) == NoMatch(("no_reference",), ())


@pytest.mark.parametrize("memo", ["HP26OOO17", "2600017 hoc phi", "nop tien HP26000"])
def test_a_damaged_reference_only_suggests(memo):
    decision = decide(memo, FEE, bill(), bill(OTHER))
    assert isinstance(decision, NoMatch)
    assert decision.suggestions[0].reference == CODE
    assert len(decision.suggestions[0].reasons) == 2


def test_a_name_and_class_in_the_memo_suggest_the_right_child_first():
    children = [
        bill(CODE, pupil="nguyen thi binh an", class_name="6a1"),
        bill(OTHER, pupil="tran van binh", class_name="6a2"),
        bill(THIRD, pupil="nguyen thi binh an", class_name="9b"),
    ]
    decision = decide("CHUYEN TIEN HOC PHI CHO CON NGUYEN THI BINH AN LOP 6A1", FEE, *children)
    assert isinstance(decision, NoMatch)
    assert [s.reference for s in decision.suggestions] == [CODE, THIRD]
    assert decision.suggestions[0].reasons == ("name_whole", "class_named", "amount_equal")


def test_a_paid_bill_is_never_suggested_by_name():
    assert decide("NGUYEN THI BINH AN", FEE, bill(remaining=0)) == NoMatch(("no_reference",), ())


references = st.integers(100_000, 999_999).map(lambda n: f"HP{n}{check_digit(str(n))}")


@given(st.text(max_size=120), st.integers(1, 5_000_000), st.lists(references, unique=True, max_size=6), st.data())
def test_money_moves_only_onto_bills_whose_reference_is_there_and_never_too_much(memo, amount, codes, data):
    bills = [
        bill(
            code,
            data.draw(st.integers(0, 2_000_000)),
            account=data.draw(st.integers(1, 2)),
            cancelled=data.draw(st.booleans()),
        )
        for code in codes
    ]
    for code in codes[: data.draw(st.integers(0, 2))]:
        memo = f"{memo} {code} "
    decision = decide(memo, amount, *bills)
    if isinstance(decision, Match):
        by_id = {b.invoice_id: b for b in bills}
        assert sum(share.amount for share in decision.shares) == amount
        for share in decision.shares:
            paid = by_id[share.invoice_id]
            assert paid.reference in views(memo).compact
            assert not paid.cancelled
            assert paid.bank_account_id == 1
            assert 0 < share.amount <= paid.remaining
    assert decision.reasons
