"""The class feed as a family meets it: posts with their pictures, thanks, comments, reports; and the consent page of each child."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from backend.core.http import house_of, language_of
from backend.core.ids import new_id
from backend.core.problems import NOT_FOUND, Problem
from backend.feed import consents, family, reports, talk
from backend.identity.guards import GUARDIAN
from backend.identity.principal import principal_of
from backend.messages import rules
from backend.pages import Refusal, go, page, read_form
from backend.pages.forms import into
from backend.parentapp.family import AnyRequest, all_children, child_of, today
from schemas.feed import ConsentIn, NewComment, NewFeedReport

_SHOWN = frozenset({409, 422, 429})


@get("/app/feed", include_in_schema=False, **GUARDIAN)
async def feed_page(request: AnyRequest, before: FromQuery[str | None] = None) -> Response[bytes]:
    return await _feed(request, before=before)


async def _feed(
    request: AnyRequest, *, refused: Refusal | None = None, at: str = "", typed: str = "", before: str | None = None
) -> Response[bytes]:
    """`at`: the post under which something was refused, and what was `typed` there."""
    principal = principal_of(request)
    found = await family.feed(
        house_of(request).database.reader,
        principal.account_id,
        principal.guardian_in,
        today(request),
        language_of(request),
        before=before,
    )
    return page(
        request,
        "app/feed.html",
        status=refused.status if refused else 200,
        feed=found,
        children=await all_children(request),
        rules=rules.current(today(request)),
        new_id=new_id,
        refused=refused,
        at=at,
        typed=typed,
    )


@post("/app/{school_id:int}/feed/{post_id:uuid}/{deed:str}", include_in_schema=False, **GUARDIAN)
async def feed_deed(
    request: AnyRequest, school_id: FromPath[int], post_id: FromPath[UUID], deed: FromPath[str]
) -> Response[bytes]:
    """thanks, comment, withdraw, report."""
    form, account_id = await read_form(request), principal_of(request).account_id
    house = house_of(request)
    try:
        if deed == "thanks":
            await talk.thank(house, account_id, school_id, post_id)
        elif deed == "comment":
            await talk.comment(house, account_id, school_id, post_id, _comment(request, form))
        elif deed == "withdraw":
            await talk.withdraw(house, account_id, school_id, _id(form.get("comment_id", "")))
        elif deed == "report":
            await reports.report(house, account_id, school_id, post_id, _report(form))
        else:
            raise NOT_FOUND()
    except Problem as problem:
        if problem.kind.status not in _SHOWN:
            raise
        refused = Refusal(problem, language_of(request))
        return await _feed(request, refused=refused, at=str(post_id), typed=form.get("text", ""))
    return go(f"/app/feed#{post_id}", f"parentapp.feed_{deed}_done")


def _comment(request: AnyRequest, form: dict[str, str]) -> NewComment:
    accepts = rules.current(today(request)).number if form.get("accepts") == "yes" else None
    values = {"comment_id": form.get("comment_id", ""), "text": form.get("text", "").strip(), "accepts_rules": accepts}
    return into(NewComment, values)


def _report(form: dict[str, str]) -> NewFeedReport:
    values: dict[str, Any] = {name: form.get(name, "") for name in ("report_id", "reason", "note")}
    for name in ("file_id", "comment_id"):
        if form.get(name):
            values[name] = form[name]
    return into(NewFeedReport, values)


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise NOT_FOUND() from error


_CONSENTS = "/app/{school_id:int}/children/{pupil_id:uuid}/consents"


@get(_CONSENTS, include_in_schema=False, **GUARDIAN)
async def consents_page(request: AnyRequest, school_id: FromPath[int], pupil_id: FromPath[UUID]) -> Response[bytes]:
    return await _consents(request, school_id, pupil_id)


async def _consents(
    request: AnyRequest,
    school_id: int,
    pupil_id: UUID,
    *,
    refused: Refusal | None = None,
    form: dict[str, str] | None = None,
) -> Response[bytes]:
    child = await child_of(request, school_id, pupil_id)
    found = await consents.of_child(
        house_of(request).database.reader, school_id, principal_of(request).account_id, pupil_id, today(request)
    )
    mine = next((one for one in found.wishes if one.mine), None)
    chosen = form or {"photo": (mine and mine.photo) or "none", "praise": (mine and mine.praise) or "none"}
    return page(
        request,
        "app/consents.html",
        status=refused.status if refused else 200,
        child=child,
        consents=found,
        chosen=chosen,
        refused=refused,
    )


@post(_CONSENTS, include_in_schema=False, **GUARDIAN)
async def keep_consents(request: AnyRequest, school_id: FromPath[int], pupil_id: FromPath[UUID]) -> Response[bytes]:
    form = await read_form(request)
    try:
        values = {"photo": form.get("photo", ""), "praise": form.get("praise", "none")}
        said = into(ConsentIn, {**values, "child_agrees": form.get("child_agrees") == "yes"})
        await consents.wish(house_of(request), principal_of(request).account_id, school_id, pupil_id, said)
    except Problem as problem:
        if problem.kind.status not in _SHOWN:
            raise
        return await _consents(
            request, school_id, pupil_id, refused=Refusal(problem, language_of(request)), form=form
        )  # fmt: skip
    return go(request.scope["path"], "parentapp.consents_kept")


ROUTES: list[Any] = [feed_page, feed_deed, consents_page, keep_consents]
