from tests.announcements.conftest import area  # noqa: F401
from tests.wednesday import clock, school_house, web  # noqa: F401
