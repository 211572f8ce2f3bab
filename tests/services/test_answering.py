"""Answering over real rows, on SQLite and PostgreSQL: one record, however often and from wherever."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import func, select

from daybreak.data import catalogue
from daybreak.domain.delivery import DeliveryState
from daybreak.domain.errors import NotFoundError
from daybreak.domain.prompt import (
    DONE,
    SKIP,
    PromptClosedError,
    PromptDayOverError,
    SnoozePastEndError,
    Standing,
    UndoTooLateError,
    snooze,
)
from daybreak.services import answering, linked, planning
from daybreak.services.movements import movement_for
from daybreak.store.tables import Delivery, Person, Policy, Prompt
from tests.support.desk import TEN, Desk
from tests.support.prompts import MINUTE, make_delivery, make_link


def test_done_is_one_record_with_its_break(desk: Desk) -> None:
    first = desk.answer(DONE, TEN + 2 * MINUTE)
    again = desk.answer(DONE, TEN + 3 * MINUTE)
    assert (first.standing, first.changed, first.at) == (Standing.DONE, True, TEN + 2 * MINUTE)
    assert (again.standing, again.changed, again.at) == (Standing.DONE, False, TEN + 2 * MINUTE)
    assert [one.prompt_id for one in desk.breaks()] == [desk.prompt_id]
    assert desk.prompt().closed_at == TEN + 2 * MINUTE


def test_two_threads_at_once_make_one_record(desk: Desk) -> None:
    together = Barrier(4)

    def press(n: int) -> bool:
        together.wait()
        return desk.answer((DONE, SKIP)[n % 2], TEN + MINUTE).changed

    with ThreadPoolExecutor(4) as pool:
        changed = list(pool.map(press, range(4)))
    assert changed.count(True) == 1
    assert len(desk.breaks()) == (1 if desk.prompt().standing == "done" else 0)


def test_late_until_the_day_ends(desk: Desk) -> None:
    assert desk.answer(DONE, TEN + 31 * MINUTE).standing is Standing.LATE
    desk.undo(TEN + 31 * MINUTE)
    with pytest.raises(PromptDayOverError):
        desk.answer(DONE, desk.prompt().day_ends_at)
    assert desk.breaks() == []


def test_undo_removes_the_break_and_only_for_a_minute(desk: Desk) -> None:
    desk.answer(DONE, TEN + MINUTE)
    desk.undo(TEN + 2 * MINUTE)
    assert desk.breaks() == []
    assert desk.prompt().standing == "open"
    assert desk.undo(TEN + 2 * MINUTE).changed is False
    desk.answer(SKIP, TEN + 3 * MINUTE)
    with pytest.raises(UndoTooLateError):
        desk.undo(TEN + 4 * MINUTE + timedelta(seconds=1))
    assert desk.prompt().standing == "skipped"


def test_an_answer_cancels_what_nobody_has_begun_to_send(desk: Desk) -> None:
    with desk.runtime.writing() as session:
        prompt = session.get_one(Prompt, desk.prompt_id)
        planned = make_delivery(session, prompt, "planned").id
        sent = make_delivery(session, prompt, "sent", "slack_webhook").id
    desk.answer(SKIP, TEN + MINUTE)
    with desk.runtime.reading() as session:
        assert session.get_one(Delivery, planned).state == DeliveryState.CANCELLED
        assert session.get_one(Delivery, sent).state == DeliveryState.SENT


def test_a_snooze_moves_the_deadline_but_not_past_the_next_occurrence(desk: Desk) -> None:
    told = desk.answer(snooze(15), TEN + 20 * MINUTE)
    assert told.snoozed_until_at == TEN + 35 * MINUTE
    assert desk.prompt().deadline_at == TEN + 45 * MINUTE
    assert desk.answer(snooze(15), TEN + 21 * MINUTE).changed is False
    desk.answer(snooze(10), TEN + 40 * MINUTE)
    prompt, person = desk.prompt(), desk.person()
    assert prompt.snoozed_until_at == TEN + 50 * MINUTE
    assert prompt.deadline_at <= (person.next_due_at or prompt.deadline_at)
    assert prompt.snooze_count == 2


def test_no_snooze_past_the_window(desk: Desk) -> None:
    desk.change(lambda prompt: setattr(prompt, "window_end_at", TEN + 8 * MINUTE))
    with pytest.raises(SnoozePastEndError):
        desk.answer(snooze(10), TEN)
    assert desk.prompt().snooze_count == 0


def test_a_break_of_ones_own_is_heard_once(desk: Desk) -> None:
    desk.answer(SKIP, TEN)
    first = desk.move(TEN + 20 * MINUTE)
    again = desk.move(TEN + 20 * MINUTE + timedelta(seconds=30))
    assert (first.standing, first.changed, again.changed) == (None, True, False)
    assert again.break_id == first.break_id
    assert [one.prompt_id for one in desk.breaks()] == [None]


def test_i_moved_answers_the_open_prompt(desk: Desk) -> None:
    assert desk.move(TEN + MINUTE).standing is Standing.DONE
    assert [one.prompt_id for one in desk.breaks()] == [desk.prompt_id]


def test_a_break_just_before_drops_the_next_occurrence(desk: Desk) -> None:
    desk.answer(SKIP, TEN)
    eleven = TEN + timedelta(hours=1)
    assert desk.person().next_due_at == eleven
    told = desk.move(eleven - 5 * MINUTE)
    assert desk.person().next_due_at != eleven
    with desk.runtime.writing() as session:
        person = session.get_one(Person, desk.alice_id)
        assert told.break_id is not None
        answering.undo_spontaneous(session, person, told.break_id, eleven - 5 * MINUTE)
    assert desk.person().next_due_at == eleven


def test_ones_own_break_is_not_somebody_elses_to_take_back(desk: Desk) -> None:
    desk.answer(SKIP, TEN)
    told = desk.move(TEN + 20 * MINUTE)
    with desk.runtime.writing() as session:
        bob = session.scalars(select(Person).where(Person.name == "Bob")).one()
        assert told.break_id is not None
        assert not answering.undo_spontaneous(session, bob, told.break_id, TEN + 20 * MINUTE).changed
    assert len(desk.breaks()) == 1


@pytest.mark.parametrize("standing", ["undelivered", "cancelled"])
def test_i_moved_to_what_does_not_count_is_a_break_all_the_same(desk: Desk, standing: str) -> None:
    desk.change(lambda prompt: setattr(prompt, "standing", standing))
    first = desk.answer(DONE, TEN + 10 * MINUTE)
    again = desk.answer(DONE, TEN + 20 * MINUTE)
    assert (first.standing, first.changed, again.changed) == (None, True, False)
    assert desk.prompt().standing == standing
    assert len(desk.breaks()) == 1
    with pytest.raises(UndoTooLateError):
        desk.undo(TEN + 12 * MINUTE)


def test_i_moved_to_what_the_clock_calls_undelivered(desk: Desk) -> None:
    desk.change(lambda prompt: setattr(prompt, "first_sent_at", None))
    assert desk.answer(DONE, TEN + 6 * MINUTE).standing is None
    assert desk.prompt().standing == "undelivered"
    desk.undo(TEN + 6 * MINUTE)
    assert desk.breaks() == []
    assert desk.prompt().standing == "undelivered"


def test_an_unknown_hand_off_may_still_be_answered(desk: Desk) -> None:
    desk.change(lambda prompt: setattr(prompt, "first_sent_at", None))
    with desk.runtime.writing() as session:
        make_delivery(session, session.get_one(Prompt, desk.prompt_id), "unknown")
    assert desk.answer(DONE, TEN + 6 * MINUTE).standing is Standing.DONE


def test_shown_on_today_starts_the_response_time_once(desk: Desk) -> None:
    def unsent(prompt: Prompt) -> None:
        prompt.first_sent_at, prompt.last_nudge_at = None, None

    desk.change(unsent)
    for minutes in (1, 2):
        with desk.runtime.writing() as session:
            answering.show(session, desk.prompt_id, TEN + minutes * MINUTE)
    prompt = desk.prompt()
    assert prompt.first_sent_at == prompt.last_nudge_at == TEN + MINUTE
    assert prompt.deadline_at == TEN + 31 * MINUTE


def test_another_movement_while_it_is_open(desk: Desk) -> None:
    seen = {desk.prompt().movement_id}
    for _turn in range(3):
        with desk.runtime.writing() as session:
            before = session.get_one(Prompt, desk.prompt_id).movement_id
            after = answering.swap_movement(session, desk.prompt_id, catalogue(), TEN).id
        assert after != before
        seen.add(after)
    assert len(seen) >= 3
    desk.answer(DONE, TEN)
    with desk.runtime.writing() as session, pytest.raises(PromptClosedError):
        answering.swap_movement(session, desk.prompt_id, catalogue(), TEN)


def test_another_movement_before_it_is_due_is_what_its_prompt_gets(desk: Desk) -> None:
    desk.answer(DONE, TEN)
    with desk.runtime.writing() as session:
        person = session.get_one(Person, desk.alice_id)
        coming = planning.next_for(session, person, TEN)
        assert coming is not None
        policy = session.get_one(Policy, coming.policy_id)
        before = movement_for(session, person, policy, coming, catalogue())
        swapped = answering.swap_next(session, person, catalogue(), TEN)
        assert swapped is not None
        assert swapped != before
        assert movement_for(session, person, policy, coming, catalogue()) == swapped


def test_a_links_end(desk: Desk) -> None:
    with desk.runtime.writing() as session:
        token = make_link(session, session.get_one(Prompt, desk.prompt_id), "token")
        ends_at = session.get_one(Prompt, desk.prompt_id).day_ends_at + timedelta(hours=2)
    with desk.runtime.reading() as session:
        at = ends_at - timedelta(seconds=1)
        assert linked.linked(session, token, catalogue(), at).state is linked.LinkState.OVER
        with pytest.raises(linked.LinkExpiredError):
            linked.linked(session, token, catalogue(), ends_at)
        with pytest.raises(NotFoundError):
            linked.linked(session, "another", catalogue(), TEN)


def test_stopped_email_is_not_sent_and_the_prompt_stays_on_today(desk: Desk) -> None:
    with desk.runtime.writing() as session:
        planned = make_delivery(session, session.get_one(Prompt, desk.prompt_id), "planned").id
        linked.switch_email(session, "unsubscribe-alice", TEN, on=False)
    with desk.runtime.reading() as session:
        assert session.get_one(Delivery, planned).state == DeliveryState.SUPPRESSED
        assert session.get_one(Prompt, desk.prompt_id).standing == "open"
        assert session.scalar(select(func.count()).select_from(Delivery)) == 1
    assert desk.person().email_off_at == TEN
