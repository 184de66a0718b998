"""The switch-off drill with real processes and the real clock: API, two workers, an operator's command, and twins behind every channel.

In the middle of an urgent broadcast the operator stops the push. Measured is how long until nothing waits for it any more, and how long
until every family has been told by another way; counted at the twins is that nobody was lost and nobody told twice.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from backend.core.ids import new_id
from backend.serving import environment_for
from tests.bench.processes import Processes
from tests.bench.table import Table
from tests.twins.fcm import Fault
from tests.twins.sms import SmsTwin
from tests.twins.smtp import SmtpTwin

FAMILIES = 3_000
_OFF_AT = 0.3
# Of twenty: one with a mailbox and one without.
_LATE = (0, 1)
_PATIENCE_SECONDS = 300

# What has not ended and has its turn, by any way, and what waits for the stopped one at whatever hour.
_PENDING = """
SELECT count(*) FILTER (WHERE d.channel = 'push') AS push,
       count(*) FILTER (WHERE d.channel <> 'push' AND (d.state = 'leased' OR d.due_at <= now())) AS others
  FROM deliveries d
 WHERE d.school_id = $1
   AND d.state IN ('due', 'leased')
"""


async def bench_switchoff(families: int = FAMILIES) -> Table:
    folder = Path(tempfile.mkdtemp(prefix="nhipcau-bench-"))
    table = Table(
        "One flag stops a channel",
        f"{families:,} families, every one with the app, half with a mailbox, all with a telephone; the API and two workers as processes, twins of FCM, a "
        f"mail server and eSMS over their wires, the real clock. An urgent notice; the push may send 6,000 a minute, and every tenth answers 503 and waits for another try. When {_OFF_AT:.0%} of "
        "the phones have it, `python -m backend channel off push` is run. Target: everything pending re-routed within 60 seconds.",
        ("what", "families", "seconds after the command"),
    )
    drill = _Drill(folder, families)
    try:
        await drill.run(table)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return table


class _Drill:
    def __init__(self, folder: Path, count: int) -> None:
        self.mail, self.esms = SmtpTwin(), SmsTwin()
        self.folder, self.count = folder, count

    async def run(self, table: Table) -> None:
        await self.mail.start()
        await self.esms.start()
        self.all = Processes(
            self.folder, self.count,
            smtp_host="127.0.0.1", smtp_port=self.mail.port, smtp_security="none", smtp_sender="truong@truong.example",
            smtp_per_minute=100_000, fcm_per_minute=6_000, sms_api_key=self.esms.api_key, sms_secret_key=self.esms.secret_key,
            sms_brand=self.esms.brand, sms_base_url=self.esms.base_url, sms_per_minute=100_000,
        )  # fmt: skip
        await self.all.open()
        try:
            await self._addresses()
            await self.all.serve()
            for _ in range(2):
                self.all.work()
            await self.all.publish(urgent=True)
            await self._stop_the_push(table)
            await self._count(table)
        finally:
            await self.all.close()
            await self.mail.stop()
            await self.esms.stop()

    async def _addresses(self) -> None:
        owner, families = self.all.owner, self.all.families
        await owner.executemany(
            "INSERT INTO account_emails (account_id, email, language, asked_at, confirmed_at) VALUES ($1, $2, 'vi', now(), now())",
            [(one.account_id, _box(number)) for number, one in enumerate(families) if number % 2],
        )
        await owner.execute(
            "INSERT INTO channel_budgets (school_id, channel, month_cap, set_by, set_at) VALUES ($1, 'sms', 100000000, $2, now())",
            self.all.school_id, new_id(),
        )  # fmt: skip
        for number, one in enumerate(families):
            if number % 20 in _LATE:
                self.all.fcm.misbehave(one.token, Fault("unavailable"))

    async def _stop_the_push(self, table: Table) -> None:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while self._by_push() < _OFF_AT * self.count:
                await asyncio.sleep(0.005)
        began = time.monotonic()
        operator = await asyncio.create_subprocess_exec(
            sys.executable, "-W", "ignore", "-m", "backend", "channel", "off", "push", "--reason", "drill",
            env=environment_for(self.all.settings), stdout=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        assert await operator.wait() == 0
        table.add("the command has returned; has the push", f"{self._by_push():,}", f"{time.monotonic() - began:.1f}")
        await self._until(began, table, "nothing waits for the push", lambda push, others: push == 0)
        await self._until(began, table, "everybody told by another way", lambda push, others: push == others == 0)

    async def _until(self, began: float, table: Table, what: str, true) -> None:  # type: ignore[no-untyped-def]
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while True:
                row = await self.all.owner.fetchrow(_PENDING, self.all.school_id)
                assert row is not None
                if true(row["push"], row["others"]):
                    break
                await asyncio.sleep(0.1)
        table.add(what, f"{self.count - self._by_push():,}", f"{time.monotonic() - began:.1f}")

    async def _count(self, table: Table) -> None:
        heard = self._heard()
        told = Counter(len(heard.get(number, ())) for number in range(self.count))
        ways = Counter(way for mine in heard.values() for way in mine)
        table.add("by the push, letters, texts", f"{ways['push']:,}, {ways['email']:,}, {ways['sms']:,}", "")
        table.add("lost, told twice", f"{told[0]}, {sum(many for times, many in told.items() if times > 1)}", "")

    def _by_push(self) -> int:
        return sum(1 for phone in self.all.fcm.phones.values() if phone.shown)

    def _heard(self) -> dict[int, list[str]]:
        """What every family got, as the twins' phones and boxes have it."""
        found: dict[int, list[str]] = {}
        for number, one in enumerate(self.all.families):
            mine = ["push"] * len(self.all.fcm.phones[one.token].received)
            mine += ["email"] * len(self.mail.boxes.get(_box(number), ()))
            mine += ["sms"] * len(self.esms.telephones.get(one.phone, ()))
            found[number] = mine
        return found


def _box(number: int) -> str:
    return f"nha{number}@thu.example"
