"""Reads the house's own source for the tests that hold it: modules, their imports, and every SQL text in them."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PACKAGES = ("schemas", "backend", "notifications", "payments", "bots")
_SQL = re.compile(
    r"\s*(SELECT|INSERT\s+INTO|UPDATE\s+\w|DELETE\s+FROM|WITH\s+(RECURSIVE\s+)?\w+\s*(\(|AS))", re.IGNORECASE
)
_CALLS = {"fetch", "fetchrow", "fetchval", "execute", "executemany"}
# These speak to PostgreSQL about itself, before or beside the schema.
_OUTSIDE = {"backend.core.migrate", "backend.embedded.postgres", "backend.core.distribute", "backend.core.database"}


@dataclass(frozen=True)
class Statement:
    module: str
    line: int
    sql: str

    @property
    def where(self) -> str:
        return f"{self.module}:{self.line}"


@cache
def modules() -> dict[str, Path]:
    found = {}
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
            found[name] = path
    return found


@cache
def tree(module: str) -> ast.Module:
    return ast.parse(modules()[module].read_text(encoding="utf-8"))


def imports(module: str) -> Iterator[tuple[str, int]]:
    """Every imported module, also those inside functions; `from a import b` counts as a.b where that is a module."""
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield (full if full in modules() else node.module), node.lineno


@cache
def statements() -> tuple[Statement, ...]:
    """Every SQL text: literals and whatever a module-level name evaluates to."""
    found: list[Statement] = []
    for name in modules():
        if name in _OUTSIDE or name == "backend.__main__":
            continue
        found.extend(_statements_of(name))
    return tuple(found)


def _statements_of(name: str) -> Iterator[Statement]:
    loaded = importlib.import_module(name)
    seen = set()
    for node in tree(name).body:
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        for target in targets:
            if (
                isinstance(target, ast.Name)
                and isinstance(value := getattr(loaded, target.id, None), str)
                and _is_sql(value)
            ):
                seen.add(value)
                yield Statement(name, node.lineno, value)
    pieces = _pieces(tree(name))
    for node in ast.walk(tree(name)):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and node not in pieces
            and _is_sql(node.value)
            and node.value not in seen
        ):
            seen.add(node.value)
            yield Statement(name, node.lineno, node.value)


def _pieces(module: ast.Module) -> set[ast.AST]:
    """Texts inside an f-string or handed to format(): parts of a statement, which is read where it is whole and has a name."""
    composed = [
        node
        for node in ast.walk(module)
        if isinstance(node, ast.JoinedStr)
        or (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format")
    ]
    return {piece for node in composed for piece in ast.walk(node) if isinstance(piece, ast.Constant)}


def _is_sql(text: str) -> bool:
    # A fragment with a placeholder is part of a statement, not one; the statement it ends in is a name of its own.
    return bool(_SQL.match(text)) and len(text) > 20 and "{" not in re.sub(r"'[^']*'", "", text)


def composed_inline() -> Iterator[str]:
    """Places that build SQL inside the call, where no test can see it."""
    for name in modules():
        if name in _OUTSIDE:
            continue
        for node in ast.walk(tree(name)):
            if not (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in _CALLS
                and node.args
            ):
                continue
            first = node.args[0]
            built = isinstance(first, ast.JoinedStr | ast.BinOp) or (
                isinstance(first, ast.Call)
                and isinstance(first.func, ast.Attribute)
                and first.func.attr in ("format", "join", "replace")
            )
            if built:
                yield f"{name}:{node.lineno}"
