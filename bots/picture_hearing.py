"""A picture that a family sends while its question is with people: made small, kept with the school's files, and said in the conversation.

Only for a chat of an account, since a file belongs to somebody. The assistant itself reads no pictures. It knows no wire.
"""

from __future__ import annotations

from backend.core.catalogue import say
from backend.core.house import House
from backend.core.problems import problem
from backend.core.ratelimit import Bucket
from backend.files.actions import prepared
from backend.files.content import UNKNOWN, Content
from bots import handoffs
from bots.chats import Chat
from bots.conversation import Turn
from bots.hearing import Heard, Wire
from schemas.chat import Answer

NO_PERSON = problem(
    "no-person-for-picture",
    409,
    vi="Ảnh chỉ gửi được khi câu hỏi của bạn đang ở chỗ thầy cô. Hãy chọn “Gặp người thật” trước.",
    en="A picture can be sent while your question is with a person of the school. Choose “Talk to a person” first.",
)


async def passed_on(house: House, wire: Wire, chat: Chat, heard: Heard) -> Turn | None:
    """A messenger's picture. None where there is none, or nobody who could look at it: then it is answered as anything unreadable."""
    if not heard.picture or not heard.incoming.private or chat.with_person is None or chat.account_id is None:
        return None
    data = await wire.picture(heard.picture)
    return await keep(house, chat, heard.incoming.update_id, heard.incoming.text, data)


async def keep(house: House, chat: Chat, update_id: str, text: str, data: bytes) -> Turn | None:
    """Said to the person, or to whoever will take the question. The same update says it once. None: the conversation has just ended."""
    person = chat.with_person
    assert person is not None and chat.account_id is not None, "the caller has asked"
    now = house.clock.now()
    await house.limits.take(Bucket(f"upload:{chat.account_id}", 40, 15.0), now=now.timestamp())
    content = await picture_of(data)
    language = chat.language or "vi"
    words = text.strip() or say("bots.a_picture", language)
    state = await handoffs.heard(house, chat, person, update_id, words, at=now, picture=content)
    if state is None:
        return None
    if state == "taken":
        return Turn(None, chat, "person")
    return Turn(Answer(say("bots.picture_passed_on", language)), chat, "person_picture")


async def picture_of(data: bytes) -> Content:
    """Raises a problem that says what to do instead; a PDF is no picture."""
    content = await prepared("anh.jpg", data)
    if content.width is None:
        raise UNKNOWN()
    return content
