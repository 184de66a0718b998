"""The house: what every room may lean on, made once by the roof. It holds no rule."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from backend.core.clock import Clock
from backend.core.crypto import Cipher
from backend.core.database import Database
from backend.core.flags import Flags
from backend.core.live import Live
from backend.core.queue import Bell
from backend.core.ratelimit import RateLimiter
from backend.core.settings import Settings


@dataclass(slots=True)
class House:
    settings: Settings
    database: Database
    queue: Bell
    clock: Clock
    cipher: Cipher
    redis_url: str
    limits: RateLimiter = field(init=False)
    live: Live = field(init=False)
    # Channel → how words go out to one of its chats. Whoever opens a messenger's wire hangs it in (bots/sending.py).
    speakers: dict[str, Any] = field(default_factory=dict)
    flags: Flags = field(default_factory=Flags)
    # Channel → who answers at once what arrives here, in a server process that does (bots/door.py).
    doors: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.limits = RateLimiter(self.redis_url)
        self.live = Live(stream_seconds=self.settings.live_seconds)
        self.database.bell = self.queue
