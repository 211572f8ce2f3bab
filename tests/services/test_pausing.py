"""Pausing, and switching prompts off: what is open ends, and the next break is found again."""

from datetime import timedelta

from daybreak.domain.prompt import DONE
from daybreak.services import pausing
from daybreak.services.pausing import Pause
from daybreak.store.tables import Person
from tests.support.desk import TEN, Desk
from tests.support.prompts import MINUTE


def test_pause_cancels_what_is_open_and_ends_by_itself(desk: Desk) -> None:
    with desk.runtime.writing() as session:
        person = session.get_one(Person, desk.alice_id)
        assert pausing.pause(session, person, Pause.HOUR, TEN + MINUTE) == TEN + 61 * MINUTE
    assert (desk.prompt().standing, desk.prompt().reason) == ("cancelled", "paused")
    person = desk.person()
    assert pausing.is_paused(person, TEN + 60 * MINUTE)
    assert not pausing.is_paused(person, TEN + 61 * MINUTE)
    assert person.next_due_at is not None
    assert person.next_due_at > TEN + 61 * MINUTE


def test_pause_until_tomorrow_and_resume(desk: Desk) -> None:
    desk.answer(DONE, TEN)
    with desk.runtime.writing() as session:
        person = session.get_one(Person, desk.alice_id)
        pausing.pause(session, person, Pause.TODAY, TEN)
        assert person.next_due_at == TEN + timedelta(days=1)
        pausing.resume(session, person, TEN + 5 * MINUTE)
        assert person.next_due_at == TEN + timedelta(hours=1)


def test_prompts_off_and_on(desk: Desk) -> None:
    for on in (False, True):
        with desk.runtime.writing() as session:
            person = session.get_one(Person, desk.alice_id)
            pausing.switch_prompts(session, person, TEN + MINUTE, on=on)
        assert (desk.person().next_due_at is not None) is on
    assert (desk.prompt().standing, desk.prompt().reason) == ("cancelled", "opted_out")
