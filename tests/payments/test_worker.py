"""From the bank's call to the settled bill with nobody calling anything in between: bell, job, sweep."""

import pytest

from backend.worker import CRONS, create_worker
from tests.conftest import test_settings as settings_of
from tests.payments.conftest import AMOUNT

pytestmark = pytest.mark.usefixtures("empty_queue")


async def work(database_url, redis_url):
    """As a worker process that has just been started: its cron lines have not run yet."""
    for line in CRONS:
        line.next_run = None
    worker = create_worker(settings_of(), redis_url=redis_url, database_url=database_url, burst=True)
    await worker.async_run()


async def test_the_bell_of_a_webhook_settles_it(money, database_url, redis_url):
    await money.bill()
    event = money.bank.credit(AMOUNT, (await money.invoice())["reference"])
    assert await money.bank.call(event)
    await work(database_url, redis_url)
    assert await money.state(event) == "settled"
    await money.prove()


async def test_a_bell_that_was_lost_is_found_by_the_sweep(money, database_url, redis_url):
    """Redis forgot everything between the answer to the bank and the job."""
    await money.bill()
    event = money.bank.credit(AMOUNT, (await money.invoice())["reference"])
    assert await money.bank.call(event)
    await money.http._transport.app.state.house.queue.pool.flushdb()
    await work(database_url, redis_url)
    assert await money.state(event) == "settled"
    await money.prove()
