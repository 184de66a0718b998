from tests.wednesday import clock, school_house, web  # noqa: F401
