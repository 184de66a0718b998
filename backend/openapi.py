"""The OpenAPI 3.1 description and its reader, served from packaged assets so that it works without internet."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

import msgspec
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.plugins import JsonRenderPlugin, SwaggerRenderPlugin
from litestar.openapi.spec import Components, Contact, License, OpenAPI, SecurityScheme, Tag

from backend.openapi_examples import add_examples
from schemas.problem import ProblemDocument

if TYPE_CHECKING:
    from litestar import Litestar


class _Description(OpenAPI):
    """Completed with examples when it is written out, which is once, and only where somebody asks for it."""

    def to_schema(self) -> dict[str, Any]:
        document: dict[str, Any] = super().to_schema()
        add_examples(document)
        return document


class _Config(OpenAPIConfig):
    def to_openapi_schema(self) -> OpenAPI:
        plain = super().to_openapi_schema()
        return _Description(**{field.name: getattr(plain, field.name) for field in fields(plain)})


def openapi_config() -> OpenAPIConfig:
    return _Config(
        title="Nhịp Cầu",
        version="1",
        summary="The bridge between schools and families",
        description=(
            "JSON over HTTPS. Instants are RFC 3339 in UTC, days are the school's day (Asia/Ho_Chi_Minh), money is integer đồng. "
            "Errors are RFC 9457 problem documents in Vietnamese or English (Accept-Language)."
        ),
        contact=Contact(name="Nhịp Cầu"),
        license=License(name="Apache-2.0", identifier="Apache-2.0"),
        path="/schema",
        render_plugins=[
            SwaggerRenderPlugin(
                js_url="/static/swagger/swagger-ui-bundle.js",
                css_url="/static/swagger/swagger-ui.css",
                standalone_preset_js_url="/static/swagger/swagger-ui-standalone-preset.js",
                favicon='<link rel="icon" href="/static/swagger/favicon-32x32.png">',
            ),
            JsonRenderPlugin(path="/openapi.json"),
        ],
        components=Components(
            security_schemes={"bearer": SecurityScheme(type="http", scheme="bearer", bearer_format="JWT")}
        ),
        security=[{"bearer": []}],
        tags=[
            Tag("identity", "Sign-in, devices, who am I"),
            Tag("family", "What a guardian sees and does"),
            Tag("people", "The roll: classes, pupils, guardians, staff"),
            Tag("attendance", "Roll-call"),
            Tag("gradebook", "Marks and averages"),
            Tag("timetable", "Lessons of a week, changes of a day, hours of the periods"),
            Tag("homework", "Homework, things to bring, who has seen them"),
            Tag("files", "Pictures and PDF that people attach"),
            Tag("announcements", "Messages to families and their receipts"),
            Tag("forms", "Slips and questionnaires that families sign"),
            Tag("dossiers", "Requests of families to the school"),
            Tag("payments", "Fees, invoices, transfers, receipts"),
            Tag("chat", "The bot"),
            Tag("hooks", "Where banks and messengers call"),
            Tag("house", "Health, metrics, problems"),
        ],
        use_handler_docstrings=True,
    )


_PROBLEMS = {
    400: "The request could not be read.",
    401: "Not signed in, or the token is no longer valid.",
    403: "Not entitled.",
    404: "There is no such thing, or it is not for you to know.",
    405: "This address does not take that method.",
    409: "It contradicts what is already so.",
    413: "Too large.",
    415: "Unsupported media type.",
    422: "Some fields are wrong; `errors` points at every one of them.",
    429: "Too many requests; `Retry-After` says how long to wait.",
    503: "Busy; the same request may succeed in a moment.",
}
_ALWAYS = (400, 403, 404, 429, 503)
_WITH_BODY = (409, 413, 415, 422)


def document_problems(app: Litestar) -> None:
    """Every operation says which problems it may answer: one list for the house instead of one beside each handler."""
    for route in app.routes:
        for handler in getattr(route, "route_handlers", []):
            if not isinstance(handler, HTTPRouteHandler) or not handler.resolve_include_in_schema():
                continue
            statuses = set(_ALWAYS)
            if handler.opt.get("access") not in ("public", "machine"):
                statuses.add(401)
            if handler.opt.get("access") == "machine" or "sign-in" in str(handler.paths):
                statuses.add(401)
            if "data" in handler.parsed_fn_signature.parameters or handler.http_methods & {
                "POST",
                "PUT",
                "PATCH",
                "DELETE",
            }:
                statuses.update(_WITH_BODY)
            if set(handler.parsed_fn_signature.parameters) - {"request", "state", "scope"}:
                statuses.add(422)  # a path or query value of the wrong kind
            # Generated examples are chance: they would differ at every start, and a reader learns nothing from them.
            own = {status: replace(spec, generate_examples=False) for status, spec in (handler.responses or {}).items()}
            for status in sorted(statuses):
                own.setdefault(
                    status,
                    ResponseSpec(
                        ProblemDocument,
                        description=_PROBLEMS[status],
                        media_type="application/problem+json",
                        generate_examples=False,
                    ),
                )
            handler.responses = own


def exported(app: Litestar) -> str:
    """The description as docs/openapi.json holds it."""
    return (
        json.dumps(msgspec.to_builtins(app.openapi_schema.to_schema()), ensure_ascii=False, indent=1, sort_keys=True)
        + "\n"
    )
