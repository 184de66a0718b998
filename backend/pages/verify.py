"""The page that anybody may ask: is it really the school? Without signing in and without a script."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromQuery

from backend.core.http import house_of, language_of, open_form
from backend.core.ids import new_id
from backend.core.problems import INVALID, FieldError, Problem
from backend.identity.guards import PUBLIC
from backend.identity.principal import principal_or_none
from backend.pages.forms import Refusal, into, read_form
from backend.pages.frame import go, page
from payments import fraud
from payments.routes_verify import limit, limit_reports
from payments.verify import verdict
from payments.verify_picture import PICTURE_BYTES_MAX, texts_in
from schemas.verify import TEXT_MAX, NewFraudReport

AnyRequest = Request[Any, Any, Any]
_NOTHING = FieldError(
    "/text",
    "Xin dán nội dung hoặc chọn ảnh mã QR.",
    "Please paste a text or choose a picture of the QR code.",
)


@get("/verify", include_in_schema=False, **PUBLIC)
async def verify_page(request: AnyRequest, text: FromQuery[str] = "") -> Response[bytes]:
    """`text` comes with the links beside our own codes, so that one tap asks."""
    if not text.strip():
        return _shown(request)
    await limit(request)
    return _shown(request, text=text[:TEXT_MAX], found=await verdict(house_of(request), text[:TEXT_MAX]))


@post("/verify", include_in_schema=False, request_max_body_size=PICTURE_BYTES_MAX + 65_536, **PUBLIC)
async def verify_asked(request: AnyRequest) -> Response[bytes]:
    await limit(request)
    form = await open_form(request)
    picture, text = form.get("picture"), form.get("text", "")
    text = text[:TEXT_MAX] if isinstance(text, str) else ""
    try:
        read = await picture.read(PICTURE_BYTES_MAX + 1) if isinstance(picture, UploadFile) else b""
        texts = await texts_in(read) if read else []
        if not read and not text.strip():
            raise INVALID(_NOTHING)
    except Problem as problem:
        return _shown(request, text=text, refused=Refusal(problem, language_of(request)))
    whole = "\n".join([text, *texts]).strip()
    found = await verdict(house_of(request), whole)
    return _shown(request, text=text, found=found, unread=bool(read) and not texts, reported_text=whole)


@post("/verify/report", include_in_schema=False, **PUBLIC)
async def report_fraud(request: AnyRequest) -> Response[bytes]:
    """Loses nothing: a school that cannot be found brings the same page with the text still in it."""
    await limit_reports(request)
    form = await read_form(request)
    who = principal_or_none(request)
    try:
        new = into(NewFraudReport, {name: form.get(name, "") for name in ("report_id", "school", "text")})
        await fraud.report(house_of(request), who.account_id if who else None, new)
    except Problem as problem:
        refused = Refusal(problem, language_of(request))
        text = form.get("text", "")[:TEXT_MAX]
        return _shown(request, text=text, refused=refused, reporting=True, school=form.get("school", ""))
    return go("/verify", "verify.reported")


def _shown(request: AnyRequest, *, text: str = "", refused: Refusal | None = None, **more: Any) -> Response[bytes]:
    status = refused.status if refused else 200
    context = {"found": None, "unread": False, "reporting": False, "reported_text": "", "school": "", **more}
    return page(request, "house/verify.html", status=status, text=text, refused=refused, report_id=new_id(), **context)


ROUTES: list[Any] = [verify_page, verify_asked, report_fraud]
