"""The answers to a form's questions as a page sends them, in the shape of the JSON door. It holds no rule about any answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from litestar import Request
from litestar.datastructures import FormMultiDict, UploadFile

from backend.core.http import house_of
from backend.core.ids import new_id
from backend.core.problems import FieldError, Problem
from backend.files import actions as files
from backend.files.content import FILE_BYTES_MAX
from backend.identity.principal import principal_of
from schemas.forms import Paper, Question, SeveralOf

# A form may ask for a few files at once.
BODY_BYTES_MAX = 4 * FILE_BYTES_MAX
_ABOUT_THE_FILE = frozenset({413, 415, 422, 429})


async def answers_of(
    request: Request[Any, Any, Any], sent: FormMultiDict, school_id: int, questions: Sequence[Question]
) -> tuple[dict[str, Any], Problem | None]:
    """The answers, and what is wrong with a file among them. A file is kept at once, so that a form that is refused does not lose it,
    and a file that is refused loses no other answer. What was left empty is left out."""
    answers: dict[str, Any] = {}
    refused: Problem | None = None
    for question in questions:
        name = f"q-{question.id}"
        if isinstance(question, Paper):
            answers[question.id] = str(sent.get(f"{name}-kept", ""))
            try:
                answers[question.id] = await keep_file(request, school_id, sent.get(name)) or answers[question.id]
            except Problem as problem:
                if problem.kind.status not in _ABOUT_THE_FILE:
                    raise
                refused = refused or _beside(question, problem)
        elif isinstance(question, SeveralOf):
            answers[question.id] = [str(value) for value in sent.getall(name, [])]
        else:
            answers[question.id] = str(sent.get(name, ""))
    return {name: answer for name, answer in answers.items() if answer not in ("", [])}, refused


def _beside(question: Paper, problem: Problem) -> Problem:
    """Said beside the question, whatever the problem is."""
    said = [(error.vi, error.en) for error in problem.errors] or [(problem.sentence("vi"), problem.sentence("en"))]
    errors = tuple(FieldError(f"/answers/{question.id}", *one) for one in said)
    return Problem(problem.kind, errors=errors, params=problem.params)


async def keep_file(request: Request[Any, Any, Any], school_id: int, sent: Any) -> str | None:
    """The id under which a page's file is kept at once; None where nothing was chosen."""
    if not isinstance(sent, UploadFile):
        return None
    data = await sent.read(FILE_BYTES_MAX + 1)
    if not data:
        return None
    file_id, account_id = new_id(), principal_of(request).account_id
    await files.upload(house_of(request), account_id, school_id, file_id=file_id, name=sent.filename or "", data=data)
    return str(file_id)
