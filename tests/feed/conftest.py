from tests.wednesday import clock, school_app, school_house, web  # noqa: F401
