"""A form as it is filled in on the page and as the JSON door takes it, pure: rows of questions that need no script. It knows no page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from backend.core.catalogue import say
from backend.core.problems import INVALID, FieldError
from backend.core.wrongs import every_wrong_field
from backend.forms.slip import in_words
from backend.pages.forms import whole_number
from schemas.forms import Condition, Day, FormText, Number, OneOf, Question, SeveralOf

S = TypeVar("S", bound=msgspec.Struct)
KINDS = ("consent", "one_of", "several_of", "number", "text", "date", "file")
ROWS_MAX = 30
_FIELDS = ("kind", "id", "text", "options", "least", "most", "earliest", "latest", "required", "when", "answers")
_TWO_OPTIONS = ("Cần ít nhất hai phương án, mỗi dòng một phương án.", "At least two options are needed, one a line.")
_NO_NUMBER = ("Cần một số nguyên.", "A whole number is needed.")


class Row(msgspec.Struct, frozen=True):
    """One row of the editor: texts as somebody typed them."""

    kind: str = "consent"
    id: str = ""
    text: str = ""
    options: str = ""
    least: str = ""
    most: str = ""
    earliest: str = ""
    latest: str = ""
    required: str = "yes"
    when: str = ""
    answers: str = ""


def rows_of(form: Mapping[str, str], *, more: bool = False) -> list[Row]:
    """What was typed, one empty row at the end when asked for; the first row of a new form asks for consent."""
    count = min(whole_number(form.get("rows", "")) or 0, ROWS_MAX)
    rows = [Row(**{name: form.get(f"{name}-{place}", "") for name in _FIELDS}) for place in range(count)]
    return [*rows, Row()] if (more or not rows) and len(rows) < ROWS_MAX else rows


def rows_for(questions: Sequence[Question]) -> list[Row]:
    return [_row(question, questions) for question in questions]


def _row(question: Question, questions: Sequence[Question]) -> Row:
    kind = str(msgspec.to_builtins(question)["kind"])
    options = "\n".join(question.options) if isinstance(question, OneOf | SeveralOf) else ""
    least, most = (question.least, question.most) if isinstance(question, Number) else (None, None)
    earliest, latest = (question.earliest, question.latest) if isinstance(question, Day) else (None, None)
    required = "yes" if question.required else ""
    return Row(
        kind,
        question.id,
        question.text,
        options,
        _typed(least),
        _typed(most),
        _typed(earliest),
        _typed(latest),
        required,
        *_when(question, questions),
    )


def _when(question: Question, questions: Sequence[Question]) -> tuple[str, str]:
    """The number of the row that it hangs on, and the answers as people read them."""
    if not isinstance(question.when, Condition):
        return "", ""
    for number, earlier in enumerate(questions, start=1):
        if earlier.id == question.when.question:
            return str(number), "\n".join(in_words(earlier, one, "vi") for one in question.when.answers)
    return "", ""


def _typed(value: object) -> str:
    return "" if value is None else str(value)


def questions_of(rows: Sequence[Row], wrong: list[FieldError]) -> list[dict[str, Any]]:
    """As the JSON door takes them; a row without a text is none. What only the page can say is added to `wrong`, by the row's fields."""
    taken = {row.id for row in rows if row.id}
    asked: list[dict[str, Any]] = []
    ids: dict[int, str] = {}
    for place, row in enumerate(rows):
        if not row.text.strip():
            continue
        ids[place] = row.id or _fresh(taken)
        question: dict[str, Any] = {
            "kind": row.kind,
            "id": ids[place],
            "text": row.text.strip(),
            "required": row.required == "yes",
        }
        if row.kind in ("one_of", "several_of"):
            options = [line.strip() for line in row.options.splitlines() if line.strip()]
            if len(options) < 2:
                wrong.append(FieldError(f"/options-{place}", *_TWO_OPTIONS))
            question["options"] = options
        if row.kind == "number":
            for name, typed in (("least", row.least), ("most", row.most)):
                if typed.strip():
                    question[name] = _whole(typed, f"/{name}-{place}", wrong)
        if row.kind == "date":
            question |= {name: typed for name, typed in (("earliest", row.earliest), ("latest", row.latest)) if typed}
        if row.when:
            question["when"] = _condition(row, place, rows, ids, wrong)
        asked.append(question)
    return asked


def _condition(
    row: Row, place: int, rows: Sequence[Row], ids: Mapping[int, str], wrong: list[FieldError]
) -> dict[str, Any]:
    number = (whole_number(row.when) or 0) - 1
    typed = [line.strip() for line in row.answers.splitlines() if line.strip()]
    if not typed:
        wrong.append(
            FieldError(
                f"/answers-{place}", say("forms.when_needs_answers", "vi"), say("forms.when_needs_answers", "en")
            )
        )
    consent = 0 <= number < len(rows) and rows[number].kind == "consent"
    return {
        "question": ids.get(number, "?"),
        "answers": [_CONSENTS.get(one.casefold(), one) if consent else one for one in typed],
    }


_CONSENTS = {
    say(f"forms.consent_{one}", language).casefold(): one for one in ("yes", "no") for language in ("vi", "en")
}


def _whole(typed: str, pointer: str, wrong: list[FieldError]) -> int | None:
    try:
        return int(typed)
    except ValueError:
        wrong.append(FieldError(pointer, *_NO_NUMBER))
        return None


def _fresh(taken: set[str]) -> str:
    number = 1
    while f"q{number}" in taken:
        number += 1
    taken.add(f"q{number}")
    return f"q{number}"


def at_rows(errors: Sequence[FieldError], rows: Sequence[Row]) -> list[FieldError]:
    """Pointers into the questions become the rows that they came from: `/questions/0/options` is the field `options-2` of the page."""
    filled = [place for place, row in enumerate(rows) if row.text.strip()]
    found = []
    for error in errors:
        parts = error.pointer.strip("/").split("/")
        if parts[0] == "questions" and len(parts) > 1 and parts[1].isdigit() and int(parts[1]) < len(filled):
            name = parts[2] if len(parts) > 2 and parts[2] in _FIELDS else "text"
            if name == "when" and parts[3:4] == ["answers"]:
                name = "answers"
            error = FieldError(f"/{name}-{filled[int(parts[1])]}", error.vi, error.en)
        found.append(error)
    return found


def read(kind: type[S], values: Mapping[str, Any], form: Mapping[str, str], rows: Sequence[Row]) -> S:
    """The Struct that the JSON door takes, from the page's words and rows and what else it asks. Every wrong field at once."""
    wrong: list[FieldError] = []
    asked = questions_of(rows, wrong)
    said = {"title": form.get("title", "").strip(), "body": form.get("body", "").strip(), "questions": asked, **values}
    found = at_rows(every_wrong_field(msgspec.json.encode(said), kind), rows)
    places = {error.pointer.rsplit("-", 1)[-1] for error in wrong}
    # A row that the page has a better word for needs no second one.
    wrong += [error for error in found if error.pointer.rsplit("-", 1)[-1] not in places]
    if wrong:
        raise INVALID(*wrong)
    return msgspec.convert(said, kind)


def fields_for(text: FormText) -> dict[str, str]:
    return {"title": text.title, "body": text.body}
