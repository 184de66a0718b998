"""Which browsers may be subscribed: at a vendor's push service, with keys that are keys. Whoever subscribes says where we post."""

from __future__ import annotations

from backend.core.problems import INVALID, FieldError
from backend.core.settings import Settings
from notifications.channels.webpush import Services, Subscription, read_keys
from schemas.notifications import WebPushRegistration

_STRANGE = FieldError(
    "/endpoint",
    "Địa chỉ này không thuộc dịch vụ thông báo nào của trình duyệt mà chúng tôi biết.",
    "This address belongs to no browser push service that we know.",
)
_KEYS = FieldError("/keys", "Khóa của trình duyệt không đúng.", "The browser's keys are not right.")


def refuse_strange(settings: Settings, asked: WebPushRegistration) -> None:
    """Raises INVALID with every wrong field."""
    wrong = []
    if not Services(settings.webpush_services).knows(asked.endpoint):
        wrong.append(_STRANGE)
    if read_keys(Subscription(asked.endpoint, asked.keys.p256dh, asked.keys.auth)) is None:
        wrong.append(_KEYS)
    if wrong:
        raise INVALID(*wrong)
