"""One worker's push sender in a process of its own, which sends as much as its account's allowance lets it, for SECONDS.

python -m tests.bench.quota_client REDIS_URL BASE_URL CREDENTIALS COUNT PER_SECONDS SECONDS
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import uvloop

from notifications.allowances import Allowances, Quota
from notifications.channels.fcm import FcmSender, Letter
from notifications.channels.fcm_credentials import FcmCredentials
from notifications.channels.fcm_message import tail
from notifications.leases import BATCH
from notifications.outcomes import Outcome, Sent
from tests.bench.fanout_client import PUSH, addresses


async def send(redis_url: str, base_url: str, credentials: str, quota: Quota, seconds: float) -> int:
    allowances = Allowances(redis_url)
    key = json.loads(Path(credentials).read_text())
    limit = allowances.of("push", "bench", quota)
    sender = FcmSender(FcmCredentials(key), project_id=key["project_id"], base_url=base_url, limit=limit)
    await sender.open()
    body, sent = tail(PUSH), 0
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        outcomes: list[Outcome | None] = [None] * BATCH
        await sender.send_all([Letter("fcm_fid", address, body) for address in addresses(BATCH)], outcomes)
        sent += sum(isinstance(outcome, Sent) for outcome in outcomes)
    await sender.close()
    await allowances.close()
    return sent


if __name__ == "__main__":
    _, redis_url, base_url, credentials, count, per_seconds, seconds = sys.argv
    quota = Quota(int(count), float(per_seconds))
    print(uvloop.run(send(redis_url, base_url, credentials, quota, float(seconds))), flush=True)
