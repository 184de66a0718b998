"""Signing in by one-time code: the code is proved, the person is found (or asked for), the account is made and tied to its schools.

A number is shared in many homes. Whoever holds the phone may be any of the people the schools know by it, and says which.
"""

from __future__ import annotations

import base64
import binascii
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidTag

from backend.core.crypto import Cipher
from backend.core.database import Tx
from backend.core.house import House
from backend.core.problems import INVALID, FieldError, Problem, problem
from backend.identity import codes
from backend.identity.accounts import PersonKey, account_of, accounts_of_phone, claims_of, persons_of
from backend.identity.audit import record_account, record_refusal
from backend.identity.sessions import Device, open_session
from backend.identity.tokens import TokenOffice
from backend.people.linking import link_account, speak_to_family
from schemas.identity import Choose, PersonChoice, SignedIn

TICKET_SECONDS = 300
_SEALED_FOR = "sign-in-ticket"

TICKET_GONE = problem(
    "ticket-gone",
    401,
    vi="Lượt chọn này đã hết hạn hoặc đã dùng. Xin lấy mã mới.",
    en="This choice has expired or was made already. Please ask for a new code.",
)
PASSWORD_NEEDED = problem(
    "password-needed",
    403,
    vi="Tài khoản cán bộ này đã đặt mật khẩu; xin đăng nhập bằng mật khẩu.",
    en="This member of staff has set a password; please sign in with it.",
)


class PersonAtPhone(msgspec.Struct, frozen=True, kw_only=True):
    """One human behind a number, as far as the schools' names tell."""

    key: str
    name_fold: str
    full_name: str
    persons: tuple[PersonKey, ...]
    account_id: UUID | None


class _Ticket(msgspec.Struct, frozen=True):
    phone: str
    code_id: UUID
    expires_at: datetime


async def verify_code(
    house: House, tokens: TokenOffice, phone: str, code: str, device: Device, *, person: str | None, language: str
) -> SignedIn | Choose:
    now = house.clock.now()
    limits = codes.guess_limits(house, phone, device.address)
    await house.limits.take(*limits, now=now.timestamp(), strict=True)
    async with house.database.directory() as tx:
        proof = await codes.prove_code(house, tx, phone, code, at=now)
        who: PersonAtPhone | None = None
        people: list[PersonAtPhone] = []
        account_id: UUID | None = None
        if not isinstance(proof, Problem):
            people = await people_at(tx, house.cipher, phone)
            who = _chosen(people, person)
            if who is not None:
                account_id = who.account_id or await account_of(
                    tx, phone, who.name_fold, who.full_name, language=language, at=now
                )
        else:
            await record_refusal(tx, phone, "sign_in.code_refused", at=now, address=device.address)
    if isinstance(proof, Problem):
        raise proof
    await house.limits.give_back(*limits, now=now.timestamp(), strict=True)
    if who is None or account_id is None:
        if not people:  # the school has taken the number away since the code was sent
            raise codes.CODE_GONE()
        return _ask_who(house, phone, proof.code_id, people)
    return await _enter(house, tokens, phone, account_id, who.persons, device)


async def choose_person(
    house: House, tokens: TokenOffice, ticket: str, person: str, device: Device, *, language: str
) -> SignedIn:
    now = house.clock.now()
    opened = _open_ticket(house.cipher, ticket)
    if opened is None or opened.expires_at <= now:
        raise TICKET_GONE()
    async with house.database.directory() as tx:
        people = await people_at(tx, house.cipher, opened.phone)
        who = next((one for one in people if one.key == person), None)
        if who is None:
            raise INVALID(FieldError("/person", "Không có người này.", "There is no such person."))
        if not await codes.take_ticket(tx, opened.phone, opened.code_id, at=now):
            raise TICKET_GONE()
        account_id = who.account_id or await account_of(
            tx, opened.phone, who.name_fold, who.full_name, language=language, at=now
        )
    return await _enter(house, tokens, opened.phone, account_id, who.persons, device)


async def people_at(tx: Tx, cipher: Cipher, phone: str) -> list[PersonAtPhone]:
    """The people behind a number, in the order of their names.

    A person who is linked to an account stays that account's however the school has corrected the name since; others are told
    apart by their folded names; and a nameless entry is whoever else has the number, if that is one person.
    """
    rows = await tx.fetch(
        """
        SELECT school_id, person_kind, person_id, name_fold, full_name
          FROM phone_directory
         WHERE phone_e164 = $1
         ORDER BY full_name, school_id, person_id
         LIMIT 200
        """,
        phone,
    )
    accounts = await accounts_of_phone(tx, phone)
    linked = {person: account_id for account_id in accounts.values() for person in await persons_of(tx, account_id)}
    groups: dict[UUID | str, list[tuple[PersonKey, str]]] = defaultdict(list)
    folds: dict[UUID | str, str] = {}
    for row in rows:
        entry = PersonKey(row["school_id"], row["person_kind"], row["person_id"])
        group = linked.get(entry) or accounts.get(row["name_fold"]) or row["name_fold"]
        groups[group].append((entry, row["full_name"]))
        folds[group] = row["name_fold"]
    if "" in groups and len(groups) == 2:
        nameless = groups.pop("")
        groups[next(iter(groups))].extend(nameless)
    people = [_person(cipher, phone, group, folds[group], entries) for group, entries in groups.items()]
    people += await _without_school(tx, cipher, phone, [a for a in accounts.values() if a not in groups])
    return sorted(people, key=lambda one: (one.full_name, one.key))


def _person(
    cipher: Cipher, phone: str, group: UUID | str, name_fold: str, entries: Sequence[tuple[PersonKey, str]]
) -> PersonAtPhone:
    return PersonAtPhone(
        key=_key(cipher, phone, group),
        name_fold=name_fold,
        full_name=max((name for _, name in entries), key=len),
        persons=tuple(person for person, _ in entries),
        account_id=group if isinstance(group, UUID) else None,
    )


async def _without_school(tx: Tx, cipher: Cipher, phone: str, account_ids: Sequence[UUID]) -> list[PersonAtPhone]:
    """Accounts that no school lists but an area does."""
    found = []
    for account_id in account_ids:
        claims = await claims_of(tx, account_id)
        if claims.areas and not claims.closed:
            found.append(
                PersonAtPhone(
                    key=_key(cipher, phone, account_id), name_fold="", full_name=claims.full_name, persons=(),
                    account_id=account_id,
                )
            )  # fmt: skip
    return found


def _key(cipher: Cipher, phone: str, group: UUID | str) -> str:
    return cipher.blind_index(f"{phone}:{group}", "person-choice")[:12].hex()


def _chosen(people: Sequence[PersonAtPhone], key: str | None) -> PersonAtPhone | None:
    if key is not None:
        return next((one for one in people if one.key == key), None)
    return people[0] if len(people) == 1 else None


def masked(full_name: str) -> str:
    """`Nguyễn Thị Hoa` → `N. T. Hoa`: enough for those at home to know who is meant."""
    *before, given = full_name.split() or ["…"]
    return " ".join([*(f"{word[0]}." for word in before), given])


def _ask_who(house: House, phone: str, code_id: UUID, people: Sequence[PersonAtPhone]) -> Choose:
    expires_at = house.clock.now().replace(microsecond=0) + timedelta(seconds=TICKET_SECONDS)
    ticket = msgspec.json.encode(_Ticket(phone, code_id, expires_at)).decode()
    return Choose(
        ticket=base64.urlsafe_b64encode(house.cipher.seal(ticket, _SEALED_FOR)).decode(),
        ticket_expires_at=expires_at,
        people=[
            PersonChoice(
                key=one.key, masked_name=masked(one.full_name), kinds=sorted({person.kind for person in one.persons})
            )
            for one in people
        ],
    )


def _open_ticket(cipher: Cipher, ticket: str) -> _Ticket | None:
    try:
        sealed = base64.urlsafe_b64decode(ticket.encode("ascii"))
        return msgspec.json.decode(cipher.open(sealed, _SEALED_FOR), type=_Ticket)
    except (binascii.Error, UnicodeError, InvalidTag, AssertionError, msgspec.DecodeError, ValueError):
        return None


async def _enter(
    house: House, tokens: TokenOffice, phone: str, account_id: UUID, persons: Sequence[PersonKey], device: Device
) -> SignedIn:
    """Links come first, school by school; each is idempotent, so that a broken sign-in is mended by the next."""
    await link_persons(house, account_id, phone, persons)
    async with house.database.directory() as tx:
        claims = await claims_of(tx, account_id)
        if claims.closed:
            raise codes.CODE_GONE()
        if claims.guardian_in or not claims.has_password:
            return await open_session(house, tokens, tx, account_id, device, method="code", second_factor=False)
        await record_account(tx, account_id, "sign_in.password_needed", at=house.clock.now(), address=device.address)
    raise PASSWORD_NEEDED()


async def link_persons(house: House, account_id: UUID, phone: str, persons: Sequence[PersonKey]) -> None:
    """Ties those of `persons` that are not yet the account's, one transaction a school."""
    async with house.database.directory() as tx:
        known = await persons_of(tx, account_id)
        language = (await claims_of(tx, account_id)).language
    by_school: dict[int, list[PersonKey]] = defaultdict(list)
    for person in persons:
        if person not in known:
            by_school[person.school_id].append(person)
    for school_id, missing in sorted(by_school.items()):
        async with house.database.school(school_id) as tx:
            await link_account(tx, account_id, phone, missing, at=house.clock.now())
            await speak_to_family(tx, account_id, language, at=house.clock.now())
