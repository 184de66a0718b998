"""The doorkeeper and its tokens: who is let through as whom, which posts are forged, and what is never believed."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import httpx
import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.crypto import Cipher
from backend.identity.principal import Principal
from backend.identity.tokens import TokenOffice
from tests.conftest import TEST_SECRET
from tests.factories import World

OFFICE = TokenOffice(Cipher(TEST_SECRET))


def _claims(world_or_none: Any = None, **changes: Any) -> dict[str, Any]:
    return {
        "iss": "nhipcau", "sub": "01a20bbe-6eca-7164-93dd-4cbb0456f1f5", "sid": "01a20bbe-6eca-7007-a22e-6f603a2ae5e6",
        "iat": int(time.time()), "exp": int(time.time()) + 600, "tfa": True, "lang": "vi", "g": [1], "s": [1], "a": [],
        **changes,
    }  # fmt: skip


def test_our_own_token_is_read_back() -> None:
    token = jwt.encode(_claims(), Cipher(TEST_SECRET).key("access-token"), algorithm="HS256")
    principal = OFFICE.verify(token, now=time.time())
    assert isinstance(principal, Principal)
    assert (principal.guardian_in, principal.staff_in, principal.second_factor) == ((1,), (1,), True)


@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
def test_forged_tokens_are_nobody() -> None:
    key = Cipher(TEST_SECRET).key("access-token")
    good = jwt.encode(_claims(), key, algorithm="HS256")
    head, body, signature = good.split(".")
    richer = base64.urlsafe_b64encode(json.dumps(_claims(s=[1, 2, 3])).encode()).rstrip(b"=").decode()
    forged = [
        jwt.encode(
            _claims(), Cipher("another-secret-of-forty-characters-0000000").key("access-token"), algorithm="HS256"
        ),
        jwt.encode(_claims(), Cipher(TEST_SECRET).key("refresh-token"), algorithm="HS256"),
        jwt.encode(_claims(), None, algorithm="none"),
        jwt.encode(_claims(), key, algorithm="HS512"),
        jwt.encode(_claims(iss="somebody"), key, algorithm="HS256"),
        jwt.encode(_claims(exp=int(time.time()) - 1), key, algorithm="HS256"),
        jwt.encode(_claims(sub="not-a-uuid"), key, algorithm="HS256"),
        jwt.encode(_claims(s="1"), key, algorithm="HS256"),
        jwt.encode({k: v for k, v in _claims().items() if k != "sid"}, key, algorithm="HS256"),
        f"{head}.{richer}.{signature}",
        f"{head}.{body}.",
        good + "x",
        "",
        "....",
    ]
    assert [OFFICE.verify(token, now=time.time()) for token in forged] == [None] * len(forged)


@given(st.text(max_size=300))
def test_no_text_is_taken_for_a_token(text: str) -> None:
    assert OFFICE.verify(text, now=time.time()) is None


def test_a_token_that_was_believed_before_still_expires() -> None:
    token = jwt.encode(_claims(), Cipher(TEST_SECRET).key("access-token"), algorithm="HS256")
    assert OFFICE.verify(token, now=time.time()) is not None
    assert OFFICE.verify(token, now=time.time() + 601) is None


# Cookies and forged posts


async def _me(client: httpx.AsyncClient, **headers: Any) -> int:
    return (await client.get("/v1/me", headers=headers)).status_code


async def test_the_cookie_is_found_among_others(client: httpx.AsyncClient, world: World) -> None:
    token = world.parent.token
    for cookie in (
        f"nc_access={token}",
        f"a=1; nc_access={token}; b=2",
        f'odd="x\\"; weird[]={{}}; @=; nc_access={token}',
        f"xnc_access=no; nc_access={token}",
        f'nc_access="{token}"',
    ):
        assert await _me(client, cookie=cookie) == 200, cookie
    for cookie in (
        f"xnc_access={token}",
        f"nc_access2={token}",
        "nc_access=",
        f"a=nc_access={token}x",
        b"nc_access=\xff\xfe",
    ):
        assert await _me(client, cookie=cookie) == 401, cookie


async def test_cookies_split_over_headers_are_found(client: httpx.AsyncClient, world: World) -> None:
    for headers in (
        [("cookie", "a=1"), ("cookie", f"nc_access={world.parent.token}")],
        [("cookie", f"nc_access={world.parent.token}"), ("cookie", "b=2")],
    ):
        assert (await client.get("/v1/me", headers=headers)).status_code == 200


async def test_a_bearer_that_is_nobody_is_not_helped_by_a_cookie(client: httpx.AsyncClient, world: World) -> None:
    assert await _me(client, authorization="Bearer x", cookie=f"nc_access={world.parent.token}") == 401
    assert await _me(client, authorization=f"bearer {world.parent.token}") == 200
    assert await _me(client, authorization=f"Basic {world.parent.token}") == 401


@pytest.mark.parametrize(
    ("headers", "accepted"),
    [
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "none"}, True),
        ({"sec-fetch-site": "same-site"}, False),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"origin": "http://testserver"}, True),
        ({"origin": "http://evil.example"}, False),
        ({"origin": "null"}, False),
        ({"origin": "http://["}, False),
        ({"origin": "http://testserver.evil.example"}, False),
        ({}, True),
    ],
)
async def test_another_site_cannot_act_through_a_readers_cookie(
    client: httpx.AsyncClient, world: World, headers: dict[str, str], accepted: bool
) -> None:
    answer = await client.patch(
        "/v1/me", headers={"cookie": f"nc_access={world.parent.token}", **headers}, json={"language": "en"}
    )
    assert (answer.status_code == 200) is accepted
    if not accepted:
        assert answer.json()["type"] == "/problems/cross-site"


async def test_a_program_with_a_bearer_needs_no_origin(client: httpx.AsyncClient, world: World) -> None:
    answer = await client.patch(
        "/v1/me", headers={**world.parent.headers, "origin": "https://app.example"}, json={"language": "en"}
    )
    assert answer.status_code == 200


async def test_forms_from_elsewhere_are_refused_even_without_a_cookie(client: httpx.AsyncClient) -> None:
    """Otherwise another site could sign a reader in as somebody else and wait for what he enters."""
    for kind in ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "TEXT/plain"):
        answer = await client.post(
            "/v1/sign-in/codes", headers={"content-type": kind, "origin": "https://evil.example"}, content=b"x"
        )
        assert (answer.status_code, answer.json()["type"]) == (403, "/problems/cross-site")


async def test_every_answer_has_a_name_and_says_how_to_be_treated(client: httpx.AsyncClient) -> None:
    for path in ("/health/live", "/v1/me", "/nowhere"):
        headers = (await client.get(path)).headers
        assert len(headers["x-request-id"]) == 36
        assert (headers["x-content-type-options"], headers["x-frame-options"]) == ("nosniff", "DENY")


def test_one_token_is_written_in_one_way_only() -> None:
    """Decoders skip letters they do not know: each spelling would be remembered as a token of its own."""
    token = jwt.encode(_claims(), Cipher(TEST_SECRET).key("access-token"), algorithm="HS256")
    for odd in ("=", "==", "!" * 5000, "\n"):
        assert OFFICE.verify(token + odd, now=time.time()) is None


async def test_what_is_counted_does_not_grow_with_invented_methods(client: httpx.AsyncClient) -> None:
    for number in range(3):
        assert (await client.request(f"GUESS{number}", "/health/live")).status_code in (404, 405)
    text = (await client.get("/metrics")).text
    assert "GUESS" not in text and 'method="OTHER"' in text
