"""Requests to the school in the fuzzed village: one for every child, every other one sensitive, each marked with its family's number."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from backend.core.ids import new_id
from tests.factories import Pupil
from tests.rows import Rows

ABOUT = (
    "hồ sơ HS-2026-{number}1 đến đâu rồi",
    "HS-2026-{number}2",
    "đơn xin của cháu {name} duyệt chưa",
    "giấy xác nhận của {name} lấy được chưa",
    "đơn miễn học phí F{number}X của {name} sao rồi",
)


def a_request(rows: Rows, family: int, child: Pupil, guardian_id: UUID, order: int, at: datetime) -> None:
    mark, dossier_id, sensitive = f"F{family:04d}X", new_id(), order % 2 == 0
    known = {"school_id": child.school_id, "dossier_id": dossier_id}
    rows.add(
        "dossiers", **known, number=f"HS-2026-{family:04d}{order}", kind="policy-tuition-free" if sensitive else "confirm-enrolment",
        title_vi=f"Giấy {mark}", title_en=f"Letter {mark}", sensitive=sensitive, pupil_id=child.pupil_id, guardian_id=guardian_id,
        via="app", details=f"Vì {mark}", papers=[], state="ready", steps=2, working_days=2, promised_on=date(2026, 10, 16),
        received_at=at, changed_at=at,
    )  # fmt: skip
    step = {**known, "file_ids": [], "promised_on": date(2026, 10, 16), "account_id": new_id(), "happened_at": at}
    rows.add(
        "dossier_steps", **step, number=1, step_id=dossier_id, step="file", state="received", note=f"Xin {mark}",
        guardian_id=guardian_id, staff_id=None,
    )  # fmt: skip
    rows.add(
        "dossier_steps", **step, number=2, step_id=new_id(), step="ready", state="ready", note=f"Nhận ở bàn {mark}",
        guardian_id=None, staff_id=new_id(),
    )  # fmt: skip
