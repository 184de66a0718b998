"""`python -m backend check-notice --jsonl`: notices as JSON lines in, defects and facts out, in order. A bad line is told; the others go on."""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from datetime import UTC, date, datetime, timedelta
from typing import IO, Any

import msgspec

from backend.announcements.checking.audiences import audience
from backend.announcements.checking.duplicates import SHORTLY, Told, says_again
from backend.announcements.checking.judging import findings
from backend.announcements.checking.notice import Notice
from backend.announcements.checking.shapes import Audience, Checked, Context, Defect
from backend.core.clock import SCHOOL_ZONE

_LINE_BYTES_MAX = 1_048_576
_EARLIER_MAX = 200
_SAID_LAST = "near_duplicate"


def run(stdin: IO[Any], stdout: IO[Any]) -> int:
    """Text streams are read and written as the bytes below them, so that the terminal's locale changes nothing."""
    source, target = getattr(stdin, "buffer", stdin), getattr(stdout, "buffer", stdout)
    desk = Desk()
    for line in source:
        if line.strip(b" \t\r\n" + BOM_UTF8):
            target.write(msgspec.json.encode(desk.answer(line)) + b"\n")
            target.flush()
    return 0


class Desk:
    """Remembers what each audience of this run was told shortly before."""

    def __init__(self) -> None:
        self._earlier: dict[str, list[tuple[datetime, Told]]] = {}

    def answer(self, line: bytes) -> dict[str, Any]:
        try:
            told = msgspec.json.decode(line[:_LINE_BYTES_MAX].removeprefix(BOM_UTF8))
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            return _unread(f"not JSON: {error}")
        if isinstance(told, str):
            told = {"text": told}
        if not isinstance(told, dict):
            return _unread("not an object")
        answer = self._checked(told)
        return {"id": told["id"], **answer} if "id" in told else answer

    def _checked(self, told: dict[str, Any]) -> dict[str, Any]:
        notice = Notice(*noticed(told))
        found = findings(notice)
        names: list[str] = [defect.name for defect in found.defects]
        if self._was_told(notice):
            names.append(_SAID_LAST)
        return {
            "defects": list(dict.fromkeys(names)),
            "facts": {
                "dates": [on.isoformat() for on in found.facts.dates],
                "amounts": list(found.facts.amounts),
                "place": found.facts.place,
            },
            "why": [_why(defect) for defect in found.defects],
        }

    def _was_told(self, notice: Notice) -> bool:
        at, key = notice.checked.sent_at, notice.checked.audience.key
        before = [one for one in self._earlier.get(key, ()) if abs(at - one[0]) <= SHORTLY]
        again = any(says_again(notice.told, told) for _, told in before)
        self._earlier[key] = [*before[-_EARLIER_MAX:], (at, notice.told)]
        return again


def noticed(told: dict[str, Any]) -> tuple[Checked, Context]:
    """What a line tells of a notice and of the school around it."""
    return _notice(told), Context(ownership=_ownership(told))


def _why(defect: Defect) -> dict[str, Any]:
    return {
        "defect": defect.name,
        "start": defect.start,
        "end": defect.end,
        "span": defect.span,
        "vi": defect.sentence("vi"),
        "en": defect.sentence("en"),
    }


def _unread(error: str) -> dict[str, Any]:
    return {"error": error, "defects": [], "facts": {"dates": [], "amounts": [], "place": None}}


def _notice(told: dict[str, Any]) -> Checked:
    text = next((told[key] for key in ("text", "body", "content", "message") if isinstance(told.get(key), str)), "")
    title = told.get("title") or told.get("subject")
    if isinstance(title, str) and title and title not in text:
        text = f"{title}\n{text}"
    heard = next((told[key] for key in ("audience", "to", "recipients", "target") if told.get(key)), None)
    try:
        known = audience(heard)
    except (TypeError, ValueError, AttributeError):
        known = Audience(key=str(heard))
    return Checked(
        text=text,
        sent_at=sent_at(next((told[key] for key in ("sent_at", "sent", "at", "date") if told.get(key)), None)),
        audience=known,
        channels=tuple(_names(next((told[key] for key in ("channel", "channels") if told.get(key)), None))),
        attachments=tuple(_names(told.get("attachments"))),
    )


def _names(told: Any) -> list[str]:
    """Attachments and channels: a string, a list of strings or objects, or an object."""
    if told is None or isinstance(told, bool):
        return []
    if isinstance(told, dict):
        words = [str(told[key]) for key in ("name", "filename", "file_name", "url", "path") if told.get(key)]
        kinds = [
            str(told[key])
            for key in ("media_type", "mime", "mime_type", "content_type", "type", "kind", "channel")
            if told.get(key)
        ]
        return words[:1] + kinds or [str(told)]
    if isinstance(told, list):
        return [name for one in told for name in _names(one)]
    return [str(told)]


def _ownership(told: dict[str, Any]) -> Any:
    """Public or private, when the line tells; otherwise the text has to."""
    school = told.get("school")
    places = [told, school if isinstance(school, dict) else {}]
    for place in places:
        for key in ("ownership", "school_type", "school_kind", "sector", "type_of_school"):
            word = str(place.get(key) or "").lower()
            if re.search(r"private|tư|dân lập|quốc tế|international|tu thuc", word):
                return "private"
            if re.search(r"public|công lập|cong lap", word):
                return "public"
        if isinstance(place.get("public"), bool):
            return "public" if place["public"] else "private"
        if isinstance(place.get("private"), bool):
            return "private" if place["private"] else "public"
    return None


def sent_at(told: Any) -> datetime:
    """The school's local time, without a zone. An instant with a zone is brought home; nothing told is taken as the first day of 1970's clock."""
    if isinstance(told, (int, float)) and not isinstance(told, bool):
        seconds = told / 1000 if told > 10_000_000_000 else told
        return (
            (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)).astimezone(SCHOOL_ZONE).replace(tzinfo=None)
        )
    text = str(told or "").strip().replace(" ", "T", 1)
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        m = re.match(r"(\d{1,2})/(\d{1,2})/(\d{4})(?:T(\d{1,2}):(\d{2}))?", text)
        try:
            at = datetime(int(m[3]), int(m[2]), int(m[1]), int(m[4] or 0), int(m[5] or 0)) if m else _UNKNOWN
        except ValueError:
            at = _UNKNOWN
    return at.astimezone(SCHOOL_ZONE).replace(tzinfo=None) if at.tzinfo else at


_UNKNOWN = datetime.combine(date(2026, 9, 1), datetime.min.time())
