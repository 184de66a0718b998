"""Pages of what the chat tells: a school's for its administrators, an area's for its officers."""

from __future__ import annotations

from tests.bots.knowledge_lines import OFFICER, TOPIC, a_group
from tests.console.page_lines import nothing, sent, shown
from tests.identity.matrix import ADMINS, BY_SCHOOL, NOTHING, Ask, Line, Scene

WORDS = {"vi_title": "Giờ học", "vi_first": "Vào lớp lúc 7 giờ 15.", "do": "publish"}


def area(scene: Scene, rest: str = "") -> str:
    return f"/console/area/{scene.world.province}/knowledge{rest}"


KNOWLEDGE = {
    ("GET", "/console/{school_id}/knowledge"): shown(lambda s: "/knowledge", ADMINS, targets=BY_SCHOOL),
    ("GET", "/console/{school_id}/knowledge/{topic}"): shown(
        lambda s: f"/knowledge/{TOPIC}", ADMINS, targets=BY_SCHOOL
    ),
    ("POST", "/console/{school_id}/knowledge/{topic}"): sent(
        lambda s: f"/knowledge/{TOPIC}", lambda s: WORDS, ADMINS, targets=BY_SCHOOL
    ),
    ("GET", "/console/{school_id}/unanswered"): shown(lambda s: "/unanswered", ADMINS, targets=BY_SCHOOL),
    ("POST", "/console/{school_id}/unanswered/{group}"): sent(
        lambda s: f"/unanswered/{s.made}", nothing, ADMINS, targets=BY_SCHOOL, prepare=a_group
    ),
    ("GET", "/console/{school_id}/about"): shown(lambda s: "/about", ADMINS, targets=BY_SCHOOL),
    ("POST", "/console/{school_id}/about"): sent(
        lambda s: "/about", lambda s: {"school_hours": "7h15"}, ADMINS, targets=BY_SCHOOL
    ),
    ("GET", "/console/area/{area_code}/unanswered"): Line(
        ask=lambda s: Ask(f"/console/area/{s.world.province}/unanswered"),
        allowed=OFFICER,
        targets=NOTHING,
        by_cookie=True,
    ),
    ("GET", "/console/area/{area_code}/knowledge"): Line(
        ask=lambda s: Ask(area(s)), allowed=OFFICER, targets=NOTHING, by_cookie=True
    ),
    ("GET", "/console/area/{area_code}/knowledge/{topic}"): Line(
        ask=lambda s: Ask(area(s, f"/{TOPIC}")), allowed=OFFICER, targets=NOTHING, by_cookie=True
    ),
    ("POST", "/console/area/{area_code}/knowledge/{topic}"): Line(
        ask=lambda s: Ask(area(s, f"/{TOPIC}"), form=WORDS),
        allowed=OFFICER,
        targets=NOTHING,
        by_cookie=True,
        passes={303},
    ),
}
