"""The doors of this room: the messengers' webhook, the web chat, a family's links, the school's hand-offs."""

from typing import Any

from bots.routes_confirm import ROUTES as CONFIRM
from bots.routes_family import ROUTES as FAMILY
from bots.routes_knowledge import ROUTES as KNOWLEDGE
from bots.routes_names import ROUTES as NAMES
from bots.routes_school import ROUTES as SCHOOL
from bots.routes_telegram import ROUTES as TELEGRAM
from bots.routes_web import ROUTES as WEB
from bots.routes_zalo import ROUTES as ZALO

ROUTES: list[Any] = [*TELEGRAM, *ZALO, *WEB, *FAMILY, *CONFIRM, *NAMES, *SCHOOL, *KNOWLEDGE]
