"""How the house answers: problems in both languages, statuses, headers, metrics, logs without personal data."""

from __future__ import annotations

import json

import httpx
import pytest

from backend.core.logs import scrub
from tests.factories import World


async def test_an_unknown_address_is_a_problem_in_vietnamese(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/nowhere")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert answer.json()["title"] == "Không tìm thấy."


async def test_an_english_reader_gets_english_and_both_sentences(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/nowhere", headers={"accept-language": "en-GB,en;q=0.9"})
    assert answer.json()["title"] == "Not found."
    assert answer.json()["sentences"]["vi"] == "Không tìm thấy."
    assert answer.headers["content-language"] == "en"


async def test_a_problems_type_can_be_looked_up(client: httpx.AsyncClient) -> None:
    kind = (await client.get("/v1/nowhere")).json()["type"]
    assert (await client.get(kind)).json()["status"] == 404


async def test_a_wrong_method_says_which_are_right(client: httpx.AsyncClient) -> None:
    answer = await client.post("/health/live")
    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]


async def test_a_form_from_another_site_is_refused(client: httpx.AsyncClient, world: World) -> None:
    cookies = {"cookie": f"nc_access={world.parent.token}"}
    refused = await client.post("/v1/sign-out", headers={**cookies, "origin": "https://evil.example"})
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/cross-site")


async def test_metrics_count_by_route_not_by_address(client: httpx.AsyncClient) -> None:
    await client.get("/problems/invalid")
    text = (await client.get("/metrics")).text
    assert 'route="/problems/{name:str}"' in text or 'route="/problems/{name}"' in text
    assert "/problems/invalid" not in text


@pytest.mark.parametrize("header", ["x-forwarded-for", "x-real-ip", "forwarded", "via"])
async def test_metrics_are_not_for_those_whom_a_proxy_brings(client: httpx.AsyncClient, header: str) -> None:
    """A proxy on the same machine knocks from loopback, whoever stands behind it."""
    assert (await client.get("/metrics")).status_code == 200
    assert (await client.get("/metrics", headers={header: "203.0.113.9"})).status_code == 403


async def test_readiness_names_what_is_missing(client: httpx.AsyncClient) -> None:
    assert (await client.get("/health/ready")).json() == {"status": "ready", "database": True, "redis": True}


@pytest.mark.parametrize(
    "secret",
    ["0912345678", "+84912345678", "024213000123", "123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsawQ"],
)
def test_the_log_hides_numbers_that_look_personal(secret: str) -> None:
    assert secret not in json.dumps(scrub(None, "info", {"event": f"something about {secret} happened"}))


def test_the_log_drops_known_personal_fields() -> None:
    assert scrub(None, "info", {"event": "x", "full_name": "Nguyễn An"})["full_name"] == "…"


@pytest.mark.parametrize(
    "body", [b"[" * 20_000, b'{"phone": 1, "x": ' + b"[" * 20_000, b'{"phone": ' + b'{"a":' * 20_000]
)
async def test_a_body_nested_beyond_all_depth_is_a_bad_request(client: httpx.AsyncClient, body: bytes) -> None:
    answer = await client.post("/v1/sign-in/codes", content=body, headers={"content-type": "application/json"})
    assert answer.status_code in (400, 422)
