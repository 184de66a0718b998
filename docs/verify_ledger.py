#!/usr/bin/env python3
"""Check an exported ledger without the project that wrote it: standard library only.

    python -m backend export ledger --school 17 > ledger.csv
    python docs/verify_ledger.py ledger.csv [LAST_HASH]

Every line is sealed by SHA-256 over the seal before it and everything the line says, joined with "|". The first entry follows
32 zero bytes. LAST_HASH, kept elsewhere (a signed day close, a paper), proves that nothing was cut off the end.
It prints each line that is wrong and answers 1, or one line with the end of the chain and answers 0.
"""

import csv
import hashlib
import sys
from collections import defaultdict

SEALED = (
    "school_id seq transfer_id debit_account debit_ref credit_account credit_ref amount kind "
    "transaction_id invoice_id booked_on booked_at_microseconds made_by"
).split()


def verify(lines):
    """Yields what is wrong; the last thing it yields is always (None, (entries, last seal, sum of all accounts))."""
    before, expected, balances = "0" * 64, 1, defaultdict(int)
    for line in csv.DictReader(lines):
        seq, amount = int(line["seq"]), int(line["amount"])
        if seq != expected:
            yield seq, f"entry {expected} should stand here"
        if line["prev_hash"] != before:
            yield seq, "does not follow the entry before it"
        seal = hashlib.sha256("|".join([line["prev_hash"], *(line[name] for name in SEALED)]).encode()).hexdigest()
        if seal != line["hash"]:
            yield seq, "says something else than what was sealed"
        if amount <= 0 or (line["debit_account"], line["debit_ref"]) == (line["credit_account"], line["credit_ref"]):
            yield seq, "is no transfer"
        balances[line["debit_account"]] += amount
        balances[line["credit_account"]] -= amount
        before, expected = line["hash"], seq + 1
    yield None, (expected - 1, before, dict(balances))


def main(arguments):
    if not arguments:
        print(__doc__)
        return 2
    wrong = 0
    with open(arguments[0], encoding="utf-8", newline="") as lines:
        for seq, what in verify(lines):
            if seq is not None:
                wrong += 1
                print(f"entry {seq}: {what}")
                continue
            entries, last, balances = what
            if len(arguments) > 1 and arguments[1].lower() != last:
                wrong += 1
                print(f"the end: the last seal is {last}, not {arguments[1].lower()}")
            if not wrong:
                print(f"{entries} entries, unbroken; last seal {last}")
                for account in sorted(balances):
                    print(f"  {account:15} {balances[account]:>20,}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
