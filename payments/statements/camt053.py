"""ISO 20022 camt.053 → sections. Only entries that the bank has booked; a batch is as many movements as it has parts.

The parser resolves no entity, fetches nothing and refuses a document type, which no statement has a need for.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal, InvalidOperation

from lxml import etree

from backend.core.text import clean
from backend.spreadsheets.refusals import FileRefused
from payments.statements.dates import Day, read_day
from payments.statements.reasons import BadLine
from payments.statements.shapes import Line, Section
from schemas.money import DONG_MAX

_OPENING, _CLOSING = ("OPBD", "PRCD"), ("CLBD",)
_MEMO_MAX, _TEXT_MAX, _ENTRIES_MAX = 1000, 200, 60_000
_NO_REFERENCE = frozenset(("NOTPROVIDED", "NONREF", "NOREF", ""))


def looks_like_camt(head: str) -> bool:
    return "camt.053" in head or "<BkToCstmrStmt" in head or ":BkToCstmrStmt" in head


def read_camt(data: bytes) -> list[Section]:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise FileRefused.damaged() from error
    if root.getroottree().docinfo.doctype:
        raise FileRefused.damaged()
    statements = root.findall(".//{*}Stmt")
    if sum(len(statement.findall("{*}Ntry")) for statement in statements) > _ENTRIES_MAX:
        raise FileRefused.too_big(f"{_ENTRIES_MAX} Ntry")
    return [_section(statement) for statement in statements]


def _section(statement: etree._Element) -> Section:
    lines: list[Line] = []
    bad: list[BadLine] = []
    for entry in statement.findall("{*}Ntry"):
        taken, wrong = _entry(entry)
        lines += taken
        bad += wrong
    return Section(
        layout="camt053",
        sheet="camt.053",
        account_number=_account(statement),
        lines=tuple(lines),
        bad=tuple(bad),
        opening=_balance(statement, _OPENING),
        closing=_balance(statement, _CLOSING),
        opened_on=_day(statement.find("{*}FrToDt/{*}FrDtTm")),
        closed_on=_day(statement.find("{*}FrToDt/{*}ToDtTm")),
    )


def _account(statement: etree._Element) -> str | None:
    text = _text(statement, "Acct/Id/Othr/Id") or _text(statement, "Acct/Id/IBAN")
    return "".join(c for c in text.upper() if c.isascii() and c.isalnum()) or None


def _balance(statement: etree._Element, kinds: tuple[str, ...]) -> int | None:
    for balance in statement.findall("{*}Bal"):
        if _text(balance, "Tp/CdOrPrtry/Cd") in kinds:
            dong = _dong(balance.find("{*}Amt"))
            if isinstance(dong, int):
                return -dong if _text(balance, "CdtDbtInd") == "DBIT" else dong
    return None


def _entry(entry: etree._Element) -> tuple[list[Line], list[BadLine]]:
    row = entry.sourceline or 1
    state = _text(entry, "Sts/Cd") or _text(entry, "Sts")
    amount = _dong(entry.find("{*}Amt"))
    side = _text(entry, "CdtDbtInd")
    shown = " · ".join(part for part in (_text(entry, "AcctSvcrRef"), side, _text(entry, "Amt")) if part)[:_TEXT_MAX]

    def wrong(code: str) -> BadLine:
        return BadLine("camt.053", row, None, shown, code)

    if state != "BOOK":
        return [], [wrong("not_booked")]
    if isinstance(amount, str):
        return [], [wrong(amount)]
    if side not in ("CRDT", "DBIT"):
        return [], [wrong("direction_unknown")]
    posted = _day(entry.find("{*}BookgDt"))
    if posted is None:
        return [], [wrong("date_missing" if entry.find("{*}BookgDt") is None else "date_unreadable")]
    parts = entry.findall("{*}NtryDtls/{*}TxDtls")
    whole = [_line(entry, parts[0] if len(parts) == 1 else entry, row, side, amount, posted, 0)]
    if len(parts) < 2:
        return whole, []
    lines: list[Line] = []
    for position, part in enumerate(parts):
        of_part = _dong(_first(part, "Amt", "AmtDtls/TxAmt/Amt", "AmtDtls/InstdAmt/Amt"))
        part_side = _text(part, "CdtDbtInd") or side
        if isinstance(of_part, str) or part_side not in ("CRDT", "DBIT"):
            return whole, [wrong("batch_differs")]
        lines.append(_line(entry, part, row, part_side, of_part, posted, position + 1))
    moved = sum(line.amount if line.direction == "in" else -line.amount for line in lines)
    if moved != (amount if side == "CRDT" else -amount):
        return whole, [wrong("batch_differs")]
    return lines, []


def _line(
    entry: etree._Element, part: etree._Element, row: int, side: str, amount: int, posted: dt.date, position: int
) -> Line:
    """`position` in a batch keeps its parts apart where the bank gives only the batch a reference."""
    comes_in = side == "CRDT"
    payer = "Dbtr" if comes_in else "Cdtr"
    own = _reference(part, "Refs/AcctSvcrRef")
    of_entry = _reference(entry, "AcctSvcrRef") or _reference(entry, "NtryRef")
    reference = own or (f"{of_entry}/{position}" if of_entry and position else of_entry)
    value_on = _day(entry.find("{*}ValDt"))
    ends = _reference(part, "Refs/EndToEndId")
    texts = [_flat(found) for found in part.iterfind(".//{*}RmtInf/{*}Ustrd")]
    texts += [_flat(found) for found in part.iterfind(".//{*}RmtInf/{*}Strd/{*}CdtrRefInf/{*}Ref")]
    texts += [_flat(found) for found in part.iterfind("{*}AddtlTxInf")] if not texts else []
    memo = " ".join(text for text in texts if text) or _flat(entry.find("{*}AddtlNtryInf"))
    if ends and ends.upper() not in memo.upper():
        memo = f"{memo} {ends}".strip()
    account = _first(part, f".//RltdPties/{payer}Acct/Id/Othr/Id", f".//RltdPties/{payer}Acct/Id/IBAN")
    name = _first(part, f".//RltdPties/{payer}/Nm", f".//RltdPties/{payer}/Pty/Nm")
    return Line(
        sheet="camt.053",
        row=row,
        cells=tuple(
            f"{etree.QName(leaf).localname}={_flat(leaf)}"
            for source in ((entry,) if part is entry else (entry, part))
            for leaf in source.iter()
            if isinstance(leaf.tag, str) and len(leaf) == 0 and _flat(leaf) and (source is part or not _in_part(leaf))
        )[:100],
        direction="in" if comes_in else "out",
        amount=amount,
        memo=memo[:_MEMO_MAX],
        posted_on=posted,
        made_on=value_on if value_on and value_on < posted else None,
        value_on=value_on,
        reference=reference or None,
        payer_account=_flat(account)[:_TEXT_MAX] or None,
        payer_name=_flat(name)[:_TEXT_MAX] or None,
        reversal=_text(entry, "RvslInd") == "true",
    )


def _in_part(leaf: etree._Element) -> bool:
    return any(etree.QName(above).localname == "NtryDtls" for above in leaf.iterancestors())


def _dong(amount: etree._Element | None) -> int | str:
    if amount is None:
        return "amount_missing"
    if amount.get("Ccy") != "VND":
        return "currency"
    text = (amount.text or "").strip()
    try:
        exact = Decimal(text) if len(text) < 30 else Decimal("NaN")
    except InvalidOperation:
        return "amount_unreadable"
    if not exact.is_finite() or exact < 0:
        return "amount_unreadable"
    if exact > DONG_MAX:
        return "amount_too_big"
    if exact != exact.to_integral_value():
        return "amount_fraction"
    return int(exact) or "amount_missing"


def _reference(element: etree._Element, path: str) -> str:
    text = _text(element, path)[:_TEXT_MAX]
    return "" if text.upper() in _NO_REFERENCE else text


def _day(element: etree._Element | None) -> dt.date | None:
    """`Dt` or `DtTm`; the day is that of the instant as the bank writes it."""
    if element is None:
        return None
    text = _flat(element)[:10]
    day = read_day(text)
    return day.on if isinstance(day, Day) and text[4:5] == "-" else None


def _text(element: etree._Element, path: str) -> str:
    return _flat(element.find("/".join(f"{{*}}{name}" for name in path.split("/"))))


def _first(element: etree._Element, *paths: str) -> etree._Element | None:
    for path in paths:
        deep = path.startswith(".//")
        names = "/".join(f"{{*}}{name}" for name in path.removeprefix(".//").split("/"))
        if (found := element.find(f".//{names}" if deep else names)) is not None:
            return found
    return None


def _flat(element: etree._Element | None) -> str:
    return clean("".join(str(text) for text in element.itertext())) if element is not None else ""
