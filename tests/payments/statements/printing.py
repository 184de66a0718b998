"""Prints bank statements as the six banks do, from movements that it knows: what the reader understands must be the same."""

from __future__ import annotations

import datetime as dt
import html
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tests.people.sheets import Sheet, csv_bytes, html_bytes, in_encoding, shown, xls, xlsx

Rows = list[list[Any]]
ACCOUNT = "0011000123456"


@dataclass(frozen=True)
class Moved:
    """One movement as it was: positive came in, negative went out. `fee` and `tax` were taken beside it."""

    on: dt.date
    amount: int
    memo: str
    reference: str = ""
    at: dt.time = dt.time(9, 0)
    made_on: dt.date | None = None
    payer_account: str = ""
    payer_name: str = ""
    fee: int = 0
    tax: int = 0

    @property
    def made(self) -> dt.date:
        return self.made_on or self.on


@dataclass(frozen=True)
class Printed:
    """A file, and what a reader must find in it."""

    data: bytes
    name: str
    layout: str


def commas(number: int) -> str:
    return f"{number:,}"


def points(number: int) -> str:
    return f"{number:,}".replace(",", ".")


def dmy(day: dt.date) -> str:
    return f"{day:%d/%m/%Y}"


def _balances(movements: Sequence[Moved], opening: int) -> list[int]:
    found, current = [], opening
    for moved in movements:
        current += moved.amount - moved.fee - moved.tax
        found.append(current)
    return found


def _out(moved: Moved) -> int | None:
    return -moved.amount if moved.amount < 0 else None


def _in(moved: Moved) -> int | None:
    return moved.amount if moved.amount > 0 else None


def _or_blank(number: int | None, show: Callable[[int], Any]) -> Any:
    return None if number is None else show(number)


def _sums(movements: Sequence[Moved]) -> tuple[int, int]:
    return sum(_out(m) or 0 for m in movements), sum(_in(m) or 0 for m in movements)


def vietcombank(accounts: Sequence[tuple[str, int, Sequence[Moved]]], page: int = 10**9) -> Rows:
    """CashUp: date and number in one cell, several accounts in one sheet, the heading again on every page."""
    rows: Rows = [["NGÂN HÀNG TMCP NGOẠI THƯƠNG VIỆT NAM"], ["SAO KÊ TÀI KHOẢN\nSTATEMENT OF ACCOUNT"]]
    heading = [
        "STT\nNo.", "Ngày / TNX Date\nSố CT / Doc No", "Số tiền ghi nợ\nDebit", "Số tiền ghi có\nCredit", "Số dư\nBalance",
        "Nội dung chi tiết\nTransactions in detail",
    ]  # fmt: skip
    for number, opening, movements in accounts:
        rows += [
            ["Số tài khoản / Account No:", None, number],
            ["Tên tài khoản / Account name:", None, "TRUONG THCS HOA SEN"],
            ["Từ ngày / From: 01/09/2026 đến ngày / To: 30/09/2026"],
            ["Số dư đầu kỳ / Opening balance:", None, commas(opening) + " VND"],
        ]
        balances = _balances(movements, opening)
        for position, moved in enumerate(movements):
            if position % page == 0:
                rows.append(heading)
            rows.append(
                [
                    position + 1, dmy(moved.on) + " " * 12 + moved.reference, _or_blank(_out(moved), commas),
                    _or_blank(_in(moved), commas), commas(balances[position]) + " VND", moved.memo,
                ]
            )  # fmt: skip
        if not movements:
            rows.append(heading)
        debits, credits = _sums(movements)
        rows.append(["Tổng số / Total", None, commas(debits), commas(credits), None, None])
        rows.append(["Số dư cuối kỳ / Closing balance:", None, commas(balances[-1] if balances else opening) + " VND"])
        rows.append([])
    return rows


def vietcombank_simple(movements: Sequence[Moved], opening: int) -> Rows:
    rows: Rows = [[f"Số tài khoản: {ACCOUNT}"], ["Ngày giao dịch", "Số tham chiếu", "Số tiền", "Mô tả"]]
    return [
        *rows,
        *([dmy(m.on), m.reference, ("+" if m.amount > 0 else "-") + commas(abs(m.amount)), m.memo] for m in movements),
    ]


def bidv(movements: Sequence[Moved], opening: int) -> Rows:
    balances = _balances(movements, opening)
    return [
        ["NGÂN HÀNG TMCP ĐẦU TƯ VÀ PHÁT TRIỂN VIỆT NAM"], [], ["BÁO CÁO CHI TIẾT SỐ DƯ TÀI KHOẢN"], [],
        ["Từ ngày 01/09/2026 đến ngày 30/09/2026"], [], ["Tài khoản:", ACCOUNT], ["Tài khoản cũ/Old account:", "12010000999999"],
        ["Tên tài khoản:", "TRUONG THCS HOA SEN"], ["Loại tiền:", "VND"], [],
        ["Ngày hiệu lực", "Ghi nợ", "Ghi có", "Số dư", "Mô tả"],
        [None, None, None, points(opening), "DƯ ĐẦU"],
        *(
            [f"{m.on:%d/%m/%Y} {m.at:%H:%M:%S}", _or_blank(_out(m), points), _or_blank(_in(m), points), points(b), m.memo]
            for m, b in zip(movements, balances, strict=True)
        ),
        [None, None, None, points(balances[-1] if balances else opening), "DƯ CUỐI / CUỐI NGÀY"],
    ]  # fmt: skip


def vietinbank(movements: Sequence[Moved], opening: int, head: int = 24) -> Rows:
    """The heading stands far down; a date that is the one above is left out."""
    rows: Rows = [["LỊCH SỬ GIAO DỊCH - TRANSACTION HISTORY"], ["Số tài khoản/Account number", ACCOUNT]]
    rows += [["Từ ngày/From date: 01/09/2026 Đến ngày/To date: 30/09/2026"], ["Số dư đầu kỳ/Opening balance", opening]]
    rows += [[f"Thông tin {n}", "…"] for n in range(head - len(rows))]
    rows.append(
        ["STT", "Ngày hạch toán\nAccounting date", "Ngày phát sinh\nTransaction date", "Mô tả giao dịch\nTransaction description",
         "Nợ/ Debit", "Có/ Credit", "Số dư TK\nAccount balance", "Số giao dịch\nTransaction number"]
    )  # fmt: skip
    above: tuple[dt.date, dt.date] | None = None
    for position, (moved, balance) in enumerate(zip(movements, _balances(movements, opening), strict=True)):
        days = (moved.on, moved.made)
        shown_days = [None, None] if days == above else [dmy(moved.on), dmy(moved.made)]
        above = days
        rows.append(
            [position + 1, *shown_days, moved.memo, _out(moved), _in(moved), balance, moved.reference]
        )  # fmt: skip
    return rows


def agribank(movements: Sequence[Moved], opening: int) -> Rows:
    debits, credits = _sums(movements)
    balances = _balances(movements, opening)
    return [
        ["NGÂN HÀNG NÔNG NGHIỆP VÀ PHÁT TRIỂN NÔNG THÔN VIỆT NAM"], ["SỔ PHỤ TÀI KHOẢN"], ["Số tài khoản:", ACCOUNT],
        ["Từ ngày 01/09/2026 đến ngày 30/09/2026"], ["Số dư đầu kỳ:", points(opening)],
        ["Ngày GD", "Ngày giá trị", "Mã GD", "Diễn giải", "Phát sinh nợ", "Phát sinh có", "Số dư"],
        *(
            [dmy(m.on), dmy(m.made), m.reference, m.memo, points(_out(m) or 0), points(_in(m) or 0), points(b)]
            for m, b in zip(movements, balances, strict=True)
        ),
        ["Tổng", None, None, None, points(debits), points(credits), None],
        [f"Số dư cuối kỳ: {points(balances[-1] if balances else opening)}"], ["Giao dịch viên", None, "Kiểm soát"],
    ]  # fmt: skip


def mb(movements: Sequence[Moved], opening: int) -> Rows:
    """Newest last, amounts as numbers, and a row of totals that is called nothing."""
    debits, credits = _sums(movements)
    return [
        ["NGÂN HÀNG TMCP QUÂN ĐỘI"], ["SAO KÊ CHI TIẾT TÀI KHOẢN / ACCOUNT STATEMENT"], ["Tài khoản/Account No", ACCOUNT],
        ["Số dư đầu kỳ/Opening balance", opening],
        ["Ngày hạch toán", "Ngày giao dịch", "Phát sinh nợ", "Phát sinh có", "Số dư", "Diễn giải"],
        ["Posting date", "Transaction date", "Debit", "Credit", "Balance", "Description"],
        *(
            [m.on, f"{m.made:%d/%m/%Y} {m.at:%H:%M:%S}", _out(m) or 0, _in(m) or 0, b, m.memo]
            for m, b in zip(movements, _balances(movements, opening), strict=True)
        ),
        [None, None, debits, credits, None, None],
    ]  # fmt: skip


def techcombank(movements: Sequence[Moved], opening: int) -> Rows:
    """Debits, fees and VAT below nothing, credits with a plus, newest first."""
    rows: Rows = [["TRUY VẤN GIAO DỊCH / TRANSACTION ENQUIRY"], ["Số tài khoản/Account number:", ACCOUNT]]
    rows += [[] for _ in range(18 - len(rows))]
    rows.append(["Số dư đầu kỳ / Opening balance", commas(opening)])
    rows.append(
        [
            "Ngày KH thực hiện\nRequesting date", "Ngày giao dịch\nTransaction date", "Số bút toán\nReference number",
            "Ngân hàng đối tác\nRemitter's bank", "Tài khoản đích\nRemitter's account number",
            "Tên tài khoản đối ứng\nRemitter's account name", "Diễn giải\nDescription", "Nợ/Debit", "Có/Credit",
            "Phí/Lãi\nFee/Interest", "Thuế\nTransaction VAT", "Số dư\nRunning balance",
        ]
    )  # fmt: skip
    for m, balance in reversed(list(zip(movements, _balances(movements, opening), strict=True))):
        rows.append(
            [
                dmy(m.made), dmy(m.on), m.reference, "MBBANK", m.payer_account, m.payer_name, m.memo,
                _or_blank(_out(m), lambda n: "-" + commas(n)), _or_blank(_in(m), lambda n: "+ " + commas(n)),
                "-" + commas(m.fee) if m.fee else None, "-" + commas(m.tax) if m.tax else None, commas(balance),
            ]
        )  # fmt: skip
    return rows


def mt940(movements: Sequence[Moved], opening: int, account: str = ACCOUNT) -> bytes:

    def side(balance: int) -> str:
        return "C" if balance >= 0 else "D"

    closing = _balances(movements, opening)[-1] if movements else opening
    lines = [
        "{1:F01BFTVVNVXAXXX0000000000}{2:I940BFTVVNVXXXXXN}{4:", ":20:STARTUMS", f":25:{account}", ":28C:00001/001",
        f":60F:{side(opening)}260901VND{abs(opening)},00",
    ]  # fmt: skip
    for m in movements:
        mark = "C" if m.amount > 0 else "D"
        lines.append(f":61:{m.made:%y%m%d}{m.on:%m%d}{mark}{abs(m.amount)},00NTRFNONREF//{m.reference or 'NONREF'}")
        lines += [f":86:{m.memo[:65]}", *(m.memo[start : start + 65] for start in range(65, len(m.memo), 65))]
    lines += [f":62F:{side(closing)}260930VND{abs(closing)},00", "-}"]
    return "\r\n".join(lines).encode()


def camt053(movements: Sequence[Moved], opening: int, *, batch: bool = False, account: str = ACCOUNT) -> bytes:
    """`batch`: all credits of one day stand in one entry with as many parts."""

    def part(m: Moved, with_amount: bool) -> str:
        amount = f'<AmtDtls><TxAmt><Amt Ccy="VND">{abs(m.amount)}.00</Amt></TxAmt></AmtDtls>' if with_amount else ""
        own = f"<AcctSvcrRef>{html.escape(m.reference)}</AcctSvcrRef>" if m.reference else ""
        return (
            f"<TxDtls><Refs>{own}<EndToEndId>NOTPROVIDED</EndToEndId></Refs>{amount}<RltdPties><Dbtr><Nm>{html.escape(m.payer_name)}"
            f"</Nm></Dbtr></RltdPties><RmtInf><Ustrd>{html.escape(m.memo)}</Ustrd></RmtInf></TxDtls>"
        )

    def entry(group: Sequence[Moved]) -> str:
        total = sum(m.amount for m in group)
        details = "".join(part(m, len(group) > 1) for m in group)
        return (
            f'<Ntry><Amt Ccy="VND">{abs(total)}.00</Amt><CdtDbtInd>{"CRDT" if total > 0 else "DBIT"}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>'
            f"<BookgDt><Dt>{group[0].on}</Dt></BookgDt><ValDt><Dt>{group[0].made}</Dt></ValDt>"
            f"<NtryDtls>{details}</NtryDtls></Ntry>"
        )

    groups: list[list[Moved]] = []
    for m in movements:
        same = groups and batch and groups[-1][0].on == m.on and (groups[-1][0].amount > 0) == (m.amount > 0)
        groups[-1].append(m) if same else groups.append([m])
    closing = _balances(movements, opening)[-1] if movements else opening
    balances = "".join(
        f'<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp><Amt Ccy="VND">{abs(sum_)}.00</Amt><CdtDbtInd>'
        f"{'CRDT' if sum_ >= 0 else 'DBIT'}</CdtDbtInd></Bal>"
        for kind, sum_ in (("OPBD", opening), ("CLBD", closing))
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><Stmt>'
        f"<Id>1</Id><Acct><Id><Othr><Id>{account}</Id></Othr></Id></Acct>{balances}{''.join(entry(g) for g in groups)}"
        "</Stmt></BkToCstmrStmt></Document>"
    ).encode()


def _vietcombank_one(movements: Sequence[Moved], opening: int) -> Rows:
    return vietcombank([(ACCOUNT, opening, movements)], page=7)


TABLES: dict[str, tuple[Callable[[Sequence[Moved], int], Rows], str]] = {
    "vietcombank": (_vietcombank_one, "VCBACCOUNTDETAIL_01"),
    "vietcombank_simple": (vietcombank_simple, "Sheet1"),
    "bidv": (bidv, "Sao ke"),
    "vietinbank": (vietinbank, "efast"),
    "agribank": (agribank, "SoPhu"),
    "mb": (mb, "MB"),
    "techcombank": (techcombank, "TCB"),
}


def _texts(rows: Rows) -> Rows:
    return [[shown(cell) for cell in row] for row in rows]


CONTAINERS: dict[str, Callable[[str, Rows], tuple[bytes, str]]] = {
    "xlsx": lambda name, rows: (xlsx(Sheet(name, rows)), "saoke.xlsx"),
    "xls": lambda name, rows: (xls(Sheet(name, rows)), "saoke.xls"),
    "html": lambda name, rows: (html_bytes(rows), "saoke.xls"),
    "csv": lambda name, rows: (csv_bytes(rows, "utf-8-sig"), "saoke.csv"),
    "semicolons": lambda name, rows: (csv_bytes(rows, "utf-8", ";"), "saoke.csv"),
    "cp1258": lambda name, rows: (csv_bytes(_texts(rows), "cp1258"), "saoke.csv"),
    "tabs": lambda name, rows: (csv_bytes(rows, "utf-16-le-bom", "\t"), "saoke.txt"),
}


def printed(layout: str, container: str, movements: Sequence[Moved], opening: int) -> Printed:
    rows_of, sheet = TABLES[layout]
    data, name = CONTAINERS[container](sheet, rows_of(movements, opening))
    return Printed(data, name, layout)


__all__ = [
    "ACCOUNT",
    "CONTAINERS",
    "TABLES",
    "Moved",
    "Printed",
    "camt053",
    "in_encoding",
    "mt940",
    "printed",
    "vietcombank",
]
