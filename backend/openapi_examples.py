"""One whole example for every JSON body of the API, composed from the schema: what a field says of itself comes first, then its name."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from backend.family.examples import HOME

Schema = dict[str, Any]

# Where the parts together say more than each alone.
_TERMS = [
    {"term": 1, "starts_on": "2026-09-05", "ends_on": "2027-01-17"},
    {"term": 2, "starts_on": "2027-01-18", "ends_on": "2027-05-30"},
]
_WHOLE: dict[str, Any] = {
    "Home": HOME,
    "Todo": {"on": HOME["on"], "lines": HOME["to_do"]},
    "SchoolYearIn": {"starts_on": "2026-09-05", "ends_on": "2027-05-30", "terms": _TERMS, "is_current": True},
}

_BY_NAME: dict[str, Any] = tomllib.loads((Path(__file__).parent / "openapi_examples.toml").read_text("utf-8"))
_BY_FORMAT = {
    "date": "2026-10-14",
    "date-time": "2026-10-14T00:40:00Z",
    "uuid": "01a220b3-ce56-7e5c-8bfe-7a20096247f2",
    "uri": "https://truong.example.edu.vn",
}
_DEPTH_MAX = 12
# Whoever reads the description wants to see what to send and the good answer; problems look alike.
_GOOD = re.compile(r"2\d\d")


def add_examples(document: dict[str, Any]) -> None:
    """In place. A body that has an example of its own keeps it."""
    schemas = document.get("components", {}).get("schemas", {})
    for operations in document.get("paths", {}).values():
        for operation in operations.values():
            for content in _contents(operation):
                body = content.get("application/json")
                if body is not None and body.get("schema") and not {"example", "examples"} & set(body):
                    body["example"] = compose(body["schema"], schemas)


def _contents(operation: Any) -> list[dict[str, Any]]:
    if not isinstance(operation, dict):
        return []
    answers = operation.get("responses", {}).items()
    found = [operation.get("requestBody", {}), *(answer for status, answer in answers if _GOOD.fullmatch(status))]
    return [one["content"] for one in found if "content" in one]


def compose(schema: Schema, schemas: dict[str, Schema], name: str = "", depth: int = 0) -> Any:
    if "$ref" in schema:
        component = schema["$ref"].rpartition("/")[2]
        if component in _WHOLE:
            return _WHOLE[component]
        schema = schemas[component]
    if depth > _DEPTH_MAX:
        return None
    for own in ("examples", "enum"):
        if schema.get(own):
            return schema[own][0]
    for own in ("example", "const"):
        if own in schema:
            return schema[own]
    for choice in ("oneOf", "anyOf"):
        if choice in schema:
            told = [one for one in schema[choice] if one.get("type") != "null"]
            return compose(told[0], schemas, name, depth) if told else None
    return _of_type(schema, schemas, name, depth)


def _of_type(schema: Schema, schemas: dict[str, Schema], name: str, depth: int) -> Any:
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((one for one in kind if one != "null"), None)
    match kind:
        case "object":
            fields = schema.get("properties", {}).items()
            return {field: compose(inner, schemas, field, depth + 1) for field, inner in fields}
        case "array":
            one = [compose(schema["items"], schemas, name, depth + 1)] if schema.get("items") else []
            return one * max(1, schema.get("minItems", 1))
        case "string":
            return _text(schema, name)
        case "integer" | "number":
            return _number(schema, name)
        case "boolean":
            return schema.get("default", True)
    return None


def _text(schema: Schema, name: str) -> str:
    text = _BY_FORMAT.get(schema.get("format", "")) or _BY_NAME.get(name)
    if not isinstance(text, str):
        text = name.replace("_", " ") or "text"
    if len(text) < schema.get("minLength", 0):
        text = text.ljust(schema["minLength"], "x")
    return text[: schema["maxLength"]] if schema.get("maxLength") else text


def _number(schema: Schema, name: str) -> Any:
    number = _BY_NAME.get(name)
    if isinstance(number, int) and schema.get("minimum", number) <= number <= schema.get("maximum", number):
        return number
    return max(schema.get("minimum", 1), min(1, schema.get("maximum", 1)))
