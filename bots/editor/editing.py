"""What an editor does: draft, publish, take back, withdraw, confirm a fact. Every deed is kept with who and when; nothing is overwritten."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

import msgspec

from backend.core.clock import school_day
from backend.core.house import House
from backend.core.problems import INVALID, NOT_FOUND, FieldError, problem
from backend.core.text import clean
from backend.identity.principal import Principal
from bots.answers.authority import BLANK
from bots.answers.layers import OWN_PREFIX, Confirmed
from bots.answers.render import BLANKS
from bots.editor import looking, rows
from bots.editor.owners import Owner, record, with_those_above, writing
from bots.schools import FACT_NAMES
from schemas.knowledge import Content, NewConfirmation, NewDraft, NewPublication, Saved, Text

CHANGED_MEANWHILE = problem(
    "knowledge-changed-meanwhile",
    409,
    vi="Có người vừa lưu một bản khác. Xin xem bản mới rồi sửa tiếp; chữ bạn vừa viết vẫn còn đây.",
    en="Somebody saved another version meanwhile. Please look at it and go on; what you wrote is still here.",
)
OVER_ALREADY = problem(
    "knowledge-over-already",
    409,
    vi="Bản này đã hết hạn nên không thể đem trả lời.",
    en="This version has expired and cannot be told.",
)
_NO_TEXT = ("Cần viết ít nhất một thứ tiếng.", "At least one language must be written.")
_NO_PHRASES = ("Cần ít nhất một câu phụ huynh thường hỏi.", "At least one way in which families ask is needed.")
_NOT_HERE = ("Chỉ dùng cho câu hỏi riêng của trường.", "Only for a question of the school's own.")
_BACKWARDS = ("Ngày cuối phải sau ngày đầu.", "The last day must not be before the first.")
_OVER = ("Ngày này đã qua.", "This day is over.")
_UNKNOWN_BLANK = ("Không có ô trống {{{name}}}.", "There is no blank {{{name}}}.")
_TOO_MANY_OWN: Final = 500
_FULL = problem(
    "knowledge-full",
    409,
    vi="Đã có {count} câu hỏi riêng, không thêm được nữa.",
    en="There are {count} own questions already; no more can be added.",
)


async def save(house: House, who: Principal, owner: Owner, topic: str, new: NewDraft) -> Saved:
    """Another version, which nobody is told yet. The same words once more make none."""
    now = house.clock.now()
    today = school_day(now)
    draft = read(topic, new, today)
    async with writing(house, who, owner) as tx:
        await rows.stamp(tx, owner.key)
        newest = await rows.newest(tx, owner.key, topic, draft.level)
        if draft.based_on is not None and draft.based_on != newest:
            raise CHANGED_MEANWHILE()
        if topic.startswith(OWN_PREFIX) and not newest and await rows.own_count(tx, owner.key) >= _TOO_MANY_OWN:
            raise _FULL(count=_TOO_MANY_OWN)
        from_on = draft.from_on or today
        before = await rows.version(tx, owner.key, topic, draft.level, newest) if newest else None
        if before is not None and _same(before, draft, from_on):
            return Saved(topic, draft.level, newest)
        await rows.add_version(
            tx, owner.key, topic, draft.level, newest + 1, draft.content, from_on, draft.until_on,
            by=who.account_id, at=now,
        )  # fmt: skip
        await record(tx, who, owner, "drafted", now, topic=topic, level=draft.level, version=newest + 1)
    return Saved(topic, draft.level, newest + 1)


def _same(row: Any, draft: NewDraft, from_on: date) -> bool:
    dates = (row["from_on"], row["until_on"]) == (from_on, draft.until_on)
    return dates and msgspec.json.decode(row["content"], type=Content) == draft.content


async def publish(house: House, who: Principal, owner: Owner, topic: str, new: NewPublication) -> None:
    """Told from the version's first day on. An earlier version takes back what came after; no version: nothing of one's own."""
    now = house.clock.now()
    today = school_day(now)
    looking.require_topic(topic)
    async with writing(house, who, owner) as tx:
        number = await rows.stamp(tx, owner.key)
        if new.version is None:
            if not await rows.withdraw(tx, owner.key, topic, new.level, today):
                return
            deed = "withdrawn"
        else:
            found = await rows.version(tx, owner.key, topic, new.level, new.version)
            if found is None:
                raise NOT_FOUND()
            if found["until_on"] is not None and found["until_on"] < today:
                raise OVER_ALREADY()
            await rows.publish(
                tx, owner.key, topic, new.level, new.version, found["from_on"], found["until_on"],
                by=who.account_id, at=now, today=today,
            )  # fmt: skip
            deed = "published"
        await rows.add_deed(
            tx, owner.key, number, deed, topic, new.level, new.version, None, by=who.account_id, at=now
        )  # fmt: skip
        await record(tx, who, owner, deed, now, topic=topic, level=new.level, version=new.version)


async def confirm(house: House, who: Principal, owner: Owner, topic: str, new: NewConfirmation) -> None:
    """The mark of one fact goes for the owner's families, or comes back."""
    now = house.clock.now()
    today = school_day(now)
    looking.require_topic(topic)
    async with writing(house, who, owner) as tx:
        number = await rows.stamp(tx, owner.key)
        knowledge = await rows.published(tx, await with_those_above(tx, owner))
        fact = next((one for one in looking.marked(knowledge, topic, today) if one.fact == new.fact), None)
        if fact is None:
            raise NOT_FOUND()
        if new.confirmed:
            words = [clean(text) or None for text in (new.words_vi, new.words_en)]
            _require_blanks([text or "" for text in words], "/words_vi")
            said = Confirmed(owner.key, topic, fact.vi, fact.en, words[0], words[1])
            await rows.confirm(tx, owner.key, topic, fact.fact, said, by=who.account_id, at=now)
        elif not await rows.unconfirm(tx, owner.key, topic, fact.fact):
            return
        deed = "confirmed" if new.confirmed else "unconfirmed"
        line = fact.vi or fact.en
        await rows.add_deed(tx, owner.key, number, deed, topic, "", None, line, by=who.account_id, at=now)
        await record(tx, who, owner, deed, now, topic=topic, fact=fact.fact)


# -- Reading what was written -----------------------------------------------------------------------------------------


def read(topic: str, new: NewDraft, today: date) -> NewDraft:
    """Clean words, and every wrong field at once."""
    looking.require_topic(topic)
    own = topic.startswith(OWN_PREFIX)
    content = Content(_clean(new.content.vi), _clean(new.content.en), [clean(one) for one in new.content.phrases])
    wrong: list[FieldError] = []
    if content.vi is None and content.en is None:
        wrong.append(FieldError("/content/vi/first", *_NO_TEXT))
    if own and not content.phrases:
        wrong.append(FieldError("/content/phrases", *_NO_PHRASES))
    if not own and content.phrases:
        wrong.append(FieldError("/content/phrases", *_NOT_HERE))
    if own and new.level:
        wrong.append(FieldError("/level", "Câu hỏi riêng không chia theo cấp học.", "An own question has no levels."))
    if new.until_on is not None and new.until_on < (new.from_on or today):
        wrong.append(FieldError("/until_on", *_BACKWARDS))
    elif new.until_on is not None and new.until_on < today:
        wrong.append(FieldError("/until_on", *_OVER))
    for language, text in (("vi", content.vi), ("en", content.en)):
        wrong += _unknown_blanks(text, f"/content/{language}") if text else []
    if wrong:
        raise INVALID(*wrong)
    return msgspec.structs.replace(new, content=content)


def _clean(text: Text | None) -> Text | None:
    if text is None:
        return None
    values: dict[str, object] = {}
    for name in text.__struct_fields__:
        value = getattr(text, name)
        values[name] = clean(value) if isinstance(value, str) else [line for one in value if (line := clean(one))]
    return msgspec.convert(values, Text)


def _unknown_blanks(text: Text, pointer: str) -> list[FieldError]:
    """Only the lines of the school's own facts have blanks for them; the office's blank may stand anywhere."""
    wrong = []
    for name in text.__struct_fields__:
        value = getattr(text, name)
        for line in (value,) if isinstance(value, str) else value:
            for blank in BLANKS.findall(line):
                if "{" + blank + "}" != BLANK and not (name == "school" and blank in FACT_NAMES):
                    vi, en = (said.format(name=blank) for said in _UNKNOWN_BLANK)
                    wrong.append(FieldError(f"{pointer}/{name}", vi, en))
    return wrong


def _require_blanks(texts: list[str], pointer: str) -> None:
    wrong = [
        FieldError(pointer, *(said.format(name=blank) for said in _UNKNOWN_BLANK))
        for text in texts
        for blank in BLANKS.findall(text)
        if "{" + blank + "}" != BLANK
    ]
    if wrong:
        raise INVALID(*wrong)
