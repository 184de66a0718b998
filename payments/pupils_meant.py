"""Pupils whom a memo or a payer may mean, found by index with every list bounded. It writes nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from uuid import UUID

import asyncpg
import msgspec

from backend.core.database import SchoolTx
from payments.match_likeness import Child
from payments.names import Told, forms

# A form that more pupils share says too little by itself.
CROWD_MAX = 64
CLASS_MAX = 80
# Who pays for more children is a shop or an office, and its payments say nothing.
PAYER_PUPILS_MAX = 4


class Pupil(msgspec.Struct, frozen=True):
    pupil_id: UUID
    name_fold: str


# One row a pupil and the key that found it. Each key looks at one place of an index and takes no more than it may.
_CHILDREN = """
SELECT p.name_fold, p.class_name
  FROM unnest($2::text[]) AS k (key)
 CROSS JOIN LATERAL (SELECT q.name_fold,
                            (SELECT c.name_fold
                               FROM enrolments e
                               JOIN classes c
                                 ON c.school_id = e.school_id
                                AND c.class_id = e.class_id
                              WHERE e.school_id = $1
                                AND e.pupil_id = q.pupil_id
                                AND e.to_on IS NULL
                              LIMIT 1) AS class_name
                       FROM pupils q
                      WHERE q.school_id = $1
                        AND q.name_run = k.key
                      LIMIT 20) p
 UNION
SELECT p.name_fold, NULL
  FROM unnest($3::text[]) AS k (key)
 CROSS JOIN LATERAL (SELECT q.name_fold
                       FROM pupils q
                      WHERE q.school_id = $1
                        AND q.name_run > k.key
                        AND q.name_run < k.key || '~'
                      ORDER BY q.name_run
                      LIMIT 30) p
"""

_NAMED = """
SELECT 'run' AS kind, k.key, p.pupil_id, p.name_fold
  FROM unnest($2::text[]) AS k (key)
 CROSS JOIN LATERAL (SELECT q.pupil_id, q.name_fold FROM pupils q WHERE q.school_id = $1 AND q.name_run = k.key LIMIT 65) p
 UNION ALL
SELECT 'begun', k.key, p.pupil_id, p.name_fold
  FROM unnest($3::text[]) AS k (key)
 CROSS JOIN LATERAL (SELECT q.pupil_id, q.name_fold
                       FROM pupils q
                      WHERE q.school_id = $1
                        AND q.name_run > k.key
                        AND q.name_run < k.key || '~'
                      ORDER BY q.name_run
                      LIMIT 30) p
"""

_SHORTENED = """
SELECT 'short' AS kind, k.key, p.pupil_id, p.name_fold
  FROM unnest($2::text[]) AS k (key)
 CROSS JOIN LATERAL (SELECT q.pupil_id, q.name_fold FROM pupils q WHERE q.school_id = $1 AND q.name_short = k.key LIMIT 65) p
 UNION ALL
SELECT 'ends', k.key, p.pupil_id, p.name_fold
  FROM unnest($3::text[]) AS k (key)
 CROSS JOIN LATERAL (SELECT q.pupil_id, q.name_fold FROM pupils q WHERE q.school_id = $1 AND q.name_ends = k.key LIMIT 65) p
 UNION ALL
SELECT 'tail', k.key, p.pupil_id, p.name_fold
  FROM unnest($3::text[]) AS k (key)
 CROSS JOIN LATERAL (SELECT q.pupil_id, q.name_fold FROM pupils q WHERE q.school_id = $1 AND q.name_tail = k.key LIMIT 65) p
 UNION ALL
SELECT 'bones', k.key, p.pupil_id, p.name_fold
  FROM unnest($4::text[]) AS k (key)
 CROSS JOIN LATERAL (SELECT q.pupil_id, q.name_fold FROM pupils q WHERE q.school_id = $1 AND q.name_bones = k.key LIMIT 65) p
"""

_OTHERWISE = """
SELECT 'code' AS kind, k.key, p.pupil_id, p.name_fold
  FROM unnest($2::text[]) AS k (key)
 CROSS JOIN LATERAL (SELECT q.pupil_id, q.name_fold FROM pupils q WHERE q.school_id = $1 AND q.school_code = k.key LIMIT 1) p
 UNION ALL
SELECT 'guardian', k.key, p.pupil_id, p.name_fold
  FROM unnest($3::text[]) AS k (key)
 CROSS JOIN LATERAL (SELECT q.pupil_id, q.name_fold
                       FROM guardians g
                       JOIN guardianships b
                         ON b.school_id = g.school_id
                        AND b.guardian_id = g.guardian_id
                       JOIN pupils q
                         ON q.school_id = b.school_id
                        AND q.pupil_id = b.pupil_id
                      WHERE g.school_id = $1
                        AND g.name_run = k.key
                        AND g.name_fold <> ''
                      LIMIT 30) p
"""

# A class has forty pupils; one with hundreds says nothing of a child.
_IN_CLASS = """
SELECT replace(c.name_fold, ' ', '') AS key, p.pupil_id, p.name_fold
  FROM classes c
 CROSS JOIN LATERAL (SELECT q.pupil_id, q.name_fold
                       FROM enrolments e
                       JOIN pupils q
                         ON q.school_id = e.school_id
                        AND q.pupil_id = e.pupil_id
                      WHERE e.school_id = $1
                        AND e.class_id = c.class_id
                        AND e.to_on IS NULL
                      LIMIT 81) p
 WHERE c.school_id = $1
   AND replace(c.name_fold, ' ', '') = ANY ($2::text[])
"""

# What stands on bills from this payer's latest money: taken back, it is forgotten.
_PAID_FOR = """
SELECT coalesce(k.account, k.name) AS key, p.pupil_id
  FROM unnest($2::text[], $3::text[]) AS k (account, name)
 CROSS JOIN LATERAL (SELECT DISTINCT i.pupil_id
                       FROM (SELECT t.transaction_id
                               FROM bank_transactions t
                              WHERE t.school_id = $1
                                AND t.payer_account = k.account
                              UNION ALL
                             SELECT t.transaction_id
                               FROM bank_transactions t
                              WHERE t.school_id = $1
                                AND t.payer_name = k.name
                              ORDER BY 1 DESC
                              LIMIT 20) latest
                       JOIN allocations a
                         ON a.school_id = $1
                        AND a.transaction_id = latest.transaction_id
                       JOIN invoices i
                         ON i.school_id = a.school_id
                        AND i.invoice_id = a.invoice_id
                      GROUP BY i.pupil_id, a.transaction_id
                     HAVING sum(a.amount) > 0
                      LIMIT 5) p
"""


Found = dict[tuple[str, str], list[Pupil]]


async def children(tx: SchoolTx, told: Sequence[Told]) -> dict[str, list[Child]]:
    """By the run of the name: children whose whole name the memos hold, in whatever order, or cut off at the end, with their class."""
    runs, begun = _all(one.runs for one in told), _all(one.beginnings for one in told)
    found: dict[str, list[Child]] = defaultdict(list)
    for row in await tx.fetch(_CHILDREN, tx.school_id, runs, begun) if runs or begun else []:
        found[forms(row["name_fold"]).run].append(Child(row["name_fold"], row["class_name"] or ""))
    return found


async def named(tx: SchoolTx, told: Sequence[Told]) -> Found:
    """By kind (`run`, `begun`) and key: the pupils of those names."""
    runs, begun = _all(one.runs for one in told), _all(one.beginnings for one in told)
    return _by_key(await tx.fetch(_NAMED, tx.school_id, runs, begun) if runs or begun else [])


async def shortened(tx: SchoolTx, told: Sequence[Told]) -> Found:
    """Names shortened, mistyped, or told by two of their words. For memos that hold no whole name."""
    if not told:
        return {}
    shorts, pairs = _all(one.shorts for one in told), _all(one.pairs for one in told)
    return _by_key(await tx.fetch(_SHORTENED, tx.school_id, shorts, pairs, _all(bones(one) for one in told)))


async def otherwise(tx: SchoolTx, told: Sequence[Told], numbers: Sequence[Iterable[str]]) -> Found:
    """Classes, pupils' own numbers, and guardians. `numbers` are the words with digits."""
    found = _by_key(await tx.fetch(_OTHERWISE, tx.school_id, _all(numbers), _all(adults(one) for one in told)))
    classes = _all(one.classes for one in told)
    for row in await tx.fetch(_IN_CLASS, tx.school_id, classes) if classes else []:
        found["class", row["key"]].append(Pupil(row["pupil_id"], row["name_fold"]))
    return found


def _by_key(rows: Iterable[asyncpg.Record]) -> Found:
    found: Found = defaultdict(list)
    for row in rows:
        found[row["kind"], row["key"]].append(Pupil(row["pupil_id"], row["name_fold"]))
    return found


async def paid_for(tx: SchoolTx, accounts: Sequence[str], names: Sequence[str]) -> dict[str, frozenset[UUID]]:
    """Payer's account or name → the pupils for whom it paid, where they are few."""
    if not accounts and not names:
        return {}
    rows = await tx.fetch(
        _PAID_FOR,
        tx.school_id,
        [*accounts, *(None for _ in names)],
        [*(None for _ in accounts), *names],
    )
    pupils: dict[str, set[UUID]] = defaultdict(set)
    for row in rows:
        pupils[row["key"]].add(row["pupil_id"])
    return {key: frozenset(known) for key, known in pupils.items() if len(known) <= PAYER_PUPILS_MAX}


def bones(told: Told) -> set[str]:
    return {forms(run).bones for run in told.runs if len(run) > 7}


def adults(told: Told) -> set[str]:
    """Names that may be a guardian's: the payer's, and whatever stands in the memo like a name."""
    payer = (told.payer_name or "").replace(" ", "")
    return {run for run in (*told.windows, payer) if len(run) > 5}


def _all(groups: Iterable[Iterable[str]]) -> list[str]:
    return sorted({key for group in groups for key in group})
