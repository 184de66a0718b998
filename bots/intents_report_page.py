"""Writes docs/chatbot.md from measurements: `python -m bots.intents_report_page`, some minutes. Nothing imports it at run time."""

from __future__ import annotations

import sys
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any, Final

from bots.intents_phrases import NONE, by_writer
from bots.intents_report import Asked, Measured, measured, read_set
from bots.intents_train import train

_ROOT: Final = Path(__file__).parent.parent
PAGE: Final = _ROOT / "docs" / "chatbot.md"
_UNSEEN: Final = _ROOT / "tests" / "bots" / "unseen"
_FOLDS: Final = 4
_CONFUSED_SHOWN: Final = 30

_HEAD = """# What the chatbot understands

Made by `python -m bots.intents_report_page`. The model is made by `python -m bots.intents_train` from the phrases under
`bots/knowledge/phrases` (one file an imagined writer) and committed; a test fails when it is stale. `python -m backend ask --jsonl` asks it
line by line.

How a message is understood, all on the processor and without any download: it is cut into clauses; shorthand, Telex and VNI slips, regional
words and English become the folded words of the examples (`bots/normalise.py`, `words.toml`, `english.toml`); whose child is meant is told
from the people named (`bots/intents_others.py`, `others.toml`); a linear support-vector machine weighs words, pairs of words, pieces of
words, words as typed with marks and the ideas of the synonym lexicon; likeness to the nearest examples by rapidfuzz adds a little; rules
decide what likeness cannot: another family's child is refused, a short follow-up carries the last question on or moves to its neighbour,
the level chooses the transfer, the first of two announced questions is answered and the second offered, the last clause of a story counts
a little more. `why` shows the weights that spoke. What the cost is stands in [performance.md](performance.md).
"""

_SETS = """## Messages nobody trained on

Each set was written from the taxonomy alone, frozen under `tests/bots/unseen`, and measured once before any of its errors was looked at:
that first look is the figure that counts. Afterwards its errors taught us about language, never its sentences: none is a training phrase,
but "now" is no longer blind. First: of the messages that have an intent, the share understood. Three: the intent is among the three
suggestions. Abstained rightly and when due are precision and recall of "none". Strangers are messages without an intent that reached a
personal one. Beside the sets stand 771 combined requests for somebody else's child (`tests/bots/strangers.py`: who asks, whose child, what,
under which pretext, typed how): 204 of them reached a personal intent when they were written, none does now.
"""

_WRITERS = f"""## Writers the model never saw

Every writer of the training phrases read by a model trained on the other writers only ({_FOLDS} models, each without a quarter of the
writers). This is harder than life: whole subjects of "none" and whole manners of speech are missing from each model. The writers
`situations`, `keywords` and `varied_parents` are mostly two to six words without context, many of which a person would ask back about.
"""


def main() -> None:
    parts = [_HEAD, _SETS, *_sets(), _WRITERS, *_writers()]
    PAGE.write_text("\n".join(parts), encoding="utf-8")
    sys.stdout.write(f"{PAGE.relative_to(_ROOT)} written\n")


def _sets() -> list[str]:
    looks = tomllib.loads((_UNSEEN / "first_looks.toml").read_text(encoding="utf-8"))
    found = {path.stem: measured(read_set(path)) for path in sorted(_UNSEEN.glob("*.jsonl"))}
    styles = sorted({style for one in found.values() for style in one.first_by_style})
    lines = [
        "| set | messages | first | three | abstained rightly | when due | strangers |",
        "|---|---|---|---|---|---|---|",
    ]
    by_style = [f"| set | {' | '.join(styles)} |", "|---" * (len(styles) + 1) + "|"]
    for name, now in found.items():
        look = looks[name]
        lines.append(_look_row(f"{name}, first look ({look['when']})", now.asked, look, look["strangers"]))
        lines.append(_look_row(f"{name}, now", now.asked, _shares(now), len(now.strangers)))
        by_style.append(f"| {name}, first look | {' | '.join(_share(look['styles'].get(style)) for style in styles)} |")
        by_style.append(f"| {name}, now | {' | '.join(_share(now.first_by_style.get(style)) for style in styles)} |")
    return ["\n".join(lines), "", "By style, first:", "", "\n".join(by_style), "", *_wrong(found)]


def _shares(now: Measured) -> dict[str, Any]:
    return {
        "first": now.first,
        "among_three": now.among_three,
        "abstained_rightly": now.abstained_rightly,
        "abstained_when_due": now.abstained_when_due,
    }


def _look_row(name: str, asked: int, shares: dict[str, Any], strangers: int) -> str:
    names = ("first", "among_three", "abstained_rightly", "abstained_when_due")
    return f"| {name} | {asked} | {' | '.join(_share(shares[one]) for one in names)} | {strangers} |"


def _wrong(found: dict[str, Measured]) -> list[str]:
    counted: Counter[tuple[str, str]] = Counter()
    for now in found.values():
        counted.update(dict(now.confused))
    told = ", ".join(
        f"`{meant}` → `{taken}`{f' {count}×' if count > 1 else ''}" for (meant, taken), count in counted.most_common()
    )
    return ["Confused now, over all sets: " + (told or "nothing") + ".", ""]


def _writers() -> list[str]:
    written = by_writer()
    names = sorted(written)
    lines = [
        "| writer | phrases | first | three | abstained rightly | when due |",
        "|---|---|---|---|---|---|",
    ]
    results: dict[str, Measured] = {}
    for fold in range(_FOLDS):
        left_out = names[fold::_FOLDS]
        mind = train([pair for name in names if name not in left_out for pair in written[name]])
        for name in left_out:
            results[name] = measured([Asked(text, intent, name) for text, intent in written[name]], mind)
    for name in names:
        one = results[name]
        only_none = not one.first_by_style
        lines.append(
            f"| {name} | {one.asked:,} | {'–' if only_none else _share(one.first)} | {'–' if only_none else _share(one.among_three)} | "
            f"{_share(one.abstained_rightly)} | {_share(one.abstained_when_due)} |"
        )
    return ["\n".join(lines), "", *_by_intent(results), *_confused(results)]


def _by_intent(results: dict[str, Measured]) -> list[str]:
    asked: Counter[str] = Counter()
    right: Counter[str] = Counter()
    for name, one in results.items():
        counts = Counter(intent for _, intent in by_writer()[name])
        for intent, share in one.first_by_intent.items():
            asked[intent] += counts[intent]
            right[intent] += round(share * counts[intent])
    rows = sorted(asked, key=lambda intent: (right[intent] / asked[intent], intent))
    lines = [
        "| intent | phrases | first | intent | phrases | first | intent | phrases | first |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    third = -(-len(rows) // 3)
    for at in range(third):
        cells = []
        for place in (at, at + third, at + 2 * third):
            if place < len(rows):
                intent = rows[place]
                cells.append(f"`{intent}` | {asked[intent]} | {_share(right[intent] / asked[intent])}")
        lines.append(f"| {' | '.join(cells)} |")
    return ["### By intent, worst first", "", "\n".join(lines), ""]


def _confused(results: dict[str, Measured]) -> list[str]:
    counted: Counter[tuple[str, str]] = Counter()
    for one in results.values():
        counted.update(dict(one.confused))
    meant: Counter[str] = Counter(intent for phrases in by_writer().values() for _, intent in phrases)
    lines = ["| meant | taken for | times | of |", "|---|---|---|---|"]
    lines += [
        f"| `{intent}` | `{taken}` | {count} | {meant[intent]:,} |"
        for (intent, taken), count in counted.most_common(_CONFUSED_SHOWN)
    ]
    return [f"### The pairs confused most (`{NONE}` is abstaining)", "", "\n".join(lines), ""]


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value * 100:.1f} %"


if __name__ == "__main__":
    main()
