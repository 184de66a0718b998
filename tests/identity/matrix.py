"""The authorisation matrix: every route × every kind of person × own, classmate's, neighbour's and foreign things.

Every route of the application needs one line. Lines live beside the tests of their room, in `tests/<room>/matrix_lines.py`:

    from tests.identity.matrix import ADMINS, HOMEROOM, Ask, Line, Scene

    LINES = {
        ("GET", "/v1/schools/{school_id}/classes/{class_id}/roll/{day}"): Line(
            ask=lambda s: Ask(f"/v1/schools/{s.target.school_id}/classes/{s.target.class_id}/roll/2026-10-05"),
            allowed=HOMEROOM | TEACHERS | ADMINS,
        ),
        ("POST", "/v1/schools/{school_id}/fees"): Line(
            ask=lambda s: Ask(f"/v1/schools/{s.target.school_id}/fees", json={"class_id": str(s.target.class_id), …}),
            allowed=ACCOUNTANTS | ADMINS,
        ),
        ("GET", "/v1/family/home"): Line(ask=lambda s: Ask("/v1/family/home"), allowed=on_any(*GUARDIANS), targets=NOTHING),
    }

The key is the method and the path as the decorator has it, without the kinds (`{school_id:int}` may be written, too).

**Askers** (columns; see World in tests/factories.py): parent, parent2, classmate_parent, neighbour, stranger, teacher (homeroom of
6A1, teaches it TOAN and VAN), subject_teacher (teaches TOAN in 6A1, homeroom of nothing), other_teacher (homeroom and TOAN of 6A2),
accountant, admin, other_admin (of the other school), area_admin, signed_out.

**Targets** (rows; what the request is about), each with `.school_id .class_id .pupil .guardian`:

    own         `world.child`            in 6A1          guardian: parent
    classmate   `world.classmate`        in 6A1          guardian: classmate_parent
    neighbour   `world.neighbour_child`  in 6A2          guardian: neighbour
    foreign     `world.other_child`      in 6A1 of the other school; guardian: stranger

`targets=ALL` is the default; `BY_SCHOOL` (own, foreign) suits routes that name only a school, `NOTHING` those that name nothing.

**allowed** is a set of (asker, target). Ready sets, joined with `|`: FAMILY (each guardian on the own child), HOMEROOM, TEACHERS
(whoever teaches TOAN there, or is homeroom), ACCOUNTANTS, ADMINS (each on the own school), AREA, STAFF (everybody working in the
school), EVERYONE; `on_any("parent", …)` is those askers on whatever target; NOBODY (machines that prove themselves inside).
Pairs on targets that the line does not use are ignored.

**ask** gets a Scene (`.world .target .asker .owner .house .client .made`) and gives an Ask. **prepare** is an optional
`async def prepare(scene) -> Any`, awaited before each request with the same scene; what it returns is `scene.made`: make there what
the request needs (an invoice, a session …), so that a deed of one asker does not spoil the next one's.

What is expected: an allowed pair answers below 400 (or one of `passes`, when given: e.g. `passes={201}`), and is not merely shown
the door. Every other pair answers 401, 403 or 404 (or, for pages, a redirect to a sign-in), signed out always 401 (or that
redirect) unless the route is public or for machines; never 2xx, 400, 409, 422 or 5xx: who may not ask learns nothing about the form.
The refused requests are sent first and must leave every table of the two schools as it was. Each line gets a fresh World.

`by_cookie=True` asks as a browser does: the token as cookie, `Accept: text/html`.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler

from backend.core.house import House
from tests.factories import Person, Pupil, World

GUARDIANS = ("parent", "parent2", "classmate_parent", "neighbour", "stranger")
WORKERS = ("teacher", "subject_teacher", "other_teacher", "accountant", "admin")
ASKERS = (*GUARDIANS, *WORKERS, "other_admin", "area_admin", "signed_out")

OWN, CLASSMATE, NEIGHBOUR, FOREIGN = "own", "classmate", "neighbour", "foreign"
ALL = (OWN, CLASSMATE, NEIGHBOUR, FOREIGN)
BY_SCHOOL = (OWN, FOREIGN)
NOTHING = (OWN,)
_HERE = (OWN, CLASSMATE, NEIGHBOUR)

Pair = tuple[str, str]


def on_any(*askers: str) -> frozenset[Pair]:
    return frozenset((asker, target) for asker in askers for target in ALL)


def _on(targets: tuple[str, ...], *askers: str) -> frozenset[Pair]:
    return frozenset((asker, target) for asker in askers for target in targets)


FAMILY = frozenset(
    {
        ("parent", OWN),
        ("parent2", OWN),
        ("classmate_parent", CLASSMATE),
        ("neighbour", NEIGHBOUR),
        ("stranger", FOREIGN),
    }
)
HOMEROOM = _on((OWN, CLASSMATE), "teacher") | _on((NEIGHBOUR,), "other_teacher")
TEACHERS = HOMEROOM | _on((OWN, CLASSMATE), "subject_teacher")
ACCOUNTANTS = _on(_HERE, "accountant")
ADMINS = _on(_HERE, "admin") | _on((FOREIGN,), "other_admin")
AREA = _on(_HERE, "area_admin")
STAFF = _on(_HERE, *WORKERS) | _on((FOREIGN,), "other_admin")
SIGNED_IN = on_any(*(asker for asker in ASKERS if asker != "signed_out"))
EVERYONE = on_any(*ASKERS)
NOBODY: frozenset[Pair] = frozenset()


@dataclass(frozen=True)
class Ask:
    """One request; `path` with its ids filled in."""

    path: str
    json: Any = None
    form: Mapping[str, Any] | None = None
    files: Mapping[str, Any] | None = None
    content: bytes | None = None
    params: Mapping[str, str] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Target:
    name: str
    school_id: int
    class_id: UUID
    pupil: Pupil
    guardian: Person

    @property
    def pupil_id(self) -> UUID:
        return self.pupil.pupil_id


@dataclass
class Scene:
    world: World
    owner: asyncpg.Connection
    house: House
    client: httpx.AsyncClient
    asker_name: str
    target: Target
    made: Any = None

    @property
    def asker(self) -> Person | None:
        return None if self.asker_name == "signed_out" else getattr(self.world, self.asker_name)


@dataclass(frozen=True)
class Line:
    ask: Callable[[Scene], Ask]
    allowed: frozenset[Pair] | set[Pair]
    targets: tuple[str, ...] = ALL
    prepare: Callable[[Scene], Awaitable[Any]] | None = None
    passes: set[int] | frozenset[int] | None = None
    by_cookie: bool = False


def target(world: World, name: str) -> Target:
    pupil, guardian = {
        OWN: (world.child, world.parent),
        CLASSMATE: (world.classmate, world.classmate_parent),
        NEIGHBOUR: (world.neighbour_child, world.neighbour),
        FOREIGN: (world.other_child, world.stranger),
    }[name]
    return Target(name, pupil.school_id, pupil.class_id, pupil, guardian)


def plain(path: str) -> str:
    """`/v1/schools/{school_id:int}` → `/v1/schools/{school_id}`."""
    return re.sub(r"\{(\w+):\w+\}", r"{\1}", path)


@cache
def routes_of(app: Litestar) -> dict[tuple[str, str], HTTPRouteHandler]:
    """Every (method, path) that the application answers, from the application itself."""
    found: dict[tuple[str, str], HTTPRouteHandler] = {}
    for route in app.routes:
        for handler in getattr(route, "route_handlers", []):
            for method in handler.http_methods:
                # HEAD and OPTIONS are answered by the framework from the route's own GET and methods.
                if method not in ("HEAD", "OPTIONS"):
                    found[(method, plain(route.path))] = handler
    return found


def collected() -> dict[tuple[str, str], Line]:
    """All rooms' lines. A key that two rooms claim is an error."""
    tests = Path(__file__).parent.parent
    lines: dict[tuple[str, str], Line] = {}
    for path in sorted(tests.glob("*/matrix_lines.py")):
        module = importlib.import_module(f"tests.{path.parent.name}.matrix_lines")
        for (method, address), line in module.LINES.items():
            key = (method, plain(address))
            assert key not in lines, f"{path}: {key} has a line already"
            lines[key] = line
    return lines
