"""VietQR: good vectors are read and written back, bad ones refused for their own reason, pictures read by zxing."""

import io
import re
import xml.etree.ElementTree as ET

import numpy
import pytest
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from payments import qrimage
from payments.banks import directory
from payments.vietqr import AMOUNT_MAX, Fault, Service, VietQR, VietQRError, check_sum, decode, encode, plain_memo

CARD = Service.TO_CARD.value
V2 = "00020101021138600010A00000072701300006970403011697040311012345670208QRIBFTTC53037045802VN63044F52"
V3 = (
    "00020101021238570010A00000072701270006970403011300110123456780208QRIBFTTA530370454061800005802VN"
    "62340107NPS68690819thanh toan don hang63042E2E"
)
S1 = (
    "00020101021238570010A00000072701270006970436011300110000000170208QRIBFTTA5303704540712500005802VN"
    "62240820HP2600017 HOC PHI T9630429DD"
)

GOOD = {
    "V1": (
        "00020101021138540010A00000072701240006970423011000999999990208QRIBFTTA53037045802VN6304CBB4",
        VietQR("970423", "0099999999", initiation="11"),
    ),
    "V2": (V2, VietQR("970403", "9704031101234567", service=CARD, initiation="11")),
    "V3": (
        V3,
        VietQR("970403", "0011012345678", 180_000, "thanh toan don hang", "NPS6869", initiation="12"),
    ),
    "V4": (
        "00020101021238600010A00000072701300006970403011697040311012345670208QRIBFTTC530370454061800005802VN"
        "62340107NPS68690819thanh toan don hang6304A203",
        VietQR("970403", "9704031101234567", 180_000, "thanh toan don hang", "NPS6869", CARD, "12"),
    ),
    "V5": (
        "00020101021238570010A00000072701270006970415011300110019324180208QRIBFTTA530370454061200005802VN"
        "62170813ung ho lu lut6304C15C",
        VietQR("970415", "0011001932418", 120_000, "ung ho lu lut", initiation="12"),
    ),
    "V6": (
        "00020101021238630010A0000007270133000697042201190023457923442ASDFLJ0208QRIBFTTA53037045405401235802VN"
        "62290825chuyen khoan alsdkf laksj6304E5DB",
        VietQR("970422", "0023457923442ASDFLJ", 40_123, "chuyen khoan alsdkf laksj", initiation="12"),
    ),
    "V7": (
        "00020101021238540010A00000072701240006970436011010319334300208QRIBFTTA53037045802VN"
        "62220818Thanh toan hoa don6304E8A4",
        VietQR("970436", "1031933430", None, "Thanh toan hoa don", initiation="12"),
    ),
    "V8": (
        "00020101021238630010A00000072701330006970436011997043686255816010180208QRIBFTTC5303704540720000005802VN6304A2DC",
        VietQR("970436", "9704368625581601018", 2_000_000, service=CARD, initiation="12"),
    ),
    "V9": (
        "00020101021138620010A000000727013200069710250118PSP1234567890000000208QRIBFTTA53037045802VN"
        "62190515MOMOW2W123456786304821F",
        VietQR("971025", "PSP123456789000000", initiation="11", extra=(("62.05", "MOMOW2W12345678"),)),
    ),
    "V10": (
        "00020101021138620010A00000072701320006970454011899MM24011M348750800208QRIBFTTA53037045802VN"
        "62190515MOMOW2W3487508080030466304EBC8",
        VietQR("970454", "99MM24011M34875080", initiation="11", extra=(("80", "046"), ("62.05", "MOMOW2W34875080"))),
    ),
    "V11": (
        "00020101021138620010A00000072701320006970454011899ZP24009M072482670208QRIBFTTA53037045802VN6304073C",
        VietQR("970454", "99ZP24009M07248267", initiation="11"),
    ),
    "V14": (
        "00020101021138480010A00000072701300006970403011621129950446040255204581253037045802VN5910PHUONG CAC"
        "6005HANOI62110307NPS686963045802",
        VietQR(
            "970403",
            "2112995044604025",
            service=None,
            initiation="11",
            extra=(("52", "5812"), ("59", "PHUONG CAC"), ("60", "HANOI"), ("62.03", "NPS6869")),
        ),
    ),
    "S1": (S1, VietQR("970436", "0011000000017", 1_250_000, "HP2600017 HOC PHI T9", initiation="12")),
    "S2": (
        "00020101021238570010A00000072701270006970422011300000000000170208QRIBFTTA530370454094999999995802VN"
        "62290825HP2600017 HOC PHI THANG 963042912",
        VietQR("970422", "0000000000017", AMOUNT_MAX, "HP2600017 HOC PHI THANG 9", initiation="12"),
    ),
    "S3": (
        "00020101021138570010A00000072701270006970405011315000000000170208QRIBFTTA53037045802VN"
        "62130809HP260001763044650",
        VietQR("970405", "1500000000017", None, "HP2600017", initiation="11"),
    ),
    "S4": (
        "00020101021238600010A000000727013000069704180116TESTVA00000000170208QRIBFTTA530370454063500005802VN"
        "62130809HP9999990630447E2",
        VietQR("970418", "TESTVA0000000017", 350_000, "HP9999990", initiation="12"),
    ),
}


@pytest.mark.parametrize("name", GOOD)
def test_good_vectors_are_read(name):
    payload, code = GOOD[name]
    assert decode(payload) == code


@pytest.mark.parametrize("name", GOOD)
def test_good_vectors_are_written_back_letter_for_letter(name):
    payload, code = GOOD[name]
    assert encode(code) == payload


def test_a_lower_case_check_sum_and_blanks_around_are_accepted():
    assert decode(f"  {V2[:-4]}4f52\r\n") == GOOD["V2"][1]


def test_objects_may_come_in_any_order_between_first_and_last():
    body = "000201" + "5802VN" + "5303704" + V2[12:76] + "010211" + "6304"
    assert decode(body + check_sum(body)) == GOOD["V2"][1]


def test_the_check_sum_runs_over_utf8_bytes():
    """V13 of VNPay: valid check sum over a name in Vietnamese letters, but no account information of NAPAS."""
    v13 = "00020101021002020103069084010411VNPayWallet071003933571580809Lê Anh Tú09051000010037041107content63042678"
    assert refused(v13) == Fault.NOT_VIETQR
    assert refused(v13[:-4] + "B6CC") == Fault.CHECK_SUM


BAD = {
    "the misprint in the specification loses a digit of the account": (
        "00020101021138570010A00000072701270006970403011200110123456780208QRIBFTTA53037045802VN6304F4E5",
        Fault.LEFT_OVER,
    ),
    "the check sum of another code": (V2[:-4] + "A203", Fault.CHECK_SUM),
    "no GUID, nothing nested": (
        "0002010102113838000697042201120023457923440208QRIBFTTA530370454061800005802VN62160814ung ho bao lut6304E69F",
        Fault.BAD_TAG,
    ),
    "service code nested inside the beneficiary": (
        "00020101021138560010A0000007270138000697042201120123456789020208QRIBFTTA53037045802VN6304B682",
        Fault.CHECK_SUM,
    ),
    "lengths disagree with the text": (
        "00020101021238540010A00000072701240006970422011012345678900208QRIBFTTA52040000530370454061000005802VN"
        "5912NGUYEN VAN A62180810ITBLOG PAY16304E85C",
        Fault.BAD_TAG,
    ),
    "length of the amount off by one": (S1.replace("5407", "5408"), Fault.BAD_LENGTH),
    "one digit of the amount changed": (V3.replace("180000", "190000"), Fault.CHECK_SUM),
    "empty": ("", Fault.TOO_SHORT),
    "only the start": ("0002", Fault.TOO_SHORT),
    "only the end": ("6304", Fault.TOO_SHORT),
    "something behind the check sum": (S1 + "X", Fault.LEFT_OVER),
}


@pytest.mark.parametrize("name", BAD)
def test_known_bad_strings_are_refused_for_their_own_reason(name):
    payload, fault = BAD[name]
    assert refused(payload) == fault


def signed(*objects: str) -> str:
    body = "".join(objects) + "6304"
    return body + check_sum(body)


START, ACCOUNT, MONEY, COUNTRY = "000201010211", V2[12:76], "5303704", "5802VN"
REFUSALS = {
    "a tag that is no number": (signed(START, ACCOUNT, MONEY, COUNTRY, "6X02ab"), Fault.BAD_TAG),
    "an Arabic digit in a tag": (signed(START, ACCOUNT, MONEY, COUNTRY, "6٣02ab"), Fault.BAD_TAG),
    "an empty value": (signed(START, ACCOUNT, MONEY, COUNTRY, "6200"), Fault.BAD_LENGTH),
    "a value cut off": (START + ACCOUNT + MONEY + COUNTRY + "6304ABC", Fault.VALUE_CUT),
    "the same tag twice": (signed(START, ACCOUNT, MONEY, MONEY, COUNTRY), Fault.TAG_TWICE),
    "no check sum": (START + ACCOUNT + MONEY + COUNTRY, Fault.NO_CHECK_SUM),
    "a check sum that is no hex": (START + ACCOUNT + MONEY + COUNTRY + "6304GGGG", Fault.NO_CHECK_SUM),
    "another version": (signed("000202", ACCOUNT, MONEY, COUNTRY), Fault.BAD_VERSION),
    "the version not first": (signed("010211", "000201", ACCOUNT, MONEY, COUNTRY), Fault.BAD_VERSION),
    "another initiation": (signed("000201010213", ACCOUNT, MONEY, COUNTRY), Fault.BAD_INITIATION),
    "another GUID": (signed(START, ACCOUNT.replace("A000000727", "A000000775"), MONEY, COUNTRY), Fault.NOT_VIETQR),
    "VNPAY-QR": (signed(START, "26140010A000000775", MONEY, COUNTRY), Fault.NOT_VIETQR),
    "letters in the BIN": (signed(START, ACCOUNT.replace("0006970403", "000697040A"), MONEY, COUNTRY), Fault.BAD_BIN),
    "no beneficiary": (signed(START, "38260010A0000007270208QRIBFTTA", MONEY, COUNTRY), Fault.BAD_BIN),
    "an account with a dash": (
        signed(START, ACCOUNT.replace("9704031101234567", "970403110123-567"), MONEY, COUNTRY),
        Fault.BAD_ACCOUNT,
    ),
    "dollars": (signed(START, ACCOUNT, "5303840", COUNTRY), Fault.BAD_CURRENCY),
    "another country": (signed(START, ACCOUNT, MONEY, "5802US"), Fault.BAD_COUNTRY),
    "no amount at all": (signed(START, ACCOUNT, MONEY, "54010", COUNTRY), Fault.BAD_AMOUNT),
    "a grouped amount": (signed(START, ACCOUNT, MONEY, "540650 000", COUNTRY), Fault.BAD_AMOUNT),
    "a fraction of a đồng": (signed(START, ACCOUNT, MONEY, "54071000.50", COUNTRY), Fault.BAD_AMOUNT),
    "a negative amount": (signed(START, ACCOUNT, MONEY, "5405-1000", COUNTRY), Fault.BAD_AMOUNT),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_each_fault_has_its_own_name(name):
    payload, fault = REFUSALS[name]
    assert refused(payload) == fault


@pytest.mark.parametrize(("written", "amount"), [("50000", 50_000), ("50000.", 50_000), ("50000.00", 50_000)])
def test_amounts_of_other_generators_are_understood(written, amount):
    assert decode(signed(START, ACCOUNT, MONEY, f"54{len(written):02d}{written}", COUNTRY)).amount == amount


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        (VietQR("97043", "001"), Fault.BAD_BIN),
        (VietQR("970436", ""), Fault.BAD_ACCOUNT),
        (VietQR("970436", "0" * 20), Fault.BAD_ACCOUNT),
        (VietQR("970436", "001 002"), Fault.BAD_ACCOUNT),
        (VietQR("970436", "001", 0), Fault.BAD_AMOUNT),
        (VietQR("970436", "001", -5), Fault.BAD_AMOUNT),
        (VietQR("970436", "001", AMOUNT_MAX + 1), Fault.OVER_LIMIT),
        (VietQR("970436", "001", 1, "học phí"), Fault.BAD_TEXT),
        (VietQR("970436", "001", 1, ""), Fault.BAD_TEXT),
        (VietQR("970436", "001", 1, "A" * 26), Fault.TOO_LONG),
        (VietQR("970436", "001", service="QRIBFTTX"), Fault.BAD_SERVICE),
    ],
)
def test_writing_refuses_what_some_app_would_stumble_over(code, fault):
    with pytest.raises(VietQRError) as error:
        encode(code)
    assert error.value.fault == fault


@pytest.mark.parametrize(
    ("text", "memo"),
    [
        ("HP2600017 Học phí tháng 9", "HP2600017 HOC PHI THANG 9"),
        ("HP2600017 Tiền ăn bán trú & nước uống", "HP2600017 TIEN AN BAN TRU"),
        ("HP2600017 Đồng phục đông", "HP2600017 DONG PHUC DONG"),
        ("HP2600017", "HP2600017"),
    ],
)
def test_memos_are_plain_letters_that_every_route_lets_through(text, memo):
    assert plain_memo(text) == memo


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused_with_a_fault(text):
    try:
        decode(text)
    except VietQRError as error:
        assert error.fault in set(Fault)


@given(st.sampled_from([payload for payload, _ in GOOD.values()]), st.data())
def test_a_damaged_code_never_passes_as_another(payload, data):
    """One changed letter anywhere is found, except the case of the check sum's own letters."""
    place = data.draw(st.integers(0, len(payload) - 1))
    letter = data.draw(st.characters(min_codepoint=0x21, max_codepoint=0x7E))
    damaged = payload[:place] + letter + payload[place + 1 :]
    if damaged != payload and (place < len(payload) - 4 or damaged.upper() != payload.upper()):
        assert refused(damaged)


plain = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=25)
accounts = st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=1, max_size=19)


@given(st.sampled_from(sorted(directory.banks())), accounts, st.none() | st.integers(1, AMOUNT_MAX), st.none() | plain)
def test_what_is_written_is_read_back(bank_bin, account, amount, memo):
    code = VietQR(bank_bin, account, amount, memo)
    read = decode(encode(code))
    assert (read.bank_bin, read.account, read.amount, read.memo) == (bank_bin, account, amount, memo)
    assert read.initiation == ("11" if amount is None else "12")


@pytest.mark.parametrize("name", ["V1", "V3", "V8", "S1", "S2", "S3", "S4"])
def test_an_independent_decoder_reads_the_png(name):
    payload, code = GOOD[name]
    symbol = scan(Image.open(io.BytesIO(qrimage.png(payload))))
    assert symbol.text == payload
    assert symbol.ec_level == "M"
    assert decode(symbol.text) == code


@pytest.mark.parametrize("name", ["V1", "V3", "V8", "S1", "S2", "S3", "S4"])
def test_an_independent_decoder_reads_the_svg(name):
    payload, code = GOOD[name]
    symbol = scan(rendered(qrimage.svg(payload)))
    assert symbol.text == payload
    assert decode(symbol.text) == code


def test_pictures_keep_four_modules_of_silence_around():
    pixels = numpy.array(Image.open(io.BytesIO(qrimage.png(S1))).convert("L"))
    quiet = qrimage.QUIET_ZONE * qrimage.PNG_SCALE
    assert (pixels[:quiet] == 255).all()
    assert (pixels[:, :quiet] == 255).all()
    assert pixels[quiet, quiet] == 0
    size = (pixels.shape[0] - 2 * quiet) // qrimage.PNG_SCALE
    assert (size - 17) % 4 == 0
    light = numpy.array(rendered(qrimage.svg(S1)))
    assert (light[: qrimage.QUIET_ZONE * 4] == 255).all()


def test_the_bank_table_knows_the_large_banks_and_fails_on_none():
    assert len(directory.banks()) == 81
    assert directory.bank_name("970436") == "Vietcombank"
    assert directory.bank_of("970415").name.startswith("Ngân hàng")
    assert directory.bank_of("000000") is None
    assert directory.bank_name("000000") == "000000"


def refused(payload: str) -> Fault:
    with pytest.raises(VietQRError) as error:
        decode(payload)
    return error.value.fault


def scan(image: Image.Image) -> zxingcpp.Barcode:
    barcodes = zxingcpp.read_barcodes(numpy.array(image.convert("L")))
    assert len(barcodes) == 1
    return barcodes[0]


def rendered(svg: bytes, scale: int = 4) -> Image.Image:
    """Paint the one path of strokes that the picture is: `M x y`, `m dx dy`, `h length`, each one module high."""
    root = ET.fromstring(svg)
    size = int(root.attrib["viewBox"].split()[2])
    dark = next(path.attrib["d"] for path in root if "stroke" in path.attrib)
    pixels = numpy.full((size, size), 255, dtype=numpy.uint8)
    x = y = 0.0
    for command, numbers in re.findall(r"([Mmh])([^Mmh]*)", dark):
        values = [float(number) for number in re.findall(r"-?\d*\.?\d+", numbers)]
        if command == "h":
            pixels[int(y), int(x) : int(x + values[0])] = 0
            x += values[0]
        else:
            x, y = (values[0], values[1]) if command == "M" else (x + values[0], y + values[1])
    return Image.fromarray(pixels.repeat(scale, axis=0).repeat(scale, axis=1))
