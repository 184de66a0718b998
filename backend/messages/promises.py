"""The promise in words: `Cô Cúc thường trả lời trước 17:00 thứ Hai, 30/11/2026`. Pure."""

from __future__ import annotations

from datetime import datetime

from backend.core.catalogue import say
from backend.core.clock import SCHOOL_ZONE

_WEEKDAYS = {
    "vi": ("thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy", "Chủ nhật"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}


def promise_sentence(promised_at: datetime | None, name: str, now: datetime, language: str) -> str | None:
    """None without a promise: nobody works within the next months."""
    if promised_at is None:
        return None
    here = promised_at.astimezone(SCHOOL_ZONE)
    clock = f"{here:%H:%M}"
    if here.date() == now.astimezone(SCHOOL_ZONE).date():
        return say("messages.promise_today", language, name=name, clock=clock)
    weekday = _WEEKDAYS["en" if language == "en" else "vi"][here.weekday()]
    return say("messages.promise", language, name=name, clock=clock, weekday=weekday, day=f"{here:%d/%m/%Y}")
