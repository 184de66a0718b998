"""Before something leaves for many families: what the notice checker says of its words, shown once. Whoever presses again has seen it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from backend.announcements.checking import Context
from backend.console.desks import AnyRequest
from backend.core.http import house_of, language_of
from backend.feed.checking import context_of, found_in
from schemas.drafts import Found
from schemas.forms import OneOf, Question, SeveralOf

Form = dict[str, str]


async def not_seen(request: AnyRequest, school_id: int | None, text: str, form: Form) -> list[Found]:
    """A child's private data and children compared, unless the page has shown it for these very words. `looked` of the form remembers them.

    Without a school it is an area's, for many schools.
    """
    house = house_of(request)
    context = Context() if school_id is None else await context_of(house.database.reader, school_id)
    found = found_in(text, context, house.clock.now(), language_of(request))
    shown = hashlib.sha256(text.encode()).hexdigest()[:20]
    if not found or form.get("looked") == shown:
        return []
    form["looked"] = shown
    return found


def words_of(title: str, body: str, questions: Iterable[Question]) -> str:
    """Everything of a form that families read."""
    lines = [title, body]
    for one in questions:
        lines += [one.text, *(one.options if isinstance(one, OneOf | SeveralOf) else ())]
    return "\n".join(lines)
