"""The strictness of the Bot API: what it refuses and in which words. Pure; the twin itself is tests/twins/telegram.py."""

from __future__ import annotations

import html.parser
import io
import json
import re
from typing import Any
from urllib.parse import urlsplit

from PIL import Image, UnidentifiedImageError

TEXT_MAX = 4096
CAPTION_MAX = 1024
CALLBACK_BYTES_MAX = 64
_COMMAND = re.compile(r"^[a-z0-9_]{1,32}$")
_SECRET = re.compile(r"^[A-Za-z0-9_-]{1,256}$")
_TAGS = {
    "b",
    "strong",
    "i",
    "em",
    "u",
    "ins",
    "s",
    "strike",
    "del",
    "a",
    "code",
    "pre",
    "span",
    "tg-spoiler",
    "tg-emoji",
    "blockquote",
}
_ACTIONS = {
    "typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice", "upload_document", "choose_sticker",
    "find_location", "record_video_note", "upload_video_note",
}  # fmt: skip
_PORTS = {None, 443, 80, 88, 8443}


class Refusal(Exception):
    """One answer `{"ok": false}`."""

    def __init__(self, code: int, description: str, **parameters: Any) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters


def bad(description: str) -> Refusal:
    return Refusal(400, f"Bad Request: {description}")


def check_text(text: str, parse_mode: str | None) -> None:
    if not text.strip():
        raise bad("message text is empty")
    check_markup(text, parse_mode)
    if units(plain(text, parse_mode)) > TEXT_MAX:
        raise bad("message is too long")


def units(text: str) -> int:
    """In UTF-16, as the service counts."""
    return len(text.encode("utf-16-le")) // 2


def check_caption(caption: str, parse_mode: str | None) -> None:
    check_markup(caption, parse_mode)
    if units(plain(caption, parse_mode)) > CAPTION_MAX:
        raise bad("message caption is too long")


def check_photo(content: bytes) -> None:
    """An image that can be read, at most 10 MB, sides together at most 10,000 and not more than 20 times as long as wide."""
    if len(content) > 10 * 1024 * 1024:
        raise bad("file is too big")
    try:
        width, height = Image.open(io.BytesIO(content)).size
    except UnidentifiedImageError as error:
        raise bad("IMAGE_PROCESS_FAILED") from error
    if width + height > 10_000 or max(width, height) > 20 * min(width, height):
        raise bad("PHOTO_INVALID_DIMENSIONS")


def check_markup(text: str, parse_mode: str | None) -> None:
    if parse_mode is None:
        return
    if parse_mode == "HTML":
        _Tags().check(text)
    elif parse_mode == "MarkdownV2":
        _check_markdown(text)
    elif parse_mode == "Markdown":
        for mark in ("*", "_", "`"):
            if text.count(mark) % 2:
                raise bad(
                    f"can't parse entities: Can't find end of the entity starting at byte offset {text.rindex(mark)}"
                )
    else:
        raise bad("unsupported parse_mode")


def plain(text: str, parse_mode: str | None) -> str:
    return re.sub(r"<[^>]+>", "", text) if parse_mode == "HTML" else text


class _Tags(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.open: list[str] = []

    def check(self, text: str) -> None:
        self.feed(text)
        self.close()
        if self.open:
            raise bad(f"can't parse entities: Can't find end tag corresponding to start tag \"{self.open[-1]}\"")

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag not in _TAGS:
            raise bad(f'can\'t parse entities: Unsupported start tag "{tag}" at byte offset {self.getpos()[1]}')
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            raise bad(f"can't parse entities: Unexpected end tag at byte offset {self.getpos()[1]}")


def _check_markdown(text: str) -> None:
    for match in re.finditer(r"(?<!\\)[>#+\-=|{}.!]", text):
        raise bad(
            f"can't parse entities: Character '{match[0]}' is reserved and must be escaped with the preceding '\\'"
        )
    for mark in ("*", "_", "`", "~"):
        if len(re.findall(rf"(?<!\\){re.escape(mark)}", text)) % 2:
            raise bad("can't parse entities: Can't find end of the entity")


def read_keyboard(text: str | None, *, private: bool = True) -> dict[str, Any] | None:
    """A reply markup, checked as Telegram checks it."""
    if not text:
        return None
    try:
        markup = json.loads(text)
    except ValueError as error:
        raise bad("object expected as reply markup") from error
    if not isinstance(markup, dict):
        raise bad("object expected as reply markup")
    for row in markup.get("inline_keyboard", []):
        for button in row:
            _check_button(button)
    for row in markup.get("keyboard", []):
        for key in row:
            if isinstance(key, dict) and key.get("request_contact") and not private:
                raise bad("phone number can be requested in private chats only")
    return markup


def _check_button(button: dict[str, Any]) -> None:
    if not str(button.get("text", "")).strip():
        raise bad("inline keyboard button text is empty")
    kinds = [key for key in ("callback_data", "url", "web_app", "switch_inline_query") if key in button]
    if len(kinds) != 1:
        raise bad("inline keyboard button must have exactly one optional field")
    if "callback_data" in button and not 1 <= len(str(button["callback_data"]).encode()) <= CALLBACK_BYTES_MAX:
        raise bad("BUTTON_DATA_INVALID")


def check_commands(commands: Any) -> None:
    if not isinstance(commands, list) or len(commands) > 100:
        raise bad("BOT_COMMANDS_TOO_MUCH")
    for one in commands:
        if not _COMMAND.match(str(one.get("command", ""))):
            raise bad("BOT_COMMAND_INVALID")
        if not 1 <= len(str(one.get("description", ""))) <= 256:
            raise bad("BOT_COMMAND_DESCRIPTION_INVALID")


def check_action(action: str) -> None:
    if action not in _ACTIONS:
        raise bad("wrong parameter action in request")


def check_webhook(url: str, secret: str | None) -> None:
    """HTTPS on four ports, as the real service wants it; loopback over HTTP besides, since that is where a twin lives."""
    parts = urlsplit(url)
    if parts.hostname in ("127.0.0.1", "localhost", "testserver"):
        pass
    elif parts.scheme != "https":
        raise bad("bad webhook: An HTTPS URL must be provided for webhook")
    elif parts.port not in _PORTS:
        raise bad("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")
    if secret is not None and not _SECRET.match(secret):
        raise bad("secret token contains unallowed characters")
