"""The templates themselves: every text from the catalogue, nothing inline, every named text there in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import jinja2
import pytest

from backend.core.catalogue import entries
from backend.pages.frame import TEMPLATES

FILES = sorted(path for folder in TEMPLATES for path in Path(folder).rglob("*.html"))
_JINJA = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
# Blocks that fill an attribute and are never read.
_UNSPOKEN = re.compile(r"\{% block (?:body_class|brand_href|tab) %\}.*?\{% endblock %\}")
_TAG = re.compile(r"<[^>]*>", re.DOTALL)
_SAID_IN_TAG = re.compile(r"\b(?:alt|title|placeholder|aria-label|value|content)=\"([^\"]*)\"")
# Two letters in a row are a word; figures, signs and units of a mark are not.
_WORD = re.compile(r"[^\W\d_]{2,}")
# Names of things that are the same in every language.
_NAMES = {"EN", "VI", "Telegram", "CĐ"}


def _ids(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


@pytest.fixture(scope="module")
def environment() -> jinja2.Environment:
    return jinja2.Environment(autoescape=True)


@pytest.mark.parametrize("path", FILES, ids=_ids)
def test_no_word_stands_in_a_template(path: Path) -> None:
    markup = _JINJA.sub("", _UNSPOKEN.sub("", path.read_text(encoding="utf-8")))
    visible = re.sub(r"<(script|svg)\b.*?</\1>", "", markup, flags=re.DOTALL)
    said = _TAG.sub(" ", visible).replace("<!doctype html>", "")
    bare = [word for word in _WORD.findall(re.sub(r"&\w+;", "", said)) if word not in _NAMES]
    assert not bare, f"put these into the catalogue: {bare}"
    in_tags = [
        text
        for tag in _TAG.findall(visible)
        if not tag.startswith("<meta")
        for text in _SAID_IN_TAG.findall(tag)
        if " " in text.strip()
    ]
    assert not in_tags, f"put these into the catalogue: {in_tags}"


@pytest.mark.parametrize("path", FILES, ids=_ids)
def test_every_text_a_template_names_exists(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    named = set(re.findall(r"\bt\(\s*[\"']([a-z_]+\.[a-z0-9_]+)[\"']\s*[,)]", source))
    assert named <= entries().keys(), named - entries().keys()
    for beginning in re.findall(r"\bt\(\s*[\"']([a-z_]+\.[a-z0-9_]*)[\"']\s*~", source):
        assert any(key.startswith(beginning) for key in entries()), beginning


@pytest.mark.parametrize("path", FILES, ids=_ids)
def test_nothing_is_inline_that_the_content_policy_would_refuse(path: Path, environment: jinja2.Environment) -> None:
    source = path.read_text(encoding="utf-8")
    environment.parse(source)
    assert not re.search(r"<style\b|\sstyle=|\son[a-z]+=|javascript:", source)
    assert not re.search(r"<script(?![^>]*\bsrc=)", source)
    assert not re.search(r"(?:src|href|action)=\"(?:https?:)?//", source), "nothing is loaded from elsewhere"


def test_templates_are_found() -> None:
    assert len(FILES) > 10
