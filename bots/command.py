"""The bot's commands: `ask --jsonl` for measuring what it understands, `bot` for polling a messenger while developing."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import IO, Any

import msgspec

from backend.core.settings import Settings, variable
from bots import intents

_LINE_BYTES_MAX = 65_536


def run(stdin: IO[Any], stdout: IO[Any]) -> int:
    """One line of JSON in, one out, in order: {"text", "context"?} → {"intent", "score", "suggestions", "slots", "why"}.

    Text streams are read and written as the bytes below them, so that the terminal's locale changes nothing.
    """
    source, target = getattr(stdin, "buffer", stdin), getattr(stdout, "buffer", stdout)
    for line in source:
        if not line.strip():
            continue
        target.write(msgspec.json.encode(_answer(line)) + b"\n")
        target.flush()
    return 0


def _answer(line: bytes) -> dict[str, Any]:
    try:
        asked = msgspec.json.decode(line[:_LINE_BYTES_MAX])
    except msgspec.DecodeError as error:
        return {"intent": "none", "score": 0.0, "suggestions": [], "slots": {}, "why": [f"not JSON: {error}"]}
    text = asked.get("text") if isinstance(asked, dict) else asked
    if not isinstance(text, str):
        return {"intent": "none", "score": 0.0, "suggestions": [], "slots": {}, "why": ["no text"]}
    previous = previous_intent(asked.get("context") if isinstance(asked, dict) else None)
    found = intents.understand(text, previous, explain=True)
    answer: dict[str, Any] = {
        "intent": found.intent,
        "score": found.score,
        "suggestions": found.suggestions,
        "slots": found.slots,
        "why": found.why,
    }
    if found.also is not None:
        answer["also"] = found.also
    return answer


_NAMES_OF_PREVIOUS = ("intent", "previous_intent", "previous", "last_intent", "last")
_NAMES_OF_TEXT = ("text", "previous_text", "last_text", "message", "content")


def previous_intent(context: object) -> str | None:
    """The intent spoken of before, from whatever shape the context has: an intent's id, an earlier message, an object, a list of turns."""
    if isinstance(context, str):
        if context in intents.every_intent():
            return context
        return _meant(context)
    if isinstance(context, dict):
        for name in (*_NAMES_OF_PREVIOUS, *_NAMES_OF_TEXT):
            if isinstance(context.get(name), str | dict | list) and context[name]:
                return previous_intent(context[name])
        return None
    if isinstance(context, list):
        found = None
        for turn in context[-6:]:
            if isinstance(turn, dict) and turn.get("role") in ("assistant", "bot", "system"):
                continue
            found = previous_intent(turn) or found
        return found
    return None


def _meant(text: str) -> str | None:
    found = intents.understand(text)
    return None if found.intent == "none" else found.intent


async def poll(settings: Settings, channel: str) -> None:
    """Fetch updates of one messenger and answer them until cancelled. For development without a public address."""
    # Imported here, so that `ask` starts in a blink.
    from backend.core.clock import SystemClock
    from backend.core.crypto import Cipher
    from backend.core.database import Database
    from backend.core.house import House
    from backend.core.queue import Queue
    from bots.telegram import TelegramBot
    from bots.wires import Wires
    from bots.zalo_bot import ZaloBot
    from notifications.stations import Stations

    needed = f"{channel}_token"
    if not getattr(settings, needed):
        raise SystemExit(f"{variable(needed)} is not set")
    async with AsyncExitStack() as stack:
        database = await Database.open(settings.database_url, writers=2, readers=2)
        stack.push_async_callback(database.close)
        queue = Queue.for_url(settings.redis_url)
        stack.push_async_callback(queue.close)
        house = House(settings, database, queue, SystemClock(), Cipher(settings.secret_key), settings.redis_url)
        stack.push_async_callback(house.limits.close)
        stations = await Stations.open(house)
        stack.push_async_callback(stations.close)
        wires = await Wires.open(house, stations, webhooks=False)
        stack.push_async_callback(wires.close)
        answering = wires.of(channel)
        assert answering is not None and isinstance(answering.wire, TelegramBot | ZaloBot), "has a token, so it is open"
        await answering.wire.poll(answering.answer_waiting)
