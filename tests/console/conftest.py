from tests.wednesday import clock, web  # noqa: F401
