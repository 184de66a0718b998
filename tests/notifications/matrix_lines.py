"""Lines of the authorisation matrix for devices, receipts and deliveries."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from backend.core.crypto import token_hash
from backend.core.ids import new_id
from notifications.addresses import register
from notifications.audience import SomePupils
from notifications.channels.webpush_crypto import fresh_key, public_point, to_text
from notifications.outbox import Notice, publish
from tests.identity.matrix import ADMINS, BY_SCHOOL, FAMILY, NOBODY, NOTHING, SIGNED_IN, Ask, Line, Scene, on_any


async def device_of_parent(scene: Scene) -> str:
    """A device of the own child's mother, whoever asks to forget it."""
    token = f"tok-{new_id().hex}"
    async with scene.house.database.directory() as tx:
        await register(
            tx,
            account_id=scene.world.parent.account_id,
            session_id=new_id(),
            token=token,
            kind="fcm_token",
            platform="android",
            language="vi",
            at=datetime.now(UTC),
        )
    return token_hash(token).hex()


async def notice_about_target(scene: Scene) -> Any:
    told = Notice(
        notice_id=new_id(), kind="announcement", source_kind="announcement", source_id="1", created_at=datetime.now(UTC), title="a", body="b"
    )  # fmt: skip
    async with scene.house.database.school(scene.target.school_id) as tx:
        await publish(tx, told, SomePupils((scene.target.pupil_id,)))
    return told.notice_id


LINES = {
    ("POST", "/v1/devices"): Line(
        ask=lambda s: Ask(
            "/v1/devices", json={"token": f"tok-{new_id().hex}", "token_kind": "fcm_token", "platform": "ios"}
        ),
        allowed=SIGNED_IN,
        targets=NOTHING,
        passes={201},
    ),
    ("DELETE", "/v1/devices/{device_id}"): Line(
        ask=lambda s: Ask(f"/v1/devices/{s.made}"),
        allowed=on_any("parent"),
        targets=NOTHING,
        prepare=device_of_parent,
        passes={204},
    ),
    ("POST", "/v1/family/notices/{school_id}/{notice_id}/delivered"): Line(
        ask=lambda s: Ask(f"/v1/family/notices/{s.target.school_id}/{s.made}/delivered"),
        allowed=FAMILY,
        prepare=notice_about_target,
        passes={204},
    ),
    ("GET", "/v1/schools/{school_id}/deliveries/problems"): Line(
        ask=lambda s: Ask(f"/v1/schools/{s.target.school_id}/deliveries/problems"), allowed=ADMINS, targets=BY_SCHOOL
    ),
    ("GET", "/v1/schools/{school_id}/contacts/problems"): Line(
        ask=lambda s: Ask(f"/v1/schools/{s.target.school_id}/contacts/problems"), allowed=ADMINS, targets=BY_SCHOOL
    ),
    ("GET", "/hooks/sms/{secret}/esms"): Line(
        ask=lambda s: Ask("/hooks/sms/guess/esms?RequestId=1"), allowed=NOBODY, targets=NOTHING
    ),
    ("POST", "/hooks/sms/{secret}/esms"): Line(
        ask=lambda s: Ask("/hooks/sms/guess/esms", json={"RequestId": "1"}), allowed=NOBODY, targets=NOTHING
    ),
    ("POST", "/hooks/sms/{secret}/speedsms"): Line(
        ask=lambda s: Ask("/hooks/sms/guess/speedsms", json={"type": "report"}), allowed=NOBODY, targets=NOTHING
    ),
    ("POST", "/v1/devices/webpush"): Line(
        ask=lambda s: Ask("/v1/devices/webpush", json=browser()), allowed=SIGNED_IN, targets=NOTHING, passes={201}
    ),
    ("GET", "/v1/account/email"): Line(ask=lambda s: Ask("/v1/account/email"), allowed=SIGNED_IN, targets=NOTHING),
    ("PUT", "/v1/account/email"): Line(
        ask=lambda s: Ask("/v1/account/email", json={"email": "nguoi.nhan@example.com"}),
        allowed=SIGNED_IN,
        targets=NOTHING,
    ),
    ("DELETE", "/v1/account/email"): Line(
        ask=lambda s: Ask("/v1/account/email"), allowed=SIGNED_IN, targets=NOTHING, passes={204}
    ),
}


def browser() -> dict[str, Any]:
    keys = {"p256dh": to_text(public_point(fresh_key())), "auth": to_text(bytes(16))}
    return {"endpoint": f"https://fcm.googleapis.com/fcm/send/{new_id().hex}", "keys": keys}
