"""What the chat's answers tell about a kind of request (papers, fee, first line), for the desk and the app. The words stand in one place."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import msgspec

from backend.core.database import Reader
from bots import schools
from bots.answers.authority import BLANK, authority, level_of
from bots.answers.layers import unmarked
from bots.editor.published import knowledge_of
from schemas.dossiers import DossierKind


async def with_words(
    reader: Reader, school_id: int, kinds: Sequence[DossierKind], *, language: str, on: date
) -> list[DossierKind]:
    """Each kind with the words of its answer: the school's own over its area's over those that are shipped. At most two statements."""
    facts = await schools.read_facts(reader, school_id)
    knowledge = await knowledge_of(reader, facts)
    found = []
    for kind in kinds:
        level = level_of(None, kind.topic, facts)
        told = knowledge.told(kind.topic, language, level, on) if kind.topic else None
        if told is None:
            found.append(kind)
            continue
        office = authority(level, on, language)
        first, papers, fee = (
            _plain(told.text.first, office),
            [_plain(paper, office) for paper in told.text.papers],
            _plain(told.text.fee, office),
        )
        found.append(msgspec.structs.replace(kind, about=first, papers=papers, fee=fee))
    return found


def _plain(line: str, office: str) -> str:
    return unmarked(line).replace(BLANK, office)
