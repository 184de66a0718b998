"""The container files, parsed and held to what they promise. They cannot be run here (no container engine); this is what can be seen."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from backend.__main__ import _COMMANDS
from backend.core import settings
from tests.house.source import ROOT


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    return loaded


def test_compose_runs_the_services_that_production_needs(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert {"postgres", "valkey", "migrate", "api", "worker", "bot"} <= set(services)
    assert services["postgres"]["image"] == "postgres:18"
    for name, service in services.items():
        if "command" in service and name not in ("postgres", "valkey"):
            assert service["command"][0] in _COMMANDS, name
        for needed in service.get("depends_on", {}):
            assert needed in services, f"{name} waits for {needed}"


def test_compose_gives_only_settings_that_exist(compose: dict[str, Any]) -> None:
    known = {settings.variable(f) for f in settings.Settings.__struct_fields__}
    for name in ("api", "worker", "bot", "migrate"):
        assert set(compose["services"][name]["environment"]) <= known, name
        assert compose["services"][name]["environment"]["NHIPCAU_MODE"] == "production"


def test_compose_holds_no_secret_and_refuses_to_start_without_them(compose: dict[str, Any]) -> None:
    text = (ROOT / "compose.yaml").read_text(encoding="utf-8")
    for secret in ("POSTGRES_PASSWORD", "NHIPCAU_SECRET_KEY"):
        assert re.search(rf"\$\{{{secret}:\?", text), secret
    assert settings.DEMO_SECRET not in text


def test_only_loopback_is_published(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        for port in service.get("ports", []):
            assert str(port).startswith("127.0.0.1:"), name


def test_the_image_copies_every_room_and_runs_as_nobody_special() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    copied = set(re.findall(r"^COPY (\w+) \w+$", text, re.MULTILINE))
    assert copied == {"backend", "bots", "notifications", "payments", "schemas"}
    assert re.search(r"^USER nhipcau$", text, re.MULTILINE)
    assert "--require-hashes" in text
    assert re.search(r'ENTRYPOINT \["python", "-m", "backend"\]', text)


def test_no_production_module_needs_the_tests_at_import() -> None:
    """The image has no tests folder: only the demo and the benchmarks, which run from a checkout, may import it."""
    from tests.house.source import imports, modules

    wrong = [
        f"{module}:{line}"
        for module in modules()
        for imported, line in imports(module)
        if imported.partition(".")[0] == "tests"
        and not module.startswith("backend.demo")
        and module != "backend.__main__"
    ]
    assert wrong == []
