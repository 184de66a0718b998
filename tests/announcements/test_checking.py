"""The notice checker: its seeded corpus with thresholds, its robustness, and the command that others measure it by."""

from __future__ import annotations

import json
import subprocess
import sys
import unicodedata
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.announcements.checking import Checked, Context, Earlier, audience, check
from backend.announcements.checking.command import Desk, sent_at
from tests.announcements import corpus

BATCHES = corpus.batches()
AT = sent_at("2026-11-26T08:00")


def names(text: str, context: Context | None = None, *, to: object = "lớp 6A1") -> set[str]:
    return {d.name for d in check(Checked(text=text, sent_at=AT, audience=audience(to)), context).defects}


@cache
def score_of(batch: str) -> corpus.Score:
    return corpus.measure(BATCHES[batch])


@pytest.mark.parametrize("batch", BATCHES)
def test_of_every_batch_nine_in_ten_defects_are_named_and_hardly_any_in_vain(batch: str) -> None:
    score = score_of(batch)
    told = "\n".join(score.wrong)
    assert score.recall >= 0.90, told
    assert score.alarmed_share <= 0.05, told


def test_each_defect_is_known_by_itself_and_its_near_misses_are_left_alone() -> None:
    score = sum(map(score_of, BATCHES), corpus.Score())
    assert score.notices >= 300
    for name in corpus.DEFECTS:
        assert score.planted[name] >= 12 and score.near[name] >= 11, name
        assert score.hit[name] >= 0.9 * score.planted[name], name
        assert score.near_false[name] <= 0.05 * score.near[name] + 1, name


def test_dates_sums_and_places_are_read_out() -> None:
    score = sum(map(score_of, BATCHES), corpus.Score())
    told = "\n".join(score.wrong)
    assert score.dates >= 0.97 * score.notices and score.amounts >= 0.97 * score.notices, told
    assert score.places >= 0.95 * score.placed, told


def test_a_sentence_for_the_sender_names_the_day_that_is_meant() -> None:
    found = check(Checked(text="Thứ 6 này các con nghỉ học nhé.", sent_at=AT, audience=audience("lớp 6A1")))
    (defect,) = found.defects
    assert defect.sentence("vi") == "“Thứ 6” là ngày 27/11/2026 phải không? Hãy ghi cả ngày."
    assert defect.sentence("en") == "Does “Thứ 6” mean 27/11/2026? Write the date as well."
    assert [(one.span, one.on.isoformat()) for one in found.resolved] == [("Thứ 6", "2026-11-27")]


def test_the_same_fee_is_forbidden_in_a_public_school_and_not_in_a_private_one() -> None:
    text = "Học phí tháng 12 là 2.500.000đ, phụ huynh nộp cho cô Hạnh kế toán trước ngày 10/12/2026."
    assert names(text, Context(ownership="public")) == {"illegal_fee"}
    assert names(text, Context(ownership="private")) == set()
    assert names(text, to={"kind": "class", "name": "6A1", "ownership": "private"}) == set()


def test_a_class_or_school_that_is_not_ours_is_named() -> None:
    ours = Context(level="lower_secondary", school_name="Trường THCS Nguyễn Du", classes=("6A1", "6A2"))
    assert names("Kính gửi phụ huynh lớp 6A2, mai lớp nghỉ học.", ours, to="toàn trường") == {"wrong_audience"}
    assert names("Lớp 6A9 mai nghỉ học nhé.", ours, to="khối 6") == {"wrong_audience"}
    assert names("Mai các lớp 6A1, 6A2 nghỉ học nhé.", ours, to="khối 6") == set()
    assert names("Trường THCS Trần Phú thông báo: mai học sinh nghỉ học.", ours, to="toàn trường") == {"wrong_audience"}
    assert names("Trường THCS Nguyễn Du thông báo: mai học sinh nghỉ học.", ours, to="toàn trường") == set()
    assert names("Trường Tiểu học Kim Đồng thông báo: mai học sinh nghỉ học.", ours, to="toàn trường") == {
        "wrong_audience"
    }


def test_a_child_may_be_named_to_its_own_family_only() -> None:
    text = "Em Nguyễn Minh Quân hôm nay đánh bạn trong giờ ra chơi."
    assert names(text) == {"personal_data_exposed"}
    assert names(text, to="phụ huynh em Nguyễn Minh Quân") == set()
    assert names(text, Context(recipients=1)) == set()


def test_what_is_told_first_does_not_hide_what_is_asked_behind_it() -> None:
    assert names("Nhà trường đã lên kế hoạch, kính mời phụ huynh dự họp lúc 8h ngày 6/12/2026.") == {"missing_where"}
    assert names("Lớp đã đóng đủ tiền tham quan, cô cảm ơn ba mẹ.") == set()


def test_what_was_told_the_day_before_is_a_duplicate_and_last_months_bill_is_not() -> None:
    text = "Mời phụ huynh họp lúc 8h ngày 6/12/2026 tại phòng 203 để bàn kế hoạch tham quan."
    again = Context(earlier=(Earlier(text="Nhắc lại: " + text, sent_at=sent_at("2026-11-25T08:00")),))
    long_ago = Context(earlier=(Earlier(text=text, sent_at=sent_at("2026-10-25T08:00")),))
    assert names(text, again) == {"near_duplicate"}
    assert names(text, long_ago) == set()


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=400), st.sampled_from(["lớp 6A1", "khối 6-7", "", "toàn trường"]))
def test_no_text_breaks_the_checker(text: str, to: str) -> None:
    check(Checked(text=text, sent_at=AT, audience=audience(to), channels=("sms",), attachments=("a.jpg",)))


_PIECES = st.sampled_from(
    [
        "kính mời",
        "phụ huynh",
        "thứ 6",
        "4/12",
        "31/12/2026",
        "30/2",
        "ngày 31 tháng 4",
        "đến",
        "1-",
        "tuần sau",
        "350k",
        "1tr2",
        "hai trăm nghìn",
        "nộp",
        "quỹ lớp",
        "em Nguyễn Văn A",
        "xếp thứ 3",
        "mai",
        "tại",
        "hội trường",
        "\n",
        ". ",
        ": ",
        "lớp 6/1",
        "khối 6-7",
        ",",
        "mùng 5 Tết",
        "7h30",
        "💛",
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(_PIECES, max_size=30))
def test_the_letters_own_normal_form_changes_nothing(pieces: list[str]) -> None:
    text = " ".join(pieces)
    line = {"sent_at": "2026-11-26T08:00", "audience": "lớp 6A1", "channel": "sms", "text": text}
    answers = []
    for form in ("NFC", "NFD"):
        answer = Desk().answer(json.dumps(line | {"text": unicodedata.normalize(form, text)}).encode())
        place = answer["facts"]["place"]
        answer["facts"]["place"] = place and unicodedata.normalize("NFC", place)
        answers.append((answer["defects"], answer["facts"]))
    assert answers[0] == answers[1]
    windows = Desk().answer(json.dumps(line | {"text": text.replace("\n", "\r\n")}).encode())
    assert (windows["defects"], windows["facts"]["dates"]) == (answers[0][0], answers[0][1]["dates"])


@pytest.mark.parametrize(
    "piece", ["1/", "thứ 2, ", "nộp tiền ", "em An, ", "mời ", " ", "(", "tại ", "một ", "1.000 ", "\n", "6A1, ", "a"]
)
def test_a_huge_text_of_one_kind_is_read_to_its_border(piece: str) -> None:
    """Nothing may take quadratic time: the house's time limit of a test is the border."""
    check(Checked(text=piece * 60_000, sent_at=AT, audience=audience("lớp 6A1"), channels=("sms",)))


def test_the_command_answers_every_line_in_order_and_outlives_a_bad_one(tmp_path: Path) -> None:
    lines = [
        {"id": "a", "sent_at": "2026-11-26T08:00:00+07:00", "audience": "lớp 6A1", "channel": "sms", "text": "x" * 460},
        "not a notice",
        {"sent_at": "2026-11-26", "audience": {"kind": "class", "name": "6A1"}, "text": "Mai lớp nghỉ học."},
        {},
        {"id": 5, "text": None, "audience": 7, "channel": ["sms"], "attachments": [{"name": "a.jpg"}]},
        {"id": 6, "text": "Xem ảnh đính kèm", "attachments": {"type": "image/png"}, "sent_at": 1795654800},
    ]
    path = tmp_path / "notices.jsonl"
    path.write_text("\n".join(json.dumps(one) for one in lines) + "\n{broken\n", encoding="utf-8")
    with path.open("rb") as file:
        done = subprocess.run(
            [sys.executable, "-m", "backend", "check-notice", "--jsonl"], stdin=file, capture_output=True, check=True
        )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == 7
    assert answers[0]["id"] == "a" and answers[0]["defects"] == ["too_long_for_sms"]
    assert answers[2]["facts"] == {"dates": ["2026-11-27"], "amounts": [], "place": None}
    assert [one.get("id") for one in answers[3:6]] == [None, 5, 6]
    assert answers[4]["defects"] == ["text_only_in_image"] and answers[5]["defects"] == ["text_only_in_image"]
    assert "error" in answers[6] and answers[6]["defects"] == []
