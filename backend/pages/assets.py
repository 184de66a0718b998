"""Our own small files (style, scripts, icons): read and compressed once, and kept by browsers for a year.

Their address carries their content's hash. Larger packaged assets (the API's reader) go through the framework's router.
"""

import gzip
import hashlib
import re
from functools import cache
from pathlib import Path
from typing import Any

import swagger_ui_bundle
from litestar import Request, Response, get
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath
from litestar.static_files import create_static_files_router
from msgspec import Struct

from backend.core.http import unchanged
from backend.core.problems import NOT_FOUND
from backend.identity.guards import PUBLIC

_HERE = Path(__file__).parent
_BACKEND = _HERE.parent
FOLDERS = {
    "house": _HERE / "static",
    "console": _BACKEND / "console" / "static",
    "app": _BACKEND / "parentapp" / "static",
    "chat": _BACKEND.parent / "bots" / "static",
}
_SWAGGER = next((Path(swagger_ui_bundle.__file__).parent / "vendor").glob("swagger-ui-*"))
_KINDS = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webmanifest": "application/manifest+json",
}
_YEAR = "public, max-age=31536000, immutable"
_GZIP_FROM_BYTES = 512
_NAME_MAX = 200
_REFERENCE = re.compile(r"/static/([a-z]+)/([a-z_]+\.[a-z]+)")


class Asset(Struct, frozen=True):
    body: bytes
    zipped: bytes | None
    media_type: str
    version: str


@cache
def _files() -> dict[tuple[str, str], Path]:
    """All there are. A name that a stranger sends is looked up here and never touches the disk or our memory."""
    return {
        (room, path.name): path
        for room, folder in FOLDERS.items()
        if folder.is_dir()
        for path in folder.iterdir()
        if path.suffix in _KINDS and path.is_file()
    }


def asset(room: str, name: str) -> Asset | None:
    path = _files().get((room, name))
    return None if path is None else _read(path)


@cache
def _read(path: Path) -> Asset:
    body = path.read_bytes()
    zipped = gzip.compress(body, 9, mtime=0) if path.suffix != ".png" and len(body) >= _GZIP_FROM_BYTES else None
    return Asset(body, zipped, _KINDS[path.suffix], hashlib.sha256(body).hexdigest()[:10])


@cache
def asset_url(name: str) -> str:
    """`house/house.css` → its address, which changes with its content. The first test finds out a missing file."""
    room, _, file_name = name.partition("/")
    found = asset(room, file_name)
    assert found is not None, f"no static file {name}"
    return f"/static/{name}?v={found.version}"


@get("/static/{room:str}/{name:str}", include_in_schema=False, **PUBLIC)
async def serve_asset(request: Request[Any, Any, Any], room: FromPath[str], name: FromPath[str]) -> Response[bytes]:
    found = asset(room, name)
    if found is None:
        raise NOT_FOUND()
    return asset_response(request, found)


def asset_response(request: Request[Any, Any, Any], found: Asset, *, cache: str | None = None) -> Response[bytes]:
    etag = f'"{found.version}"'
    named = request.query_params.get("v") == found.version
    headers = {
        "etag": etag,
        "vary": "accept-encoding",
        "cache-control": cache or (_YEAR if named else "public, max-age=300"),
    }
    if unchanged(request, etag):
        return Response(b"", status_code=304, media_type=found.media_type, headers=headers)
    if found.zipped is not None and takes_gzip(request):
        return Response(found.zipped, media_type=found.media_type, headers={**headers, "content-encoding": "gzip"})
    return Response(found.body, media_type=found.media_type, headers=headers)


def takes_gzip(request: Request[Any, Any, Any]) -> bool:
    return "gzip" in request.headers.get("accept-encoding", "")


async def _is_a_file_name(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """The framework's router asks the disk for whatever was sent, and falls over what no disk can name."""
    path = str(connection.path_params.get("file_path", ""))
    if len(path) > _NAME_MAX or not path.isprintable():
        raise NOT_FOUND()


ROUTES: list[Any] = [
    serve_asset,
    create_static_files_router(
        path="/static/swagger",
        directories=[_SWAGGER],
        name="static-swagger",
        guards=[_is_a_file_name],
        opt={"access": "public"},
    ),
]
