"""What a server process imports: the application, made from the environment that `python -m backend serve` prepared."""

from __future__ import annotations

from typing import Any

from backend.app import create_app
from backend.core.settings import read


def application() -> Any:
    settings = read()
    return create_app(settings, redis_url=settings.redis_url, database_url=settings.database_url)
