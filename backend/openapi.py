"""The OpenAPI 3.1 description and its reader, served from packaged assets so that it works without internet."""

from __future__ import annotations

from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin, SwaggerRenderPlugin
from litestar.openapi.spec import Components, Contact, License, SecurityScheme, Tag


def openapi_config() -> OpenAPIConfig:
    return OpenAPIConfig(
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
        components=Components(security_schemes={"bearer": SecurityScheme(type="http", scheme="bearer", bearer_format="JWT")}),
        security=[{"bearer": []}],
        tags=[
            Tag("identity", "Sign-in, devices, who am I"),
            Tag("family", "What a guardian sees and does"),
            Tag("people", "The roll: classes, pupils, guardians, staff"),
            Tag("attendance", "Roll-call"),
            Tag("gradebook", "Marks and averages"),
            Tag("announcements", "Messages to families and their receipts"),
            Tag("payments", "Fees, invoices, transfers, receipts"),
            Tag("chat", "The bot"),
            Tag("hooks", "Where banks and messengers call"),
            Tag("house", "Health, metrics, problems"),
        ],
        use_handler_docstrings=True,
    )
