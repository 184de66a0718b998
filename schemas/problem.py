"""The shape of a problem document (RFC 9457) as clients read it."""

from __future__ import annotations

import msgspec


class Sentences(msgspec.Struct):
    vi: str
    en: str


class WrongField(msgspec.Struct):
    pointer: str
    detail: str
    sentences: Sentences


class ProblemDocument(msgspec.Struct, omit_defaults=True):
    type: str
    title: str
    status: int
    instance: str
    sentences: Sentences
    errors: list[WrongField] = []
