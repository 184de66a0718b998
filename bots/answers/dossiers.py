"""How far a family's requests to the school have come, by number, by kind, by child. Read through the dossiers room, which carries the right."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence

from backend.core.catalogue import say
from backend.core.text import fold
from backend.dossiers import family, machine
from backend.dossiers.kinds import named_in, of_topic, shipped
from bots.answers.asking import Asker, Told
from bots.slots import Slots
from schemas.dossiers import FamilyDossierRow
from schemas.people import Child

INTENT = "my-dossier-status"
_SHOWN = 5
# `HS-2026-0042`, `hs 2026 42`, `số 0042`: the year may be left out, the zeros too.
_NUMBER = re.compile(
    r"\bhs ?(?:(20\d\d) ?)?0*(\d{1,6})\b|\b(?:so|ma|number) (?:ho so |don )?(?:(20\d\d) )?0*(\d{1,6})\b"
)
# A message that is little more than the number on the slip. Its figures look like an account's, and must not be taken for one.
_ALONE = re.compile(r"(?:[a-z]+ ){0,6}hs ?20\d\d ?\d{1,6}(?: [a-z]+){0,8}")
_LEAVE = "leave-temporary"


async def of_child(asker: Asker, child: Child, slots: Slots) -> Told:
    return await of_children(asker, [child], slots)


async def of_children(asker: Asker, children: Sequence[Child], slots: Slots) -> Told:
    """All of them at once: one statement a school."""
    may_act = [child for child in children if child.can_act]
    if not may_act:
        return Told(asker.say("dossier_may_not", child=_names(children)))
    schools = list(dict.fromkeys(child.school_id for child in may_act))
    pupil_id = may_act[0].pupil_id if len(may_act) == 1 else None
    reader = asker.house.database.reader
    found = await asyncio.gather(
        *(
            family.in_chat(reader, school, asker.account_id, asker.today, language=asker.language, pupil_id=pupil_id)
            for school in schools
        )
    )
    mine = {child.pupil_id for child in may_act}
    rows = [row for rows, _ in found for row in rows if row.pupil_id in mine]
    return _told(asker, may_act, rows, [one for _, told in found for one in told if one.pupil_id in mine])


def _told(
    asker: Asker, children: Sequence[Child], rows: Sequence[FamilyDossierRow], absences: Sequence[family.Absence]
) -> Told:
    words = fold(asker.question).split()
    if (number := _number_in(words)) is not None:
        return _numbered(asker, rows, number)
    kinds = named_in(words)
    named = [row for row in rows if _is_of(asker, row, kinds)]
    if absences and not named and (_LEAVE in kinds or not (kinds or rows)):
        return Told("\n".join(_absence(asker, one) for one in absences))
    if kinds and not named:
        return _none_of(asker, children, kinds, rows)
    if not rows:
        return Told(_none(asker, children), also=("confirm-enrolment", "transfer-general"))
    asked = named if kinds else rows
    still = [row for row in asked if row.state not in machine.CLOSED]
    if still or kinds:
        return _listed(asker, still or asked[:1], "")
    return _listed(asker, asked[:1], asker.say("dossier_none_open", child=_names(children)))


def _absence(asker: Asker, told: family.Absence) -> str:
    """A few days off are told to the homeroom teacher in a message, whose answer is this."""
    first, last = asker.day(told.from_on), asker.day(told.to_on)
    days = first if told.from_on == told.to_on else f"{first} – {last}"
    state = say(f"messages.request_{told.state}", asker.language)
    line = asker.say("dossier_absence", child=told.pupil_name, days=days, state=state)
    return f"{line}\n{asker.say('dossier_school_says', text=told.note)}" if told.note else line


def _numbered(asker: Asker, rows: Sequence[FamilyDossierRow], number: tuple[str, int]) -> Told:
    """Of several years' with the same number the newest. Nobody learns whether another family's has it."""
    if one := [row for row in rows if _has(row, number)]:
        return _listed(asker, one[:1], "")
    still = [row for row in rows if row.state not in machine.CLOSED]
    none = asker.say("dossier_no_number", number="-".join(("HS", *filter(None, [number[0]]), f"{number[1]:04d}")))
    if not still:
        return Told(none)
    told = _listed(asker, still, asker.say("dossier_others"))
    return Told(f"{none}\n{told.text}", told.held_back)


def _number_in(words: Sequence[str]) -> tuple[str, int] | None:
    found = _NUMBER.search(" ".join(words))
    if found is None:
        return None
    return (found[1] or found[3] or "", int(found[2] or found[4]))


def names_one(text: str) -> bool:
    """`HS-2026-0042` with a few words around it and no other figure."""
    return _ALONE.fullmatch(fold(text)) is not None


def _has(row: FamilyDossierRow, number: tuple[str, int]) -> bool:
    _, year, serial = row.number.split("-")
    return int(serial) == number[1] and number[0] in ("", year)


def _is_of(asker: Asker, row: FamilyDossierRow, kinds: frozenset[str]) -> bool:
    """In a chat that has not been confirmed, one sensitive kind looks like any other: the answer must not tell which was filed."""
    if row.sensitive and not asker.confirmed:
        return any(shipped()[kind].sensitive for kind in kinds)
    return row.kind in kinds


def _none_of(asker: Asker, children: Sequence[Child], kinds: frozenset[str], rows: Sequence[FamilyDossierRow]) -> Told:
    """None of the kind that was named: says so, how one files it, and what else is open."""
    first = next(one for name, one in shipped().items() if name in kinds)
    lines = [asker.say("dossier_none_of", child=_names(children), kind=first.title(asker.language))]
    if _LEAVE in kinds:
        lines.append(asker.say("dossier_few_days"))
    if where := _where(asker, children[0].school_id, f"/new?kind={first.kind}"):
        lines.append(asker.say("dossier_file_at", where=where))
    also = (first.topic,) if first.topic else ()
    still = [row for row in rows if row.state not in machine.CLOSED]
    if not still:
        return Told("\n".join(lines), also=also)
    told = _listed(asker, still, asker.say("dossier_others"))
    return Told("\n".join([*lines, told.text]), told.held_back, also=also)


def _none(asker: Asker, children: Sequence[Child]) -> str:
    lines = [asker.say("dossier_none", child=_names(children))]
    if where := _where(asker, children[0].school_id, "/new"):
        lines.append(asker.say("dossier_file_at", where=where))
    return "\n".join(lines)


def _listed(asker: Asker, rows: Sequence[FamilyDossierRow], head: str) -> Told:
    """One is told in a sentence and with the school's word; several in a line each."""
    shown = rows[:_SHOWN]
    lines = [head] if head else []
    if len(shown) == 1:
        lines += [_line(asker, shown[0]), *_word(asker, shown[0])]
        if where := _where(asker, shown[0].school_id, f"/{shown[0].dossier_id}"):
            lines.append(asker.say("dossier_see", where=where))
    else:
        if not head:
            lines.append(asker.say("dossier_several", count=len(rows)))
        for row in shown:
            lines += [f"– {_line(asker, row)}", *_word(asker, row)]
    return Told("\n".join(lines), any(_hidden(asker, row) for row in shown))


def _line(asker: Asker, row: FamilyDossierRow) -> str:
    title = asker.say("dossier_unnamed") if _hidden(asker, row) else row.title
    state = asker.say(f"dossier_{row.state}")
    line = asker.say("dossier_line", title=title, child=row.pupil_name, number=row.number, state=state)
    if row.promised_on is None or row.state not in machine.RUNNING:
        return f"{line}."
    key = "dossier_overdue" if row.overdue else "dossier_promised"
    return f"{line}, {asker.say(key, day=asker.day(row.promised_on))}."


def _word(asker: Asker, row: FamilyDossierRow) -> list[str]:
    """What the school wrote last: which papers are missing, where to collect, why it was refused."""
    return [asker.say("dossier_school_says", text=row.note)] if row.note and not _hidden(asker, row) else []


def _hidden(asker: Asker, row: FamilyDossierRow) -> bool:
    return row.sensitive and not asker.confirmed


def _names(children: Sequence[Child]) -> str:
    return ", ".join(child.full_name for child in children)


def _where(asker: Asker, school_id: int, rest: str) -> str:
    return app_page(asker.house.settings.public_url, school_id, rest)


def app_page(public_url: str, school_id: int, rest: str) -> str:
    """Empty where the house has no public address."""
    return f"{public_url.rstrip('/')}/app/{school_id}/dossiers{rest}" if public_url else ""


def filed_at(public_url: str, school_id: int | None, level: str, intent: str) -> str:
    """Where a linked family files in the app what a general answer is about. Empty where that is filed elsewhere."""
    kind = of_topic(intent)
    if kind is None or school_id is None or not kind.of_level(level):
        return ""
    return app_page(public_url, school_id, f"/new?kind={kind.kind}")
