from tests.wednesday import clock, school_app, web  # noqa: F401
