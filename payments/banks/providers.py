"""The one list of gateways whose calls the house takes. A new one is a file beside this and a line in it."""

from __future__ import annotations

from typing import Final

from payments.banks.casso import CASSO
from payments.banks.momo import MOMO
from payments.banks.payos import PAYOS
from payments.banks.sepay import SEPAY
from payments.banks.vnpay import VNPAY
from payments.banks.wire import Provider

PROVIDERS: Final[dict[str, Provider]] = {provider.name: provider for provider in (SEPAY, CASSO, PAYOS, VNPAY, MOMO)}
