"""Movements that are the bank's or the school's own business: interest, fees, transfers between its own accounts, reversals.

A memo is believed only when it consists of the bank's own words from end to end and names no payment reference: parents
write "trả lại tiền" too. Everything else goes to matching like any payment.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from payments import references
from payments.statements.columns import fold
from payments.statements.shapes import Line

_TAIL = (
    r"( (thang|ky|quy|nam|tu|den|ngay|tai|cho|cua|tk|tai khoan|so|from|to|for|of|month|period|account|acct|ac|no|vnd|tren|"
    r"so du|khong ky han|co ky han|kkh|ckh|tien gui|thanh toan|nhap|goc|tinh|t?[0-9]+))*"
)
_INTEREST = re.compile(
    r"(ngan hang )?(tra|chi tra|nhap|ghi co|thu nhap|hach toan|cong)? ?(lai|lai suat)( tien gui| nhap von| nhap goc| tai khoan| tktt"
    r"| khong ky han| so du)" + _TAIL
    + r"|(deposit |credit |account )?interest( payment| credit| paid| capitali[sz]ation)?" + _TAIL
)  # fmt: skip
_FEE = re.compile(
    r"(thu |tra |nop )?phi( dich vu)?( sms| quan ly| duy tri| chuyen tien| chuyen khoan| thuong nien| qltk| smsbanking| sms banking"
    r"| bao co| bien dong so du| internet banking| ebank| ebanking| efast| ngan hang| kiem dem| in sao ke| sao ke| vat| banking"
    r"| tai khoan| the| gd| giao dich| bsms| ott| noi mang| ngoai mang| lien ngan hang)*" + _TAIL
    + r"|(bank |service |sms |transfer |monthly |account |maintenance )+(fee|charge)s?" + _TAIL
    + r"|(thue )?vat( phi)?" + _TAIL
)  # fmt: skip
_FROM = r"(?:tu|from|ac|a c|tk|stk|toi|den|to)"


def own_kind(line: Line, prefix: str, own_accounts: Collection[str]) -> str | None:
    """A stable reason (`interest`, `bank_fee`, `bank_tax`, `own_transfer`, `reversal`), or None for everybody's payments."""
    if line.part == "fee":
        return "interest" if line.direction == "in" else "bank_fee"
    if line.part == "tax":
        return "bank_tax"
    kind = _kind(line, own_accounts)
    # The search for slips in references is dear, so it is left to the few lines that look like the bank's own.
    return None if kind is None or references.find(references.views(line.memo), prefix) else kind


def _kind(line: Line, own_accounts: Collection[str]) -> str | None:
    if line.reversal:
        return "reversal"
    if _is_own_account(line, own_accounts):
        return "own_transfer"
    if line.payer_account is not None or line.payer_name is not None:
        return None
    words = fold(line.memo)
    if line.direction == "in":
        return "interest" if _INTEREST.fullmatch(words) else None
    return "bank_fee" if _FEE.fullmatch(words) else None


def _is_own_account(line: Line, own_accounts: Collection[str]) -> bool:
    """The other side is another account of this school, by the bank's own column or in the bank's frame around the memo."""
    if line.payer_account is not None:
        return line.payer_account.replace(" ", "") in own_accounts
    words = fold(line.memo) if own_accounts else ""
    return any(
        len(number) >= 8 and re.search(rf"\b{_FROM} {re.escape(number.casefold())}\b", words) for number in own_accounts
    )
