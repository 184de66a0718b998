"""What all pages share: where templates and static files live, and how a template reads the catalogue. No page of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import swagger_ui_bundle
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.static_files import create_static_files_router
from litestar.template.config import TemplateConfig

from backend.core.catalogue import say

_HERE = Path(__file__).parent
_SWAGGER = next((Path(swagger_ui_bundle.__file__).parent / "vendor").glob("swagger-ui-*"))
TEMPLATES = [_HERE / "console" / "templates", _HERE / "parentapp" / "templates", _HERE.parent / "bots" / "templates"]


def template_config() -> TemplateConfig[JinjaTemplateEngine]:
    def configure(engine: JinjaTemplateEngine) -> None:
        engine.engine.globals["say"] = say
        engine.engine.autoescape = True
        engine.engine.trim_blocks = engine.engine.lstrip_blocks = True

    return TemplateConfig(directory=TEMPLATES, engine=JinjaTemplateEngine, engine_callback=configure)


def static_routes() -> list[Any]:
    folders = {
        "/static/swagger": _SWAGGER,
        "/static/console": _HERE / "console" / "static",
        "/static/app": _HERE / "parentapp" / "static",
        "/static/chat": _HERE.parent / "bots" / "static",
    }
    return [
        create_static_files_router(path=path, directories=[folder], name=f"static-{path.rpartition('/')[2]}", opt={"access": "public"})
        for path, folder in folders.items()
    ]
