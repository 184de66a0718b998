"""The page on which a family says what it wants to hear, when and where. The reaching room decides."""

from typing import Any

from litestar import Response, get, post

from backend.core.http import house_of, language_of
from backend.core.problems import Problem
from backend.identity.guards import GUARDIAN
from backend.identity.principal import principal_of
from backend.pages import Refusal, go, page, read_form
from backend.pages.forms import into
from backend.parentapp.family import AnyRequest
from backend.reaching.actions import preferences_of, set_preferences
from notifications.preferences import KINDS, PREFERRED
from schemas.reaching import Preferences

_PATH = "/app/preferences"


@get(_PATH, include_in_schema=False, **GUARDIAN)
async def preferences_page(request: AnyRequest) -> Response[bytes]:
    kept = await preferences_of(house_of(request), principal_of(request).account_id)
    return _show(request, _form_of(kept))


@post(_PATH, include_in_schema=False, **GUARDIAN)
async def save_preferences(request: AnyRequest) -> Response[bytes]:
    form = await read_form(request)
    try:
        new = into(Preferences, _values(form))
        await set_preferences(house_of(request), principal_of(request).account_id, new)
    except Problem as problem:
        if problem.kind.status >= 500:
            raise
        return _show(request, form, refused=Refusal(problem, language_of(request)))
    return go(_PATH, "reaching.saved")


def _form_of(kept: Preferences) -> dict[str, str]:
    kinds = {f"kind_{kind}": getattr(kept.kinds, kind) for kind in KINDS}
    return {
        **kinds,
        "digest_at": kept.digest_at,
        "quiet_from": kept.quiet_from or "",
        "quiet_until": kept.quiet_until or "",
        "preferred_channel": kept.preferred_channel or "",
        "language": kept.language or "",
        "zalo_templates": "true" if kept.zalo_templates else "false",
    }


def _values(form: dict[str, str]) -> dict[str, Any]:
    """An empty field is what holds for everybody."""
    kinds = {kind: form[f"kind_{kind}"] for kind in KINDS if f"kind_{kind}" in form}
    said = {name: form.get(name, "").strip() or None for name in Preferences.__struct_fields__ if name != "kinds"}
    return {"kinds": kinds, **said, "digest_at": said["digest_at"] or Preferences().digest_at}


def _show(request: AnyRequest, form: dict[str, str], *, refused: Refusal | None = None) -> Response[bytes]:
    return page(
        request,
        "app/preferences.html",
        status=refused.status if refused else 200,
        back_path="/app/account",
        kinds=KINDS,
        channels=PREFERRED,
        usual=house_of(request).settings.quiet_hours.replace("-", "–"),
        form=form,
        refused=refused,
    )


ROUTES: list[Any] = [preferences_page, save_preferences]
