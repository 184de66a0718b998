"""The one door where gateways call, whichever it is. Everything about their wires stands in payments/banks."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.enums import MediaType
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath

from backend.core.http import house_of
from backend.core.problems import METHOD_NOT_ALLOWED
from backend.identity.guards import MACHINE
from payments import hooks
from payments.banks.providers import PROVIDERS
from payments.banks.wire import Answer, Call

AnyRequest = Request[Any, Any, Any]

_HOOK = "/hooks/{provider:str}/{hook_key:str}"


@post(
    _HOOK,
    status_code=200,
    tags=["hooks"],
    responses={
        200: ResponseSpec(
            dict[str, Any], description="Kept, in the words this gateway waits for", generate_examples=False
        ),
        204: ResponseSpec(None, description="Kept (MoMo)", generate_examples=False),
    },
    **MACHINE,
)
async def called_with_post(request: AnyRequest, provider: FromPath[str], hook_key: FromPath[str]) -> Response[bytes]:
    """SePay, Casso, payOS or MoMo report. Proved over the raw body, kept, and answered; understood afterwards."""
    return await _receive(request, "POST", provider, hook_key, await request.body())


@get(
    _HOOK,
    tags=["hooks"],
    responses={
        200: ResponseSpec(
            dict[str, Any], description="Always, for VNPay; what is meant stands in RspCode", generate_examples=False
        )
    },
    **MACHINE,
)
async def called_with_get(request: AnyRequest, provider: FromPath[str], hook_key: FromPath[str]) -> Response[bytes]:
    """VNPay reports. Proved over the raw query, kept, and answered with 200 and a code."""
    return await _receive(request, "GET", provider, hook_key, request.scope["query_string"])


async def _receive(request: AnyRequest, method: str, name: str, hook_key: str, said: bytes) -> Response[bytes]:
    provider = PROVIDERS.get(name)
    if provider is None:
        raise hooks.HOOK_NOT_PROVED()
    if provider.method != method:
        raise METHOD_NOT_ALLOWED()
    call = Call(request.headers, said)
    return _response(await hooks.receive(house_of(request), _hook_book(request), provider, hook_key, call))


def _response(answer: Answer) -> Response[bytes]:
    return Response(answer.body, status_code=answer.status, media_type=MediaType.JSON)


def _hook_book(request: AnyRequest) -> hooks.HookBook:
    book: hooks.HookBook = request.app.state.setdefault("hook_book", hooks.HookBook())
    return book


ROUTES: list[Any] = [called_with_post, called_with_get]
