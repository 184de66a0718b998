"""What all pages share: frame, look, the reader's language, answers to trouble. It knows no school and no rule."""

from __future__ import annotations

from backend.pages.assets import asset_url
from backend.pages.errors import speaking_to_browsers
from backend.pages.forms import Refusal, read_form
from backend.pages.frame import go, page, template_config

__all__ = ["Refusal", "asset_url", "go", "page", "read_form", "speaking_to_browsers", "template_config"]
