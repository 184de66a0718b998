"""Whether the matter stands only in a picture, and how long the text is as an SMS. No meaning of the words beyond pointing at a picture."""

from __future__ import annotations

import re

from backend.announcements.checking.reading import EMOJI, Reading
from backend.core.text import strip_marks

SMS_UNITS_MAX = 459  # three joined GSM-7 parts (messaging.md §4.1)
_DOUBLE = frozenset("^{}\\[~]|€\f")

_IMAGE = re.compile(
    r"\.(?:jpe?g|png|webp|heic|heif|gif|bmp|tiff?)\b|^image/|^(?:image|photo|picture|anh|ảnh|hinh|hình|img|poster)\b",
    re.IGNORECASE,
)
_POINTS = re.compile(
    r"\b(?:xem|theo|nhu|trong|o|tren|doc|coi|tai|ghi trong|nhin|chi tiet)(?: \w+){0,4}? (?:anh|hinh"
    r"|hinh anh|poster|infographic|tam anh|buc anh|to roi)\b|\b(?:anh|hinh|hinh anh|poster"
    r"|infographic) (?:dinh kem|ben duoi|duoi|sau|kem theo|duoi day|kem|phia duoi|o duoi|nay)\b"
    r"|\b(?:see|check|read|in|refer to)(?: \w+){0,4} (?:picture|image|photo|poster|flyer|infographic"
    r"|screenshot)s?\b|\b(?:attached|below) (?:picture|image|photo|poster|flyer|infographic)\b"
    r"|\b(?:picture|image|photo|poster|flyer) (?:attached|below)\b|\b(?:anh|hinh) (?:a|ạ|nhe|nha|giup)\b"
)
_FORMS = {"anh": ("ảnh",), "hinh": ("hình",)}
_PHOTOS_OF_LIFE = re.compile(
    r"\b(?:hinh anh|anh|khoanh khac|album|mot so anh|mot so hinh anh|vai hinh anh|anh chup|photos"
    r"|pictures)\s+(?:\w+ ){0,3}?(?:hoat dong|cac con|cac be|cua con|ky niem|lop minh|buoi|hoc tap"
    r"|vui choi|ky yeu|dep|trong|tham gia|chup|of (?:our|the|your)|from)\b|\b(?:gui|chia se|up|dang"
    r"|share)(?: \w+){0,5} (?:tam anh|tam hinh|it anh|it hinh|vai anh|anh cac con|hinh cac con|clip)\b"
    r"|\b(?:khoanh khac|album|nhat ky"
    r"|ky yeu|anh the|chup anh|anh tap the)\b"
)
_MATTER = re.compile(
    r"\b(?:thong bao|cong van|thu ngo|quyet dinh|to trinh|van ban|lich|thoi khoa bieu|tkb|thuc don|noi dung|chi tiet|danh sach|ke hoach|giay moi"
    r"|thu moi|muc thu|quy dinh|huong dan|thong tin|de cuong|notice|schedule|details|menu|invitation"
    r"|timetable)\b"
)
# Something told of its own: `Nội dung ôn tập: bài 12 đến bài 18 …`.
_OWN = re.compile(r"\b(?:noi dung|lich|thuc don|de cuong|ke hoach|danh sach)\b[^:\n]{0,20}:\s*(?:\w+[ ,]+){5}")
_GREETING = re.compile(
    r"\b(?:kinh gui|kinh chao|kinh thua|than gui|thong bao|quan trong|khan|quy|phu huynh|phhs|cmhs|ph"
    r"|ba me|bo me|cha me|cac|cac bac|lop|cac con|hoc sinh|vui long|xem|trong|anh|hinh|dinh kem|ben duoi"
    r"|duoi day|chi tiet|noi dung|a|nhe|nha|giup|co|gvcn|xin|cam on|tran trong|em|gui|ve|viec|cua|truong"
    r"|tap the|cho|nam|toan the|toan|theo|va|thuc hien|duoi|sau|de|biet|hinh anh|nay|file|the|please|see"
    r"|dear|parents|attached|picture|image|all|khoi|moi|nguoi|ca nha|luu y|doc ky|doc|thong tin)\b"
    r"|\d+[a-z]?\d*|[^\w\s]"
)


def has_image(attachments: tuple[str, ...]) -> bool:
    return any(_IMAGE.search(name) for name in attachments)


def only_in_a_picture(
    reading: Reading, attachments: tuple[str, ...], *, dates: int, amounts: int, place: bool, deeds: int
) -> bool:
    """True when the reader of the text alone would not know what it is about or when."""
    image = has_image(attachments)
    text = reading.plain
    points = any(reading.means(m.start(), m.end(), _FORMS) for m in _POINTS.finditer(text))
    own_words = len(re.findall(r"[a-z]{2,}", _GREETING.sub(" ", text)))
    if not image and not points:
        return False
    if _says_the_matter(reading):
        return False
    if not text.strip() or (image and own_words == 0):
        return image
    if _PHOTOS_OF_LIFE.search(text) and not (_MATTER.search(text) and points):
        return False
    known = (dates > 0) + (amounts > 0) + place
    if image and known == 0 and own_words <= 5 and re.search(r"\b(?:doc|xem|coi|luu y)\b", text):
        return True
    if not points:
        return image and own_words <= 6 and known == 0 and _MATTER.search(text) is not None
    if known == 0:
        return own_words <= (12 if deeds else 30)
    return known == 1 and own_words <= 8 and bool(_MATTER.search(text)) and deeds == 0


def _says_the_matter(reading: Reading) -> bool:
    """Another sentence tells it in words: the picture only adds to it."""
    return any(
        not _POINTS.search(reading.plain, start, end) and _OWN.search(reading.plain, start, end)
        for start, end in reading.sentences
    )


def sms_units(shown: str) -> int:
    """Units of the text as gateways send it: without marks and emoji, blanks folded."""
    plain = EMOJI.sub("", strip_marks(shown)).replace("\r", "")
    return sum(2 if character in _DOUBLE else 1 for character in plain.strip())
