"""Letters that came back after their server took them: real reports of Postfix, Exim, Gmail, Exchange and sendmail, piped and fetched."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import asyncpg
import msgspec
import pytest

from backend.core.clock import StoppedClock
from backend.core.house import House
from backend.serving import environment_for
from notifications import returned_mailbox
from notifications.audience import OneClass
from notifications.channels import dsn
from notifications.channels.email import EmailSender
from notifications.dead_addresses import email_hash
from notifications.delivery import drain
from notifications.email_station import EmailStation
from notifications.outbox import publish
from notifications.returned import return_address, take
from notifications.stations import Stations
from tests.factories import World
from tests.notifications.conftest import notice
from tests.notifications.ears import Ear, listening
from tests.notifications.test_email import certified
from tests.twins.imap import ImapTwin
from tests.twins.smtp import SmtpTwin

_PAYLOADS = Path(__file__).parent.parent / "payloads" / "bounces"
BOX = "tra-lai@truong.example"
TO = "Me.An@thu.example"

# (report, the reply as it is told to the school, whether the address is dead)
REPORTS = [
    ("postfix_unknown_user", "SMTP_550_5.1.1", True),
    ("postfix_full_box", "SMTP_552_5.2.2", False),
    ("exim_unrouteable", "SMTP_550", True),
    ("exim_before_reports", "SMTP_550_5.1.1", True),
    ("gmail_not_found", "SMTP_550_5.1.1", True),
    ("exchange_not_found", "SMTP_550_5.1.10", True),
    ("exchange_policy", "SMTP_550_5.7.1", False),
    ("sendmail_expired", "SMTP_450_4.4.7", False),
]


def payload(name: str, *, back_to: str, message_id: str, to: str = TO) -> bytes:
    text = (_PAYLOADS / f"{name}.eml").read_text(encoding="utf-8")
    # Servers on the way may write addresses without capitals.
    return text.replace("{RETURN}", back_to).replace("{MESSAGE_ID}", message_id).replace("{TO}", to.lower()).encode()


@pytest.fixture
async def post_office(still_house: House) -> House:
    return dataclasses.replace(still_house, settings=msgspec.structs.replace(still_house.settings, smtp_bounces=BOX))


@pytest.fixture
async def smtp() -> AsyncIterator[SmtpTwin]:
    twin = SmtpTwin()
    await twin.start()
    yield twin
    await twin.stop()


@dataclasses.dataclass
class Sent:
    """A letter that its server took: from where, under which name."""

    back_to: str
    message_id: str
    stations: Stations
    sms: Ear


@pytest.fixture
async def sent(
    post_office: House, smtp: SmtpTwin, owner: asyncpg.Connection, world: World, clock: StoppedClock
) -> AsyncIterator[Sent]:
    """An important letter to a mother who has a mailbox and no app; the paid ways stand open behind it."""
    await owner.execute(
        "INSERT INTO account_emails (account_id, email, language, asked_at, confirmed_at) VALUES ($1, $2, 'vi', $3, $3)",
        world.parent.account_id, TO, clock.now(),
    )  # fmt: skip
    await owner.execute("DELETE FROM dead_addresses WHERE channel = 'email'")
    sender = EmailSender(host="127.0.0.1", port=smtp.port, security="none", sender="thong-bao@truong.example")
    push, sms = Ear("push", known=()), Ear("telegram")
    stations = listening(push, sms)
    stations.add(EmailStation(sender))
    told = notice(needs_acknowledgement=True)
    async with post_office.database.school(world.school_id) as tx:
        await publish(tx, told, OneClass(world.class_id))
    for _ in range(3):
        await drain(post_office, stations, world.school_id)
        clock.advance(timedelta(hours=4))
    (letter,) = smtp.boxes[TO]
    yield Sent(smtp.senders[-1], str(letter["Message-ID"]).strip("<>").partition("@")[0], stations, sms)
    await sender.close()


async def dead(owner: asyncpg.Connection, house: House) -> str | None:
    why: str | None = await owner.fetchval(
        "SELECT why FROM dead_addresses WHERE channel = 'email' AND address_hash = $1 AND revived_at IS NULL",
        email_hash(house.cipher, TO),
    )
    return why


@pytest.mark.parametrize(("name", "code", "is_dead"), REPORTS)
def test_every_servers_report_says_who_was_not_reached_and_why(name: str, code: str, is_dead: bool) -> None:
    report = dsn.read(payload(name, back_to="tra-lai+abc@truong.example", message_id="our-letter"))
    assert report is not None
    assert "tra-lai+abc@truong.example" in report.sent_to
    assert "our-letter" in report.message_ids
    assert TO.lower() in report.addresses
    assert (report.code, report.dead) == (code, is_dead)


@pytest.mark.parametrize(
    "raw", [b"", b"\xff\xfe\x00", b"Content-Type: multipart/report; boundary=x\n\n--x\n", b"a: b\n\n" * 50]
)
def test_what_is_no_report_is_none_and_never_an_error(raw: bytes) -> None:
    assert dsn.read(raw) is None


@pytest.mark.parametrize(("name", "is_dead"), [("gmail_not_found", True), ("exchange_policy", False)])
async def test_a_letter_that_came_back_counts_as_not_arrived_and_the_chain_goes_on(
    post_office: House, sent: Sent, owner: asyncpg.Connection, world: World, name: str, is_dead: bool
) -> None:
    raw = payload(name, back_to=sent.back_to.lower(), message_id=sent.message_id)
    assert await take(post_office, raw) == ("dead" if is_dead else "soft")
    assert (await dead(owner, post_office) is not None) is is_dead
    await drain(post_office, sent.stations, world.school_id)
    found = await owner.fetchrow(
        "SELECT d.state, d.reason, r.code FROM deliveries d JOIN notice_receipts r USING (school_id, notice_id, guardian_id, channel)"
        " WHERE d.school_id = $1 AND d.channel = 'email' AND r.kind = 'bounced'",
        world.school_id,
    )
    assert found is not None and found["state"] == "refused" and found["reason"] == found["code"]
    assert str(found["code"]).startswith("SMTP_550_5.")
    # Twice is once.
    assert await take(post_office, raw) == ("dead" if is_dead else "known")


async def test_who_never_had_the_letter_can_end_nobodys_address(
    post_office: House, sent: Sent, owner: asyncpg.Connection
) -> None:
    """A guessed token, another letter's token, somebody else's box behind a true token, and a report to the sender's plain address."""
    for back_to, message_id, to in (
        ("tra-lai+aaaaaaaaaaaaaaaaaaaaaaaa@truong.example", sent.message_id, TO),
        (return_address(post_office, "another-letter", TO), sent.message_id, TO),
        (return_address(post_office, sent.message_id, "ke-gian@thu.example"), sent.message_id, TO),
        (sent.back_to, sent.message_id, "nguoi-khac@thu.example"),
        (sent.back_to.replace("tra-lai+", "khac+"), sent.message_id, TO),
        (BOX, sent.message_id, TO),
    ):
        assert (
            await take(post_office, payload("gmail_not_found", back_to=back_to, message_id=message_id, to=to))
            == "not_ours"
        )
    assert await owner.fetchval("SELECT count(*) FROM dead_addresses WHERE channel = 'email'") == 0


@pytest.mark.parametrize(("name", "told"), [("postfix_delayed", "no_failure"), ("out_of_office", "no_report")])
async def test_a_delay_and_a_holiday_change_nothing(
    post_office: House, sent: Sent, owner: asyncpg.Connection, world: World, name: str, told: str
) -> None:
    assert await take(post_office, payload(name, back_to=sent.back_to, message_id=sent.message_id)) == told
    assert await dead(owner, post_office) is None
    bounced = "SELECT count(*) FROM notice_receipts WHERE school_id = $1 AND kind = 'bounced'"
    assert await owner.fetchval(bounced, world.school_id) == 0


async def test_the_return_address_is_short_enough_and_each_letters_own(post_office: House, still_house: House) -> None:
    one, another = (return_address(post_office, letter, TO) for letter in ("a", "b"))
    assert one != another and one == one.lower()
    assert len(one.rpartition("@")[0]) <= 64
    assert return_address(post_office, "a", TO.upper()) == one
    assert return_address(still_house, "a", TO) == "", "without a mailbox for it letters come back to the sender"


async def test_the_mailbox_is_read_ours_is_taken_out_and_the_rest_stays(
    post_office: House, sent: Sent, owner: asyncpg.Connection
) -> None:
    twin = ImapTwin()
    await twin.start()
    settings = msgspec.structs.replace(
        post_office.settings, imap_host="127.0.0.1", imap_port=twin.port, imap_security="none", imap_user=twin.user, imap_password=twin.password,
    )  # fmt: skip
    house = dataclasses.replace(post_office, settings=settings)
    try:
        ours = twin.put(payload("postfix_unknown_user", back_to=sent.back_to, message_id=sent.message_id))
        forged = twin.put(payload("gmail_not_found", back_to=BOX, message_id=sent.message_id))
        holiday = twin.put(payload("out_of_office", back_to=sent.back_to, message_id=sent.message_id))
        assert await returned_mailbox.poll(house) == 3
        assert await dead(owner, house) == "SMTP_550_5.1.1"
        assert ours not in twin.letters
        assert twin.letters[forged].flags == twin.letters[holiday].flags == {"\\Seen"}
        assert await returned_mailbox.poll(house) == 0
        assert twin.refused == []
        twin.password = "changed"
        assert await returned_mailbox.poll(house) == 0
    finally:
        await twin.stop()


async def test_the_mailbox_is_asked_under_tls_and_a_stranger_at_its_address_gets_no_password(
    post_office: House, tmp_path: Path
) -> None:
    server, trust = certified(tmp_path)
    twin = ImapTwin(tls=server)
    await twin.start()
    settings = msgspec.structs.replace(
        post_office.settings, imap_host="127.0.0.1", imap_port=twin.port, imap_user=twin.user, imap_password=twin.password,
    )  # fmt: skip
    house = dataclasses.replace(post_office, settings=settings)
    try:
        twin.put(payload("out_of_office", back_to=BOX, message_id="x"))
        assert await returned_mailbox.poll(house) == 0
        assert twin.sign_ins == 0
        assert await returned_mailbox.poll(house, trust=trust) == 1
        assert twin.sign_ins == 1
    finally:
        await twin.stop()


async def test_a_mail_server_pipes_a_letter_into_the_command(
    post_office: House, sent: Sent, owner: asyncpg.Connection, database_url: str
) -> None:
    raw = payload("exim_unrouteable", back_to=sent.back_to, message_id=sent.message_id)
    settings = msgspec.structs.replace(post_office.settings, database_url=database_url)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "backend", "bounce",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, env={**os.environ, **environment_for(settings)},
    )  # fmt: skip
    said, _ = await process.communicate(raw)
    assert (process.returncode, said.decode().split()[-1]) == (0, "dead")
    assert await dead(owner, post_office) == "SMTP_550"
    nowhere = msgspec.structs.replace(settings, database_url="postgresql:///nowhere?host=/nowhere")
    status, _ = await returned_mailbox.piped(nowhere, raw)
    assert status == 75, "the mail server keeps the letter and comes again"
