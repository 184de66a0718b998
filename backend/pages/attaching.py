"""Several files of one field of a page: kept at once, so that a form that is refused loses none of them. It holds no rule."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Request
from litestar.datastructures import FormMultiDict, UploadFile

from backend.core.problems import FieldError, Problem
from backend.pages.answers import keep_file

_ABOUT_THE_FILE = frozenset({413, 415, 422, 429})
_FILES_MAX = 10


async def files_of(
    request: Request[Any, Any, Any], sent: FormMultiDict, school_id: int, field: str = "files"
) -> tuple[list[str], Problem | None]:
    """Ids of what came now and of what had been kept before (`<field>-kept`), and what is wrong with one of the files."""
    kept = [value for value in sent.getall(f"{field}-kept", []) if isinstance(value, str) and _is_id(value)]
    refused: Problem | None = None
    for file in sent.getall(field, []):
        if isinstance(file, UploadFile) and len(kept) < _FILES_MAX:
            try:
                if (file_id := await keep_file(request, school_id, file)) is not None:
                    kept.append(file_id)
            except Problem as problem:
                if problem.kind.status not in _ABOUT_THE_FILE:
                    raise
                refused = refused or _beside(problem)
    return kept, refused


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _beside(problem: Problem) -> Problem:
    """Said beside the field, whatever the problem is."""
    said = [(error.vi, error.en) for error in problem.errors] or [(problem.sentence("vi"), problem.sentence("en"))]
    errors = tuple(FieldError("/file_ids", *one) for one in said)
    return Problem(problem.kind, errors=errors, params=problem.params)
