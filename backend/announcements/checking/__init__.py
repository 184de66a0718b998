"""The notice checker, pure: `check(Checked, Context) -> Findings`. What each defect means stands in docs/notice-checker.md."""

from backend.announcements.checking.audiences import audience
from backend.announcements.checking.judging import check
from backend.announcements.checking.shapes import Audience, Checked, Context, Defect, Earlier, Facts, Findings, Resolved

__all__ = ["Audience", "Checked", "Context", "Defect", "Earlier", "Facts", "Findings", "Resolved", "audience", "check"]
