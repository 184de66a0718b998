"""How the matrix asks for a page of the console, and sends a form of one: by the cookie of whoever asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tests.identity.matrix import ALL, Ask, Line, Scene

Form = Callable[[Scene], Mapping[str, str]]


def base(scene: Scene) -> str:
    return f"/console/{scene.target.school_id}"


def shown(path: Callable[[Scene], str], allowed: Any, *, targets: tuple[str, ...] = ALL, prepare: Any = None) -> Line:
    return Line(ask=lambda s: Ask(base(s) + path(s)), allowed=allowed, targets=targets, prepare=prepare, by_cookie=True)


def sent(
    path: Callable[[Scene], str],
    form: Form,
    allowed: Any,
    *,
    targets: tuple[str, ...] = ALL,
    prepare: Any = None,
) -> Line:
    return Line(
        ask=lambda s: Ask(base(s) + path(s), form=form(s)),
        allowed=allowed,
        targets=targets,
        prepare=prepare,
        by_cookie=True,
        passes={303},
    )


def of_class(rest: str) -> Callable[[Scene], str]:
    return lambda s: f"/classes/{s.target.class_id}{rest}"


def of_pupil(rest: str = "") -> Callable[[Scene], str]:
    return lambda s: f"/pupils/{s.target.pupil_id}{rest}"


def nothing(scene: Scene) -> Mapping[str, str]:
    return {}
