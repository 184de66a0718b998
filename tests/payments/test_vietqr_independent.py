"""What we draw is read by decoders that are not ours: two of pictures (zxing, OpenCV) and one of payloads (vietnam-qr-pay)."""

import io

import cv2
import numpy
import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from vietnam_qr_pay import QRPay

from payments import qrimage
from payments.banks import directory
from payments.vietqr import AMOUNT_MAX, VietQR, encode
from tests.payments.test_vietqr import BAD, GOOD, rendered

# What that package does not know: 62 without 08 or 01 is kept elsewhere, and 38 without a service code.
KNOWN = sorted(set(GOOD) - {"V14"})


def by_zxing(picture: Image.Image) -> str:
    (symbol,) = zxingcpp.read_barcodes(numpy.array(picture), formats=zxingcpp.BarcodeFormat.QRCode)
    return symbol.text


def by_opencv(picture: Image.Image) -> str:
    """OpenCV overlooks some symbols at one size and finds them at another; what it reads, it reads without our code."""
    for factor in (1, 0.5, 0.75, 1.5, 2):
        scaled = picture.resize((int(picture.width * factor), int(picture.height * factor)), Image.Resampling.NEAREST)
        for detector in (cv2.QRCodeDetector(), cv2.QRCodeDetectorAruco()):
            text, _, _ = detector.detectAndDecode(numpy.array(scaled))
            if text:
                return text
    return ""


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize("read", [by_zxing, by_opencv])
def test_two_decoders_read_every_picture(name, read):
    payload, _ = GOOD[name]
    assert read(Image.open(io.BytesIO(qrimage.png(payload))).convert("L")) == payload
    assert read(rendered(qrimage.svg(payload))) == payload


@pytest.mark.parametrize("name", KNOWN)
def test_another_reader_of_vietqr_agrees_on_the_good_vectors(name):
    payload, code = GOOD[name]
    assert_agrees(QRPay(payload), code)


def assert_agrees(theirs: QRPay, code: VietQR) -> None:
    assert theirs.is_valid
    assert (theirs.consumer.bank_bin, theirs.consumer.bank_number) == (code.bank_bin, code.account)
    assert (theirs.amount or None) == (None if code.amount is None else str(code.amount))
    assert (theirs.additional_data.purpose or None) == code.memo
    assert (theirs.additional_data.bill_number or None) == code.bill_number
    assert (theirs.provider.service or None) == code.service


@pytest.mark.parametrize(
    "name", [n for n, (payload, _) in BAD.items() if "check sum" in n or "changed" in n or "empty" in n]
)
def test_it_refuses_a_wrong_check_sum_as_well(name):
    assert not QRPay(BAD[name][0] or "0").is_valid


plain = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ", min_size=1, max_size=25).map(str.strip).filter(bool)
accounts = st.text("0123456789", min_size=6, max_size=19)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(directory.banks())), accounts, st.none() | st.integers(1, AMOUNT_MAX), st.none() | plain)
def test_it_reads_whatever_we_write(bank_bin, account, amount, memo):
    code = VietQR(bank_bin, account, amount, memo)
    assert_agrees(QRPay(encode(code)), code)


@settings(max_examples=25, deadline=None)
@given(accounts, st.integers(1, AMOUNT_MAX), plain)
def test_both_picture_readers_read_whatever_we_draw(account, amount, memo):
    payload = encode(VietQR("970436", account, amount, memo))
    picture = Image.open(io.BytesIO(qrimage.png(payload))).convert("L")
    assert by_zxing(picture) == by_opencv(picture) == payload
