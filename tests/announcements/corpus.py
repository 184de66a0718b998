"""The seeded corpus of notices: reads the batches, runs the command's desk over them, and counts hits, misses and false alarms. No rule of the checker."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple, get_args

from backend.announcements.checking.command import Desk
from backend.announcements.checking.shapes import DefectName

FOLDER = Path(__file__).parent / "notices"
DEFECTS = get_args(DefectName)
_ANY = "?"


class Notice(NamedTuple):
    """One labelled notice. `near` names the defects it nearly has. `open` are those that careful people would judge either way; "?" is not judged. `follows`: of one run with the one before. `needs`: letters of learnt.NEEDS that the text asks for,
    whether they are there or not, with "?" behind those that are open; None where nobody judged it."""

    id: str
    line: dict[str, Any]
    defects: frozenset[str]
    open: frozenset[str]
    near: frozenset[str]
    follows: bool
    dates: frozenset[str] | None
    amounts: frozenset[int] | None
    place: str | None
    needs: str | None


def batches() -> dict[str, list[Notice]]:
    return {path.stem: read(path) for path in sorted(FOLDER.glob("*.txt"))}


def read(path: Path) -> list[Notice]:
    notices: list[Notice] = []
    head: list[str] = []
    text: list[str] = []
    follows = False
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("#"):
            continue
        if line.startswith("@ "):
            head, text = [part.strip() for part in line[2:].split(" | ")], []
        elif line.startswith("= "):
            assert head, f"{path.name}:{number}"
            notices.append(_notice(f"{path.stem}{len(notices) + 1}", head, "\n".join(text), line[2:], follows))
            head, follows = [], True
        elif head:
            text.append(line)
        else:
            follows = False
    return notices


def _notice(name: str, head: list[str], text: str, labels: str, follows: bool) -> Notice:
    head += [""] * (4 - len(head))
    parts = [part.strip() for part in labels.split("|")]
    parts += [""] * (6 - len(parts))
    told = _words(parts[0])
    defects, near = frozenset(name for name in told if not name.endswith("?")), frozenset(_words(parts[4]))
    either = frozenset(name[:-1] for name in told if name.endswith("?"))
    assert (defects | near) <= set(DEFECTS), f"{name}: {(defects | near) - set(DEFECTS)}"
    assert not defects & near, name
    audience = json.loads(head[1]) if head[1].startswith(("{", "[")) else head[1]
    line = {"id": name, "sent_at": head[0].replace(" ", "T"), "audience": audience, "channel": head[2], "text": text}
    line["attachments"] = [one.strip() for one in head[3].split(",") if one.strip()]
    dates = None if parts[1] == _ANY else frozenset(d if len(d) == 10 else f"2026-{d}" for d in _words(parts[1]))
    amounts = None if parts[2] == _ANY else frozenset(int(a) for a in _words(parts[2]))
    return Notice(
        name,
        line,
        defects,
        either,
        near,
        follows,
        dates,
        amounts,
        None if parts[3] in ("-", "") else parts[3],
        parts[5] or None,
    )


def _words(part: str) -> list[str]:
    return [word for word in part.split() if word != "-"]


class Score:
    """Counts over notices. A false alarm is a defect reported on a notice that does not have it; its rate is over all chances to raise one."""

    def __init__(self) -> None:
        self.notices = self.alarmed = 0
        self.hit: Counter[str] = Counter()
        self.planted: Counter[str] = Counter()
        self.false: Counter[str] = Counter()
        self.near: Counter[str] = Counter()
        self.near_false: Counter[str] = Counter()
        self.dates = self.amounts = self.places = self.placed = 0
        self.wrong: list[str] = []

    def add(self, notice: Notice, answer: dict[str, Any]) -> None:
        found = frozenset(answer["defects"]) - notice.open
        self.notices += 1
        self.alarmed += bool(found - notice.defects)
        for name in notice.defects:
            self.planted[name] += 1
            self.hit[name] += name in found
        for name in notice.near:
            self.near[name] += 1
            self.near_false[name] += name in found
        self.false.update(found - notice.defects)
        facts = answer["facts"]
        dates_right = notice.dates is None or notice.dates == frozenset(facts["dates"])
        amounts_right = notice.amounts is None or notice.amounts == frozenset(facts["amounts"])
        self.dates += dates_right
        self.amounts += amounts_right
        place_right = True
        if notice.place != _ANY:
            self.placed += 1
            place_right = notice.place == facts["place"]
            self.places += place_right
        if found != notice.defects or not (dates_right and amounts_right and place_right):
            self.wrong.append(_difference(notice, found, facts, dates_right, amounts_right, place_right))

    def __add__(self, other: Score) -> Score:
        both = Score()
        for name, count in vars(self).items():
            setattr(both, name, count + getattr(other, name))
        return both

    @property
    def recall(self) -> float:
        planted = sum(self.planted.values())
        return sum(self.hit.values()) / planted if planted else 1.0

    @property
    def false_alarms(self) -> float:
        """False alarms in all reports: what a sender would see in vain."""
        reported = sum(self.hit.values()) + sum(self.false.values())
        return sum(self.false.values()) / max(1, reported)

    @property
    def alarmed_share(self) -> float:
        return self.alarmed / max(1, self.notices)

    def __str__(self) -> str:
        return (
            f"{self.notices} notices, {sum(self.hit.values())} of {sum(self.planted.values())} found ({self.recall:.1%}), "
            f"{self.alarmed} with an alarm in vain ({self.alarmed_share:.1%})"
        )


def measure(notices: list[Notice]) -> Score:
    score, desk = Score(), Desk()
    for notice in notices:
        # Notices written without a blank line between are one run to one audience; all others are strangers to each other.
        desk = desk if notice.follows else Desk()
        score.add(notice, desk.answer(json.dumps(notice.line, ensure_ascii=False).encode()))
    return score


def _difference(
    notice: Notice, found: frozenset[str], facts: dict[str, Any], dates: bool, amounts: bool, place: bool
) -> str:
    said = [f"-{name}" for name in sorted(notice.defects - found)] + [
        f"+{name}" for name in sorted(found - notice.defects)
    ]
    if not dates:
        said.append(f"dates {sorted(notice.dates or ())} got {facts['dates']}")
    if not amounts:
        said.append(f"amounts {sorted(notice.amounts or ())} got {facts['amounts']}")
    if not place:
        said.append(f"place {notice.place!r} got {facts['place']!r}")
    return f"{notice.id}: {'; '.join(said)}\n    {notice.line['text'][:400]}"
