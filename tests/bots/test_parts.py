"""Answers cut to what a messenger takes: nothing lost, nothing too long, buttons where the thumb is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.hearing import Limits
from bots.link_codes import typed_code, typed_command
from bots.parts import chosen, cut, in_parts, length, offered
from schemas.chat import Answer, Button

TELEGRAM = Limits(text=4096, caption=1024, buttons=100, label=64, buttons_below_image=True)
ACCOUNT = Limits(text=2000, caption=2000, buttons=5, label=100, buttons_below_image=False)
BOT = Limits(text=2000, caption=2000, buttons=0, label=100, buttons_below_image=False)
_PNG = b"\x89PNG\r\n\x1a\n"
_WORDS = st.lists(st.sampled_from(["chữ", "trường.", "học 😀", "\n", "\n\n", "x" * 70, "phí,", "?"]), max_size=120).map(
    " ".join
)
_BUTTONS = st.lists(
    st.tuples(st.sampled_from(["Học phí", "Giờ học " * 20, "😀"]), st.sampled_from(["h", "i:fee-list"])), max_size=7
)


def squeezed(text: str) -> str:
    return "".join(text.split())


@given(_WORDS, st.integers(3, 200))
def test_cutting_loses_nothing_and_keeps_the_measure(text: str, most: int) -> None:
    pieces = cut(text, most)
    assert all(length(piece) <= most for piece in pieces)
    assert squeezed("".join(pieces)) == squeezed(text)


@given(_WORDS, _BUTTONS, st.booleans(), st.sampled_from([TELEGRAM, ACCOUNT, BOT]))
def test_every_part_is_within_the_wires_limits(
    text: str, buttons: list[tuple[str, str]], pictured: bool, limits: Limits
) -> None:
    answer = Answer(text, tuple(Button(*one) for one in buttons), image=_PNG if pictured else None, image_alt="Mã QR")
    parts = in_parts(answer, limits)
    for part in parts:
        assert part.text or part.image is not None
        assert length(part.text) <= (limits.caption if part.image is not None else limits.text)
        assert len(part.buttons) <= limits.buttons and all(length(b.label) <= limits.label for b in part.buttons)
        assert not (part.image and part.buttons) or limits.buttons_below_image
    assert sum(part.image is not None for part in parts) == pictured
    shown = sum(len(part.buttons) for part in parts)
    written = [n for n in range(1, len(buttons) + 1) if any(f"\n{n}. " in f"\n{part.text}" for part in parts)]
    assert shown + len([n for n in written if n > shown]) >= len(buttons)
    assert offered(answer, limits) == (tuple(p for _, p in buttons) if shown < len(buttons) else ())


def test_it_is_cut_where_a_reader_would_pause() -> None:
    text = "Câu thứ nhất dài vừa phải. Câu thứ hai cũng vậy thôi. Câu ba"
    assert cut(text, 40) == ["Câu thứ nhất dài vừa phải.", "Câu thứ hai cũng vậy thôi. Câu ba"]


@pytest.mark.parametrize(
    ("text", "press"),
    [("1", "a"), (" 2. ", "b"), ("(3)", "c"), ("#1", "a"), ("4", None), ("0", None), ("12 đ", None), ("1 con", None), ("", None)],
)  # fmt: skip
def test_a_bare_number_chooses_and_nothing_else_does(text: str, press: str | None) -> None:
    assert chosen(text, ("a", "b", "c")) == press
    assert chosen(text, ()) is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("LIENKET K7QM2XNP", "K7QM2XNP"), ("lienket k7qm2xnp", "K7QM2XNP"), ("Liên kết: K7QM 2XNP", "K7QM2XNP"),
        ("lien ket k7qm-2xnp.", "K7QM2XNP"), ("link K7QM2XNP", "K7QM2XNP"), ("liên kết tài khoản", None),
        ("lien ket zalo", None), ("liên kết với con lớp 6a1 thế nào", None), ("K7QM2XNP", None),
    ],
)  # fmt: skip
def test_a_typed_code_is_read_as_people_write_it(text: str, code: str | None) -> None:
    assert typed_code(text) == code
    assert typed_command(text) == (f"/start {code}" if code else text)


def test_commands_have_names_in_vietnamese() -> None:
    assert typed_command("Liên kết") == "/link" and typed_command("HUỶ LIÊN KẾT!") == "/unlink"
    assert typed_command("huỷ liên kết zalo giúp em") == "huỷ liên kết zalo giúp em"
