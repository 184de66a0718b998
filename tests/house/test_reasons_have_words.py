"""Every reason a transaction can be given, and every deed of the school's audit trail, has words in both languages.

Both are gathered from the source itself, so that a new one without words fails here and not on a page.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from backend.core import catalogue
from payments.shape import How
from tests.house.source import ROOT

_NAME = re.compile(r"[a-z]+(_[a-z]+)*")
_GIVEN_BY = {"Doubt", "Unreadable", "Ambiguous", "NoMatch", "Match", "Suggestion", "_for_a_person", "close", "decide"}
# Decisions about credits: what has an underscore there is a reason, but for these.
_MODULES = ("match.py", "claims.py", "candidates.py", "match_likeness.py")
_NO_REASONS = {
    "in",
    "ambiguous",
    "over",
    "part",
    "settled",
    "ignored",
    "unreadable",
    "refunded",
    "unmatched",
    "duplicate",
}  # states and a direction


def _texts(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _NAME.fullmatch(node.value):
            yield node.value


def _called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def _given(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and any("reasons" in ast.unparse(target) for target in node.targets):
            yield from _texts(node.value)
        elif isinstance(node, ast.Call):
            if _called(node) in _GIVEN_BY:
                for argument in node.args:
                    yield from _texts(argument)
            for keyword in node.keywords:
                if keyword.arg == "reasons":
                    yield from _texts(keyword.value)
        elif isinstance(node, ast.FunctionDef) and node.name in ("reasons", "_by_which_word", "own_kind", "_kind"):
            for one in ast.walk(node):
                if isinstance(one, ast.Return) and one.value is not None:
                    yield from _texts(one.value)


def reasons() -> set[str]:
    found = {"request_code", "pupil_code"}  # made of the code's kind
    for path in (ROOT / "payments").rglob("*.py"):
        if "simulate" in path.name:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        found.update(_given(tree))
        if path.name in _MODULES:
            found.update(text for text in _texts(tree) if "_" in text)
    found.update(f"reference_{how.value}" for how in How if how not in (How.RIVAL, How.DAMAGED))
    return found - _NO_REASONS


def deeds() -> set[str]:
    found: set[str] = set()
    for root in ("backend", "payments", "notifications", "bots"):
        for path in (ROOT / root).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and ast.unparse(node.func) in ("audit.record", "record"):
                    found.update(_actions(node.args[1], path))
    return found


def _actions(node: ast.expr, path: Path) -> set[str]:
    """`f"period.{…}_proposed"` stands for both actions of a period; a name that is handed through is named by its callers."""
    if isinstance(node, ast.Constant):
        return {str(node.value)}
    if isinstance(node, ast.IfExp):
        return _actions(node.body, path) | _actions(node.orelse, path)
    if isinstance(node, ast.JoinedStr) and path.name == "periods.py":
        last = node.values[-1]
        assert isinstance(last, ast.Constant)
        return {f"period.{action}{last.value}" for action in ("close", "reopen")}
    return set()


def test_the_gathering_finds_what_is_known() -> None:
    assert {"request_code", "virtual_account", "outgoing", "refund", "no_amount", "bad_amount", "bank_fee"} <= reasons()
    assert {"refund.proposed", "period.close_confirmed", "invoice.written_off", "bank_hook.added"} <= deeds()


def test_every_reason_has_words() -> None:
    missing = {one for one in reasons() if f"console.why_{one}" not in catalogue.entries()}
    assert not missing, sorted(missing)


def test_every_deed_has_words() -> None:
    keys = {one: f"console.deed_{one.replace('.', '_').replace('-', '_')}" for one in deeds()}
    missing = {one for one, key in keys.items() if key not in catalogue.entries()}
    assert not missing, sorted(missing)
