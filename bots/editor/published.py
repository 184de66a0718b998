"""What a school tells, kept in this process until its stamp moves, so that an ordinary answer costs no statement of its own.

The stamps of a school, its commune and its province come with the school's facts (bots.schools), as one text: `school:7@3 area:79@1`.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from weakref import WeakKeyDictionary

from backend.core.database import Reader
from bots.answers.layers import Knowledge
from bots.editor import rows

STAMPS = "knowledge_stamps"
_KEPT_MAX = 500
_SHIPPED_ONLY = Knowledge()
# By the database's reader, since tests and a demo open several in one process.
_kept: WeakKeyDictionary[Reader, OrderedDict[str, Knowledge]] = WeakKeyDictionary()


async def knowledge_of(reader: Reader, facts: Mapping[str, str]) -> Knowledge:
    """At most one statement, and none while nothing has changed."""
    stamps = facts.get(STAMPS, "")
    if not stamps:
        return _SHIPPED_ONLY
    kept = _kept.setdefault(reader, OrderedDict())
    found = kept.get(stamps)
    if found is None:
        found = await rows.published(reader, [one.rpartition("@")[0] for one in stamps.split(" ")])
        kept[stamps] = found
        if len(kept) > _KEPT_MAX:
            kept.popitem(last=False)
    kept.move_to_end(stamps)
    return found
