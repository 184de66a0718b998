"""Questions and answers, pure: are these questions askable, and do these answers fit them? Every wrong one is pointed at."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

import msgspec

from backend.core.problems import FieldError
from backend.core.text import clean
from schemas.forms import Answers, Asked, Condition, Consent, Day, Number, OneOf, Paper, Question, SeveralOf, ShortText

TEXT_MAX = 500
_NUMBER_MAX = 10**12
_MISSING = ("Câu này cần trả lời.", "This question needs an answer.")
_YES_OR_NO = ("Chọn đồng ý hoặc không đồng ý.", "Choose yes or no.")
_NOT_OFFERED = ("Chọn trong các phương án được nêu.", "Choose among the options offered.")
_NO_NUMBER = ("Cần một số, nhiều nhất hai chữ số thập phân.", "A number with at most two decimals is needed.")
_NO_DAY = ("Cần một ngày có thật.", "A real date is needed.")
_NO_FILE = ("Cần một tệp đã tải lên.", "An uploaded file is needed.")
_TOO_LONG = (f"Dài quá {TEXT_MAX} ký tự.", f"Longer than {TEXT_MAX} letters.")
_UNKNOWN = ("Phiếu không có câu hỏi này.", "The form has no such question.")
_TWICE = ("Mã câu hỏi bị trùng.", "Two questions carry the same id.")
_SAME_OPTION = ("Hai phương án giống nhau.", "Two options are the same.")
_EMPTY = ("Mục này còn trống.", "This field is empty.")
_NOT_BEFORE = (
    "Chỉ được hỏi theo một câu chọn đứng trước câu này.",
    "Only a question with choices that stands before this one.",
)
_BOUNDS = ("Giới hạn dưới lớn hơn giới hạn trên.", "The lower bound is above the upper one.")

Said = tuple[str, str]


class Wrong(Exception):
    """An answer that does not fit, with what to say about it."""

    def __init__(self, said: Said) -> None:
        super().__init__(said[1])
        self.said = said


def tidy(questions: Sequence[Question]) -> tuple[list[Question], list[FieldError]]:
    """The questions with their texts cleaned, and what is wrong with them."""
    wrong: list[FieldError] = []
    tidied = [_tidied(question, f"/questions/{place}", wrong) for place, question in enumerate(questions)]
    times = Counter(question.id for question in questions)
    wrong += [
        FieldError(f"/questions/{place}/id", *_TWICE)
        for place, question in enumerate(questions)
        if times[question.id] > 1
    ]
    return [_conditioned(tidied, place, wrong) for place in range(len(tidied))], wrong


def _conditioned(questions: Sequence[Question], place: int, wrong: list[FieldError]) -> Question:
    """The condition in the words of the question that it looks at, which has to stand before it and to offer choices."""
    question = questions[place]
    if not isinstance(question.when, Condition):
        return question
    at, asked = f"/questions/{place}/when", question.when.question
    before = next((one for one in questions[:place] if one.id == asked), None)
    if before is None or not isinstance(before, Consent | OneOf | SeveralOf):
        wrong.append(FieldError(f"{at}/question", *_NOT_BEFORE))
        return question
    offered = choices_of(before)
    answers = [clean(one) for one in question.when.answers]
    wrong += [FieldError(f"{at}/answers/{n}", *_NOT_OFFERED) for n, one in enumerate(answers) if one not in offered]
    return msgspec.structs.replace(question, when=Condition(asked, list(dict.fromkeys(answers))))


def choices_of(question: Consent | OneOf | SeveralOf) -> Sequence[str]:
    return ("yes", "no") if isinstance(question, Consent) else question.options


def is_asked(question: Question, answers: Mapping[str, Any]) -> bool:
    """By the answers given before it. A question that hangs on one that was not asked is not asked either."""
    if not isinstance(question.when, Condition):
        return True
    said = answers.get(question.when.question)
    given = said if isinstance(said, list) else [said]
    return any(one in question.when.answers for one in given)


def _tidied(question: Question, at: str, wrong: list[FieldError]) -> Question:
    text = clean(question.text)
    if not text:
        wrong.append(FieldError(f"{at}/text", *_EMPTY))
    if isinstance(question, OneOf | SeveralOf):
        options = [clean(option) for option in question.options]
        wrong += [FieldError(f"{at}/options/{n}", *_EMPTY) for n, option in enumerate(options) if not option]
        if len({alike(option) for option in options}) < len(options):
            wrong.append(FieldError(f"{at}/options", *_SAME_OPTION))
        return msgspec.structs.replace(question, text=text, options=options)
    low, high = _bounds(question)
    if low is not None and high is not None and low > high:
        wrong.append(FieldError(at, *_BOUNDS))
    return msgspec.structs.replace(question, text=text)


def _bounds(question: Question) -> tuple[Any, Any]:
    if isinstance(question, Number):
        return question.least, question.most
    return (question.earliest, question.latest) if isinstance(question, Day) else (None, None)


def alike(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold()


def read(questions: Sequence[Question], given: Mapping[str, Any]) -> tuple[Answers, list[FieldError]]:
    """The answers in one form whatever door they came through, and every wrong one. What was left empty is left out."""
    answers: Answers = {}
    wrong = [FieldError(f"/answers/{name}", *_UNKNOWN) for name in sorted(given.keys() - {q.id for q in questions})]
    for question in questions:
        raw = given.get(question.id)
        if not is_asked(question, answers):
            continue  # a page without scripts shows every question, and what was filled in needlessly is no answer
        if raw is None or raw == "" or raw == []:
            if question.required:
                wrong.append(FieldError(f"/answers/{question.id}", *_MISSING))
            continue
        try:
            found = _READERS[type(question)](question, raw)
        except Wrong as error:
            wrong.append(FieldError(f"/answers/{question.id}", *error.said))
            continue
        if found not in ("", []):
            answers[question.id] = found
        elif question.required:
            wrong.append(FieldError(f"/answers/{question.id}", *_MISSING))
    return answers, wrong


def _consent(_: Question, raw: Any) -> str:
    if raw not in ("yes", "no"):
        raise Wrong(_YES_OR_NO)
    return str(raw)


def _one_of(question: Question, raw: Any) -> str:
    assert isinstance(question, OneOf)
    return _offered(question.options, raw)


def _several_of(question: Question, raw: Any) -> list[str]:
    """In the order in which they are offered, each once."""
    assert isinstance(question, SeveralOf)
    if not isinstance(raw, list):
        raw = [raw]
    chosen = {_offered(question.options, one) for one in raw}
    return [option for option in question.options if option in chosen]


def _offered(options: Sequence[str], raw: Any) -> str:
    said = clean(raw) if isinstance(raw, str) else ""
    if said not in options:
        raise Wrong(_NOT_OFFERED)
    return said


def _number(question: Question, raw: Any) -> str:
    """Written plainly, with a point: `1.5`. People write the comma, and thousands apart by points are not understood but refused."""
    assert isinstance(question, Number)
    try:
        number = Decimal(str(raw).strip().replace(",", "."))
    except InvalidOperation as error:
        raise Wrong(_NO_NUMBER) from error
    # Compared, not abs(): figures with a huge exponent overflow in arithmetic, and comparing them is none.
    if not number.is_finite() or not -_NUMBER_MAX <= number <= _NUMBER_MAX or number != round(number, 2):
        raise Wrong(_NO_NUMBER)
    if question.least is not None and number < question.least:
        raise Wrong((f"Không được nhỏ hơn {question.least}.", f"Must not be less than {question.least}."))
    if question.most is not None and number > question.most:
        raise Wrong((f"Không được lớn hơn {question.most}.", f"Must not be more than {question.most}."))
    return format(round(number, 2).normalize() + 0, "f")


def _text(_: Question, raw: Any) -> str:
    if not isinstance(raw, str):
        raise Wrong(("Cần một chuỗi chữ.", "A text is needed."))
    said = "\n".join(line for line in (clean(line) for line in raw.splitlines()) if line)
    if len(said) > TEXT_MAX:
        raise Wrong(_TOO_LONG)
    return said


def _day(question: Question, raw: Any) -> str:
    assert isinstance(question, Day)
    try:
        on = date.fromisoformat(raw) if isinstance(raw, str) else None
    except ValueError:
        on = None
    if on is None or not 1900 <= on.year <= 2200:
        raise Wrong(_NO_DAY)
    if question.earliest is not None and on < question.earliest:
        said = question.earliest.strftime("%d/%m/%Y")
        raise Wrong((f"Không được trước ngày {said}.", f"Must not be before {said}."))
    if question.latest is not None and on > question.latest:
        said = question.latest.strftime("%d/%m/%Y")
        raise Wrong((f"Không được sau ngày {said}.", f"Must not be after {said}."))
    return on.isoformat()


def _file(_: Question, raw: Any) -> str:
    try:
        return str(UUID(raw))
    except (ValueError, AttributeError, TypeError) as error:
        raise Wrong(_NO_FILE) from error


_READERS: dict[type[Asked], Callable[[Question, Any], str | list[str]]] = {
    Consent: _consent,
    OneOf: _one_of,
    SeveralOf: _several_of,
    Number: _number,
    ShortText: _text,
    Day: _day,
    Paper: _file,
}
