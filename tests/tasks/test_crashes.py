"""What a kill at any instant leaves behind, and how the sweep puts it right; an exception is the kill."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from daybreak.channels.smtp import SmtpTransport
from daybreak.domain.delivery import Outcome, Result
from daybreak.domain.occurrence import DayPlan, PersonInput
from daybreak.domain.plan import day_plan
from daybreak.services import delivering, planning, sweeping
from daybreak.store import due
from daybreak.store.tables import Delivery
from tasks.courier import Courier
from tests.support.post_office import TEN, PostOffice
from tests.support.smtp import SmtpSink
from tests.support.world import MONDAY_0900, make_person

LEASE = timedelta(seconds=91)


class KilledError(BaseException):
    """The process is gone; nothing of it runs on."""


def sweep(office: PostOffice) -> list[int]:
    """Run the sweep; what it rings."""
    with office.runtime.writing() as session:
        return sweeping.sweep(session, office.runtime.now())


@pytest.fixture
def one(office: PostOffice) -> PostOffice:
    """An office with one delivery that is due: Bob's."""
    office.change(office.world.alice, prompts_on=False)
    office.at(TEN)
    office.tick()
    return office


def kill_at(monkeypatch: pytest.MonkeyPatch, owner: type, name: str) -> None:
    """Let the process die at the end of a method."""
    whole = getattr(owner, name)

    def dying(*args: object) -> object:
        whole(*args)
        raise KilledError

    monkeypatch.setattr(owner, name, dying)


def test_killed_after_the_claim_the_next_worker_sends_it(
    one: PostOffice, smtp_sink: SmtpSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        kill_at(patch, Courier, "_way")
        with pytest.raises(KilledError):
            one.deliver()
    (delivery,) = one.deliveries()
    assert delivery.state == "claimed"
    one.deliver([delivery.id])  # redelivered by Redis while the lease still holds
    assert smtp_sink.mails == []
    one.at(TEN + LEASE)
    assert sweep(one) == [delivery.id]
    one.deliver([delivery.id])
    assert len(smtp_sink.mails) == 1
    assert [d.state for d in one.deliveries()] == ["sent"]


def test_killed_after_the_hand_off_nothing_is_sent_again(
    one: PostOffice, smtp_sink: SmtpSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        kill_at(patch, Courier, "hand_off")
        with pytest.raises(KilledError):
            one.deliver()
    (delivery,) = one.deliveries()
    assert delivery.state == "handing_off"
    one.at(TEN + LEASE)
    one.deliver([delivery.id])
    assert sweep(one) == []
    assert smtp_sink.mails == []
    assert [d.state for d in one.deliveries()] == ["unknown"]
    assert [a.result for a in one.attempts()] == ["unknown"]


def test_killed_before_recording_the_mail_is_not_doubled(
    one: PostOffice, smtp_sink: SmtpSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:

        def dying(_courier: Courier) -> None:
            raise KilledError

        patch.setattr(Courier, "_record", dying)
        with pytest.raises(KilledError):
            one.deliver()
    assert len(smtp_sink.mails) == 1
    one.at(TEN + LEASE)
    one.deliver(sweep(one) or [one.deliveries()[0].id])
    assert len(smtp_sink.mails) == 1
    assert [d.state for d in one.deliveries()] == ["unknown"]


def test_a_worker_that_comes_back_late_records_nothing(one: PostOffice, smtp_sink: SmtpSink) -> None:
    courier = Courier(one.runtime, "a lease")

    def late(transport: SmtpTransport, *_args: object) -> Iterator[object]:
        courier.hand_off(one.deliveries()[0].id)
        one.at(TEN + LEASE)
        sweep(one)
        yield Outcome(one.deliveries()[0].id, Result.SENT)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SmtpTransport, "send", late)
        with one.runtime.writing() as session:
            claimed = delivering.claim(session, one.ids(), TEN, "a lease")
        courier.deliver(claimed.outgoing)
    assert [d.state for d in one.deliveries()] == ["unknown"]
    assert smtp_sink.mails == []


def test_a_message_that_cannot_be_made_fails_alone(
    office: PostOffice, smtp_sink: SmtpSink, caplog: pytest.LogCaptureFixture
) -> None:
    office.at(TEN)
    office.tick()
    (prompt,) = office.prompts(office.world.alice)
    office.change(prompt, movement_id="no-such-movement")
    office.deliver()
    assert [mail.recipients for mail in smtp_sink.mails] == [("bob@acme.test",)]
    assert sorted(d.state for d in office.deliveries()) == ["failed", "sent"]
    assert "could not be made" in caplog.text


def test_what_redis_lost_is_rung_again_within_twenty_seconds(one: PostOffice) -> None:
    (delivery,) = one.deliveries()
    one.at(TEN + timedelta(seconds=4))
    assert sweep(one) == []  # it may just be on its way
    one.at(TEN + timedelta(seconds=10))
    assert sweep(one) == [delivery.id]


def test_what_nobody_took_in_time_is_expired(one: PostOffice) -> None:
    one.at(TEN + timedelta(minutes=5))
    assert sweep(one) == []
    assert [d.state for d in one.deliveries()] == ["expired"]
    (prompt,) = one.prompts()
    assert (prompt.standing, prompt.closed_at) == ("undelivered", TEN + timedelta(minutes=5))


def test_within_an_hour_the_sweep_finds_a_plan_that_is_wrong(office: PostOffice) -> None:
    office.change(office.world.bob, next_due_at=None)
    office.change(office.world.alice, next_due_at=TEN + timedelta(days=3))
    with office.runtime.writing() as session:
        turns = (MONDAY_0900 + turn * sweeping.EVERY for turn in range(sweeping.PARTS))
        assert sum(sweeping.repair(session, now) for now in turns) == 2
    assert office.person(office.world.alice).next_due_at == TEN
    assert office.person(office.world.bob).next_due_at == TEN


def test_one_broken_plan_does_not_keep_the_others_from_theirs(
    office: PostOffice, smtp_sink: SmtpSink, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    whole = day_plan

    def broken(person: PersonInput, *others: Any) -> DayPlan:
        if person.person_id == office.world.alice.id:
            raise RuntimeError("a plan that cannot be made")
        return whole(person, *others)

    monkeypatch.setattr("daybreak.services.prompting.day_plan", broken)
    office.at(TEN)
    office.tick()
    assert "planning failed" in caplog.text
    assert len(office.prompts()) == 1
    assert office.person(office.world.alice).next_due_at == TEN + timedelta(minutes=5)


def test_two_couriers_at_once_send_each_mail_once(office: PostOffice, smtp_sink: SmtpSink) -> None:
    office.at(TEN)
    office.tick()
    ids = office.ids()
    couriers = [threading.Thread(target=office.deliver, args=(ids,)) for _ in range(4)]
    for thread in couriers:
        thread.start()
    for thread in couriers:
        thread.join()
    assert len(smtp_sink.mails) == 2
    with office.runtime.reading() as session:
        assert {d.state for d in session.query(Delivery)} == {"sent"}


def test_four_ticks_at_once_plan_each_prompt_once(office: PostOffice) -> None:
    with office.runtime.writing() as session:
        team = session.merge(office.world.team)
        for number in range(30):
            make_person(session, f"p{number}", MONDAY_0900 - timedelta(days=14), team)
        planning.replan_team(session, team.id, MONDAY_0900)
    office.tick()  # nothing is due yet; Celery binds its tasks at the first call
    office.at(TEN)
    ticks = [threading.Thread(target=office.tick) for _ in range(4)]
    for thread in ticks:
        thread.start()
    for thread in ticks:
        thread.join()
    assert len(office.prompts()) == 32
    assert len(office.ids()) == 32
    with office.runtime.reading() as session:
        assert not due.anything_due(session, TEN)
