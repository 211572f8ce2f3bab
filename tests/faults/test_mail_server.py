"""A mail server that vanishes at a named point: tried again only where nothing can have arrived."""

from datetime import timedelta

import pytest

from daybreak.domain.delivery import DeliveryState
from tests.support.post_office import TEN
from tests.support.processes import wait_until
from tests.support.proxy import Then
from tests.support.works import Works

pytestmark = pytest.mark.journey


@pytest.fixture
def one(small_site: Works) -> Works:
    """Works in which Bob alone is prompted."""
    small_site.office.change(small_site.office.world.alice, prompts_on=False)
    return small_site


@pytest.mark.parametrize("then", ["cut", "drop"])
def test_a_server_that_takes_the_mail_and_hangs_up_gets_one_copy(one: Works, then: Then) -> None:
    one.line.order("dot", then)
    with one.worker():
        one.due()
        one.wait_for_the_end()
        one.at(TEN + timedelta(minutes=2))
        one.sweep()
        one.send("deliver", one.office.ids(DeliveryState.UNKNOWN))
    assert len(one.mail.mails) == 1
    assert one.states() == {"unknown": 1}


@pytest.mark.parametrize("then", ["cut", "drop"])
def test_a_server_that_hangs_up_at_rcpt_gets_one_copy_with_the_same_message_id(
    one: Works, then: Then
) -> None:
    one.line.order("RCPT", then)
    with one.worker():
        one.due()
        wait_until(lambda: one.office.attempts(), what="the first try")
        (before,) = one.office.deliveries()
        one.at(TEN + timedelta(minutes=1))
        one.wait_for_the_end(sweeping=True)
    (mail,) = one.mail.mails
    (after,) = one.office.deliveries()
    assert (after.state, after.attempts) == ("sent", 2)
    assert before.message_id in (None, after.message_id)
    assert mail.message["Message-ID"] == after.message_id


def test_a_server_that_hangs_up_at_data_gets_one_copy_and_one_message_id(one: Works) -> None:
    one.line.order("DATA", "cut")
    with one.worker():
        one.due()
        wait_until(lambda: [a.result for a in one.office.attempts()] == ["retry"], what="the first try")
        (before,) = one.office.deliveries()
        assert before.message_id
        one.at(TEN + timedelta(minutes=1))
        one.wait_for_the_end(sweeping=True)
    (mail,) = one.mail.mails
    assert mail.message["Message-ID"] == before.message_id
    assert one.states() == {"sent": 1}


def test_a_server_that_stops_answering_is_given_up_in_time(one: Works) -> None:
    one.line.order("RCPT", "stall")
    with one.worker():
        one.due()
        wait_until(lambda: one.office.attempts(), seconds=40, what="a try that was given up")
        one.at(TEN + timedelta(minutes=1))
        one.wait_for_the_end(sweeping=True)
    assert one.states() == {"sent": 1}
    assert len(one.mail.mails) == 1
