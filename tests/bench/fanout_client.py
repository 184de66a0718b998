"""One client under test in a process of its own: sends COUNT pushes and prints its CPU seconds, the warm-up left out.

python -m tests.bench.fanout_client ours|rust|bare|firebase COUNT BASE_URL CREDENTIALS
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import uvloop

from notifications.channels.fcm_message import Push, splice, tail

WARM_UP = 500
PUSH = Push(
    notice_id="0198c2a4-0000-7000-8000-000000000001",
    school_id=12,
    kind="announcement",
    title="Trường THCS Nguyễn Du",
    body="Họp phụ huynh đầu năm học",
    path="/app/12/notices/0198c2a4-0000-7000-8000-000000000001",
    link="https://truong.example/app/12/notices/0198c2a4-0000-7000-8000-000000000001",
    language="vi",
    urgent=False,
    ttl_seconds=86400,
    expires_at=datetime(2027, 1, 1, tzinfo=UTC),
)
Send = Callable[[int], Awaitable[int]]


def addresses(count: int) -> list[str]:
    return [f"bench{number:017d}" for number in range(count)]


async def ours(base_url: str, credentials: dict[str, Any]) -> Send:
    """The sender as the outbox uses it: batches of 200 letters, the body made once."""
    from notifications.channels.fcm import FcmSender, Letter
    from notifications.channels.fcm_credentials import FcmCredentials
    from notifications.leases import BATCH
    from notifications.outcomes import Outcome, Sent

    sender = FcmSender(FcmCredentials(credentials), project_id="bench", base_url=base_url)
    await sender.open()

    async def send(count: int) -> int:
        sent = 0
        body = tail(PUSH)
        for start in range(0, count, BATCH):
            letters = [Letter("fcm_fid", address, body) for address in addresses(min(BATCH, count - start))]
            outcomes: list[Outcome | None] = [None] * len(letters)
            await sender.send_all(letters, outcomes)
            sent += sum(isinstance(outcome, Sent) for outcome in outcomes)
        return sent

    return send


async def bare(base_url: str, credentials: dict[str, Any]) -> Send:
    """A client in Python: aiohttp posting ready bodies, looking at nothing but the status."""
    import aiohttp

    session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=64))
    url = f"{base_url}/v1/projects/bench/messages:send"
    headers = {"Authorization": "Bearer bare", "Content-Type": "application/json"}

    async def send(count: int) -> int:
        body = tail(PUSH)
        waiting = iter(addresses(count))
        sent = 0

        async def one() -> None:
            nonlocal sent
            for address in waiting:
                async with session.post(url, data=splice("fcm_fid", address, body), headers=headers) as response:
                    await response.read()
                    sent += response.status == 200

        await asyncio.gather(*[one() for _ in range(64)])
        return sent

    return send


async def rust(base_url: str, credentials: dict[str, Any]) -> Send:
    """The floor of our library, and the fastest client that we know: pyreqwest posting ready bodies, looking at nothing but the status."""
    from pyreqwest.client import ClientBuilder

    client = ClientBuilder().max_connections(64).build()
    url = f"{base_url}/v1/projects/bench/messages:send"
    headers = {"authorization": "Bearer bare", "content-type": "application/json"}

    async def send(count: int) -> int:
        body = tail(PUSH)
        waiting = iter(addresses(count))
        sent = 0

        async def one() -> None:
            nonlocal sent
            for address in waiting:
                request = client.post(url).headers(headers).body_bytes(splice("fcm_fid", address, body)).build()
                response = await request.send()
                await response.bytes()
                sent += response.status == 200

        await asyncio.gather(*[one() for _ in range(64)])
        return sent

    return send


async def firebase(base_url: str, credentials: dict[str, Any]) -> Send:
    """firebase-admin's own async sender in bursts of 500, its most; HTTP/2 where the server offers it. Configs are shared."""
    import firebase_admin
    from firebase_admin import messaging
    from firebase_admin.credentials import Certificate

    service = messaging._MessagingService
    assert hasattr(service, "FCM_URL"), "firebase-admin keeps its address elsewhere now"
    service.FCM_URL = base_url + "/v1/projects/{0}/messages:send"
    firebase_admin.initialize_app(Certificate(credentials), {"projectId": "bench"})
    android = messaging.AndroidConfig(
        collapse_key="announcements", priority="high", ttl=PUSH.ttl_seconds,
        notification=messaging.AndroidNotification(tag=PUSH.notice_id, channel_id="announcements"),
    )  # fmt: skip
    apns = messaging.APNSConfig(
        headers={"apns-push-type": "alert", "apns-priority": "10", "apns-collapse-id": PUSH.notice_id},
        payload=messaging.APNSPayload(aps=messaging.Aps(sound="default", thread_id="announcements")),
    )
    webpush = messaging.WebpushConfig(
        headers={"TTL": str(PUSH.ttl_seconds), "Urgency": "high", "Topic": PUSH.notice_id.replace("-", "")},
        notification=messaging.WebpushNotification(tag=PUSH.notice_id, language="vi"),
        fcm_options=messaging.WebpushFCMOptions(link=PUSH.link),
    )
    data = {
        "msg_id": PUSH.notice_id,
        "school_id": "12",
        "kind": PUSH.kind,
        "group": "announcements",
        "path": PUSH.path,
        "urgent": "0",
    }
    notification = messaging.Notification(title=PUSH.title, body=PUSH.body)

    async def send(count: int) -> int:
        sent = 0
        for start in range(0, count, 500):
            messages = [
                messaging.Message(
                    fid=address, data=data, notification=notification, android=android, apns=apns, webpush=webpush
                )
                for address in addresses(min(500, count - start))
            ]
            sent += (await messaging.send_each_async(messages)).success_count
        return sent

    return send


async def measure(which: str, count: int, base_url: str, credentials: dict[str, Any]) -> dict[str, float]:
    send = await {"ours": ours, "rust": rust, "bare": bare, "firebase": firebase}[which](base_url, credentials)
    warm = await send(WARM_UP)
    assert warm == WARM_UP, f"only {warm} of {WARM_UP} were accepted"
    before, started = _cpu(), asyncio.get_running_loop().time()
    sent = await send(count)
    return {"sent": sent, "cpu": _cpu() - before, "wall": asyncio.get_running_loop().time() - started}


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    _, which, count, base_url, path = sys.argv
    result = uvloop.run(measure(which, int(count), base_url, json.loads(Path(path).read_text())))
    print(json.dumps(result), flush=True)
    # firebase-admin keeps an open client that cannot be closed inside a loop; the process ends here anyway.
    sys.exit(0)
