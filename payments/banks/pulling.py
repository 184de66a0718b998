"""What a pull of any gateway's list gives: the movements in their own bytes, and how far it came. It knows no gateway."""

from __future__ import annotations

from datetime import datetime

import msgspec

from payments.banks.asking import Away, Refused
from payments.banks.wire import Told


class Since(msgspec.Struct, frozen=True):
    """Where to begin: behind the `cursor` of the last pull, or at an instant where there is none or all is read again."""

    cursor: str | None
    at: datetime
    now: datetime


class Seen(msgspec.Struct, frozen=True):
    """What became of one order: the movements it knows, each under the key that its call has. `over`: it is never paid any more."""

    over: bool
    told: tuple[Told, ...] = ()


class Pulled(msgspec.Struct, frozen=True):
    """`cut_by`: it was cut short by the weather; what came is kept, and the cursor stays behind what did not.

    `recovered` counts what was kept on the way already.
    """

    told: tuple[Told, ...]
    cursor: str | None
    cut_by: Away | Refused | None = None
    recovered: int = 0
