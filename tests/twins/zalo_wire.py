"""The strictness of Zalo's consultation messages: texts, buttons and pictures as the Official Account's API takes them. Pure."""

from __future__ import annotations

from collections.abc import Container
from typing import Any

TEXT_MAX, BUTTONS_MAX, TITLE_MAX, PAYLOAD_MAX = 2000, 5, 100, 1000
_INVALID = (-201, "Params is invalid")
_QUERIES = ("oa.query.show", "oa.query.hide")


def wrong_message(message: Any, attachments: Container[str]) -> tuple[int, str] | None:
    """Zalo's code and words for what is wrong with it; None: it goes."""
    if not isinstance(message, dict) or not message or set(message) - {"text", "attachment", "quote_message_id"}:
        return _INVALID
    text = message.get("text", "")
    if not isinstance(text, str):
        return _INVALID
    if len(text) > TEXT_MAX:
        return -210, "Text exceeds the limit"
    if "attachment" not in message:
        return None if text else (-210, "Text exceeds the limit")
    return _wrong_attachment(message["attachment"], text, attachments)


def _wrong_attachment(attachment: Any, text: str, attachments: Container[str]) -> tuple[int, str] | None:
    payload = attachment.get("payload") if isinstance(attachment, dict) else None
    if not isinstance(payload, dict) or attachment.get("type") != "template":
        return _INVALID
    match payload.get("template_type"):
        case None:
            return _wrong_buttons(payload.get("buttons"), text)
        case "media":
            return _wrong_media(payload, attachments)
        case "request_user_info":
            return None if payload.get("elements") else _INVALID
        case _:
            return -233, "Message type is not supported"


def _wrong_buttons(buttons: Any, text: str) -> tuple[int, str] | None:
    if not isinstance(buttons, list) or not text:
        return _INVALID
    if not 1 <= len(buttons) <= BUTTONS_MAX:
        return -210, "Buttons exceed the limit"
    for button in buttons:
        if not 1 <= len(str(button.get("title", ""))) <= TITLE_MAX:
            return -210, "Title exceeds the limit"
        if button.get("type") not in _QUERIES or not 1 <= len(str(button.get("payload", ""))) <= PAYLOAD_MAX:
            return _INVALID
    return None


def _wrong_media(payload: dict[str, Any], attachments: Container[str]) -> tuple[int, str] | None:
    elements = payload.get("elements")
    if not isinstance(elements, list) or len(elements) != 1 or set(payload) - {"template_type", "elements"}:
        return _INVALID
    if elements[0].get("media_type") != "image" or elements[0].get("attachment_id") not in attachments:
        return _INVALID
    return None
