"""Whether a family knows whom to turn to: a person, number, form, link, QR, account or app."""

from __future__ import annotations

import re

from backend.announcements.checking.reading import Reading

_PERSON = (
    r"(?:co|thay|gvcn|gv|giao vien|ke toan|thu quy|bac|chi|anh|di|ms|mr|mrs|miss|lop truong|lop pho|bi thu"
    r"|to truong|hieu pho|thay hieu pho|hoi truong|pho hieu truong|truong thon|truong ban"
    r"|ban phu huynh|bph|truong (?:ban|xom|to)|can bo|cong chuc|hlv|hoi truong phu huynh|chi hoi|van phong|vp|phong (?:tai vu|ke toan|y te|tuyen sinh"
    r"|hanh chinh|giao vu|cong tac|hoc vu|dao tao|tiep dan|bao ve|doi)"
    r"|bo phan|thu vien|thu ky|bao ve|van thu|giao vu|y te|tong phu trach|tpt|bgh|ban giam hieu"
    r"|hieu truong|thu thu|nhan vien|le tan|admin|office|front desk|reception desk|quay|teacher|reception|homeroom|accountant|coordinator"
    r"|nurse|counsel\w+|nha xe|nha bep|nha truong qua|ban dai dien|ban dd|cac co)"
)
_CONTACT = re.compile(
    r"\bgvcn (?:thu|tong hop|nhan|lap|de)\b|"
    r"https?://|www\.|\b[\w-]+\.(?:com|vn|net|org|edu|gl|ly|me)\b(?:/\S*)?|[\w.+-]+@[\w-]+\.\w+"
    r"|(?<!\d)(?:\+?84|0)(?:[ .-]?\d){8,10}(?!\d)|\b1[89]00[ .]?\d{4}\b"
    r"|\b(?:qr|qrcode|ma qr|quet ma|link|duong link|lien ket|google ?forms?|gg ?form|ms forms?"
    r"|(?<!medical )(?<!consent )(?<!signed )(?<!permission )(?<!health )(?<!the )(?<!slip )form"
    r"|fill (?:in|out)(?: \w+){0,3} form"
    r"|bieu mau|hotline|sdt|so dien thoai|dien thoai(?= ?[:\d(]| (?:cua|so|lien))|email|e-mail|gmail|website|fanpage|stk|so tai khoan"
    r"|so tk|tai khoan|tk ngan hang|tk|vietqr|momo|vnpay|viettel money)\b"
    r"|\b(?:app|ung dung|phan mem|vnedu|enetviet|smas|k12online|misa|edupay|ssc|esms|zalopay|vneid"
    r"|nhip cau|nhipcau|so lien lac dien tu|sllđt|slldt|portal|classdojo|teams|cong thanh toan"
    r"|cong thong tin|muc thanh toan|nut|bam vao|nhan vao|bam \"|chon \"|nhan \"|phan binh chon|binh chon"
    r"|poll|classin|seesaw|toddle|managebac|powerschool)\b"
    r"|\b(?:truc tuyen|cong (?:cua|dang k[yi])|lien he|lien lac|lh|ib|inbox|contact|hoi truc tiep|reach out)\b"
    rf"|\b(?:cho|voi|toi|den|gap|nhan|nhan tin|nhan tin cho|nt|nhan zalo|nhan rieng|bao|bao lai|hoi|goi"
    rf"|goi cho|qua|gui|gui ve|gui lai|tai|o|ve|zalo|alo|ping|rieng|len|tra|tra loi|nhan rieng cho"
    rf"|gap truc tiep|nop|nop lai|phan hoi|xac nhan|dong|tim|chuyen|dang ky|dk|to|from|ask|tell|call|text"
    rf"|email|your|our|the|noi|nop tien|nop tien mat|nop phieu|thu boi)\s+(?:cho |voi |truc tiep |lai "
    rf"|rieng |ve |so |zalo |ben |qua |tin |tien |phieu |don |the |o )*{_PERSON}\b"
    r"|\b(?:tra loi|phan hoi|rep|reply|comment|cmt|binh luan|tha tim|tha like|nhan tin|tick|bam|nhan"
    r"|like)\s+(?:vao |o |to |ngay |duoi |lai |truc tiep |bang |qua )*(?:tin nhan|tin nay|tin|bai|duoi"
    r"|message|this|thong bao nay|nhom|group|day|o day|ngay duoi|ben duoi|so|zalo|co mat|1|\"|'|xac nhan"
    r"|da)\b"
    r"|\b(?:nop|gui|chuyen|ck|chuyen khoan|dong|lien he|ib|nhan)(?: tien| phieu| don| lai| not| du)?(?: cho)? (?:me"
    r"|bo|ba|ma|mom|phu huynh) (?:be |em )?[a-z]+"
    r"|\b(?:co|thay|ms|mr|mrs|chi|anh|di|chu|gvcn|giao vien|ke toan|thu quy|bac)[\s:]+(?:co |thay )?(?!giao\b"
    r"|chu nhiem\b)(?=(?P<name>[a-z]))"
    r"|\b(?:zalo|sms)\s+(?:nhom|co|lop|cua|:|0)|\bco (?:thu|nhan|se thu|se nhan) (?:tien|phieu|bai)"
    r"|\b(?:cho|nhan|bao|goi|gui|dua|ib|hoi|alo|gap|lien he) (?:em|minh|tui|toi)\b|\bgiup (?:em"
    r"|co|thay)\b(?! (?:lam|hoc|an|tu|hieu))|\b(?:truong (?:thon|ban|xom)|lop truong|thu quy"
    r"|ke toan|ban phu huynh|bph) (?:thu|nhan|tong hop|giu)\b|\btin nhan nay\b|\btrong nhom\b"
    r"|\btren nhom\b|\bvao nhom\b|\bvao phieu\b|\btheo mau\b"
    r"|\b(?:giao vien|co) chu nhiem\b(?=[^.\n]{0,25}(?:de|truoc|nhan|tong hop|thu|lap))|\bgvcn[: ]+[a-z]"
)
# `gửi bạn Trâm lớp phó`, `đưa Khánh thủ quỹ`: somebody of the class by name.
_BY_NAME = re.compile(
    r"\b(?:nop|nhan|gui|dua|bao|chuyen|goi|tra|gap)(?: tin| tien| lai| cho| qua| voi)*"
    r" (?:(?:ban|em|quan sinh|me|bo|ba|ma|ong) (?=(?P<name>[a-z]))|(?=(?P<bare>[a-z]+ (?:thu quy|lop pho|lop truong|bi thu|to truong))))"
    r"|\bbao lai de (?:thay|co)\b"
)
# `trả lời cô` names somebody, `trả lời có đồng ý` nobody.
_TEACHER = {"co": ("cô",)}
_SIGNED = re.compile(
    r"\n\s*(?:gvcn|giao vien chu nhiem|hieu truong|nguoi lam don|ke toan|tm\.?|hieu pho"
    r"|pht)\s*[:,\n]*\s*(?:\(da ky\)|da ky)?\s*\n*\s*(?P<name>[^\n]{3,40})\s*$"
)


def somebody_to_turn_to(reading: Reading) -> bool:
    for m in _CONTACT.finditer(reading.plain):
        if m["name"] is not None:
            if _is_name(reading, m):
                return True
        elif not m.group().endswith(" co") or reading.means(m.end() - 2, m.end(), _TEACHER):
            return True
    for m in _BY_NAME.finditer(reading.plain):
        named = m["name"] or m["bare"]
        if not named or (not reading.shouting and reading.shown[m.start("name" if m["name"] else "bare")].isupper()):
            return True
    signed = _SIGNED.search(reading.plain)
    return bool(signed and reading.shown[signed.start("name")].isupper() and len(signed["name"].split()) >= 2)


def _is_name(reading: Reading, m: re.Match[str]) -> bool:
    """`cô Hà`: a capital behind the title. Where capitals mean nothing a title alone proves nobody."""
    if reading.shouting:
        return False
    character = reading.shown[m.start("name")]
    return character.isupper() and bool(re.match(r"[A-ZÀ-Ỹ][a-zà-ỹ]+", reading.shown[m.start("name") :]))
