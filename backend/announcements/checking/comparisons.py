"""Pupils ranked or set against each other. Ranks of classes and prizes won are none."""

from __future__ import annotations

import re

from backend.announcements.checking.lexicons import any_of
from backend.announcements.checking.reading import Reading

_SAYS = any_of(
    [
        (
            r"(?:xep|dung|hang|o) (?:thu|hang|vi tri|vi thu|hang thu|vi tri thu) ?(?:\d+|nhat|nhi|hai|ba|tu|nam"
            r"|cuoi|chot|bet)(?: ?/ ?\d+)?"
        ),
        r"(?:xep|dung) ?\d+ ?/ ?\d+",
        r"thu hang~",
        r"xep hang~",
        r"hon (?:han|xa|nhieu) (?:cac |nhung |nhieu )*(?:ban|em|be|hs|hoc sinh)",
        r"bang xep hang~",
        r"hang \d+(?: ?/ ?\d+)?",
        r"top ?\d+~",
        r"(?:dung|nam trong|lot) top",
        r"(?:dung|xep) (?:dau|cuoi|chot|bet|nhat|nhi)(?: bang)?~(?:lop|khoi|truong|bang)",
        (
            r"(?:gioi|kem|yeu|cham|te|ngoan|luoi|cao|thap|hu|do|xuat sac|tien bo|kha|nhieu loi|hay quen|cham chi"
            r"|noi bat|nhanh|tot|dep|u|duoi|dot|cham tien|it tien bo|kem coi) nhat (?:lop|khoi|truong|trong lop"
            r"|trong khoi|ca lop|toan khoi|cua lop|doi|nhom|la|thuoc ve|o lop)"
        ),
        r"(?:diem|ket qua|thanh tich)~(?:cao|thap|tot|kem) nhat~(?:la|thuoc ve|cua|:)",
        r"(?:cao|thap) nhat~(?:la|thuoc ve) (?:em|ban|be|con|chau|hs)",
        (
            r"(?:gioi|kem|yeu|cham|thua|ngoan|tien bo|cham chi|hieu biet|thong minh|lanh loi|nhanh|kha|luoi|sut"
            r"|duoi|tut)(?: xa| han)? (?:hon|xa|so voi) (?:cac |nhung |han |nhieu |ca |so voi )*(?:ban|em|be|con"
            r"|chau|hoc sinh|hs|lop|nhieu ban)"
        ),
        r"(?:thua|kem) (?:cac |nhieu |hau het |xa |kem )*(?:ban|be)",
        r"(?:khong|chua|k|ko) (?:bang|gioi bang|ngoan bang|theo kip) (?:cac |duoc |ban )*(?:ban|be|em|chau|hs)",
        (
            r"so (?:voi|sanh voi) (?:cac |ban |nhung |be |em |mat bang |bạn |hau het |da so |trung binh )*(?:ban"
            r"|be|em|chung|lop|cung lop|khac|cua lop|hoc sinh|hs)"
        ),
        r"(?:xep|sap xep|liet ke|danh sach)~(?:theo thu tu |theo )?diem (?:tu |so tu )?(?:cao|thap)",
        r"tu (?:cao|thap) (?:xuong|den|len) (?:thap|cao)",
        r"(?:dung|xep|thuoc|nam|o) (?:trong )?(?:nhom|top|tốp|hang) (?:cuoi|dau|yeu|bet|kem|chot)~",
        r"(?:bet|chot|dau|cuoi) (?:lop|bang|khoi)",
        r"nhat (?:lop|khoi)",
        r"(?:noi guong|hoc tap|nhin|nhu)~(?:ban|em|be) ~(?:dung|khong|chu khong|thay vi) (?:nhu|giong)",
        r"rank(?:ed|ing|s)?~",
        (
            r"(?:top|bottom|best|worst|weakest|strongest|lowest|highest|smartest) (?:of|in|student|pupil|scorer"
            r"|score|\d+)~"
        ),
        (
            r"(?:better|worse|slower|weaker|lower|higher|behind|faster) than (?:\w+ ){0,3}(?:classmates?|peers"
            r"|others|students|friends|the rest)"
        ),
        r"(?:thu|hang) (?:nhat|nhi|ba|\d+) (?:trong |cua |toan |ca )?(?:lop|khoi)",
        r"thu khoa (?:lop|khoi)",
        r"quan quan (?:hoc tap|diem)~lop",
        r"trong khi (?:ban|em|be) ~(?:chi|duoc|dat|da|lai)",
        r"dung sau~(?:het|xa)",
        r"(?:thua|thua kem|kem) ban (?:mai|hoai|nua|a|day)",
        r"(?:doc|viet|tinh|lam|hoc|noi|chay|ve|hat)(?: \w+)? (?:to|nho|nhanh|cham|gioi|kem|dep|xau|tot|te) nhat(?=[^.\n]{0,40}\bnhat\b)",
        r"con nha nguoi ta~",
        r"nhin~ma (?:hoc|day|noi|ran)",
        r"tut hang|len hang|hang trong lop|vi thu",
    ]
)
_OF_CLASSES = re.compile(
    r"\b(?:lop|cac lop|tap the|chi doi|lien doi|doi|truong|khoi|doi tuyen|doi bong|nhom|to|phong trao"
    r"|thi dua|don vi|cum|tinh|doan truong|toan doan|classes|houses?|teams?)\s*(?:\w+\s*){0,6}$"
)
_OUR_CLASS = re.compile(
    r"\b(?:lop (?:minh|ta|chung (?:ta|minh)|con|\d\w*)|ca lop|tap the lop)\b(?!.*\b(?:em|be|ban|hs"
    r"|hoc sinh)\b)"
)
_NO_PUPIL = re.compile(
    r"(?:khong|chua|dung co|tranh|khong nen|nghiem cam|han che|bai bo|thay vi|don't|never|not)\s+(?:\w+\s+){0,5}$"
)
_PRIZE = re.compile(
    r"\b(?:giai|huy chuong|cuoc thi|hoi thi|chung ket|ky thi|vong|doat|gianh|ve dich|vo dich|cap (?:tinh"
    r"|truong|quan|huyen|thanh pho|quoc gia|xa|cum)|thi dua|hkpd|giai bong|chay|boi loi|bong da|keo co"
    r"|van nghe|bao tuong|trang tri|ung dung|app store|the gioi|viet nam|toan quoc|quoc te)\b"
)
_CLASSES_AFTER = re.compile(
    r"^[^\n]{0,12}?\b1?\d(?:[a-e]\d{0,2}|/\d{1,2})\b|\b(?:cac lop|lop (?:\d+\w*|co|nao|xuat sac)|tap the|chi doi|classes)\b"
)
_OTHERWISE = re.compile(
    r"(?:muc|gia|so tien|nhiet do|san pham|mon an|hoc phi|phi|thuc don|muc thu|tuan|thang|nam|hoc ky"
    r"|ky)\b[^.\n]{0,30}$"
)


def compared(reading: Reading) -> tuple[int, int] | None:
    """The first place where pupils are ranked or compared."""
    if not reading.shouting and (m := _THAN.search(reading.shown)):
        return m.span()
    for start, end in reading.sentences:
        sentence = reading.plain[start:end]
        for m in _SAYS.finditer(sentence):
            if _is_of_pupils(sentence, m, _named(reading, start, start + m.start())):
                return start + m.start(), start + m.end()
    return None


# `Lâm làm toán chậm hơn hẳn Bảo Anh`: somebody named behind the comparison.
_THAN = re.compile(
    r"(?:nhanh|chậm|giỏi|kém|yếu|ngoan|lười|tốt|đẹp|xấu|dở|khá|tệ|sáng|thông minh|chăm|tiến bộ)(?: \w+)? hơn(?: hẳn| xa| nhiều| cả)?"
    r" (?:bạn |em |con |bé )?[A-ZĐ][a-zà-ỹ]+|\b(?:thua|kém|không bằng|chẳng bằng)(?: xa| hẳn)? (?:bạn |em |con |bé )[A-ZĐ][a-zà-ỹ]+"
)
_NAME = re.compile(r"(?<!Lớp )(?<!Trường )(?<!Đội )\b[A-ZĐ][^\W\d_]+ [A-ZĐÁÂÉÝ][^\W\d_]*\b")


def _named(reading: Reading, start: int, end: int) -> bool:
    """Two words with capitals shortly before: somebody's name."""
    return not reading.shouting and bool(_NAME.search(reading.shown, max(start, end - 32), end))


def _is_of_pupils(sentence: str, m: re.Match[str], named: bool) -> bool:
    before = sentence[max(0, m.start() - 160) : m.start()]
    around = before + sentence[m.start() : m.end() + 160]
    hit = m.group()
    if _NO_PUPIL.search(before[-45:]):
        return False
    if len(re.findall(r"\bhang \d", around)) > 1 and not re.search(
        r"\b(?:lop \d|giai|hang \d+\W+\d{1,2}[a-z])", around
    ):
        return True
    scope = re.search(
        (
            r"\b(?:lop|khoi|trong lop|cua lop|ca lop|toan khoi|nhat lop|dau lop|cuoi lop|of the class"
            r"|in (?:the )?class|classmates?|peers)\b"
        ),
        hit,
    )
    if re.match(r"(?:xep|dung|hang|o|top|thu hang|bang xep hang|xep hang|lot|nam trong|rank|tut|len)", hit):
        subject = before[-40:]
        pupil = re.search(
            r"\b(?:em|be|chau|con|ban|hoc sinh|hs|pupil|student|he|she|your child)\b[^,;]{0,30}$", subject
        )
        if (_OF_CLASSES.search(subject) or _OUR_CLASS.search(before)) and not pupil and not named:
            return False
        after = sentence[m.start() : m.end() + 40]
        if (
            _CLASSES_AFTER.search(after)
            and not re.search(r"\b(?:hoc sinh|hs|em|be|ban|con|trong lop|cua lop|ca lop)\b", after)
            and not pupil
        ):
            return False
        if re.match(r"(?:o|dung) (?:thu|hang)", hit) and re.search(r"\bhang (?:ghe|doc|ngang|rao|quan|cho)\b", after):
            return False
        if re.search(r"\bxep hang (?:vao|ra|len|don|ngay|ngan|doi|cho|mua|truoc|tai|o|de|lay|nhan|2|hai)\b", after) or (
            re.search(r"\b(?:hang|thu) (?:2|3|4|5|6|7)\b", hit)
            and not (pupil or re.search(r"\b(?:lop|khoi|hoc sinh|diem)\b", around))
        ):
            return False
        if _PRIZE.search(around) and not re.search(
            r"\b(?:trong|cua|toan|ca) (?:lop|khoi)\b|/ ?\d+", sentence[m.start() : m.end() + 30]
        ):
            return False
        return bool(
            pupil
            or re.search(
                r"\b(?:em|be|chau|con|ban|hoc sinh|hs|lop|khoi|pupils?|students?|class|diem|ket qua|hoc tap|child)\b",
                sentence,
            )
        )
    if _OTHERWISE.search(before[-45:]) and not scope:
        return False
    return not (_PRIZE.search(around) and not scope and re.search(r"nhat", hit))
