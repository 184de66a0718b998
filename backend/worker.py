"""The roof of the background: one list of arq jobs and cron lines. Each job is a few lines that call a room; no rule stands here."""

from __future__ import annotations

from typing import Any

from arq import cron, func

JOBS: list[Any] = []
CRONS: list[Any] = []
_ = (cron, func)
