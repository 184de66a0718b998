"""An answer cut to what a messenger takes: long texts on sentence borders, buttons that it lacks as numbers to reply with. Pure."""

from __future__ import annotations

import re

from backend.core.catalogue import say
from bots.hearing import Limits, Part
from schemas.chat import Answer, Button

# Where a text may be cut, the best border first. A border belongs to the part before it.
_BORDERS = ("\n\n", "\n", ". ", "! ", "? ", "; ", ", ", " ")
_NUMBER = re.compile(r"\s*#?\(?([1-9]\d?)[.)]?\s*")


def in_parts(answer: Answer, limits: Limits, language: str = "vi") -> list[Part]:
    """At least one part, none empty, each within the limits; put together, the texts are the answer's text."""
    native, numbered = _shared_out(answer, limits)
    text = answer.text.strip()
    if numbered:
        first = len(native) + 1
        lines = [f"{number}. {button.label}" for number, button in enumerate(numbered, first)]
        text = "\n".join([text, "", say("bots.reply_by_number", language), *lines])
    if answer.image is None:
        return _with_buttons(
            [Part(piece) for piece in cut(text or answer.image_alt or "…", limits.text)], answer, native
        )
    caption = text or answer.image_alt
    if length(caption) <= limits.caption:
        return _with_buttons([Part(caption, image=answer.image)], answer, native)
    shown = Part(cut(answer.image_alt, limits.caption)[0] if answer.image_alt else "", image=answer.image)
    return _with_buttons([shown, *(Part(piece) for piece in cut(text, limits.text))], answer, native)


def offered(answer: Answer, limits: Limits) -> tuple[str, ...]:
    """What the numbers below an answer stand for, the first for 1; empty where every button is a button."""
    _, numbered = _shared_out(answer, limits)
    return tuple(button.press for button in answer.buttons) if numbered else ()


def chosen(text: str, presses: tuple[str, ...]) -> str | None:
    """The press that a bare number in a reply stands for."""
    found = _NUMBER.fullmatch(text)
    number = int(found[1]) if found else 0
    return presses[number - 1] if 1 <= number <= len(presses) else None


def cut(text: str, most: int) -> list[str]:
    """Pieces of at most `most` UTF-16 units, cut at the best border of their second half, in the middle of a word only if it must be."""
    pieces = []
    rest = text
    while length(rest) > most:
        window = _first_units(rest, most)
        borders = (_border(window, border) for border in _BORDERS)
        piece = window[: next((end for end in borders if end > len(window) // 2), len(window))]
        pieces.append(piece.rstrip())
        rest = rest[len(piece) :].lstrip()
    return [*pieces, rest] if rest or not pieces else pieces


def length(text: str) -> int:
    """In UTF-16 units: an emoji counts two."""
    return len(text) + sum(1 for character in text if ord(character) > 0xFFFF)


def _shared_out(answer: Answer, limits: Limits) -> tuple[tuple[Button, ...], tuple[Button, ...]]:
    """Buttons that the messenger shows, and those that are written as numbers."""
    room = limits.buttons if answer.image is None or limits.buttons_below_image else 0
    native = tuple(_short(button, limits.label) for button in answer.buttons[:room])
    return native, answer.buttons[room:]


def _short(button: Button, most: int) -> Button:
    return button if length(button.label) <= most else Button(_first_units(button.label, most - 1) + "…", button.press)


def _with_buttons(parts: list[Part], answer: Answer, native: tuple[Button, ...]) -> list[Part]:
    """Below the last part, where the reader's thumb is."""
    last = parts[-1]
    return [*parts[:-1], Part(last.text, native, last.image, answer.keyboard if not native else "")]


def _border(window: str, border: str) -> int:
    found = window.rfind(border)
    return found + len(border) if found > 0 else 0


def _first_units(text: str, most: int) -> str:
    units = 0
    for index, character in enumerate(text):
        units += 2 if ord(character) > 0xFFFF else 1
        if units > most:
            return text[:index]
    return text
