"""Who may import whom (design, "Rooms"): arrows point from roof to earth, and libraries stay behind their doors."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from tests.house.source import ROOT, imports, modules

EARTH, GROUND, NOTIFICATIONS, ROOMS, BOTS, DOORS, ROOF = range(7)
_LEVEL_NAMES = ("earth", "ground", "notifications", "rooms", "bots", "doors", "roof")
_ROOF = {"backend.app", "backend.worker", "backend.__main__", "backend.asgi"}
_DOORS = re.compile(r".*\.routes(_\w+)?$|backend\.(console|parentapp|pages)(\..*)?$|backend\.(health|openapi)$")


def level(module: str) -> int:
    if module in _ROOF or module.startswith(("backend.demo", "backend.asgi", "backend.serving")):
        return ROOF
    if _DOORS.match(module):
        return DOORS
    if module.startswith("schemas"):
        return EARTH
    if module.startswith(("backend.core", "backend.embedded", "backend.migrations")) or module == "backend":
        return GROUND
    if module.startswith("notifications"):
        return NOTIFICATIONS
    if module.startswith("bots"):
        return BOTS
    return ROOMS


def test_imports_point_from_the_roof_to_the_earth() -> None:
    wrong = []
    for module in modules():
        for imported, line in imports(module):
            if imported.partition(".")[0] not in ("schemas", "backend", "notifications", "payments", "bots"):
                continue
            if level(imported) > level(module):
                wrong.append(
                    f"{module}:{line} ({_LEVEL_NAMES[level(module)]}) imports {imported} ({_LEVEL_NAMES[level(imported)]})"
                )
    assert not wrong, "\n".join(wrong)


def test_nobody_imports_the_roof_or_another_rooms_routes() -> None:
    wrong = []
    for module in modules():
        for imported, line in imports(module):
            if imported in _ROOF and module not in _ROOF:
                wrong.append(f"{module}:{line} imports {imported}")
            if imported.endswith(".routes") and module not in _ROOF:
                own_parts = imported.startswith(module.rpartition(".")[0] + ".") and module.endswith("routes")
                if not own_parts:
                    wrong.append(f"{module}:{line} imports {imported}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("module", ["backend.app", "backend.worker"])
def test_each_roof_can_be_entered_first(module: str) -> None:
    """A circle of imports shows only to whoever enters it at the wrong place: the server may start, and the worker not."""
    entered = subprocess.run([sys.executable, "-c", f"import {module}"], cwd=ROOT, capture_output=True, text=True)
    assert entered.returncode == 0, entered.stderr[-2000:]


_LIBRARIES = {
    "litestar": re.compile(
        r".*\.routes(_\w+)?$|backend\.(console|parentapp|pages)(\..*)?$|backend\.(app|__main__|health|openapi)$|backend\.core\.http$"
        r"|backend\.identity\.(guards|cookies)$"
    ),
    "arq": re.compile(r"backend\.core\.queue$|backend\.worker$"),
    "telegram": re.compile(r"bots\.telegram(_\w+)?$|notifications\.channels\.telegram$"),
    "firebase_admin": re.compile(r"notifications\.channels\.fcm(_\w+)?$"),
    "pyreqwest": re.compile(r"notifications\.channels\.fcm$"),
    "rapidfuzz": re.compile(r"bots\.intents(_\w+)?$|payments\.match(_\w+)?$"),
}


def test_libraries_stay_behind_their_doors() -> None:
    wrong = []
    for module in modules():
        for imported, line in imports(module):
            allowed = _LIBRARIES.get(imported.partition(".")[0])
            if allowed is not None and not allowed.match(module):
                wrong.append(f"{module}:{line} imports {imported}")
    assert not wrong, "\n".join(wrong)


def test_schemas_know_only_the_standard_library_and_msgspec() -> None:
    import sys

    wrong = []
    for module in modules():
        if module.startswith("schemas"):
            for imported, line in imports(module):
                top = imported.partition(".")[0]
                if top not in sys.stdlib_module_names and top not in ("msgspec", "schemas"):
                    wrong.append(f"{module}:{line} imports {imported}")
                if top in ("time", "random", "secrets", "os", "socket", "asyncio"):
                    wrong.append(f"{module}:{line} imports {imported}: no I/O and no clock in schemas")
    assert not wrong, "\n".join(wrong)


def test_every_module_says_first_what_it_owns() -> None:
    import ast

    from tests.house.source import tree

    silent = [
        name for name, path in modules().items() if path.name != "__init__.py" and not ast.get_docstring(tree(name))
    ]
    assert not silent, silent
