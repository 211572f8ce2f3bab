"""Nothing is kept longer than was said, and nothing that was published goes with it."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from daybreak.runtime import Runtime
from daybreak.services import accounts, participation, retention, writing
from daybreak.services.dashboard import board
from daybreak.store.tables import (
    AnswerLink,
    Attempt,
    Base,
    BreakTaken,
    Delivery,
    Letter,
    Person,
    Prompt,
    Publication,
    SignInLink,
    SignInSession,
)
from tasks.housekeeping import tidy_up
from tests.support.asked import MONDAY, ask_fixture, at
from tests.support.prompts import make_link
from tests.support.world import World, make_person, make_world

KEEP = timedelta(days=90)
OVER = at(MONDAY + timedelta(days=91), 12)


@pytest.fixture
def kept(runtime: Runtime) -> World:
    """A week of prompts that was frozen, their messages, a sign-in and a letter."""
    with runtime.writing() as session:
        world = make_world(session, at(MONDAY, 8))
        people = [make_person(session, f"p{n}", at(MONDAY, 8), world.team) for n in range(6)]
        ask_fixture(session, people, world.policy, MONDAY)
        for number, prompt in enumerate(session.scalars(select(Prompt)).all()):
            make_link(session, prompt, f"token-{number}")
        for delivery in session.scalars(select(Delivery)):
            session.add(Attempt(delivery_id=delivery.id, at=at(MONDAY, 10), result="sent"))
        accounts.open_session(session, world.bob, at(MONDAY, 8))
        accounts.ask_for_link(session, "bob@acme.test", "browser", "123456", None, at(MONDAY, 8))
        session.add(BreakTaken(person_id=world.bob.id, local_date=MONDAY, taken_at=at(MONDAY, 16)))
        for letter in session.scalars(select(Delivery).where(Delivery.kind == "letter")):
            letter.state = "sent"
        participation.freeze_due(session, at(MONDAY + timedelta(days=8), 12))
    return world


def count(runtime: Runtime, table: type[Base]) -> int:
    with runtime.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def prune(runtime: Runtime, days: int, limit: int = 200) -> int:
    """Prune until nothing is left to prune; how many rounds it took."""
    rounds = 0
    while True:
        with runtime.writing() as session:
            if not retention.prune(session, at(MONDAY + timedelta(days=days), 12), KEEP, limit):
                return rounds
        rounds += 1


def test_what_is_old_goes_and_the_frozen_week_stays(runtime: Runtime, kept: World) -> None:
    answers = (Prompt, Delivery, Attempt, AnswerLink, BreakTaken, Letter, SignInLink, SignInSession)
    assert all(count(runtime, table) for table in answers)
    with runtime.reading() as session:
        shown = board(session, session.merge(kept.team, load=False), MONDAY, OVER)
    assert prune(runtime, days=90) >= 1  # the sign-in link, which ended that morning
    assert count(runtime, Prompt) == 28, "the ninetieth day is still kept"
    prune(runtime, days=91)
    assert [count(runtime, table) for table in answers[:-1]] == [0] * 7
    assert count(runtime, Publication) == 1
    assert count(runtime, SignInSession) == 1, "it ends two months after it began"
    with runtime.reading() as session:
        assert board(session, session.merge(kept.team, load=False), MONDAY, OVER).week == shown.week
    prune(runtime, days=152)
    assert count(runtime, SignInSession) == 0
    assert count(runtime, Person) == 9


def test_in_batches(runtime: Runtime, kept: World) -> None:
    assert prune(runtime, days=91, limit=10) == 3
    assert count(runtime, Prompt) == 0


def test_what_still_counts_waits_for_its_week_to_be_frozen(runtime: Runtime, kept: World) -> None:
    with runtime.writing() as session:
        session.delete(session.scalars(select(Publication)).one())
    prune(runtime, days=400)
    assert count(runtime, Prompt) == 28


def test_mail_that_waits_is_not_pruned(runtime: Runtime, kept: World) -> None:
    with runtime.writing() as session:
        writing.write(session, "sign_in", session.merge(kept.bob), None, at(MONDAY, 8), OVER)
    prune(runtime, days=91)
    assert count(runtime, Letter) == 1


def test_the_hourly_round(runtime: Runtime, kept: World) -> None:
    folder = runtime.settings.home / "outbox"
    folder.mkdir(parents=True)
    for day in ("20260302", "20260531"):
        (folder / f"{day}T100000000000-1.eml").write_text("To: Bob")
    runtime.clock.set(OVER)  # type: ignore[attr-defined]
    tidy_up(runtime)
    assert count(runtime, Prompt) == 0
    assert [one.name for one in folder.iterdir()] == ["20260531T100000000000-1.eml"]
