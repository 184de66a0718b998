"""Structured logs, one JSON line each, without personal data: ids and names of things, never names of people, phones or texts."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

_PHONE = re.compile(r"(?<!\d)(?:\+?84|0)\d{8,10}(?!\d)")
_TWELVE_DIGITS = re.compile(r"(?<!\d)\d{12}(?!\d)")
_BOT_TOKEN = re.compile(r"\d{6,12}:[A-Za-z0-9_-]{30,}")
_FORBIDDEN = frozenset(
    {"phone", "phone_e164", "full_name", "name", "code", "token", "password", "memo", "body", "personal_id", "text"}
)


def scrub(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The net under the rule: known personal fields are dropped, and numbers that look like phones or identity numbers are hidden."""
    for key, value in list(event.items()):
        if key in _FORBIDDEN:
            event[key] = "…"
        elif isinstance(value, str):
            event[key] = _BOT_TOKEN.sub("<token>", _TWELVE_DIGITS.sub("<id>", _PHONE.sub("<phone>", value)))
    return event


def configure(*, pretty: bool = False, level: int = logging.INFO) -> None:
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            scrub,
            structlog.dev.ConsoleRenderer() if pretty else structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    # httpx and aiohttp put whole URLs into their lines; a bot's token is part of its URL.
    for name in ("httpx", "httpcore", "telegram", "aiohttp"):
        logging.getLogger(name).setLevel(logging.WARNING)
