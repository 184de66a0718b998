"""The results of a form as a table for a workbook or CSV: a row for each pupil and each guardian whose answer counts. It knows no SQL.

No text that a family wrote becomes a formula of whoever opens the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from backend.core.catalogue import say
from backend.forms.slip import in_words
from payments.reports.table import Column, Table
from schemas.forms import FormResults, PupilResult, Signer

_BEFORE = ("pupil", "class", "state", "signer", "relation", "at", "via")


def as_table(results: FormResults, language: str, *, school_name: str, made_at: datetime) -> Table:
    kinds = {"at": "moment"}
    named = [Column(say(f"forms.column_{name}", language), kinds.get(name, "text"), 1.4) for name in _BEFORE]  # type: ignore[arg-type]
    return Table(
        name="form",
        title=results.form.title,
        subtitle=say("forms.sheet_version", language, version=results.form.version),
        school_name=school_name,
        columns=[*named, *(Column(q.text, "text", 1.8) for q in results.form.questions)],
        rows=list(_rows(results, language)),
        made_at=made_at,
    )


def _rows(results: FormResults, language: str) -> Iterator[list[Any]]:
    for pupil in results.pupils:
        counted: list[Signer | None] = [signer for signer in pupil.signers if signer.counts]
        for signer in counted or [None]:
            yield _row(results, pupil, signer, language)


def _row(results: FormResults, pupil: PupilResult, signer: Signer | None, language: str) -> list[Any]:
    state = say(f"forms.state_{pupil.state}", language)
    if signer is None:
        return [
            pupil.full_name,
            pupil.class_name,
            state,
            None,
            None,
            None,
            None,
            *(None for _ in results.form.questions),
        ]
    said = signer.answers or {}
    return [
        pupil.full_name,
        pupil.class_name,
        state,
        signer.full_name,
        say(f"forms.relation_{signer.relation}", language),
        signer.at,
        say(f"forms.via_{signer.via}", language),
        *(in_words(q, said[q.id], language) if q.id in said else None for q in results.form.questions),
    ]
