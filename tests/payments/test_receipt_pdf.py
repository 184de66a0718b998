"""The receipt on paper: every letter right, the amount in figures and words, nothing more about the child than needed."""

import io
import unicodedata
from datetime import UTC, datetime

import msgspec
import pypdf
import pytest
from fontTools.ttLib import TTFont

from payments.receipt_pdf import ReceiptPaper, _fonts, draw

PAPER = ReceiptPaper(
    number="2026/000123",
    school_name="Trường THCS Nguyễn Thượng Hiền",
    school_address="Số 5 đường Lý Thường Kiệt, phường Hoàn Kiếm, Hà Nội",
    pupil_name="Đỗ Thị Ánh Nguyệt",
    class_name="6A1",
    title="Tiền ăn bán trú tháng 9 năm học 2026–2027",
    amount=1_005_021,
    reference="HP2600017",
    paid_at=datetime(2026, 9, 5, 8, 11, 2, tzinfo=UTC),
    issued_at=datetime(2026, 9, 5, 8, 11, 9, tzinfo=UTC),
    bank_reference="FT26248123456789",
)


def read(paper: ReceiptPaper) -> str:
    pages = pypdf.PdfReader(io.BytesIO(draw(paper))).pages
    assert len(pages) == 1
    return unicodedata.normalize("NFC", " ".join(pages[0].extract_text().split()))


@pytest.mark.parametrize(
    "words",
    [
        "BIÊN LAI THU TIỀN",
        "Số: 2026/000123",
        "Trường THCS Nguyễn Thượng Hiền",
        "Đỗ Thị Ánh Nguyệt – lớp 6A1",
        "Tiền ăn bán trú tháng 9 năm học 2026–2027",
        "1.005.021 đ",
        "Một triệu không trăm linh năm nghìn không trăm hai mươi mốt đồng.",
        "HP2600017",
        "15:11 05/09/2026",
        "FT26248123456789",
    ],
)
def test_a_receipt_says(words):
    assert words in read(PAPER)


def test_the_same_receipt_is_the_same_bytes():
    assert draw(PAPER) == draw(PAPER)


def test_a_cancelled_receipt_says_so():
    assert "ĐÃ HỦY" not in read(PAPER)
    assert "ĐÃ HỦY 07:00 06/09/2026" in read(
        msgspec.structs.replace(PAPER, cancelled_at=datetime(2026, 9, 6, 0, 0, tzinfo=UTC))
    )


def test_the_longest_lines_stay_on_one_page():
    paper = msgspec.structs.replace(
        PAPER,
        title="Dịch vụ tổ chức và quản lý bán trú " * 5,
        pupil_name="Công Tằng Tôn Nữ Thị " * 4,
        amount=999_999_999_999,
    )
    assert "Nhà trường xác nhận" in read(paper)


def test_the_face_has_every_vietnamese_letter():
    tones = ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
    letters = {unicodedata.normalize("NFC", base + tone) for base in "aăâeêioôơuưyđAĂÂEÊIOÔƠUƯYĐ" for tone in tones}
    for path in _fonts().values():
        known = TTFont(path).getBestCmap()
        assert not [letter for letter in letters if len(letter) == 1 and ord(letter) not in known]


def test_letters_written_in_pieces_are_put_together():
    pieces = unicodedata.normalize("NFD", "Nguyễn Thị Bích Phượng")
    assert "Nguyễn Thị Bích Phượng" in read(msgspec.structs.replace(PAPER, pupil_name=pieces))
