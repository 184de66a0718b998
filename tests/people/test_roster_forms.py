"""The upload's form, as no browser would send it: refused with a name, never a fault of ours."""

from __future__ import annotations

import httpx
import pytest

from tests.factories import World

_DATA = b'Content-Disposition: form-data; name="data"'
_FILE = _DATA + b'; filename="a.xlsx"'


def _form(*parts: tuple[bytes, bytes]) -> bytes:
    return b"".join(b"--x\r\n" + head + b"\r\n\r\n" + body + b"\r\n" for head, body in parts) + b"--x--\r\n"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--x--\r\n",
        _form((_DATA, b"a text where the file should be")),
        _form((_DATA, b"\xae\xf1\x89\x9a")),
        _form((_DATA + b"\r\nContent-Type: text/plain; charset=utf-99", b"x")),
        _form((_FILE, b"one"), (_FILE, b"two")),
        _form((_FILE, b"one"), (_DATA, b"two")),
        _form((b'Content-Disposition: form-data; name="other"', b"null")),
        _form((b"Content-Disposition: form-data", b"x")),
        b"--x\r\nbroken",
    ],
)
async def test_a_form_without_exactly_one_file_is_refused(client: httpx.AsyncClient, world: World, body: bytes) -> None:
    headers = {**world.admin.headers, "content-type": "multipart/form-data; boundary=x"}
    answer = await client.post(f"/v1/schools/{world.school_id}/roster-imports", content=body, headers=headers)
    assert answer.status_code in (400, 422), answer.text
    page = await client.post("/language", content=body, headers=headers)
    assert page.status_code in (303, 400)
