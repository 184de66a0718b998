"""The page of the bank feeds: hooks added with every wrong key pointed at, secrets shown once, closed ones refused."""

import pytest

from tests.payments.conftest import money  # noqa: F401  (its fixture)


@pytest.fixture
def page(money):  # noqa: F811
    async def ask(path="", form=None):
        url = f"/console/{money.world.school_id}/bank-feeds{path}"
        headers = {**money.world.admin.headers, "accept": "text/html", "accept-language": "en"}
        if form is None:
            return await money.http.get(url, headers=headers)
        return await money.http.post(url, data=form, headers=headers)

    return ask


async def test_a_feed_is_added_shown_once_and_closed(money, page):  # noqa: F811
    form = {"bank_account_id": str(money.world.bank_account_id), "gateway": "payos hmac", "client_id": "c-kept-in-form"}
    wrong = await page(form=form)
    assert wrong.status_code == 422
    assert 'id="api_key-wrong"' in wrong.text and 'id="secret-wrong"' in wrong.text
    assert "c-kept-in-form" in wrong.text, "what was typed is not lost"
    made = await page(form={**form, "gateway": "casso token", "client_id": ""})
    assert made.status_code == 200, made.text
    row = await money.owner.fetchrow(
        "SELECT * FROM bank_hooks WHERE school_id = $1 AND provider = 'casso'", money.world.school_id
    )
    secret = money.house.cipher.open(row["secret_sealed"], "bank-hook")
    assert secret in made.text
    again = await page()
    assert secret not in again.text
    assert "Casso" in again.text
    closed = await page(f"/{row['hook_key']}/close", form={})
    assert closed.status_code in (302, 303)
    assert "Closed" in (await page()).text
