"""What the API's description shows as a family's answers. A test reads them into the Structs they stand for."""

from typing import Any

HOME: dict[str, Any] = {
    "on": "2026-10-14",
    "unread_notices": 2,
    "children": [
        {
            "school_id": 1,
            "school_name": "Trường THCS Nguyễn Trãi",
            "pupil_id": "0199e0a4-6c00-7d11-a1b2-000000000001",
            "full_name": "Nguyễn Minh An",
            "relation": "mother",
            "can_act": True,
            "class_id": "0199e0a4-6c00-7d11-a1b2-000000000002",
            "class_name": "6A1",
            "attendance": [{"session": "morning", "mark": "late", "note": "kẹt xe", "at": "2026-10-14T00:41:07+00:00"}],
            "unread_notices": 2,
            "newest_marks": [
                {
                    "subject_code": "TOAN",
                    "subject": "Toán",
                    "term": 1,
                    "kind": "regular",
                    "ordinal": 2,
                    "score": 7.5,
                    "passed": None,
                    "published_at": "2026-10-13T08:20:00+00:00",
                }
            ],
            "balance_due": 650000,
            "to_do": {
                "pay": [
                    {
                        "invoice_id": "0199e0a4-6c00-7d11-a1b2-000000000003",
                        "title": "Tiền ăn bán trú tháng 10",
                        "amount": 650000,
                        "due_on": "2026-10-31",
                        "overdue": False,
                    }
                ],
                "acknowledge": [
                    {
                        "notice_id": "0199e0a4-6c00-7d11-a1b2-000000000004",
                        "title": "Tiêm chủng đợt 2",
                        "urgent": False,
                        "created_at": "2026-10-13T09:00:00+00:00",
                    }
                ],
            },
        }
    ],
}
