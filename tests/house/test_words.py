"""What people read: every problem in two languages, one catalogue, settings documented."""

from __future__ import annotations

import importlib
import re
import string
from pathlib import Path

import msgspec
import pytest

from backend.core import catalogue, problems, settings
from tests.house.source import ROOT, modules


@pytest.fixture(scope="module", autouse=True)
def _load_all_rooms() -> None:
    for name in modules():
        if name != "backend.__main__":
            importlib.import_module(name)


def test_every_problem_speaks_both_languages() -> None:
    assert len(problems.REGISTRY) > 15
    for kind in problems.REGISTRY.values():
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", kind.name), kind.name
        assert 400 <= kind.status < 600
        for sentence in (kind.vi, kind.en):
            assert sentence[0].isupper() or sentence[0] in "{“"
            assert sentence.endswith((".", "!", "?")), (kind.name, sentence)
        assert kind.vi != kind.en
        assert _placeholders(kind.vi) == _placeholders(kind.en), kind.name


def test_the_catalogue_has_both_languages_with_the_same_placeholders() -> None:
    for key, texts in catalogue.entries().items():
        assert texts["vi"].strip() and texts["en"].strip(), key
        assert _placeholders(texts["vi"]) == _placeholders(texts["en"]), key


def test_every_setting_is_documented_as_it_is() -> None:
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert page == settings_page(), "run: python -m backend settings > docs/settings.md"


def settings_page() -> str:
    return settings.document()


def test_a_production_start_names_every_missing_or_default_secret() -> None:
    with pytest.raises(settings.SettingsRefused) as refused:
        settings.refuse_unsafe(
            settings.read({"NHIPCAU_SECRET_KEY": settings.DEMO_SECRET, "NHIPCAU_CODE_CHANNEL": "print"})
        )
    for name in ("NHIPCAU_SECRET_KEY", "DATABASE_URL", "REDIS_URL", "NHIPCAU_PUBLIC_URL", "NHIPCAU_CODE_CHANNEL"):
        assert name in str(refused.value)


def test_a_complete_production_start_is_accepted() -> None:
    settings.refuse_unsafe(
        settings.read(
            {
                "NHIPCAU_SECRET_KEY": "q8Z!vPz0-this-is-long-and-mixed-7fK2mN4x",
                "DATABASE_URL": "postgresql://a@db/x",
                "REDIS_URL": "redis://r:6379/0",
                "NHIPCAU_PUBLIC_URL": "https://truong.example.vn",
                "NHIPCAU_SMS_API_KEY": "k",
                "NHIPCAU_SMS_SECRET_KEY": "s",
                "NHIPCAU_SMS_BRAND": "TRUONG",
            }
        )
    )


def test_settings_that_cannot_be_read_are_all_named() -> None:
    with pytest.raises(settings.SettingsRefused) as refused:
        settings.read({"NHIPCAU_PORT": "eighty", "NHIPCAU_WORKERS": "x", "NHIPCAU_MODE": "prod"})
    assert all(name in str(refused.value) for name in ("NHIPCAU_PORT", "NHIPCAU_WORKERS", "NHIPCAU_MODE"))


def test_no_module_but_settings_reads_the_environment() -> None:
    # The roof passes the environment on to the processes it starts.
    allowed = {"backend.core.settings", "backend.embedded.postgres", "backend.serving", "backend.__main__"}
    wrong = [n for n, p in modules().items() if n not in allowed and re.search(r"os\.environ|getenv\(", _code(p))]
    assert wrong == []


def _code(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


def test_settings_have_units_in_their_names() -> None:
    for field in msgspec.structs.fields(settings.Settings):
        if field.type is int and not field.name.endswith(("seconds", "days", "milliseconds", "bytes_max", "_id")):
            assert field.name in ("port", "workers", "database_writers", "database_readers", "trusted_proxies"), (
                field.name
            )
