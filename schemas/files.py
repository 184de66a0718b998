"""Shapes of files: what was kept of a picture or a PDF."""

from typing import Literal
from uuid import UUID

import msgspec

MediaType = Literal["image/jpeg", "image/png", "application/pdf"]


class Kept(msgspec.Struct, frozen=True):
    """`size` in bytes, as it was kept; `width` and `height` in pixels, of a picture."""

    file_id: UUID
    name: str
    media_type: MediaType
    size: int
    width: int | None = None
    height: int | None = None
