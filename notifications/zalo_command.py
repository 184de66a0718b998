"""`zalo-authorise`: an administrator of the Official Account gives the permission once, and the first pair of tokens is kept."""

from __future__ import annotations

import secrets
import sys
from urllib.parse import parse_qs, urlsplit

from backend.core.clock import SystemClock
from backend.core.crypto import Cipher
from backend.core.database import Database
from backend.core.house import House
from backend.core.queue import SilentBell
from backend.core.settings import Settings, variable
from notifications.channel_tokens import NoPair, Pair
from notifications.channel_tokens import authorise as keep
from notifications.channels.wire import Wire
from notifications.channels.zalo_tokens import ZaloTokenWire
from notifications.opening import zalo_account, zalo_token_wire


async def authorise(settings: Settings, *, redirect_uri: str, by_refresh_token: bool) -> int:
    missing = [n for n in ("zalo_app_id", "zalo_app_secret", "zalo_oa_id", "secret_key") if not getattr(settings, n)]
    if missing or not (redirect_uri or by_refresh_token):
        named = ", ".join([*map(variable, missing), *([] if redirect_uri or by_refresh_token else ["--redirect-uri"])])
        sys.stderr.write(f"needed: {named}\n")
        return 2
    wire = Wire()
    await wire.open()
    database = await Database.open(settings.database_url, writers=1, readers=1)
    try:
        house = House(settings, database, SilentBell(), SystemClock(), Cipher(settings.secret_key), "")
        zalo = zalo_token_wire(house, wire)
        pair = await (zalo.refresh(_line()) if by_refresh_token else _by_permission(zalo, redirect_uri))
        if isinstance(pair, NoPair):
            sys.stderr.write(f"Zalo gave no token: {pair.code}\n")
            return 1
        await keep(house, zalo_account(house), pair)
        sys.stdout.write("authorised\n")
        return 0
    finally:
        await database.close()
        await wire.close()


async def _by_permission(zalo: ZaloTokenWire, redirect_uri: str) -> Pair | NoPair:
    verifier = secrets.token_urlsafe(32)
    sys.stdout.write(f"{zalo.permission_url(redirect_uri, verifier, secrets.token_urlsafe(8))}\n")
    sys.stdout.write("Open this as an administrator of the account, then paste the address you are sent to:\n")
    sys.stdout.flush()
    pasted = _line()
    code = parse_qs(urlsplit(pasted).query).get("code", [pasted])[0]
    return await zalo.exchange(code, verifier)


def _line() -> str:
    return sys.stdin.readline().strip()
