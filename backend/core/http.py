"""How the house speaks HTTP: problems as answers, ready bytes with an ETag, the reader's language. No rule of any room."""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import quote

import asyncpg
import msgspec
import structlog
from litestar import Request, Response
from litestar.datastructures import FormMultiDict, UploadFile
from litestar.enums import MediaType
from litestar.exceptions import HTTPException, ValidationException
from litestar.response import Stream
from litestar.utils.scope.state import ScopeState

from backend.core import problems
from backend.core.house import House
from backend.core.live import TOO_MANY_STREAMS, Look
from backend.core.problems import FieldError, Problem
from backend.core.wrongs import every_wrong_field

log = structlog.get_logger()

AnyRequest = Request[Any, Any, Any]

_BY_STATUS = {
    400: problems.BAD_REQUEST,
    401: problems.NOT_SIGNED_IN,
    403: problems.FORBIDDEN,
    404: problems.NOT_FOUND,
    405: problems.METHOD_NOT_ALLOWED,
    413: problems.TOO_LARGE,
    415: problems.WRONG_MEDIA,
}
# Deadlock, serialisation failure, lock not available, too many connections, statement cancelled, the server going down or coming
# up, a connection lost: the same request may succeed in a moment.
_BUSY_STATES = frozenset(
    {"40P01", "40001", "55P03", "53300", "57014", "57P01", "57P02", "57P03", "08000", "08003", "08006"}
)


def house_of(request: AnyRequest) -> House:
    return cast(House, request.app.state.house)


def language_of(request: AnyRequest) -> str:
    """The first of vi and en that the reader names; Vietnamese when neither or nothing is named."""
    # Parsing cookies costs more than the rest of a short answer, so they are only parsed where the name occurs.
    if "nc_language" in request.headers.get("cookie", ""):
        cookie = request.cookies.get("nc_language")
        if cookie in ("vi", "en"):
            return cookie
    for part in request.headers.get("accept-language", "").lower().split(","):
        if (tag := part.strip()[:2]) in ("vi", "en"):
            return tag
    return "vi"


async def open_form(request: AnyRequest) -> FormMultiDict:
    """The form as it came. The framework's parser takes text that is no UTF-8, and charsets nobody knows, for faults of the server."""
    try:
        return await request.form()
    except (ValueError, LookupError) as error:
        raise problems.BAD_REQUEST() from error


def json_bytes(body: bytes | str, *, status: int = 200, etag: str | None = None) -> Response[bytes]:
    """JSON that PostgreSQL built goes out as it is. Personal data is never kept by a shared cache."""
    headers = {"cache-control": "private, no-cache", "vary": "authorization, cookie"}
    if etag:
        headers["etag"] = etag
    content = body.encode() if isinstance(body, str) else body
    return Response(content, status_code=status, media_type=MediaType.JSON, headers=headers)


def followed(request: AnyRequest, key: str, look: Look, *, most: int | None = None) -> Stream:
    """What `look` finds as server-sent events. No proxy gathers them, and nobody keeps them. `key` as in Live: all under it see the same,
    and no more than `most` pages of this process at once."""
    live = house_of(request).live
    if live.full or (most is not None and live.watchers(key) >= most):
        raise TOO_MANY_STREAMS(headers={"retry-after": "60"})
    return Stream(
        live.follow(key, look),
        media_type="text/event-stream",
        headers={"cache-control": "private, no-store", "x-accel-buffering": "no"},
    )


def not_modified(etag: str) -> Response[bytes]:
    return Response(
        b"",
        status_code=304,
        media_type=MediaType.JSON,
        headers={"etag": etag, "cache-control": "private, no-cache", "vary": "authorization, cookie"},
    )


def unchanged(request: AnyRequest, etag: str) -> bool:
    """RFC 9110 §13.1.2: weak comparison over the list in If-None-Match."""
    sent = request.headers.get("if-none-match")
    if not sent:
        return False
    return sent.strip() == "*" or any(tag.strip().removeprefix("W/") == etag for tag in sent.split(","))


def answer_problem(request: AnyRequest, problem: Problem) -> Response[bytes]:
    document = problem.document(language_of(request), request.scope["path"])
    return Response(
        msgspec.json.encode(document),
        status_code=problem.kind.status,
        media_type="application/problem+json",
        headers={"content-language": language_of(request), "cache-control": "no-store", **problem.headers},
    )


def answer_http_exception(request: AnyRequest, exception: HTTPException) -> Response[bytes]:
    if isinstance(exception, ValidationException):
        return answer_problem(request, _invalid(request, exception))
    kind = _BY_STATUS.get(exception.status_code)
    if kind is None:
        kind = problems.INTERNAL if exception.status_code >= 500 else problems.BAD_REQUEST
    headers = {k: v for k, v in (exception.headers or {}).items() if k.lower() in ("allow", "retry-after")}
    return answer_problem(request, Problem(kind, headers=headers))


def answer_database(request: AnyRequest, exception: asyncpg.PostgresError) -> Response[bytes]:
    if exception.sqlstate in _BUSY_STATES:
        return answer_away(request, exception)
    if isinstance(exception, asyncpg.DataError) and _cannot_be_stored(exception):
        return answer_problem(request, Problem(problems.BAD_REQUEST))
    return answer_unexpected(request, exception)


def _cannot_be_stored(exception: asyncpg.DataError) -> bool:
    """A number beyond the column's type, or a NUL in a text: values that no row can hold, so nobody has stored them."""
    return exception.sqlstate in ("22003", "22021") or "out of int" in str(exception)


def answer_away(request: AnyRequest, _: Exception) -> Response[bytes]:
    """The database cannot be reached, or not just now: whoever called may call again, and the bank does."""
    return answer_problem(request, Problem(problems.BUSY, headers={"retry-after": "2"}))


def answer_recursion(request: AnyRequest, exception: RecursionError) -> Response[bytes]:
    """A body nested deeper than any reader follows is the caller's doing; any other endless loop would be ours."""
    body = ScopeState.from_scope(request.scope).body
    try:
        msgspec.json.decode(body if isinstance(body, bytes) else b"")
    except RecursionError:
        return answer_problem(request, Problem(problems.BAD_REQUEST))
    except msgspec.DecodeError:
        pass
    return answer_unexpected(request, exception)


def answer_unexpected(request: AnyRequest, exception: Exception) -> Response[bytes]:
    # The text of the exception may quote data, so only its kind and place are logged.
    place = exception.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    log.error(
        "unexpected",
        kind=type(exception).__name__,
        file=place.tb_frame.f_code.co_filename.rpartition("/")[2] if place else None,
        line=place.tb_lineno if place else None,
        route=request.scope.get("path_template"),
        exc_info=exception if request.app.debug else None,
    )
    return answer_problem(request, Problem(problems.INTERNAL))


def _invalid(request: AnyRequest, exception: ValidationException) -> Problem:
    """Litestar stops at the first wrong field of a body; people want to mend all of them at once."""
    body = ScopeState.from_scope(request.scope).body
    handler = request.scope.get("route_handler")
    field = handler.parsed_fn_signature.parameters.get("data") if handler is not None else None
    wrong: list[FieldError] = []
    if field is not None and isinstance(body, bytes):
        wrong = every_wrong_field(body, field.raw if not hasattr(field, "annotation") else field.annotation)
    for error in exception.extra if isinstance(exception.extra, list) else []:
        if isinstance(error, dict) and error.get("source") not in ("body", None):
            wrong.append(
                FieldError(
                    f"?{error.get('key', '')}",
                    "Giá trị không đúng.",
                    str(error.get("message", "")).partition(" - at")[0],
                )
            )
    if not wrong:
        return Problem(problems.BAD_REQUEST)
    return Problem(problems.INVALID, errors=tuple(wrong))


NO_FILE = FieldError("/data", "Chưa chọn tệp.", "No file was sent.")


async def one_file_only(request: AnyRequest) -> None:
    """Before the framework looks for it: a form without a file, or with two, is a fault of the server to it."""
    form = await open_form(request)
    files = [name for name, value in form.multi_items() if isinstance(value, UploadFile)]
    if len(files) != 1 or len(form.getall(files[0])) != 1:
        raise problems.INVALID(NO_FILE)


def attachment(name: str) -> str:
    return disposition("attachment", name)


def disposition(how: str, name: str) -> str:
    """RFC 6266 with RFC 8187: a plain name for old readers, the real one for the others. `how`: inline or attachment."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "-_.") else "_" for c in name) or "file"
    return f"{how}; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}"


EXCEPTION_HANDLERS: dict[Any, Any] = {
    Problem: answer_problem,
    HTTPException: answer_http_exception,
    asyncpg.PostgresError: answer_database,
    ConnectionError: answer_away,
    RecursionError: answer_recursion,
    Exception: answer_unexpected,
}
