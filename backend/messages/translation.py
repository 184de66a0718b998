"""Translating a message on the reader's wish, over LibreTranslate's wire. Off unless the operator names a server and the school says so.

The original is always kept and shown; a translation is kept beside its version, so that a text leaves the house once.
"""

from __future__ import annotations

import asyncio
from uuid import UUID

import httpx
import msgspec
import structlog

from backend.core.clock import school_day
from backend.core.house import House
from backend.core.problems import NOT_FOUND, problem
from backend.messages.entitled import party
from backend.messages.hours import translates
from schemas.messages import Translation

log = structlog.get_logger()

NOT_TRANSLATED = problem(
    "translation-off",
    409,
    vi="Nhà trường chưa bật dịch tin nhắn.",
    en="The school has not turned translation on.",
)
TRANSLATOR_AWAY = problem(
    "translator-away",
    503,
    vi="Máy dịch đang bận, xin thử lại sau ít phút. Bản gốc vẫn ở đây.",
    en="The translator is busy, please try again shortly. The original is still here.",
)
_SECONDS = 10.0
_ANSWER_BYTES_MAX = 256 * 1024


class _Answer(msgspec.Struct):
    translatedText: str


async def translate(
    house: House, account_id: UUID, school_id: int, thread_id: UUID, message_id: UUID, language: str
) -> Translation:
    """For those who belong to the thread. No transaction is held while the translator thinks."""
    now = house.clock.now()
    reader = house.database.reader
    await party(reader, school_id, account_id, thread_id, school_day(now))
    row = await reader.fetchrow(
        """
        SELECT x.version, x.body, k.body AS kept
          FROM message_texts x
          LEFT JOIN message_translations k
            ON k.school_id = x.school_id
           AND k.message_id = x.message_id
           AND k.version = x.version
           AND k.language = $4
         WHERE x.school_id = $1
           AND x.thread_id = $2
           AND x.message_id = $3
         ORDER BY x.version DESC
         LIMIT 1
        """,
        school_id,
        thread_id,
        message_id,
        language,
    )
    if row is None or row["body"] is None:
        raise NOT_FOUND()
    if row["kept"] is not None:
        return Translation(message_id, language, row["kept"])  # type: ignore[arg-type]
    if not house.settings.translation_url or not await translates(reader, school_id, now):
        raise NOT_TRANSLATED()
    text = await ask(house.settings.translation_url, house.settings.translation_api_key, row["body"], language)
    async with house.database.school(school_id) as tx:
        await tx.execute(
            """
            INSERT INTO message_translations (school_id, message_id, version, language, body, made_at)
            VALUES ($1, $2, $3, $4, $5, $6)
                ON CONFLICT DO NOTHING
            """,
            school_id, message_id, row["version"], language, text, now,
        )  # fmt: skip
    return Translation(message_id, language, text)  # type: ignore[arg-type]


async def ask(base_url: str, api_key: str, text: str, language: str) -> str:
    """POST /translate. Raises TRANSLATOR_AWAY for weather, and where the answer cannot be used."""
    body = {"q": text, "source": "auto", "target": language, "format": "text"}
    if api_key:
        body["api_key"] = api_key
    try:
        async with asyncio.timeout(_SECONDS), httpx.AsyncClient(timeout=_SECONDS) as client:
            answer = await client.post(base_url.rstrip("/") + "/translate", json=body)
    except (httpx.HTTPError, TimeoutError, OSError) as error:
        raise _away(type(error).__name__) from error
    if answer.status_code != 200 or len(answer.content) > _ANSWER_BYTES_MAX:
        raise _away(f"HTTP_{answer.status_code}")
    try:
        return msgspec.json.decode(answer.content, type=_Answer).translatedText
    except msgspec.DecodeError as error:
        raise _away("unreadable") from error


def _away(reason: str) -> Exception:
    log.warning("translator_away", reason=reason)
    return TRANSLATOR_AWAY(headers={"retry-after": "60"})
