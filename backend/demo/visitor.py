"""A person of the demo at the public doors: signs in with a code like everybody, then asks over HTTP. No back door but the shown code."""

from __future__ import annotations

from typing import Any

import httpx

from backend.core.house import House
from backend.core.phones import to_e164
from backend.identity.codes import shown_in_demo


class Refused(RuntimeError):
    """A door answered otherwise than the demo expects; the text holds the whole answer, `kind` the problem's name."""

    def __init__(self, text: str, kind: str = "") -> None:
        super().__init__(text)
        self.kind = kind


class Visitor:
    def __init__(self, url: str, name: str = "") -> None:
        self.name = name
        self.http = httpx.AsyncClient(base_url=url, timeout=60, headers={"accept-language": "vi"})

    async def sign_in(self, house: House, phone: str, *, name: str | None = None, kind: str = "app") -> dict[str, Any]:
        """By one-time code. `name` chooses the person where two share the phone."""
        await self.post("/v1/sign-in/codes", {"phone": phone}, expect=202)
        code = await shown_in_demo(house, to_e164(phone))
        if code is None:
            raise Refused(f"no code was made for the phone of {name or self.name}")
        answer = await self.post(
            "/v1/sign-in/codes/verify",
            {"phone": phone, "code": code, "device_name": self.name or "demo", "device_kind": kind},
        )
        if answer["outcome"] == "choose":
            key = _key_of(answer["people"], name or self.name)
            answer = await self.post(
                "/v1/sign-in/choice",
                {"ticket": answer["ticket"], "person": key, "device_name": self.name, "device_kind": kind},
            )
        self.http.headers["authorization"] = f"Bearer {answer['access_token']}"
        signed_in: dict[str, Any] = answer
        return signed_in

    async def get(self, path: str, *, expect: int = 200, **query: Any) -> Any:
        return _checked(await self.http.get(path, params=query or None), expect)

    async def post(self, path: str, body: Any = None, *, expect: int = 200, **more: Any) -> Any:
        return _checked(await self.http.post(path, json=body, **more), expect)

    async def put(self, path: str, body: Any, *, expect: int = 200) -> Any:
        return _checked(await self.http.put(path, json=body), expect)

    async def bytes_of(self, path: str) -> bytes:
        answer = await self.http.get(path)
        if answer.status_code != 200:
            raise Refused(f"GET {path}: {answer.status_code} {answer.text[:500]}")
        return answer.content

    async def close(self) -> None:
        await self.http.aclose()


def _checked(answer: httpx.Response, expect: int) -> Any:
    # An idempotent POST answers 200 the second time, so any success is one where success was expected.
    fine = answer.status_code == expect or (expect < 300 and answer.status_code in (200, 201, 202, 204))
    if not fine:
        problem = answer.json() if "problem+json" in answer.headers.get("content-type", "") else {}
        text = f"{answer.request.method} {answer.request.url}: {answer.status_code} {answer.text[:800]}"
        raise Refused(text, str(problem.get("type", "")).removeprefix("/problems/"))
    return answer.json() if answer.content else None


def _key_of(people: list[dict[str, Any]], name: str) -> str:
    """Names are masked for the chooser; the first letter of the given name tells the demo's people apart."""
    initial = name.split()[-1][:1]
    for person in people:
        if person["masked_name"].split()[-1][:1] == initial:
            return str(person["key"])
    return str(people[0]["key"])
