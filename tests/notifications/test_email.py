"""E-mail: an address is confirmed before it hears anything, every reply of a mail server has one meaning, and one click ends it."""

from __future__ import annotations

import dataclasses
import ipaddress
import re
import ssl
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import httpx
import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from backend.core.clock import StoppedClock
from backend.core.house import House
from backend.core.ids import new_id
from notifications import emails
from notifications.audience import OneClass
from notifications.channels.email import EmailSender, Letter, read_reply
from notifications.dead_addresses import email_hash
from notifications.delivery import drain
from notifications.email_station import EmailStation, letter
from notifications.leases import Batch, Claimed, Told
from notifications.outbox import publish
from notifications.outcomes import Outcome, Refused, Sent, TryLater
from notifications.stations import Stations
from tests.factories import World
from tests.notifications.conftest import notice
from tests.twins.smtp import SmtpTwin

ADDRESS = "me.an@example.com"
LETTER = Letter(ADDRESS, "Trường: họp\nphụ huynh", "Xin chào\n.\nhết", "n1", "vi", "https://truong.example/u")


@pytest.fixture
async def twin() -> AsyncIterator[SmtpTwin]:
    made = SmtpTwin(user="house", password="twin-password")
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def sender(twin: SmtpTwin) -> AsyncIterator[EmailSender]:
    made = sender_to(twin)
    yield made
    await made.close()


def sender_to(twin: SmtpTwin, **changes: str) -> EmailSender:
    usual = {
        "user": "house",
        "password": "twin-password",
        "sender": "truong@truong.example",
        "sender_name": "Trường Thử",
    }
    return EmailSender(host="127.0.0.1", port=twin.port, security="none", **{**usual, **changes})


async def test_a_letter_arrives_whole_with_one_click_to_end_it(twin: SmtpTwin, sender: EmailSender) -> None:
    assert isinstance(await sender.post(LETTER), Sent)
    (got,) = twin.boxes[ADDRESS]
    assert got["Subject"] == "Trường: họp phụ huynh" and got.get_content().splitlines() == ["Xin chào", ".", "hết"]
    assert got["From"].addresses[0].display_name == "Trường Thử"
    assert got["List-Unsubscribe"] == "<https://truong.example/u>"
    assert got["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert got["Message-ID"] == "<n1@truong.example>" and got["Auto-Submitted"] == "auto-generated"


async def test_a_connection_is_kept_for_the_next_letters(twin: SmtpTwin, sender: EmailSender) -> None:
    twin.replies[ADDRESS].append("550 5.1.1 no such user")
    assert isinstance(await sender.post(LETTER), Refused)
    for _ in range(3):
        assert isinstance(await sender.post(LETTER), Sent)
    assert twin.connections == 1


async def test_letters_travel_under_tls_and_a_stranger_at_the_servers_address_gets_none(tmp_path: Path) -> None:
    server, trust = certified(tmp_path)
    twin = SmtpTwin(user="house", password="twin-password", tls=server)
    await twin.start()
    usual = {"user": "house", "password": "twin-password", "sender": "truong@truong.example"}
    known = EmailSender(host="127.0.0.1", port=twin.port, security="starttls", trust=trust, **usual)
    assert isinstance(await known.post(LETTER), Sent)
    await known.close()
    # Trusting the usual authorities only, the certificate is nobody's: neither password nor letter leaves.
    wary = EmailSender(host="127.0.0.1", port=twin.port, security="starttls", **usual)
    assert await wary.post(LETTER) == Refused("channel_down", "SMTP_certificate")
    plain = SmtpTwin()
    await plain.start()
    needs = EmailSender(
        host="127.0.0.1", port=plain.port, security="starttls", trust=trust, sender="truong@truong.example"
    )
    assert await needs.post(LETTER) == Refused("channel_down", "SMTPNotSupportedError")
    assert len(twin.boxes[ADDRESS]) == 1 and not plain.boxes
    for one in (twin, plain):
        await one.stop()


def certified(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context with a certificate of its own, and a client's that trusts just that one."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "twin")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "twin.pem"
    pem = certificate.public_bytes(Encoding.PEM)
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + pem)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(path)
    return server, ssl.create_default_context(cadata=pem.decode())


_REPLIES: list[tuple[str, Outcome]] = [
    ("550 5.1.1 no such user", Refused("address_dead", "SMTP_550_5.1.1")),
    ("550 no such user", Refused("address_dead", "SMTP_550")),
    ("553 5.1.3 bad address", Refused("address_dead", "SMTP_553_5.1.3")),
    ("550 5.7.1 policy", Refused("unknown", "SMTP_550_5.7.1")),
    ("554 5.7.1 spam", Refused("unknown", "SMTP_554_5.7.1")),
    ("552 5.2.2 box full", TryLater("SMTP_552_5.2.2")),
    ("452 4.2.2 box full", TryLater("SMTP_452_4.2.2")),
    ("450 4.2.0 greylisted", TryLater("SMTP_450_4.2.0")),
    ("421 4.3.2 shutting down", TryLater("SMTP_421_4.3.2", 60.0, pauses_channel=True)),
    ("530 5.7.0 authentication required", Refused("channel_down", "SMTP_530_5.7.0")),
    ("501 5.5.4 syntax", Refused("our_bug", "SMTP_501_5.5.4")),
]


@pytest.mark.parametrize(("reply", "meaning"), _REPLIES)
async def test_every_reply_to_a_recipient_has_one_meaning(
    twin: SmtpTwin, sender: EmailSender, reply: str, meaning: Outcome
) -> None:
    twin.replies[ADDRESS].append(reply)
    assert await sender.post(LETTER) == meaning
    assert isinstance(await sender.post(LETTER), Sent)


def test_a_reply_after_the_letter_is_read_the_same_way() -> None:
    assert read_reply(550, b"5.1.1 gone") == Refused("address_dead", "SMTP_550_5.1.1")


async def test_what_is_ours_stops_the_channel_and_keeps_every_address(twin: SmtpTwin) -> None:
    stranger = sender_to(twin, password="wrong")
    assert await stranger.post(LETTER) == Refused("channel_down", "SMTP_535")
    twin.sender_reply = "550 5.7.1 not your address"
    known = sender_to(twin)
    assert await known.post(LETTER) == Refused("channel_down", "SMTP_550_sender")
    twin.sender_reply, twin.greeting = "", "554 no service"
    assert await sender_to(twin).post(LETTER) == Refused("channel_down", "SMTP_554")
    twin.greeting = "421 busy"
    assert await sender_to(twin).post(LETTER) == TryLater("SMTP_421", 60.0, pauses_channel=True)


async def test_only_after_the_last_dot_a_lost_line_is_uncertain(twin: SmtpTwin, sender: EmailSender) -> None:
    twin.lost_after_dot = True
    assert await sender.post(LETTER) == TryLater("connection_lost", uncertain=True)
    twin.data_replies.append("451 4.3.0 later")
    assert await sender.post(LETTER) == TryLater("SMTP_451_4.3.0")
    await twin.stop()
    away = EmailSender(host="127.0.0.1", port=1, security="none", sender="a@truong.example")
    assert await away.post(LETTER) == TryLater("connection_refused")


@pytest.fixture
def clock() -> StoppedClock:
    """Begins at the hour of the server behind the links."""
    return StoppedClock(datetime.now(UTC))


@pytest.fixture
def post_office(still_house: House) -> House:
    settings = msgspec.structs.replace(
        still_house.settings, smtp_host="127.0.0.1", smtp_sender="truong@truong.example", quiet_hours=""
    )
    return dataclasses.replace(still_house, settings=settings)


@pytest.fixture
def address(world: World) -> Iterator[str]:
    yield f"me.{world.parent.account_id.hex[-8:]}@example.com"


async def test_an_address_hears_nothing_but_the_link_until_it_is_followed(
    post_office: House, stations: Stations, sender: EmailSender, twin: SmtpTwin, client: httpx.AsyncClient,
    owner: asyncpg.Connection, world: World, address: str,
) -> None:  # fmt: skip
    stations.add(EmailStation(sender))
    mother = world.parent.account_id
    assert (await emails.keep(post_office, mother, address, "vi")).state == "waiting"
    for _ in range(2):
        await emails.send_confirmation(post_office, sender, mother)
    (asked,) = twin.boxes[address]
    assert (await tell(post_office, owner, world, stations))[0] == "skipped"
    path = path_in(asked.get_content(), "confirm")
    shown = await client.get(path)
    assert shown.status_code == 200 and "<form" in shown.text
    assert (await emails.own(post_office, mother)).state == "waiting"  # looking at it changes nothing
    assert (await client.post(path)).status_code == 200
    assert (await emails.own(post_office, mother)).state == "confirmed"
    assert await tell(post_office, owner, world, stations) == ("sent", None)
    notice_ = twin.boxes[address][-1]
    assert notice_["Subject"] == "Trường THCS Thử Nghiệm: Họp phụ huynh"
    # One click of the mail program: neither cookie nor page.
    ended = await client.post(
        notice_["List-Unsubscribe"].strip("<>").replace("https://truong.example", ""),
        data={"List-Unsubscribe": "One-Click"},
    )
    assert ended.status_code == 200
    assert (await emails.own(post_office, mother)).state == "unsubscribed"
    assert (await tell(post_office, owner, world, stations))[0] == "skipped"


async def test_a_link_of_an_older_address_or_a_guess_opens_nothing(
    post_office: House, client: httpx.AsyncClient, world: World, address: str, clock: StoppedClock
) -> None:
    mother = world.parent.account_id
    await emails.keep(post_office, mother, address, "vi")
    old = await _link(post_office, mother, "confirm")
    clock.advance(timedelta(seconds=1))
    await emails.keep(post_office, mother, "other." + address, "vi")
    fresh = await _link(post_office, mother, "confirm")
    assert (await client.post(f"/email/confirm/{old}")).status_code == 404
    assert (await client.post(f"/email/unsubscribe/{fresh}")).status_code == 404  # each purpose has its own
    for guess in ("x", "A" * 43 + "=", "%00", fresh[:-4] + "AAA="):
        assert (await client.get(f"/email/confirm/{guess}")).status_code == 404
    assert (await client.get(f"/email/nothing/{fresh}")).status_code == 404
    assert (await emails.own(post_office, mother)).state == "waiting"
    clock.advance(timedelta(days=3))
    assert await emails.opened(post_office, "confirm", fresh) is None


async def test_a_bounced_address_is_dead_until_it_is_confirmed_anew(
    post_office: House, stations: Stations, sender: EmailSender, twin: SmtpTwin, owner: asyncpg.Connection, world: World,
    address: str, clock: StoppedClock,
) -> None:  # fmt: skip
    stations.add(EmailStation(sender))
    mother = world.parent.account_id
    await confirmed(post_office, mother, address)
    twin.replies[address].append("550 5.1.1 no such user")
    assert await tell(post_office, owner, world, stations) == ("refused", "SMTP_550_5.1.1")
    assert await tell(post_office, owner, world, stations) == ("refused", "SMTP_550_5.1.1")
    hashed = email_hash(post_office.cipher, address)
    assert await owner.fetchval("SELECT why FROM dead_addresses WHERE address_hash = $1", hashed) == "SMTP_550_5.1.1"
    clock.advance(timedelta(minutes=1))
    await confirmed(post_office, mother, address)
    assert await tell(post_office, owner, world, stations) == ("sent", None)


async def test_a_confirmation_that_fails_is_tried_again_and_then_left(
    post_office: House,
    sender: EmailSender,
    twin: SmtpTwin,
    owner: asyncpg.Connection,
    world: World,
    address: str,
    clock: StoppedClock,
) -> None:
    mother = world.parent.account_id
    twin.replies[address].extend(["450 4.2.0 greylisted"] * 2)
    await emails.keep(post_office, mother, address, "en")
    for _ in range(3):
        await emails.send_waiting(post_office, sender)
        clock.advance(timedelta(minutes=3))
    assert twin.boxes[address][0]["Subject"] == "Nhịp Cầu: confirm your e-mail address"
    assert await owner.fetchval("SELECT send_after FROM account_emails WHERE account_id = $1", mother) is None


async def test_the_door_keeps_shows_and_forgets(client: httpx.AsyncClient, world: World, address: str) -> None:
    headers = {"authorization": f"Bearer {world.parent.token}"}
    wrong = await client.put("/v1/account/email", json={"email": "không phải thư", "language": "vi"}, headers=headers)
    assert wrong.status_code == 422 and wrong.json()["errors"][0]["pointer"] == "/email"
    kept = await client.put("/v1/account/email", json={"email": address}, headers=headers)
    assert kept.json() == {"email": address, "state": "waiting"}
    assert (await client.delete("/v1/account/email", headers=headers)).status_code == 204
    assert (await client.get("/v1/account/email", headers=headers)).json() == {"email": None, "state": "none"}


async def confirmed(house: House, account_id: object, address: str) -> None:
    await emails.keep(house, account_id, address, "vi")  # type: ignore[arg-type]
    opened = await emails.opened(house, "confirm", await _link(house, account_id, "confirm"))
    assert opened is not None
    await emails.confirm(house, *opened)


async def _link(house: House, account_id: object, purpose: emails.Purpose) -> str:
    row = await house.database.reader.fetchrow(
        "SELECT email, language, asked_at FROM account_emails WHERE account_id = $1", account_id
    )
    assert row is not None
    return emails.link_token(house, purpose, account_id, emails.Box(*row))  # type: ignore[arg-type]


def path_in(text: str, purpose: str) -> str:
    found = re.search(rf"https://truong\.example(/email/{purpose}/\S+)", text)
    assert found is not None
    return found[1]


async def tell(house: House, owner: asyncpg.Connection, world: World, stations: Stations) -> tuple[str, str | None]:
    told = notice(created_at=house.clock.now())
    async with house.database.school(world.school_id) as tx:
        await publish(tx, told, OneClass(world.class_id))
    await owner.execute("DELETE FROM deliveries WHERE notice_id = $1", told.notice_id)
    await owner.execute(
        "INSERT INTO deliveries (school_id, notice_id, guardian_id, channel, state, due_at) VALUES ($1, $2, $3, 'email', 'due', $4)",
        world.school_id, told.notice_id, world.parent.person_id, house.clock.now(),
    )  # fmt: skip
    await drain(house, stations, world.school_id)
    row = await owner.fetchrow(
        "SELECT state, reason FROM deliveries WHERE notice_id = $1 AND channel = 'email'", told.notice_id
    )
    assert row is not None
    return row["state"], row["reason"]


def test_a_digest_of_several_schools_is_a_letter_too(post_office: House, world: World) -> None:
    told = Told(new_id(), "digest", None, {"counts": {"announcement": 2}}, False, post_office.clock.now(), False)
    mother = world.parent.account_id
    row = Claimed(told, mother, "email", mother, "vi", 1, 0, False, True, (), False, frozenset())
    box = emails.Box(ADDRESS, "vi", post_office.clock.now())
    written = letter(post_office, Batch(0, "Nhịp Cầu", new_id(), [row]), row, box)
    assert "https://truong.example/app\n" in written.text and len(written.message_id) == 48
