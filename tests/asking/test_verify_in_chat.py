"""The bot answers the same question from the same registers."""

from tests.asking.test_family_requests import ask, bills_of_both
from tests.bots.scenes import talker


async def test_a_pasted_code_or_seal_is_judged_for_anybody(money, sister):
    await bills_of_both(money, sister)
    (asked,) = (await ask(money)).json()["requests"]
    stranger = talker(money.house)
    for text, said in (
        (asked["payload"], "CỦA NHÀ TRƯỜNG"),
        (f"có đúng của trường không: {asked['seal']}", "CỦA NHÀ TRƯỜNG"),
        (asked["payload"].replace("5406400000", "5406900000"), "KHÔNG PHẢI CỦA NHÀ TRƯỜNG"),
    ):
        answer = await stranger.says(text)
        assert answer.intent == "scam-warning"
        assert f"\n{said}\n" in answer.text, answer.text
        assert "Minh An" not in answer.text


async def test_a_suspicious_number_is_looked_up_and_the_next_one_too(money):
    parent = talker(money.house, money.world.parent.account_id)
    first = await parent.says(
        "có người tự xưng nhà trường đòi chuyển tiền vào stk 19034567890123, có phải lừa đảo không"
    )
    assert "KHÔNG PHẢI CỦA NHÀ TRƯỜNG" in first.text and "19034567890123" in first.text
    next_one = await parent.says(money.account_number)
    assert "\nCỦA NHÀ TRƯỜNG\n" in next_one.text
    assert next_one.text.splitlines()[0].count("02438251234") == 1


async def test_a_number_pasted_alone_is_looked_up_for_anybody_at_the_first_message(money):
    for text, said in (
        (money.account_number, "CỦA NHÀ TRƯỜNG"),
        (f"stk {money.account_number}", "CỦA NHÀ TRƯỜNG"),
        ("1903 4567 8901 23", "KHÔNG PHẢI CỦA NHÀ TRƯỜNG"),
        ("0903 123 999", "KHÔNG PHẢI CỦA NHÀ TRƯỜNG"),
    ):
        answer = await talker(money.house).says(text)
        assert answer.intent == "scam-warning", text
        assert f"\n{said}\n" in answer.text, answer.text


async def test_a_number_in_another_question_is_no_suspicion(money):
    parent = talker(money.house, money.world.parent.account_id)
    assert "NHÀ TRƯỜNG\n" not in (await parent.says("con tôi còn nợ bao nhiêu tiền")).text
    general = await parent.says("có người gọi báo con cấp cứu đòi chuyển tiền")
    assert "Dán tin nhắn" in general.text
