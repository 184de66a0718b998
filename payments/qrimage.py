"""A payload as a picture: PNG for chat and print, SVG for pages. It knows squares, not money."""

from __future__ import annotations

import io

import segno

# Level M survives a fold or a stain on paper without growing the symbol much; scanners expect four modules of silence.
ERROR_LEVEL = "m"
QUIET_ZONE = 4
PNG_SCALE = 8


def png(payload: str) -> bytes:
    buffer = io.BytesIO()
    _symbol(payload).save(buffer, kind="png", scale=PNG_SCALE, border=QUIET_ZONE)
    return buffer.getvalue()


def svg(payload: str) -> bytes:
    """Without a fixed size (`viewBox` only), so that the page decides how large it is; on white, also in dark mode."""
    buffer = io.BytesIO()
    _symbol(payload).save(
        buffer, kind="svg", border=QUIET_ZONE, light="#fff", omitsize=True, xmldecl=False, svgclass=None, lineclass=None
    )
    return buffer.getvalue()


def _symbol(payload: str) -> segno.QRCode:
    return segno.make_qr(payload, error=ERROR_LEVEL, boost_error=False)
