"""How the school writes: approval, the moment to think again, the hour of reminders, and models of letters. For administrators to change."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from backend.announcements import rules, templates
from backend.console.desks import AnyRequest, console_page, desk_of, done_or_shown, today_of
from backend.core.http import house_of, language_of
from backend.core.ids import new_id
from backend.identity.entitlement import require_role
from backend.identity.guards import STAFF
from backend.identity.principal import principal_of
from backend.pages import Refusal, go, read_form
from backend.pages.forms import into
from schemas.announcements import AnnouncementRules
from schemas.templates import TemplateIn

_ROOT = "/console/{school_id:int}/announcements/settings"
_TEMPLATE = _ROOT + "/templates/{template_id:uuid}"


@get(_ROOT, include_in_schema=False, **STAFF)
async def settings_page(request: AnyRequest, school_id: FromPath[int]) -> Response[bytes]:
    return await _show(request, school_id)


@post(_ROOT, include_in_schema=False, **STAFF)
async def set_rules(request: AnyRequest, school_id: FromPath[int]) -> Response[bytes]:
    form = await read_form(request)
    await _require_admin(request, school_id)

    async def again(refused: Refusal) -> Response[bytes]:
        return await _show(request, school_id, form=form, refused=refused)

    async def deed() -> None:
        names = ("approval", "undo_seconds", "reminder_hour")
        wanted = into(AnnouncementRules, {name: form.get(name, "") for name in names})
        await rules.set_rules(house_of(request), principal_of(request).account_id, school_id, wanted)

    return await done_or_shown(
        request, deed(), again, f"/console/{school_id}/announcements/settings", "writing.rules_saved"
    )


@post(_TEMPLATE, include_in_schema=False, **STAFF)
async def change_template(
    request: AnyRequest, school_id: FromPath[int], template_id: FromPath[UUID]
) -> Response[bytes]:
    """`do`: save, or close."""
    form = await read_form(request)
    await _require_admin(request, school_id)
    house, account_id = house_of(request), principal_of(request).account_id
    here = f"/console/{school_id}/announcements/settings"
    if form.get("do") == "close":
        await templates.close_template(house, account_id, school_id, template_id)
        return go(here, "writing.template_closed")

    async def again(refused: Refusal) -> Response[bytes]:
        return await _show(request, school_id, template_form={**form, "id": str(template_id)}, refused=refused)

    async def deed() -> None:
        new = into(TemplateIn, {name: form.get(name, "").strip() for name in ("name", "title", "body")})
        await templates.put_template(house, account_id, school_id, template_id, new)

    return await done_or_shown(request, deed(), again, here, "writing.template_saved")


async def _require_admin(request: AnyRequest, school_id: int) -> None:
    """Before the form is judged: who may not, learns nothing about it."""
    reader, account_id = house_of(request).database.reader, principal_of(request).account_id
    await require_role(reader, school_id, account_id, "school_admin", on=today_of(request))


async def _show(
    request: AnyRequest,
    school_id: int,
    *,
    form: dict[str, str] | None = None,
    template_form: dict[str, str] | None = None,
    refused: Refusal | None = None,
) -> Response[bytes]:
    desk = await desk_of(request, school_id)
    house, account_id = house_of(request), principal_of(request).account_id
    found = await templates.templates(house, account_id, school_id, language=language_of(request))
    now = await rules.rules_of(house.database.reader, school_id)
    return console_page(
        request,
        desk,
        "console/letter_settings.html",
        status=refused.status if refused else 200,
        back_path=f"/console/{school_id}/announcements/settings",
        rules=form or now,
        models=found.templates,
        template_form=template_form or {},
        fresh_id=(template_form or {}).get("id") or new_id(),
        refused=refused,
    )


ROUTES: list[Any] = [settings_page, set_rules, change_template]
