"""Whether an ask is surely one: what missing_* may complain about. In doubt a notice tells and does not ask, and the checker is silent."""

from __future__ import annotations

import re

from backend.announcements.checking.asks import Ask
from backend.announcements.checking.reading import Reading

# Telling, not asking, in the ask's own sentence.
_TOLD = re.compile(
    r"\b(?:khong (?:co )?(?:day them|gop|mua|dong tien)|(?:bo qua|gui nham)\b|khoi (?:can "
    r"|phai )?(?:nop|dong|tra loi|dang k[yi]|gui)|(?<!nop )(?<!dong )du (?:\d+ ?/ ?\d+|het) "
    r"|roi (?:nghen|nhen|nha|nhe|a|nghe)\b|(?P<done>da) (?!ngoai\b|nang\b|bong\b|den\b|giac\b"
    r"|dang k[yi]\b)[a-z]+|vua (?:xong|dien ra|to chuc|ket thuc|qua|tro ve|ve|duoc|nhan)\b"
    r"|(?:(?<!bang )cach|viec) (?:nop|dang k[yi]|dong|tra|hoan thien)\b"
    r"|(?:khong|chua|ko) (?:con |co )?(?:thu|nhan|to chuc thu|yeu cau|ban|can|phai)\b|(?:khong|chang) bat buoc\b"
    r"|(?:luc|khi|ngay|buoi|bat (?:cu|k[yi]))(?: \w+){0,3} nao(?: cung duoc| trong| tien|\s*(?:[.,;]|$))|\bbat (?:cu|k[yi])\b"
    r"|tu (?:lien he|theo doi|dang k[yi]|mua|tim|nop|lo)\b|(?<!thi )(?<!mon )tu chon\b"
    r"|(?:ai|(?:gia dinh|phu huynh|nha|em|ban|anh chi) nao) (?:co nhu cau|muon|can|quan tam|thay)\b"
    r"|xin (?:dung|khong)\b|(?:co the|duoc phep) (?:den|dang k[yi]|nop|xem|tham)\b"
    r"|bao cao(?= ?:)|(?:thua|con lai|con du|ton) \d"
    r"|(?:con|em|hs|hoc sinh|chau|be)(?: \w+)? mang ve\b(?![^.\n]*\b(?:nop|gui|tra|mang (?:den|lai|tra))\b)|(?:lua dao|gia mao|mao danh)\b)"
)
# `Còn em A, em B chưa đóng` is a list, `ai chưa đóng thì đóng` a request.
_OWED = re.compile(r"\b(?:con|van)\b[^.;\n]{0,90}\bchua (?:dong|nop|thanh toan|hoan thanh)\b")
_REMINDS = re.compile(
    r"\b(?:nho (?!lai\b)|chi (?:can|viec|phai) |vui long|de nghi|yeu cau|mong|xin (?!loi\b|cam on)|phai |hay |thi (?:dong|nop|gui)|please|kindly)"
)
_NEW_CLAUSE = re.compile(
    r"[,;:–-]\s*(?:(?:kinh|tran trong) moi|(?:quy |cac )?(?:phu huynh|phhs|cmhs|ba me|bo me|cha me|gia dinh|ca nha|anh chi))\b|\bthi (?=dong|nop|gui)"
)
# `mời phụ huynh xem` invites the eyes, `qua trường đón em` fetches a child.
_NO_JOURNEY = re.compile(
    r"\bmoi (?:cac |quy )*(?:phu huynh|ph|ba me|bo me|cha me|ca nha|anh chi) (?:cung )?(?:xem|doc|nghe|theo doi|tham khao|tai|ngam|chia vui)\b"
    r"|\b(?:don|ruoc) (?:em|con|be|chau)\b(?![^.\n]{0,60}\b(?:hop|tap trung)\b)"
)
# `Phụ huynh muốn lấy học bạ thì đến văn phòng`: only who wants to.
_IF_WANTED = re.compile(r"\b(?:muon|co nhu cau|can)\b[^.\n]{0,60}\bthi\b")
_WEATHER = re.compile(r"\b(?:troi|gio mua|ret|lanh|nang|mua to|mua phun|nong|giao mua|thoi tiet|chuyen mua)\b")
_HABIT = re.compile(r"\b(?:moi|hang) (?:ngay|tuan|sang|chieu|thu|thang|buoi|toi)\b")
_IN_STOCK = re.compile(r"\b(?:de|gui|bo|cho) san\b|\b(?:du phong|phong khi)\b")
_FAMILY = (
    r"(?:phu huynh|phhs|cmhs|ph|cha me|ba me|bo me|cac me|me|cac bac|cac bo|ca nha|gia dinh|anh chi|quy vi|hoc sinh|hs"
    r"|cac con|cac em|con|be|em|moi nguoi|nha minh|pp|bo/me|ba/me|parents?|families|students?|pupils?)"
)
_REQUEST = re.compile(
    rf"\b(?:de nghi|vui long|mong|xin|nho|nhac|moi|yeu cau|phai|can|phien|hay|giup|gium|dum|kip|som|han|truoc|cham nhat"
    rf"|nhe|nha|nhen|nghen|ha|please|kindly|must|need|should|required?|due|by|thu|muc|gom|bat buoc|chot|nhu sau|lien he)\b|{_FAMILY}\b"
)
_FRAUD = re.compile(r"\b(?:lua dao|mao danh|gia mao|gia danh)\b")
_HEAD = re.compile(r"(?:[^\n]{0,14}:\s*)?[^\n.;:!?,]{0,18}$")


def _told(reading: Reading, first: int, last: int) -> re.Match[str] | None:
    for m in _TOLD.finditer(reading.plain, first, last):
        if reading.plain.endswith("xac nhan ", 0, m.start()):
            continue
        if m["done"] is None or reading.means(m.start("done"), m.end("done"), {"da": ("đã",)}):
            return m
    return None


def _then_asked(reading: Reading, told: re.Match[str], ask: Ask) -> bool:
    """`Lớp đã chốt đi biển, ba mẹ đóng …`: behind what is told a clause of its own speaks to families or invites them."""
    return (
        told.re is _TOLD and told["done"] is not None and bool(_NEW_CLAUSE.search(reading.plain, told.end(), ask.end))
    )


def surely(reading: Reading, ask: Ask) -> bool:
    """A request word, a family spoken to, or the deed at the head of its sentence; and nothing that says it is only told."""
    if ask.kind == "pay" and _FRAUD.search(reading.plain):
        return False
    first, last = ask.sentence
    sentence = reading.plain[first:last]
    told = _told(reading, first, last) or (_OWED.search(reading.plain, first, last) if ask.kind == "pay" else None)
    if told and not _then_asked(reading, told, ask) and not _REMINDS.search(reading.plain, told.end(), last):
        return False
    if ask.kind == "hand_in" and _HABIT.search(sentence):
        return False
    if ask.kind == "attend":
        return not (_NO_JOURNEY.search(sentence) or _IF_WANTED.search(sentence))
    if ask.kind == "bring":
        return not (_WEATHER.search(sentence) or _IN_STOCK.search(sentence))
    return bool(_REQUEST.search(sentence) or _HEAD.fullmatch(reading.plain[first : ask.start]))
