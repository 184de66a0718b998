"""What is folded as thanks, and what must never be: a folded question would be a question unheard."""

from __future__ import annotations

import pytest

from backend.messages.thanks import is_nod


@pytest.mark.parametrize(
    "text",
    [
        "cảm ơn cô", "Cảm ơn cô ạ!", "cam on co", "Em cảm ơn cô nhiều ạ", "vâng ạ", "Dạ vâng", "vang a", "dạ", "ok cô", "Ok ạ", "okk",
        "👍", "👍🏻", "🙏🙏", "❤️", "Vâng, em cảm ơn cô ạ. 🙏", "Dạ em nhận được rồi ạ", "da nhan duoc roi co a", "Thanks", "Thank you so much!",
        "tks cô", "Gia đình xin chân thành cảm ơn nhà trường", "Dạ rõ rồi ạ", "ạ vâng ạaaa", "vg ạ", "Dạ em đã xem rồi ạ", "Noted, thanks",
    ],
)  # fmt: skip
def test_thanks_and_nods_are_folded(text: str) -> None:
    assert is_nod(text)


@pytest.mark.parametrize(
    "text",
    [
        "", "   ", "cô ơi", "Cảm ơn cô, mai cháu nghỉ ạ", "ok cô mấy giờ ạ", "vâng ạ?", "Dạ cháu sốt", "cảm ơn cô 15h em đón", "không ạ",
        "Dạ không", "chưa ạ", "em con cô", "Được ạ", "cô ơi cháu bị ngã 🙏", "👍 mai cháu nghỉ", "🤒", "😭", "vâng nhưng cháu dị ứng",
        "Cảm ơn cô. Cháu ăn kém quá cô ạ", "ok để em hỏi bố cháu", "yes but he is ill", "thank you, when is the test",
    ],
)  # fmt: skip
def test_whatever_says_more_is_not(text: str) -> None:
    assert not is_nod(text)
