"""One movement however many doors tell it, and never one for two: the rule of tellings by itself, in any order of arrival."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from backend.core.ids import new_id
from payments.banks.line import BankLine
from payments.tellings import Book, telling_of, trace_of

NOON = datetime(2026, 9, 2, 5, tzinfo=UTC)


def line(source: str, memo: str, reference: str | None = None, at: datetime = NOON, amount: int = 350_000) -> BankLine:
    return BankLine(source, str(new_id()), "0011", "in", amount, memo, at, bank_reference=reference)


def movements(lines: Sequence[BankLine], *, together: bool = False) -> list[list[BankLine]]:
    """The lines by the movement that they are taken to tell, one after the other or as one batch."""
    book = Book([(1, one) for one in lines] if together else ())
    found: dict[UUID, list[BankLine]] = {}
    for one in lines:
        movement = book.told_before(1, one) or new_id()
        book.add(telling_of(movement, 1, one))
        found.setdefault(movement, []).append(one)
    return list(found.values())


def test_the_same_reference_is_the_same_movement_over_a_holiday() -> None:
    two = [line("sepay", "a", "FT1"), line("statement", "b", "FT1", NOON + timedelta(days=9))]
    assert len(movements(two)) == len(movements(two[::-1])) == 1
    assert len(movements([two[0], line("statement", "b", "FT1", NOON + timedelta(days=11))])) == 2


def test_the_same_text_on_the_same_day_is_the_same_movement_whatever_the_doors_call_it() -> None:
    """Vietcombank's document number is not what its feed calls the transfer."""
    told = line("sepay", "MBVCB.3278907687.HP2600017.CT tu 001", "MBVCB.3278907687")
    for reference in (None, "5078.12345"):
        again = line(
            "statement", "MBVCB.3278907687. HP2600017 .CT tu 001 toi 002", reference, NOON - timedelta(hours=5)
        )
        assert len(movements([told, again])) == len(movements([again, told])) == 1


def test_a_night_transfer_that_is_booked_later_is_known_by_its_trace() -> None:
    night = line("sepay", "MBVCB.3278907687.HP2600017.CT tu 001", "R1", NOON + timedelta(hours=11))
    booked = line("statement", "MBVCB.3278907687.HP2600017.CT tu 001", "5078", NOON + timedelta(days=3))
    other = line("statement", "MBVCB.3278907688.HP2600017.CT tu 001", "5079", NOON + timedelta(days=3))
    assert len(movements([night, booked])) == len(movements([booked, night])) == 1
    assert len(movements([night, other])) == 2
    assert len(movements([night, other, booked])) == len(movements([booked, other, night])) == 2


def test_a_text_without_a_trace_is_not_believed_on_another_day() -> None:
    assert trace_of("NGUYEN A 0912345678 chuyen tien") is None
    assert (
        len(
            movements(
                [
                    line("sepay", "NGUYEN A chuyen tien"),
                    line("statement", "NGUYEN A chuyen tien", at=NOON + timedelta(days=1)),
                ]
            )
        )
        == 2
    )


def test_short_texts_and_other_sums_are_chance() -> None:
    assert len(movements([line("sepay", "hoc phi"), line("statement", "hoc phi")])) == 2
    assert len(movements([line("sepay", "NGUYEN A nop tien"), line("statement", "NGUYEN A nop tien", amount=1)])) == 2


def test_two_real_payments_told_by_both_doors_stay_two() -> None:
    feed = [line("sepay", "NGUYEN A chuyen tien", f"S{n}") for n in range(2)]
    bank = [line("statement", "NGUYEN A chuyen tien", f"B{n}") for n in range(2)]
    for order in ([*feed, *bank], [*bank, *feed], [feed[0], bank[1], feed[1], bank[0]]):
        assert sorted(len(one) for one in movements(order)) == [2, 2]
    assert sorted(len(one) for one in movements([feed[0], *bank])) == [1, 2]


def test_in_one_batch_a_reference_goes_before_a_text() -> None:
    feed = [line("sepay", "NGUYEN A chuyen tien", "R1")]
    bank = [line("statement", "NGUYEN A chuyen tien", "R2"), line("statement", "NGUYEN A chuyen tien", "R1")]
    book = Book([(1, one) for one in bank])
    first = new_id()
    book.add(telling_of(first, 1, feed[0]))
    assert book.told_before(1, bank[0]) is None
    assert book.told_before(1, bank[1]) == first


_TEXTS = st.sampled_from(["NGUYEN A chuyen tien", "LE THI B nop tien an", "HP2600017 tien an"])


@given(st.lists(st.tuples(st.sampled_from(("sepay", "statement", "casso")), _TEXTS), max_size=14), st.randoms())
def test_there_are_as_many_movements_as_the_door_that_told_most(told: list[tuple[str, str]], chance: object) -> None:
    """Nothing is swallowed and nothing doubled, in any order."""
    lines = [line(source, text) for source, text in told]
    chance.shuffle(lines)  # type: ignore[attr-defined]
    counts = Counter((one.memo, one.source) for one in lines)
    expected = sum(
        max(counts[text, source] for source in ("sepay", "statement", "casso")) for text in {one.memo for one in lines}
    )
    found = movements(lines)
    assert len(found) == expected
    assert all(len({one.source for one in group}) == len(group) for group in found)
