"""How a kept file goes out: as what it is, kept by the one device, and never run in the name of this site.

For other rooms' routes: ask your own entitlement first, then `return await serve(request, school_id, file_id)`; in the API's description it is FILE.
"""

from typing import Any
from uuid import UUID

from litestar import Request, Response
from litestar.openapi.datastructures import ResponseSpec

from backend.core.http import disposition, house_of, unchanged
from backend.files.actions import DECODERS
from backend.files.pictures import MIDDLE_EDGE, SMALL_EDGE
from backend.files.queries import Stored, read, read_area
from backend.files.variants import read_area_variant, read_variant

FILE = ResponseSpec(
    bytes, description="The picture or PDF", media_type="application/octet-stream", generate_examples=False
)

_EDGES = {"small": SMALL_EDGE, "middle": MIDDLE_EDGE}
# The bytes under an id never change.
_HEADERS = {
    "cache-control": "private, max-age=31536000, immutable",
    "vary": "authorization, cookie",
    "content-security-policy": "default-src 'none'; sandbox",
    "cross-origin-resource-policy": "same-origin",
}


async def serve(request: Request[Any, Any, Any], school_id: int, file_id: UUID) -> Response[bytes]:
    """A picture is shown where it stands; a PDF is handed over, so that no viewer opens it inside our pages.

    `?size=small` is the picture for a list, at most 480 pixels, `?size=middle` the one across a phone's page, at most 960.
    """
    edge, etag = _size(request, file_id)
    if unchanged(request, etag):
        return Response(b"", status_code=304, headers={**_HEADERS, "etag": etag})
    house = house_of(request)
    if edge is not None:
        return answer(await read_variant(house, school_id, file_id, edge, DECODERS), etag)
    return answer(await read(house.database.reader, school_id, file_id), etag)


async def serve_area(request: Request[Any, Any, Any], file_id: UUID) -> Response[bytes]:
    """What hangs on an area's letter, in the same sizes."""
    edge, etag = _size(request, file_id)
    if unchanged(request, etag):
        return Response(b"", status_code=304, headers={**_HEADERS, "etag": etag})
    house = house_of(request)
    if edge is not None:
        return answer(await read_area_variant(house, file_id, edge, DECODERS), etag)
    return answer(await read_area(house.database.reader, file_id), etag)


def _size(request: Request[Any, Any, Any], file_id: UUID) -> tuple[int | None, str]:
    """The edge that is asked for, and the tag of the bytes; any other word means the whole picture."""
    size = request.query_params.get("size", "")
    edge = _EDGES.get(size)
    return edge, f'"{file_id.hex}{"" if edge is None else f"-{size}"}"'


def answer(stored: Stored, etag: str) -> Response[bytes]:
    how = "inline" if stored.media_type.startswith("image/") else "attachment"
    headers = {**_HEADERS, "etag": etag, "content-disposition": disposition(how, stored.name)}
    return Response(stored.content, media_type=stored.media_type, headers=headers)
