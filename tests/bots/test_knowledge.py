"""What is told: the nearest owner's text, dated and by level and language; the shipped texts themselves; and the office above a school."""

from __future__ import annotations

import re
from datetime import date, timedelta

import msgspec
import pytest

from bots.answers.authority import BLANK, authority
from bots.answers.knowledge import entry_of, every_entry
from bots.answers.layers import CHECK, SHIPPED, Confirmed, Knowledge, Page
from bots.answers.render import BLANKS, TEXT_MAX, render
from bots.intents import every_intent
from bots.schools import FACT_NAMES
from schemas.knowledge import LEVELS, Content, Text

DAY = date(2026, 11, 28)
SCHOOL, COMMUNE, PROVINCE = "school:1", "area:00001", "area:01"
OWNERS = (SCHOOL, COMMUNE, PROVINCE)
_LANGUAGES = ("vi", "en")


def page(owner: str, first: str, *, topic: str = "uniform", level: str = "", from_on: date = DAY, until_on: date | None = None,
         english: str = "") -> Page:  # fmt: skip
    en = Text("Uniform", english) if english else None
    return Page(owner, topic, level, 1, Content(Text("Đồng phục", first), en), from_on, until_on, from_on)


def first(
    knowledge: Knowledge, *, topic: str = "uniform", language: str = "vi", level: str | None = None, on: date = DAY
) -> str:
    told = knowledge.told(topic, language, level, on)
    assert told is not None
    return told.text.first


# -- Whose text stands ------------------------------------------------------------------------------------------------


def test_the_nearest_owners_text_stands() -> None:
    pages = [page(PROVINCE, "Tỉnh nói."), page(COMMUNE, "Xã nói."), page(SCHOOL, "Trường nói.")]
    for count, said in ((3, "Trường nói."), (2, "Xã nói."), (1, "Tỉnh nói.")):
        assert first(Knowledge(OWNERS, pages[:count])) == said
    assert first(Knowledge(OWNERS)) == first(Knowledge())
    assert Knowledge(OWNERS, pages).told("textbooks", "vi", None, DAY).told_by == SHIPPED  # type: ignore[union-attr]


def test_a_text_for_the_level_stands_before_the_owners_general_one_but_not_before_a_nearer_owner() -> None:
    own, of_province = page(SCHOOL, "Chung."), page(PROVINCE, "Tỉnh, tiểu học.", level="primary")
    assert first(Knowledge(OWNERS, [of_province]), level="primary") == "Tỉnh, tiểu học."
    assert first(Knowledge(OWNERS, [of_province]), level="preschool") == first(Knowledge())
    assert first(Knowledge(OWNERS, [own, of_province]), level="primary") == "Chung."
    told = Knowledge(OWNERS, [of_province]).told("uniform", "vi", None, DAY)
    assert told is not None and told.levels == ("primary",)


def test_a_language_that_was_not_written_comes_from_the_next_owner_with_the_owners_words_beside_it() -> None:
    knowledge = Knowledge(OWNERS, [page(SCHOOL, "Áo trắng thứ hai.")])
    told = knowledge.told("uniform", "en", None, DAY)
    assert told is not None and told.told_by == SHIPPED and told.aside == "Áo trắng thứ hai."
    assert "Áo trắng thứ hai." in render(told, {}, DAY)
    both = Knowledge(OWNERS, [page(SCHOOL, "Áo trắng.", english="White shirts.")])
    assert first(both, language="en") == "White shirts."


def test_a_text_begins_and_ends_on_its_days_and_an_ended_one_is_never_told() -> None:
    now = page(SCHOOL, "Đến tháng 11.", until_on=DAY)
    later = page(SCHOOL, "Từ tháng 12.", from_on=DAY + timedelta(days=3))
    knowledge = Knowledge(OWNERS, [now, later])
    assert first(knowledge, on=DAY) == "Đến tháng 11."
    assert first(knowledge, on=DAY + timedelta(days=1)) == first(Knowledge())  # neither holds: the shipped text
    assert first(knowledge, on=DAY + timedelta(days=3)) == "Từ tháng 12."
    assert knowledge.ended(SCHOOL, "uniform", DAY + timedelta(days=1)) and not knowledge.ended(SCHOOL, "uniform", DAY)


def test_a_shipped_rule_is_told_from_its_day_on_and_not_before() -> None:
    starts = date(2025, 9, 3)
    assert entry_of("policy-tuition-free", starts) is not None
    assert entry_of("policy-tuition-free", starts - timedelta(days=1)) is None
    assert Knowledge().told("policy-tuition-free", "vi", None, starts - timedelta(days=1)) is None


def test_a_confirmed_fact_loses_its_mark_and_a_replaced_one_its_words() -> None:
    marked = "Trường giữ đồ nhặt được một tháng [?]."
    text = Text("Đồ thất lạc", "Hỏi bảo vệ.", note=[marked, "Ghi tên lên đồ [?]."])
    lost = Page(PROVINCE, "lost-property", "", 1, Content(text), DAY, None, DAY)

    def said(*confirmed: Confirmed) -> list[str]:
        told = Knowledge(OWNERS, [lost], confirmed).told("lost-property", "vi", None, DAY)
        assert told is not None
        return told.text.note

    of_province = Confirmed(PROVINCE, "lost-property", marked, None, "Trường giữ hai tháng.", None)
    assert said(of_province) == ["Trường giữ hai tháng.", "Ghi tên lên đồ [?]."]
    of_school = Confirmed(SCHOOL, "lost-property", marked, None, None, None)
    assert said(of_province, of_school)[0] == "Trường giữ đồ nhặt được một tháng."
    elsewhere = Confirmed(SCHOOL, "uniform", marked, None, None, None)
    assert said(elsewhere)[0] == marked


# -- The office above a school ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("level", "on", "named"),
    [
        ("primary", date(2025, 6, 30), "huyện"),
        ("primary", date(2025, 7, 1), "UBND xã"),
        ("lower-secondary", date(2025, 6, 30), "huyện"),
        ("lower-secondary", date(2025, 7, 1), "UBND xã"),
        ("preschool", DAY, "UBND xã"),
        ("upper-secondary", date(2025, 6, 30), "Sở Giáo dục"),
        ("upper-secondary", date(2025, 7, 1), "Sở Giáo dục"),
    ],
)
def test_the_office_follows_from_level_and_day(level: str, on: date, named: str) -> None:
    assert named in authority(level, on, "vi")
    assert "xã" not in authority(level, on, "vi") or named == "UBND xã"


def test_without_a_level_each_office_is_named_with_its_levels() -> None:
    said = authority(None, DAY, "vi")
    assert "UBND xã, phường, đặc khu (mầm non, tiểu học, THCS)" in said and "Sở Giáo dục và Đào tạo (THPT)" in said
    assert "district" not in authority(None, DAY, "en") and "district" in authority(None, date(2025, 6, 30), "en")


def test_an_answer_names_the_office_of_the_asked_level_or_of_the_askers_school() -> None:
    told = Knowledge().told("complaint", "vi", None, DAY)
    assert told is not None
    assert "Sở" in render(told, {}, DAY, level="upper-secondary") and "UBND xã" not in render(
        told, {}, DAY, level="upper-secondary"
    )
    assert "UBND xã" in render(told, {"level": "lower_secondary"}, DAY)
    both = render(told, {"level": "mixed"}, DAY)
    assert "UBND xã" in both and "Sở" in both


# -- The shipped texts ------------------------------------------------------------------------------------------------


def shipped() -> list[tuple[str, str, str, Text]]:
    return [
        (intent, level, language, entry.text(language, level))
        for intent, entries in every_entry().items()
        for entry in entries
        for level in ("", *entry.levels)
        for language in _LANGUAGES
    ]


def test_every_general_intent_has_an_answer_that_holds_today() -> None:
    general = {intent for intent in every_intent() if not intent.startswith(("my-", "sys-"))}
    assert general == every_entry().keys() and len(every_intent()) == 119
    assert [intent for intent in general if entry_of(intent, DAY) is None] == []


def test_every_answer_is_within_the_editors_bounds_and_fits_a_message() -> None:
    for intent, level, language, text in shipped():
        assert msgspec.convert(msgspec.to_builtins(text), Text) == text, (intent, language)
        told = Knowledge().told(intent, language, level or None, DAY)
        assert told is not None and len(render(told, {}, DAY)) < TEXT_MAX, intent


def test_the_first_line_is_short() -> None:
    long = [(intent, language, len(text.first)) for intent, _, language, text in shipped() if len(text.first) > 170]
    assert not long, long


def test_marks_and_lines_stand_in_the_same_places_in_both_languages() -> None:
    wrong = []
    for intent, entries in every_entry().items():
        for entry in entries:
            for level in ("", *entry.levels):
                vi, en = (_shape(entry.text(language, level)) for language in _LANGUAGES)
                if vi != en:
                    wrong.append(f"{intent} {level}: {set(vi) ^ set(en)}")
    assert not wrong, "\n".join(wrong)


def _shape(text: Text) -> list[tuple[str, int, int]]:
    found = []
    for name in text.__struct_fields__:
        value = getattr(text, name)
        for number, line in enumerate([value] if isinstance(value, str) else value):
            if line:
                found.append((name, number, line.count(CHECK)))
    return found


def test_every_answer_says_when_it_was_checked() -> None:
    for intent, _, language, _ in shipped():
        told = Knowledge().told(intent, language, None, DAY)
        assert told is not None
        last = render(told, {}, DAY).splitlines()[-1]
        assert re.search(r"\d\d/\d\d/20\d\d", last), intent


def test_blanks_are_known_and_no_district_is_an_office_today() -> None:
    for intent, _, language, text in shipped():
        for name in text.__struct_fields__:
            value = getattr(text, name)
            for line in [value] if isinstance(value, str) else value:
                unknown = {one for one in BLANKS.findall(line) if one not in FACT_NAMES or name != "school"}
                assert unknown <= {BLANK.strip("{}")}, (intent, line)
                assert not re.search(r"\b(huyện|quận)\b", line), (intent, language, line)


def test_procedures_say_where_and_what_it_costs() -> None:
    """Procedures of the taxonomy; how long is said where anything is known of it."""
    silent = [
        (intent, language)
        for intent, level, language, text in shipped()
        if intent.startswith(("enrol-", "transfer-", "policy-", "transcript-", "confirm-", "diploma-"))
        and intent not in ("transfer-in-seat", "transfer-general", "policy-payout", "policy-scholarship")
        and not (text.where and text.fee)
    ]
    assert not silent, silent


def test_safety_intents_show_a_number_first() -> None:
    for intent in ("bullying-report", "health-sick-at-school", "scam-warning"):
        for language in _LANGUAGES:
            told = Knowledge().told(intent, language, None, DAY)
            assert told is not None
            top = render(told, {"duty_phone": "0911 222 333"}, DAY).splitlines()[0]
            assert "0911 222 333" in top and "111" in top
            own = Knowledge(OWNERS, [page(SCHOOL, "Báo cô hiệu phó.", topic=intent)]).told(intent, "vi", None, DAY)
            assert own is not None and "111" in render(own, {}, DAY).splitlines()[0]


def test_the_schools_own_line_stands_first() -> None:
    told = Knowledge().told("school-hours", "vi", None, DAY)
    assert told is not None
    assert render(told, {"school_hours": "7h15 – 16h30"}, DAY).splitlines()[0] == "Giờ học của trường: 7h15 – 16h30."
    assert "do từng trường" not in render(told, {"school_hours": "7h15 – 16h30"}, DAY)
    assert "{" not in render(told, {}, DAY) and "do từng trường" in render(told, {}, DAY)


def test_levels_of_the_wire_are_those_of_the_understanding() -> None:
    assert set(LEVELS) - {""} == {"preschool", "primary", "lower-secondary", "upper-secondary"}
