"""The whole job, end to end, on real input: the same walk that `python -m backend demo --journey` shows to people."""

from __future__ import annotations

import io
import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pypdf import PdfReader

from backend.core.text import fold
from backend.demo.journey import Journey, walk
from backend.demo.stage import Stage

# One stage for all of them: two test processes with a journey each would meet at one port, and each other's server answer.
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
async def journey() -> AsyncIterator[Journey]:
    # A socket's path may hold about a hundred bytes, so the folder's name is short.
    folder = Path(tempfile.mkdtemp(prefix="nc-"))
    lines: list[str] = []
    stage = Stage(folder, say=lines.append, port=16_000 + os.getpid() % 1_900)
    await stage.__aenter__()
    try:
        yield await walk(stage, say=lines.append)
    finally:
        print("\n".join(lines))
        await stage.__aexit__(None, None, None)
        shutil.rmtree(folder, ignore_errors=True)


async def test_the_school_arrived_whole(journey: Journey) -> None:
    assert journey.seen["school"] == {"pupils": 1200, "classes": 35, "staff": 60}


async def test_the_absence_reached_the_phone_and_tells_the_lock_screen_nothing_private(journey: Journey) -> None:
    push = journey.seen["absence_push"]
    assert push["data"]["msg_id"]
    shown = fold(push["notification"]["title"] + " " + push["notification"].get("body", ""))
    assert "khong phep" not in shown
    assert not journey.stage.fcm.refused, "the twin met a request that a correct sender never makes"


async def test_home_showed_the_day_and_changed_when_the_notice_was_read(journey: Journey) -> None:
    (child,) = journey.seen["home"]["children"]
    assert child["attendance"][0]["mark"] == "unexcused"
    assert journey.seen["home"]["unread_notices"] == 2
    assert journey.seen["home_after"]["unread_notices"] == 1
    assert journey.seen["home_after"]["children"][0]["to_do"]["acknowledge"] == []


async def test_the_teacher_sees_the_parent_by_name(journey: Journey) -> None:
    receipt = journey.seen["receipt_by_name"]
    assert receipt["opened_at"] <= receipt["acknowledged_at"]


async def test_three_reports_of_one_transfer_made_one_receipt(journey: Journey) -> None:
    assert journey.seen["hook_answers"] == [200, 200, 200]
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(journey.seen["receipt_pdf"])).pages)
    assert "Sáu trăm năm mươi nghìn đồng" in text


async def test_the_bot_told_the_parent_and_not_the_stranger(journey: Journey) -> None:
    (_, today), (_, owed), (_, transfer), (_, stranger) = journey.seen["answers"]
    child = journey.child["full_name"].split()[-1]
    assert child in today
    assert "650.000" not in owed or "đ" in owed
    assert "chuyển trường" in transfer.lower()
    assert child not in stranger or "không" in stranger.lower()
