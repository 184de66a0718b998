"""The OpenAPI description: current, valid, complete."""

from __future__ import annotations

import json

import jsonschema
from litestar import Litestar
from openapi_spec_validator import validate

from backend.openapi import exported
from tests.house.source import ROOT

_NOTHING = object()


def test_the_committed_description_is_what_the_application_says(app: Litestar) -> None:
    committed = (ROOT / "docs" / "openapi.json").read_text(encoding="utf-8")
    assert committed == exported(app), "run: make openapi"


def test_the_description_is_valid_openapi_3_1(app: Litestar) -> None:
    document = json.loads(exported(app))
    assert document["openapi"].startswith("3.1")
    validate(document)


def test_every_operation_has_a_summary_a_tag_and_problems(app: Litestar) -> None:
    wrong = []
    for path, operations in json.loads(exported(app))["paths"].items():
        for method, operation in operations.items():
            if not (operation.get("summary") or operation.get("description")) or not operation.get("tags"):
                wrong.append(f"{method} {path}: no description or tag")
            if "application/problem+json" not in json.dumps(operation["responses"]):
                wrong.append(f"{method} {path}: no problem documented")
    assert wrong == []


def test_every_json_body_has_an_example_that_its_own_schema_accepts(app: Litestar) -> None:
    document = json.loads(exported(app))
    wrong = []
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            good = [answer for status, answer in operation["responses"].items() if status.startswith("2")]
            for part in (operation.get("requestBody", {}), *good):
                body = part.get("content", {}).get("application/json")
                if body is None:
                    continue
                whole = {**body["schema"], "components": document["components"]}
                told = [one["value"] for one in body.get("examples", {}).values()] or [body.get("example", _NOTHING)]
                for example in told:
                    errors = jsonschema.Draft202012Validator(whole).iter_errors(example)
                    wrong += [f"{method} {path}: {error.json_path} {error.message}"[:300] for error in errors]
    assert wrong == []
