"""Who pays: the payer's account and name as the source tells them, or as the memo's frame does. Pure.

They are kept in the movement's own row and nowhere else; for whom a payer paid before is read from what stands on the bills.
"""

from __future__ import annotations

import msgspec

from backend.core.text import fold
from payments.banks.line import BankLine
from payments.names import Told, told

# Shorter or masked (`0011xxx`) it may be anybody's.
_ACCOUNT_MIN = 6


def with_payer(line: BankLine) -> BankLine:
    """The line, and the payer besides where only its memo tells one."""
    if line.direction == "out" or (line.payer_account and line.payer_name):
        return line
    said = told(line.memo)
    return msgspec.structs.replace(
        line,
        payer_account=line.payer_account or said.payer_account,
        payer_name=line.payer_name or (said.payer_name.upper() if said.payer_name else None),
    )


def account_keys(line: BankLine, said: Told) -> list[str]:
    keys = (line.payer_account, said.payer_account)
    return [key for key in dict.fromkeys(keys) if key and _tells(key)]


def name_keys(line: BankLine, said: Told) -> list[str]:
    """As sources write names and as a memo's frame is kept: capitals without marks."""
    names = (line.payer_name or "", said.payer_name or "")
    return list(dict.fromkeys(key for name in names for key in (name, fold(name).upper()) if key))


def _tells(account: str) -> bool:
    digits = [character for character in account if character.isdigit()]
    return len(digits) >= _ACCOUNT_MIN and "x" not in account.lower()
