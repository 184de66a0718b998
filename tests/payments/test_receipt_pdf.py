"""The receipt on paper: every letter right, the amount in figures and words, nothing more about the child than needed."""

import io
import unicodedata
from datetime import UTC, datetime

import msgspec
import pypdf
import pytest
from fontTools.ttLib import TTFont

from payments.drawing import fonts
from payments.receipt_pdf import Cancelled, External, ReceiptPaper, draw, draw_all, draw_cancellation

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
    code="2026000123-1G7K-40MZ-0000-7K3M-9QX2-W",
    verify_url="https://truong.example.vn/verify?text=2026000123-1G7K-40MZ-0000-7K3M-9QX2-W",
)
CANCELLED = msgspec.structs.replace(
    PAPER,
    cancelled=Cancelled(
        "HUY2026/000004", "Phụ huynh nộp nhầm lớp", datetime(2026, 9, 6, 0, 0, tzinfo=UTC), "Hoàng Thị Kế"
    ),
)


def read(paper: ReceiptPaper, drawn: bytes | None = None) -> str:
    pages = pypdf.PdfReader(io.BytesIO(drawn or draw(paper))).pages
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
    said = read(CANCELLED)
    assert "ĐÃ HỦY 07:00 06/09/2026" in said
    assert "HUY2026/000004 – Phụ huynh nộp nhầm lớp" in said


def test_a_cancellation_is_a_paper_that_names_receipt_reason_person_and_time():
    said = read(CANCELLED, draw_cancellation(CANCELLED))
    for words in (
        "PHIẾU HỦY BIÊN LAI",
        "Số: HUY2026/000004",
        "2026/000123, lập lúc 15:11 05/09/2026",
        "Phụ huynh nộp nhầm lớp",
        "Hoàng Thị Kế",
        "07:00 06/09/2026",
        "1.005.021 đ",
        "Một triệu không trăm linh năm nghìn không trăm hai mươi mốt đồng.",
    ):
        assert words in said


def test_cash_at_the_counter_is_called_so_and_names_the_cashier():
    cash = msgspec.structs.replace(PAPER, kind="cash", number="TM2026/000007", cashier="Hoàng Thị Kế")
    said = read(cash)
    assert "Tiền mặt tại quầy" in said and "Hoàng Thị Kế" in said and "Số: TM2026/000007" in said
    assert "ngân hàng báo có" not in said


def test_an_external_document_stands_on_the_receipt():
    external = External("e_invoice", "1C26TTH", "00000123", "XK3P9QW", datetime(2026, 9, 5, tzinfo=UTC))
    said = read(msgspec.structs.replace(PAPER, external=external))
    assert "Hóa đơn điện tử" in said and "Ký hiệu 1C26TTH, số 00000123, mã tra cứu XK3P9QW" in said


def test_receipts_of_one_payment_are_pages_of_one_file():
    pages = pypdf.PdfReader(io.BytesIO(draw_all([PAPER, CANCELLED]))).pages
    assert ["ĐÃ HỦY" in page.extract_text() for page in pages] == [False, True]


def test_the_longest_lines_stay_on_one_page():
    paper = msgspec.structs.replace(
        PAPER,
        title="Dịch vụ tổ chức và quản lý bán trú " * 5,
        pupil_name="Công Tằng Tôn Nữ Thị " * 4,
        amount=999_999_999_999,
        cancelled=Cancelled("HUY2026/000004", "Lý do rất dài " * 8, PAPER.issued_at, "Công Tằng Tôn Nữ Thị " * 3),
        external=External("e_receipt", "1C26TTH", "00000123", "XK3P9QWXK3P9QW", PAPER.issued_at),
    )
    assert "Nhà trường xác nhận" in read(paper)
    assert "không được dùng lại" in read(paper, draw_cancellation(paper))


def test_the_face_has_every_vietnamese_letter():
    tones = ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
    letters = {unicodedata.normalize("NFC", base + tone) for base in "aăâeêioôơuưyđAĂÂEÊIOÔƠUƯYĐ" for tone in tones}
    for path in fonts().values():
        known = TTFont(path).getBestCmap()
        assert not [letter for letter in letters if len(letter) == 1 and ord(letter) not in known]


def test_letters_written_in_pieces_are_put_together():
    pieces = unicodedata.normalize("NFD", "Nguyễn Thị Bích Phượng")
    assert "Nguyễn Thị Bích Phượng" in read(msgspec.structs.replace(PAPER, pupil_name=pieces))
