"""What every gateway is to the house: how it proves itself, what its calls tell, and the answer that contents it.

A provider is a value made of pure functions over raw bytes; everything about its wire stays in its own file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Literal

import msgspec

from payments.banks.line import BankLine, Nothing, Unreadable
from schemas.gateways import ProviderName

Understood = BankLine | Unreadable | Nothing
Keys = Mapping[str, str]


class Call(msgspec.Struct, frozen=True):
    """One call as it arrived. `said` is what is proved and kept: the body, or the query where they call with GET."""

    headers: Mapping[str, str]
    said: bytes


class Told(msgspec.Struct, frozen=True):
    """One movement inside a call: the gateway's id of it, and the bytes that tell it."""

    event_key: str
    said: bytes


class Answer(msgspec.Struct, frozen=True):
    status: int
    body: bytes = b""


class Kept(msgspec.Struct, frozen=True):
    """What became of a call. `order_amount` is what the order that it names asks for, None when there is no such order."""

    repeats: int
    order_amount: int | None = None


class Order(msgspec.Struct, frozen=True):
    """The order that a call says it pays."""

    order_code: str
    amount: int | None


class Provider(msgspec.Struct, frozen=True):
    """`keys` are given by the gateway beside the secret. `secret_made_here` where the school types our secret in at the gateway."""

    name: ProviderName
    title: str
    method: Literal["GET", "POST"]
    settles_into: Literal["bank", "gateway"]
    proofs: tuple[str, ...]
    keys: tuple[str, ...]
    secret_made_here: bool
    proves: Callable[[str, str, Keys, Call, datetime], bool]
    tells: Callable[[bytes], list[Told]]
    understand: Callable[[bytes], Understood]
    answer: Callable[[bytes, Kept], Answer]
    # None: the house's problem documents, 401 for what is not proved and 5xx for our own failures.
    refusal: Answer | None = None
    failure: Answer | None = None
    # Understands what its list of transactions gave, where it has one; under the same keys as its hook.
    understand_pulled: Callable[[bytes], Understood] | None = None
    order_of: Callable[[bytes], Order | None] = lambda said: None
    # Where it is true, money for an order that is not ours, or for another amount, was answered with a no and is not booked.
    orders_only: bool = False
    # Keys that are needed for pulling only.
    pull_keys: tuple[str, ...] = ()


def always(status: int, body: bytes = b"") -> Callable[[bytes, Kept], Answer]:
    """The same answer for everything that was proved, repeats too."""
    answer = Answer(status, body)
    return lambda said, kept: answer
