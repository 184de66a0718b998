"""A second, independent source of noise, written without looking at the first: other schools, prefixes, banks, habits and traps.

Matching was not built against it; what it found was mended in matching, never here. `cases(seed)` gives (bills, list of cases); a
case is (kind, memo, amount, account, codes, verdict) with the verdicts of `noise`: auto, person, suggest.
"""

import random
import string
import unicodedata

TABLE = [
    "0317598642",
    "7092154863",
    "4206871359",
    "1750983426",
    "6123045978",
    "3674209581",
    "5869720134",
    "8945362017",
    "9438617205",
    "2581436790",
]

HO = [
    "Nguyễn",
    "Nguyễn",
    "Nguyễn",
    "Nguyễn",
    "Trần",
    "Trần",
    "Lê",
    "Lê",
    "Phạm",
    "Huỳnh",
    "Phan",
    "Võ",
    "Đặng",
    "Bùi",
    "Đỗ",
    "Hồ",
    "Ngô",
    "Dương",
    "Lý",
    "Tô",
    "La",
    "Kiều",
    "Quách",
    "Vương",
    "Triệu",
    "Ma",
    "Giàng",
    "Đinh",
    "Bế",
    "Nông",
]
LOT = [
    "Thị",
    "Văn",
    "Ngọc",
    "Gia",
    "Bảo",
    "Minh",
    "Nhật",
    "Tuệ",
    "Khánh",
    "Thiên",
    "Đăng",
    "Hoài",
    "Quỳnh",
    "Phúc",
    "Hải",
    "Kim",
    "Diễm",
    "Thùy",
    "Mạnh",
    "Xuân",
    "Trường",
    "Chí",
    "Thế",
]
TEN = [
    "An",
    "Anh",
    "Ánh",
    "Bách",
    "Băng",
    "Châu",
    "Chi",
    "Đan",
    "Đăng",
    "Diệp",
    "Dung",
    "Duyên",
    "Đức",
    "Hằng",
    "Hạnh",
    "Hiền",
    "Hoàng",
    "Hoa",
    "Huệ",
    "Huyền",
    "Khải",
    "Khôi",
    "Kiệt",
    "Lam",
    "Lan",
    "Linh",
    "Lộc",
    "Ly",
    "Mai",
    "Mỹ",
    "Nam",
    "Ngân",
    "Nghi",
    "Ngọc",
    "Nguyên",
    "Nhung",
    "Oanh",
    "Phát",
    "Phú",
    "Phước",
    "Quý",
    "Quyên",
    "Sang",
    "San",
    "Tài",
    "Tâm",
    "Thắng",
    "Thiện",
    "Thịnh",
    "Thoa",
    "Thơ",
    "Thủy",
    "Tiên",
    "Toàn",
    "Trà",
    "Trí",
    "Trúc",
    "Tuấn",
    "Tuyết",
    "Vân",
    "Vinh",
    "Vũ",
    "Xuân",
    "Ý",
    "Yên",
]


def damm(number):
    state = 0
    for digit in number:
        state = int(TABLE[state][int(digit)])
    return str(state)


def plain(text):
    text = text.replace("đ", "d").replace("Đ", "D")
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))


class Town:
    """Three schools behind one collecting office: each its prefix, its length of codes and its account."""

    def __init__(self, seed):
        self.r = random.Random(seed)
        self.bills, self.names = [], set()
        schools = [("KX", 6, "0071 0004 5678"), ("TANPH", 7, "19034567890123"), ("VGS", 8, "1020-3040-50")]
        for prefix, width, account in schools:
            used = set()
            for _ in range(900):
                name = self.name()
                room = self.r.choice(
                    [
                        f"{self.r.randint(1, 12)}{self.r.choice('ABCDE')}",
                        f"{self.r.randint(1, 12)}/{self.r.randint(1, 9)}",
                        f"{self.r.randint(6, 12)}A{self.r.randint(1, 10)}",
                        f"Lá {self.r.randint(1, 4)}",
                        f"Chồi {self.r.randint(1, 4)}",
                    ]
                )
                amounts = self.r.sample(
                    [
                        420000,
                        420000,
                        420000,
                        715000,
                        1_050_000,
                        88_000,
                        3_600_000,
                        self.r.randrange(50_000, 900_000, 500),
                    ],
                    self.r.choice([1, 1, 1, 2, 3]),
                )
                for amount in dict.fromkeys(amounts):
                    code = self.code(prefix, width, used)
                    bill = {"code": code, "pupil": name, "class": room, "amount": amount, "account": account}
                    status = self.r.choice(
                        ["open"] * 12
                        + [
                            None,
                            "unpaid",
                            "PART",
                            "partly paid",
                            "overdue",
                            "paid",
                            "Paid",
                            "cancelled",
                            "refunded",
                            "closed",
                        ]
                    )
                    if status:
                        bill["status"] = status
                    bill["_open"] = (status or "open").lower() in ("open", "unpaid", "part", "partly paid", "overdue")
                    self.bills.append(bill)
        self.open = [b for b in self.bills if b["_open"]]
        self.shut = [b for b in self.bills if not b["_open"]]
        self.codes = {b["code"] for b in self.bills}
        self.plain_names = {plain(b["pupil"]).upper() for b in self.bills}
        self.of = {}
        for b in self.open:
            self.of.setdefault((b["pupil"], b["class"]), []).append(b)

    def name(self):
        r = self.r
        while True:
            lot = r.sample(LOT, r.choice([1, 1, 1, 1, 2, 2, 3]))
            name = " ".join([r.choice(HO), *lot, r.choice(TEN)])
            if name not in self.names:
                self.names.add(name)
                return name

    def code(self, prefix, width, used):
        while True:
            body = "".join(self.r.choice(string.digits) for _ in range(width))
            body += damm(body)
            if body not in used and body.strip("0"):
                used.add(body)
                return prefix + body

    def n(self, count):
        return "".join(self.r.choice(string.digits) for _ in range(count))

    def parent(self):
        while True:
            name = plain(
                " ".join(
                    [
                        self.r.choice(HO),
                        self.r.choice(["Thi", "Van", "Duc", "Quoc", "Hong", "Thanh"]),
                        self.r.choice(TEN),
                    ]
                )
            ).upper()
            if name not in self.plain_names:
                return name

    def wrap(self, memo):
        r, n = self.r, self.n
        return r.choice(
            [
                f"{memo}",
                f"{memo} FT{n(14)}",
                f"FT{n(14)} - {memo}",
                f"MBVCB.{n(10)}.{n(6)}.{memo}.CT tu {n(13)} {self.parent()} toi {n(13)} TRUONG TIEU HOC VO THI SAU tai ACB",
                f"{n(6)}.{n(6)}.{n(6)}.{memo}",
                f"IBFT {memo} ; ND",
                f"CT nhanh 247 den: {memo}; thoi gian GD:{r.randint(10, 28)}/10/2026 {r.randint(10, 23)}:{r.randint(10, 59)}:09",
                f"Chuyen tien den tu NAPAS Noi dung: {memo}",
                f"REM Tfr Ac:{n(14)} O@L_{n(6)}_{n(3)}_{n(6)}_{memo}",
                f"TKThe :{n(9)}xxx tai TPBANK. {memo} -CTLNHIDI{n(15)}-{r.randint(1, 9)}/{r.randint(1, 9)}-CRE-{n(3)}",
                f"MB({n(6)})({memo})",
                f"{memo}-{n(2)}1026-{r.randint(10, 23)}:{r.randint(10, 59)}:{r.randint(10, 59)} {n(6)}",
                f"MA_GD:{n(12)}|CASZLP|{memo}#{n(6)}",
                f"MOMOIBFT {n(11)} {memo}",
                f"PARTNER.DIRECT_DEBITS_VCB.MSE.{n(11)}.{n(14)}.{memo}",
                f"{memo} GD {n(6)}-{n(6)}-{r.randint(10, 23)}:{r.randint(10, 59)}:{r.randint(10, 59)}",
                f"QR - {memo}",
                f"Ref {n(9)} TT: {memo}",
                f"BankAPINotify {memo}. TU: {self.parent()}",
            ]
        )


def cases(seed, count=6000):
    town = Town(seed)
    makers = [(f, int(f.__doc__.split()[0]), f.__doc__.split()[1]) for f in MAKERS]
    picked = town.r.choices(makers, [share for _, share, _ in makers], k=count)
    out = []
    for maker, _, verdict in picked:
        while (made := maker(town, town.r)) is None:
            pass
        memo, amount, account, codes = made
        out.append((maker.__name__, memo, amount, account, codes, verdict))
    shown = [{key: value for key, value in bill.items() if not key.startswith("_")} for bill in town.bills]
    return shown, out


def whole(t, r):
    """14 auto"""
    b = r.choice(t.open)
    return (
        t.wrap(
            r.choice(
                [
                    b["code"],
                    b["code"].lower(),
                    b["code"] + " hoc phi",
                    "Nop " + b["code"],
                    b["code"].capitalize() + ",T10",
                ]
            )
        ),
        b["amount"],
        b["account"],
        [b["code"]],
    )


def whole_with_weird_account_text(t, r):
    """4 auto"""
    b = r.choice(t.open)
    bare = "".join(c for c in b["account"] if c.isdigit())
    return t.wrap(b["code"]), b["amount"], r.choice([bare, int(bare), f" {bare} "]), [b["code"]]


def in_pieces(t, r):
    """5 auto"""
    b = r.choice(t.open)
    code, cuts = b["code"], sorted(r.sample(range(1, len(b["code"])), r.choice([1, 1, 2])))
    parts = [code[i:j] for i, j in zip([0, *cuts], [*cuts, None], strict=True)]
    return (
        t.wrap(r.choice([" ", "-", ".", "\n", " - ", "_"]).join(parts) + " tien hoc"),
        b["amount"],
        b["account"],
        [code],
    )


def glued_to_words(t, r):
    """5 auto"""
    b = r.choice(t.open)
    who = "".join(plain(b["pupil"]).split())
    return (
        r.choice(["", "CK", "thanhtoan", "NHP"]) + b["code"] + r.choice(["hocphi", "Lop", who, "TIENAN", "." + who]),
        b["amount"],
        b["account"],
        [b["code"]],
    )


def some_of_it(t, r):
    """4 auto"""
    b = r.choice(t.open)
    return t.wrap(b["code"] + " dot 1"), max(1000, b["amount"] // r.randint(2, 5)), b["account"], [b["code"]]


def child_named_too(t, r):
    """6 auto"""
    b = r.choice(t.open)
    name = plain(b["pupil"])
    return (
        t.wrap(
            r.choice(
                [
                    f"{b['code']} {name}",
                    f"{name} {b['class']} {b['code']}",
                    f"hoc phi be {name.split()[-1]} {b['code']}",
                ]
            )
        ),
        b["amount"],
        b["account"],
        [b["code"]],
    )


def one_family_two_codes(t, r):
    """4 auto"""
    b, c = r.sample(t.open, 2)
    if b["account"] != c["account"]:
        return None
    return (
        t.wrap(r.choice(["{} {}", "{}+{}", "{} va {}", "{}/{}", "{}{}"]).format(b["code"], c["code"])),
        b["amount"] + c["amount"],
        b["account"],
        [b["code"], c["code"]],
    )


def said_twice(t, r):
    """3 auto"""
    b = r.choice(t.open)
    return (
        f"{b['code']} hoc phi. ND: {b['code']} hoc phi"[: r.randint(len(b["code"]) + 9, 60)],
        b["amount"],
        b["account"],
        [b["code"]],
    )


def finger_slip(t, r):
    """4 person"""
    b = r.choice(t.open)
    code, at = b["code"], r.randrange(len(b["code"]) - 4, len(b["code"]))
    other = r.choice([d for d in string.digits if d != code[at]])
    return t.wrap(code[:at] + other + code[at + 1 :]), b["amount"], b["account"], [code]


def neighbours_swapped(t, r):
    """3 person"""
    b = r.choice(t.open)
    code, at = b["code"], r.randrange(len(b["code"]) - 6, len(b["code"]) - 1)
    if code[at] == code[at + 1]:
        return None
    return t.wrap(code[:at] + code[at + 1] + code[at] + code[at + 2 :] + " hp"), b["amount"], b["account"], [code]


def digit_lost_inside(t, r):
    """3 person"""
    b = r.choice(t.open)
    at = r.randrange(len(b["code"]) - 5, len(b["code"]) - 1)
    return t.wrap(b["code"][:at] + b["code"][at + 1 :] + " nop"), b["amount"], b["account"], [b["code"]]


def tail_lost(t, r):
    """4 person"""
    b = r.choice(t.open)
    return t.wrap("hoc phi thang 10 " + b["code"][: -r.choice([1, 2])]), b["amount"], b["account"], [b["code"]]


def letter_o(t, r):
    """3 person"""
    b = r.choice(t.open)
    body = b["code"].lstrip(string.ascii_uppercase)
    if not set(body) & set("01"):
        return None
    return (
        t.wrap(b["code"][: -len(body)] + body.replace("0", r.choice("OoQ")).replace("1", r.choice("IlL"))),
        b["amount"],
        b["account"],
        [b["code"]],
    )


def bare_number(t, r):
    """3 person"""
    b = r.choice(t.open)
    return t.wrap("ma so " + b["code"].lstrip(string.ascii_uppercase)), b["amount"], b["account"], [b["code"]]


def too_much(t, r):
    """3 person"""
    b = r.choice(t.open)
    return t.wrap(b["code"]), b["amount"] + r.choice([500, 100_000]), b["account"], [b["code"]]


def not_open(t, r):
    """3 person"""
    b = r.choice(t.shut)
    return t.wrap(b["code"]), b["amount"], b["account"], [b["code"]]


def wrong_account(t, r):
    """3 person"""
    b, c = r.sample(t.open, 2)
    return None if b["account"] == c["account"] else (t.wrap(b["code"]), b["amount"], c["account"], [b["code"]])


def two_codes_short(t, r):
    """3 person"""
    b, c = r.sample(t.open, 2)
    return (
        (t.wrap(b["code"] + " " + c["code"]), b["amount"], b["account"], [b["code"]])
        if b["account"] == c["account"]
        else None
    )


def somebody_elses_name(t, r):
    """4 person"""
    b, c = r.sample(t.open, 2)
    name = plain(c["pupil"])
    if name.count(" ") < 2 or plain(b["pupil"]).upper() in name.upper() or name.upper() in plain(b["pupil"]).upper():
        return None
    text = r.choice(
        [
            f"{b['code']} {name}",
            f"{name.upper()} {b['code']}",
            f"{b['code']} nop cho con {name} lop {c['class']}",
            f"{b['code']} {name.upper()} hoc phi t10",
        ]
    )
    return t.wrap(text), b["amount"], b["account"], [b["code"]]


def nobodys_code_beside(t, r):
    """3 person"""
    b = r.choice(t.open)
    prefix = b["code"].rstrip(string.digits)
    stranger = t.code(prefix, len(b["code"]) - len(prefix) - 1, set())
    return None if stranger in t.codes else (f"{b['code']} {stranger}", b["amount"], b["account"], [b["code"]])


def half_a_code_beside(t, r):
    """2 person"""
    b, c = r.sample(t.open, 2)
    if b["account"] != c["account"] or b["code"].startswith(c["code"][:-2]):
        return None
    return f"{b['code']} {c['code'][:-2]}", min(b["amount"], c["amount"]), b["account"], [b["code"]]


def cut_before_a_date(t, r):
    """3 person"""
    b = r.choice(t.open)
    return f"{b['code'][:-2]}-{t.n(2)}1026-{r.randint(10, 23)}:11:12 {t.n(6)}", b["amount"], b["account"], [b["code"]]


def _room(b, r):
    c = plain(b["class"])
    return r.choice([c, c.lower(), "lop " + c, "L" + c, "lop" + c.lower()])


def full_name(t, r):
    """8 suggest"""
    b = r.choice(t.open)
    name = r.choice([plain(b["pupil"]), plain(b["pupil"]).upper(), b["pupil"], plain(b["pupil"]).lower()])
    return (
        t.wrap(
            r.choice(
                [
                    "{n} {c} nop hoc phi",
                    "hoc phi cua {n} hs {c}",
                    "dong tien cho em {n} {c}",
                    "{c} {n}",
                    "HP T10 {n}-{c}",
                ]
            ).format(n=name, c=_room(b, r))
        ),
        b["amount"],
        b["account"],
        [b["code"]],
    )


def only_name(t, r):
    """4 suggest"""
    b = r.choice(t.open)
    return t.wrap("tien hoc " + plain(b["pupil"])), b["amount"], b["account"], [b["code"]]


def foreign_order(t, r):
    """3 suggest"""
    b = r.choice(t.open)
    w = plain(b["pupil"]).split()
    return (
        t.wrap(
            r.choice([" ".join([w[-1], *w[:-1]]), " ".join([*w[1:], w[0]]), ", ".join([w[-1], " ".join(w[:-1])])])
            + " "
            + _room(b, r)
        ),
        b["amount"],
        b["account"],
        [b["code"]],
    )


def initials(t, r):
    """4 suggest"""
    b = r.choice(t.open)
    w = plain(b["pupil"]).split()
    short = r.choice(
        [
            " ".join([x[0] for x in w[:-1]] + [w[-1]]),
            ".".join([x[0] for x in w[:-1]] + [w[-1]]),
            " ".join([w[0][:2] + ".", *w[1:]]),
            " ".join([w[0], *[x[0] for x in w[1:-1]], w[-1]]),
            w[0] + " " + w[-1],
            " ".join(w[-2:]),
        ]
    )
    return t.wrap(f"hp {short} {_room(b, r)}"), b["amount"], b["account"], [b["code"]]


def no_blanks(t, r):
    """4 suggest"""
    b = r.choice(t.open)
    w = "".join(plain(b["pupil"]).split())
    return (
        t.wrap(
            r.choice(["", "hocphi", "CKcho"])
            + r.choice([w, w.upper(), w.lower()])
            + r.choice(["", plain(b["class"]).replace(" ", "")])
        ),
        b["amount"],
        b["account"],
        [b["code"]],
    )


def cut_by_the_bank(t, r):
    """4 suggest"""
    b = r.choice(t.open)
    memo = r.choice(["chuyen tien hoc phi cho ", "thanh toan tien hoc ", "lop " + plain(b["class"]) + " "]) + plain(
        b["pupil"]
    )
    return (
        memo[: max(len(memo) - r.randint(0, 4), len(memo) - len(plain(b["pupil"])) + 8)],
        b["amount"],
        b["account"],
        [b["code"]],
    )


def hasty_fingers(t, r):
    """3 suggest"""
    b = r.choice(t.open)
    w = list(plain(b["pupil"]).lower())
    at = r.choice([i for i, c in enumerate(w) if c.isalpha()])
    w[at] = r.choice(["", w[at] + w[at], r.choice("aeiougnh")])
    return t.wrap(f"con {''.join(w)} lop {plain(b['class'])} dong hp nha co"), b["amount"], b["account"], [b["code"]]


def pet_name(t, r):
    """3 suggest"""
    b = r.choice(t.open)
    w = plain(b["pupil"]).split()
    return (
        t.wrap(f"{r.choice(['be', 'con', 'chau', 'me be', 'ba'])} {' '.join(w[-2:])} {_room(b, r)}"),
        b["amount"],
        b["account"],
        [b["code"]],
    )


def brother_and_sister(t, r):
    """3 suggest"""
    b, c = r.sample(t.open, 2)
    if b["account"] != c["account"] or b["pupil"] == c["pupil"]:
        return None
    return (
        t.wrap(r.choice(["{} & {}", "{} va {}", "{} + {}", "{}, {}"]).format(plain(b["pupil"]), plain(c["pupil"]))),
        b["amount"] + c["amount"],
        b["account"],
        [b["code"], c["code"]],
    )


def who_knows(t, r):
    """1 suggest"""
    b = r.choice(t.open)
    return f"{t.parent()} chuyen khoan", b["amount"], b["account"], [b["code"]]


MAKERS = [
    value
    for value in list(globals().values())
    if callable(value) and getattr(value, "__doc__", None) and value.__doc__.split()[0].isdigit()
]
