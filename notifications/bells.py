"""The names of the two bells of delivery: what a school sends now, and long work over many schools, which lets it pass."""

from typing import Final

from backend.core.queue import BEHIND

BELL: Final = "deliver"
BELL_BEHIND: Final = BELL + BEHIND
