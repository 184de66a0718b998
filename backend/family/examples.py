"""What the API's description shows as a family's answers. A test reads them into the Structs they stand for."""

from typing import Any

HOME: dict[str, Any] = {
    "on": "2026-10-14",
    "unread_notices": 2,
    "to_do": [
        {
            "key": "form:0199e0a4-6c00-7d11-a1b2-000000000005",
            "kind": "sign",
            "school_id": 1,
            "school_name": "Trường THCS Nguyễn Trãi",
            "title": "Phiếu đồng ý đi tham quan",
            "children": [{"pupil_id": "0199e0a4-6c00-7d11-a1b2-000000000001", "full_name": "Nguyễn Minh An"}],
            "amount": None,
            "due_on": "2026-10-20",
            "overdue": False,
            "urgent": False,
            "shared": True,
            "open": True,
            "link": "/app/1/forms/0199e0a4-6c00-7d11-a1b2-000000000005",
            "taken_by": None,
        },
        {
            "key": "fee:0199e0a4-6c00-7d11-a1b2-000000000006",
            "kind": "pay",
            "school_id": 1,
            "school_name": "Trường THCS Nguyễn Trãi",
            "title": "Tiền ăn bán trú tháng 10",
            "children": [{"pupil_id": "0199e0a4-6c00-7d11-a1b2-000000000001", "full_name": "Nguyễn Minh An"}],
            "amount": 650000,
            "due_on": "2026-10-31",
            "overdue": False,
            "urgent": False,
            "shared": True,
            "open": False,
            "link": "/app/1/children/0199e0a4-6c00-7d11-a1b2-000000000001/invoices/0199e0a4-6c00-7d11-a1b2-000000000003",
            "taken_by": {
                "name": "Nguyễn Văn Hùng",
                "relation": "father",
                "mine": False,
                "at": "2026-10-14T00:30:00+00:00",
            },
        },
    ],
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
                        "fee_id": "0199e0a4-6c00-7d11-a1b2-000000000006",
                        "title": "Tiền ăn bán trú tháng 10",
                        "amount": 650000,
                        "due_on": "2026-10-31",
                        "overdue": False,
                    }
                ],
                "sign": [
                    {
                        "form_id": "0199e0a4-6c00-7d11-a1b2-000000000005",
                        "title": "Phiếu đồng ý đi tham quan",
                        "signature": "one",
                        "due_on": "2026-10-20",
                    }
                ],
                "acknowledge": [
                    {
                        "notice_id": "0199e0a4-6c00-7d11-a1b2-000000000004",
                        "about": "announcement:0199e0a4-6c00-7d11-a1b2-000000000007",
                        "title": "Tiêm chủng đợt 2",
                        "urgent": False,
                        "created_at": "2026-10-13T09:00:00+00:00",
                        "area": None,
                    }
                ],
                "reply": [],
                "bring": [],
            },
        }
    ],
}
