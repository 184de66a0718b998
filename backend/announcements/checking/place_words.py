"""The words of places: what stands before one, what a place begins with, and what only sounds like one. It reads no text."""

from __future__ import annotations

import re

NOUN = (
    r"(?:phong|hoi truong|san|truong|quan|quan an|quan ca phe|nha(?! (?:minh|em|con|be|chau|truong))|lop"
    r"|cong|thu vien|van phong"
    r"|trung tam|cong vien|bao tang|rap|khu|co so|svd|be boi|ho boi|tram|ubnd|diem truong|can ?tin|canteen"
    r"|bep an"
    r"|zoom|google meet|gg meet|meet|teams|ms teams|online|tang|day|toa|khach san|nha hang|cung|vuon"
    r"|trang trai|nong trai|thanh co|lang|thanh pho|tp|chua|den|nghia trang|dai|quang truong|sieu thi"
    r"|benh vien|campus|hanh lang|san khau|lau \d|ky tuc|ban cong|quay|gian hang"
    r"|thao cam vien|khu du lich|kdl"
    r"|p\.? ?\d|bai|ben|hoi quan"
    r"|kho|ngan hang|nha thi dau|phong tap|sanh|truoc cong|truoc san|ngoai san|duoi san|san|khuon vien"
    r"|dia chi|so \d|pho"
    r"|duong|xa|phuong|hem|bien|suoi|thac|dao|doi|nui|thao truong|vuon quoc gia|nong truong|dinh|nha tho)(?![a-z])"
)
# Without marks they are too many other words, unless a name follows: `suoi Tien`.
SHORT_NOUNS = ("bien", "suoi", "thac", "dao", "doi", "nui", "dinh")
# In a text with marks the first word of a place is one of these; `phong trào` is no room.
FORMS = {
    "phong": "phòng", "san": "sân", "truong": "trường", "cong": "cổng công", "lang": "làng lăng", "day": "dãy", "tang": "tầng", "ben": "bến bên",
    "bai": "bãi", "den": "đền", "dai": "đài", "chua": "chùa", "vuon": "vườn", "cung": "cung", "pho": "phố", "xa": "xã", "phuong": "phường",
    "duong": "đường", "hem": "hẻm", "rap": "rạp", "tram": "trạm", "toa": "tòa toà", "lop": "lớp", "nha": "nhà", "sanh": "sảnh", "so": "số",
    "quan": "quán quận", "khu": "khu",
    "bien": "biển", "suoi": "suối", "thac": "thác", "dao": "đảo", "doi": "đồi", "nui": "núi", "thao": "thao", "dinh": "đình dinh",
    "hoi": "hội", "bep": "bếp", "thanh": "thành", "be": "bể", "ho": "hồ",
}  # fmt: skip
ENGLISH = re.compile(
    r"\b(?:at|in|to|visit|from|outside)\s+(?:the |our |your )?(?P<place>(?:(?!at |in |to |the |on |from "
    r"|by |of |and )[\w'.-]+ ){0,4}?(?:auditorium"
    r"|hall|room|gym|gymnasium|campus|library|playground"
    r"|zoo|museum|office|theatre|theater|park|farm|pool|canteen|lobby|gate|field|lab|studio|cafeteria"
    r"|stadium|centre|center|reception|foyer)\b"
    r"(?:,? (?:room|hall|floor|building|block|level|campus) ?\w{1,3}|,? \d+(?:st|nd|rd|th) floor"
    r"| [A-D0-9]\d{0,3}\b)*)"
)
LABEL = re.compile(
    r"(?:^|(?<=[\n.;,!|(•*+-])|(?<=[\s\W]))(?:dia diem(?: (?:to chuc|hop|tap trung|du kien|thi|kham|nhan"
    r"|don|nop|tiem|khong doi|cu|moi))?|noi (?:hop|to chuc|tap trung|don)|dd|place|venue|location|where"
    r"|o dau)\s*(?:\([^)\n]{0,30}\)\s*)?[:：=-]\s*(?:tai |o |la )?"
)
AT = re.compile(
    r"\b(?:dia diem|tai|o|at|tren|ghe(?: qua| tham)?|don|don dep|quet|quet don|truc nhat|truc|mo cua"
    r"|lao dong|tong ve sinh|tap o|qua ung dung|qua|trong|in|den|toi|ve|ra|vao|len|(?<!sua )sang|di choi"
    r"|di|tham quan"
    rf"|tu)\s+(?:cac )?(?=(?P<noun>{NOUN}))"
)
AT_CAPITAL = re.compile(
    r"\b(?:tai|o|at|di tham|tham quan|da ngoai|cam trai|trai nghiem(?: tai| o)?|di|den tham|ve nguon|vieng"
    r"|tren(?= thanh co)|ghe|ghe tham"
    r"|thuc te(?: tai| o)?|tham|visit|visiting|field trip to|trip to|den|(?<!thuoc )ve)\s+(?=(\w))"
)
NOT_PLACE = re.compile(
    r"(?:truong hop|cong (?:thanh|thong) |phong trao|nha nuoc|nha (?:minh|em|con)|san pham|san sang"
    r"|lop (?:hoc )?(?:hang|moi|minh ngoan)"
    r"|truong ban|lop truong|cong (?:an|viec|van|tac|bo|khai|lap|dan|cu|nghe|ty|dong|thuc)|khu vuc khac"
    r"|dai dien|den (?:het|truoc|khi|ngay|du|hop|luc|gio|nhan|don|thoi|nay|tu)|nha(?=,|\.|$| \d)|day (?:hoc|du"
    r"|la|thi)|co so (?:thong|de|cho)|tang (?:cuong|qua|thuong|len|ca)|bai (?:tap|hoc|thi|viet|lam|\d)"
    r"|ben (?:canh|nhau)"
    r"|so (?:tien|luong|lien|dt|dien|tai)|meet the|the (?:le|duc|thao|hien|nao)|lop (?:\d"
    r"|la)[^.\n]{0,20}(?:nghi|gioi)|vuon len|co so (?:du lieu|vat chat)|lang nghe|tram nghe|san khau hoa"
    r"|day du|nha truong(?! van hoa)|duong (?:link|day|dan)|xa hoi|phuong (?:an|phap|tien|huong)|rap khuon"
    r"|nha o\b)"
)
# Prepositions that as often lead elsewhere, and what they lead to then; and places one must not go to.
WEAK = (
    "den",
    "toi",
    "trong",
    "qua",
    "in",
    "tren",
    "sang",
    "ra",
    "vao",
    "ve",
    "len",
    "di",
    "tu",
    "ghe",
    "don",
    "quet",
    "truc",
    "mo",
    "lao",
    "tong",
    "tap",
)
NOWHERE = re.compile(r"(?:lop|truong|so|p\.? ?\d|day|the|bai|xa|thanh|ben|tang|duong|phuong|pho|quan)\b")
FORBIDDEN = re.compile(r"\b(?:khong|cam|tranh)(?: \w+){0,3}? (?:vao|do|dung|tu tap|dau|de|ra|mang)\b")
CLEANED_FOR_PAY = re.compile(r"\b(?:tien|phi|thue|tra cong|(?<!lao )dong)\b")
# `60 chiếc bánh đã gửi lên điểm trường`.
SENT = re.compile(r"\bda (?:gui|chuyen|dem|chap|tra|ban|mang)(?: \w+)? $")
# `Tranh các em treo ở hành lang` sends nobody there.
HUNG = re.compile(r"\b(?:treo|trung bay|bo quen|de quen|cam ket|song)(?: \w+)? $")
HOUSE = re.compile(r"\d{1,4}[A-Za-z]?(?:/\d+)* [A-ZĐ][a-zà-ỹ]+ [A-ZĐ]")
# After a comma or a bracket the place may stand without `tại`.
ALONE = re.compile(
    r"(?:[,;(\n|]|\s-|\dh(?:\d\d)?(?= ))\s*((?:hoi truong|sanh (?:tang|nha|khu|lon|chinh)|be (?:boi"
    r"|bon mua)|phong (?:lab \w+|nhac|may|tin|ve|mua|doi|may tinh)(?=\s*[,.;)\n]|$)"
    r"|san co|phong (?:hop|hoc|da nang|hoi dong|\d+|[a-z]\d+)|san (?:truong"
    r"|van dong|bong|so \d|co)|nha (?:da nang|thi dau|van hoa|an|hat|sach|khach)|tang \d|lau \d"
    r"|day nha [a-z]\b|phong (?!(?:khi"
    r"|trao|ke toan|tai chinh|ghi danh|tuyen sinh|hanh chinh|tai vu|giao vu|benh|chong|cach|bi|tranh"
    r"|dao tao|giao duc)\b)[a-z]+ [a-z]+|kho truong|cung [a-z]+"
    r"|cong (?:chinh|truong|so|phu|sau|truoc)|nha hang|khach san|bao tang|khu du lich|cong vien"
    r"|trung tam [a-z]+"
    r"|thu vien|san truoc|hoi truong))\b"
)
# English names of halls stand by themselves: `18h30, Blue Sky Theatre, tầng 5`; `in the Black Box`.
VENUE = re.compile(
    r"(?<![\w’'])(?P<place>(?:(?!Dear|The|Our|Please)[A-Z][\w'’]+ ){1,3}(?:Hall|Library|Theatre|Theater"
    r"|Gym|Gymnasium|Auditorium|Studio|Lobby|Court"
    r"|Campus|Centre|Center|Park|Playground|Box|Stadium|Arena|Café|Cafe)\b(?:, (?:tầng|lầu|floor|level|khu"
    r"|campus) \w+)?"
    r"|(?:Room|Hall|Studio|Lab) [A-Z]?\d{1,4}\b)"
)
ALONE_FORMS = {
    "tang": ("tầng",),
    "lau": ("lầu",),
    "be": ("bể",),
    "day": ("dãy",),
    "cong": ("cổng", "công"),
    "kho": ("kho",),
    "cung": ("cung",),
    "nha": ("nhà",),
    "truong": ("trường",),
    "phong": ("phòng",),
    "san": ("sân",),
    "hop": ("họp",),
    "hoc": ("học",),
}
# `tại nhà thờ`, `ở nhà văn hóa` are places; `ở nhà với con` is none.
AT_HOME = re.compile(
    r"(?:o|tai|at|in|trong) (?:nha(?=\s*(?:[.,;:!?)\n]|$)|\s+(?:minh|em|con|be|chau|ban|ba|bo|me|ong"
    r"|gia dinh|cac|voi|de|va|nhe|nha|khi|neu|trong"
    r"|cho|truoc|sau|cung|theo|luc|do|vi|tu|rieng|a|co|tap|di|ve sinh|thi(?! dau)|them|moi|nghi|on|lam|hoc)\b)|home\b)"
)
SCHOOL_ONLY = re.compile(
    r"(?<!suc )(?<!phai )(?<!can )\b(?:den|toi|ve|tai|o|len|vao)\s+(?:truong|lop)\b(?! (?:hop|ca|truong|\d|hoc|minh))"
)
# Behind `tại` and `ở` nearly everything is a place.
ANYWHERE = re.compile(r"\b(?:tai|o)\s+(?=(?P<word>[a-z]{2,}))")
NO_ANYWHERE = re.compile(
    r"(?:sao|day|do|kia|lai|nha|truong|lop|cac|nhung|moi|tren|duoi|trong|ngoai|giua|dau|cuoi"
    r"|gan|ben|canh|mot|hai|hien|thoi|noi|ngay|muc|phan|tuoi|do tuoi"
    r"|tin|anh|hinh|link|file|app|ung dung|ma|bai|cau|cho|chung|minh|em|con|co|thay|ban|nguoi"
    r"|ca|tung|moi nguoi|quy|nuoc|nam|thang|tuan|buoi|mon|lua|khoi"
    r"|tieu hoc|thcs|thpt|ky|ki|vi tri|dia chi|duong dan|website|trang|zalo|nhom|facebook|gmail"
    r"|email|tam|poster|bang|clip|video|voi|luon|xa|ve|form|link|chuyen|het|suc|the|group|hoc ky)\b"
)
ANYWHERE_FORMS = {"tai": ("tại",), "o": ("ở",)}
