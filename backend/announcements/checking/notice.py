"""Everything read out of one notice, each layer once and only when asked for. It judges nothing."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from itertools import combinations

from backend.announcements.checking import deadlines, pictures
from backend.announcements.checking.asks import Ask, asks
from backend.announcements.checking.children import children
from backend.announcements.checking.classes import says_private
from backend.announcements.checking.contacts import somebody_to_turn_to
from backend.announcements.checking.days import days
from backend.announcements.checking.duplicates import Told, told
from backend.announcements.checking.learnt import Likeness, features
from backend.announcements.checking.money import sums
from backend.announcements.checking.places import is_own_class, place
from backend.announcements.checking.reading import Reading
from backend.announcements.checking.shapes import Checked, Context, Defect, DefectName, Facts
from backend.announcements.checking.tokens import Tokens
from backend.announcements.checking.vague import vagues
from backend.announcements.checking.weeks import weekdays

_LENGTHS = (12, 25, 50, 100)
# The deeds that need a last day and somebody to turn to.
DEEDS = ("pay", "hand_in", "register", "answer")


class Notice:
    """Everything read out of one notice, each layer once and only when asked for."""

    def __init__(self, checked: Checked, context: Context) -> None:
        self.checked, self.context = checked, context
        self.reading = Reading(checked.text)
        self.today = checked.sent_at.date()

        self.days = days(self.reading, self.today, checked.audience.slashed)
        self.weekdays = weekdays(self.reading, self.days)
        self.vagues = vagues(self.reading, self.today)
        self.sums = sums(self.reading)
        self.asks = asks(self.reading)
        self.place = place(self.reading, [ask.sentence for ask in self.asks if ask.kind == "attend"])

    @cached_property
    def facts(self) -> Facts:
        named = dict.fromkeys(day.on for day in self.days if day.on is not None)
        where = self.place if self.place and not is_own_class(self.reading, self.place) else None
        return Facts(
            tuple(named),
            tuple(dict.fromkeys(one.amount for one in self.sums)),
            self.reading.verbatim(where.start, where.end) if where else None,
        )

    @cached_property
    def told(self) -> Told:
        return told(self.reading, frozenset(self.facts.dates), frozenset(self.facts.amounts))

    @cached_property
    def private(self) -> bool:
        if self.context.ownership is not None:
            return self.context.ownership == "private"
        if self.checked.audience.private is not None:
            return self.checked.audience.private
        return says_private(self.reading)

    @cached_property
    def features(self) -> list[str]:
        sums = [(one.start, one.end) for one in self.sums]
        tokens = Tokens(self.reading, sums, [(day.start, day.end) for day in self.days])
        return features(tokens, self.signs, marked=self.reading.marked)

    @cached_property
    def likeness(self) -> Likeness:
        return Likeness(self.reading, self.features)

    @cached_property
    def in_picture(self) -> bool:
        seen = self._in_picture_by_rule()
        if not pictures.has_image(self.checked.attachments):
            return seen
        return self.likeness.is_enough("text_only_in_image", seen=seen)

    def _in_picture_by_rule(self) -> bool:
        return pictures.only_in_a_picture(
            self.reading,
            self.checked.attachments,
            dates=len(self.facts.dates),
            amounts=len(self.facts.amounts),
            place=self.place is not None,
            deeds=len(self.asked(*DEEDS)),
        )

    @property
    def signs(self) -> Iterator[str]:
        """What the rules found and what stands around the text, for the learnt likeness."""
        yield from {f"ASKS {ask.kind}" for ask in self.asks}
        yield from (name for name, found in self._found().items() if found)
        around = [name for name, so in self._around().items() if so]
        yield from around
        yield from (f"{one}&{other}" for one, other in combinations(around, 2))

    def _around(self) -> dict[str, object]:
        length = sum(len(self.reading.words) >= least for least in _LENGTHS)
        return {
            "FILE": self.checked.attachments,
            "IMAGE": pictures.has_image(self.checked.attachments),
            "ONE": self.one_family,
            f"LENGTH {length}": True,
        }

    def _found(self) -> dict[str, object]:
        return {
            "AWAY": any(ask.away for ask in self.asks),
            "DAY": self.days,
            "VAGUE": self.weekdays or self.vagues,
            "SUM": self.sums,
            "PLACE": self.place,
            "DEADLINE": self.has_deadline,
            "CONTACT": self.has_contact,
            "CHILD": self.children,
        }

    @cached_property
    def children(self) -> list[tuple[int, int]]:
        return list(children(self.reading))

    @property
    def one_family(self) -> bool:
        return self.checked.audience.one_family or self.context.recipients == 1

    @cached_property
    def has_deadline(self) -> bool:
        return deadlines.has_deadline(self.reading, self.days, self.weekdays, self.vagues, self.asked(*DEEDS))

    @cached_property
    def has_contact(self) -> bool:
        return somebody_to_turn_to(self.reading)

    def asked(self, *kinds: str) -> list[Ask]:
        return [ask for ask in self.asks if ask.kind in kinds]

    def defect(self, name: DefectName, start: int, end: int, detail: str = "", says: str = "") -> Defect:
        return Defect(name, start, end, self.reading.verbatim(start, end).strip(), detail, says)
