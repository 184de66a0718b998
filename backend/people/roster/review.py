"""A plan told to people: counts, every change field by field, who is missing, and each row that needs a hand. Pure."""

from __future__ import annotations

from typing import Any

import msgspec

from backend.people.roster.plan import Change, Plan
from backend.people.roster.reasons import bad
from backend.people.roster.snapshot import Snapshot
from schemas.roster import (
    RosterBadRow,
    RosterChange,
    RosterFieldChange,
    RosterImport,
    RosterMissing,
    RosterReview,
    Understood,
)

_LISTED_MAX = 500


def counts(plan: Plan, understood: Understood, snapshot: Snapshot) -> dict[str, Any]:
    return {
        "file_school_year": understood.school_year,
        "pupils_read": len(understood.pupils),
        "pupils_new": len(plan.pupils),
        "pupils_changed": len(
            {c.known.pupil_id for c in plan.changes}
            | (plan.guardians.pupils - {pupil_id for pupil_id, _ in plan.pupils})
        ),
        "pupils_same": plan.same,
        "pupils_missing": len(plan.missing),
        "pupils_unsure": len(plan.unsure),
        "classes_new": len(plan.classes),
        "guardians_new": len(plan.guardians.new),
        "guardians_changed": len(plan.guardians.changed),
        "bonds_new": len(plan.guardians.bonds),
        "staff_read": len(understood.staff),
        "staff_new": len(plan.staff.new),
        "staff_changed": len(plan.staff.changed),
        "duties_begun": len(plan.staff.begun),
        "duties_ended": len(plan.staff.ended),
        "rows_reported": len({(b.sheet, b.row) for b in as_bad_rows(plan, understood)}),
        "needs_second_factor": hands_out_rights(plan, snapshot),
    }


def hands_out_rights(plan: Plan, snapshot: Snapshot) -> bool:
    """A changed number changes who may sign in; a new role in a school that has its staff is a new right. A first list is neither."""
    if any(g.relisted and g.before[1] is not None for g in plan.guardians.changed) or any(
        c.relisted for c in plan.staff.changed
    ):
        return True
    has_staff = any(known.roles - {"school_admin", "inbox"} for known in snapshot.staff.values())
    return has_staff and bool(plan.staff.roles)


def review(kept: RosterImport, plan: Plan, understood: Understood, snapshot: Snapshot) -> RosterReview:
    names = snapshot.class_names
    return RosterReview(
        **msgspec.structs.asdict(kept),
        classes=[new.name for new in plan.classes][:_LISTED_MAX],
        changes=_changes(plan)[:_LISTED_MAX],
        missing=[
            RosterMissing(known.pupil_id, known.full_name, names.get(known.class_id, "") if known.class_id else "")
            for known in plan.missing[:_LISTED_MAX]
        ],
        bad_rows=as_bad_rows(plan, understood)[:_LISTED_MAX],
        sheets=understood.sheets,
    )


def _changes(plan: Plan) -> list[RosterChange]:
    told = {change.known.pupil_id: _change(change) for change in plan.changes}
    for changed in plan.guardians.changed:
        for bond_owner in sorted(plan.guardians.owners.get(changed.guardian_id, ())):
            entry = told.get(bond_owner) or _bare(plan, bond_owner)
            if entry is None:
                continue
            told[bond_owner] = entry
            before, after = changed.before, (changed.full_name, changed.phone)
            entry.fields += [
                RosterFieldChange(f"guardian_{name}", old, new)
                for name, old, new in zip(("name", "phone"), before, after, strict=True)
                if old != new
            ]
    for pupil_id, _, kind in plan.guardians.bonds:
        entry = told.get(pupil_id) or _bare(plan, pupil_id)
        if entry is not None:
            told[pupil_id] = entry
            entry.fields.append(RosterFieldChange("guardian", None, kind))
    return list(told.values())


def _change(change: Change) -> RosterChange:
    fields = [
        RosterFieldChange(name, None if before is None else str(before), None if after is None else str(after))
        for name, (before, after) in change.fields.items()
    ]
    return RosterChange(
        change.known.pupil_id, change.pupil.full_name, change.pupil.class_name, change.matched_by, fields
    )


def _bare(plan: Plan, pupil_id: Any) -> RosterChange | None:
    """A pupil of whom only the family changes; None for pupils who are new as a whole."""
    match = plan.matched.get(pupil_id)
    return (
        RosterChange(pupil_id, match.pupil.full_name, match.pupil.class_name, match.by, [])
        if match is not None
        else None
    )


def as_bad_rows(plan: Plan, understood: Understood) -> list[RosterBadRow]:
    """What the reader reported, and what only the roll could tell."""
    found = list(understood.bad_rows)
    found += [bad(code, sheet=p.sheet, row=p.row, value=p.full_name) for p, code in plan.unsure]
    found += [bad(code, sheet=s.sheet, row=s.row, value=value or s.full_name) for s, code, value in plan.staff.unsure]
    order = {sheet.name: position for position, sheet in enumerate(understood.sheets)}
    found.sort(key=lambda b: (order.get(b.sheet, 0), b.row))
    return [RosterBadRow(b.sheet, b.row, b.column, b.cell, b.value, b.code, b.severity, b.vi, b.en) for b in found]
