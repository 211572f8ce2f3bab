"""Days in a small team, in every order Hypothesis can think of, over the real services and a moved clock.

After every step the promises hold. DAYBREAK_MACHINE="examples,steps" runs longer than the suite does.
"""

import os
import shutil
import tempfile
from collections.abc import Callable
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import select
from sqlalchemy.orm import Session

from daybreak.domain.errors import DaybreakError
from daybreak.domain.occurrence import Span
from daybreak.domain.prompt import DONE, SKIP, snooze
from daybreak.services import (
    answering,
    calendar_feeds,
    inviting,
    pausing,
    people,
    planning,
    policies,
    profile,
    sweeping,
    teams,
    wishing,
)
from daybreak.services.pausing import Pause
from daybreak.services.plan_inputs import inputs_for
from daybreak.store.tables import Delivery, Person, Policy, Prompt, Team
from tasks import plan_batch
from tasks.dispatch import dispatch
from tests.support.databases import copy_sqlite
from tests.support.dying import crash_after
from tests.support.hard_hours import WEEKS, ZONES
from tests.support.promises import new_prompt_is_right, plan_is_fresh, standings_are_right
from tests.support.prompts import MINUTE
from tests.support.runtimes import SetClock, runtime_for
from tests.support.world import make_policy, make_world

EXAMPLES, STEPS = map(int, os.environ.get("DAYBREAK_MACHINE", "12,30").split(","))
FRIDAY = datetime(2026, 3, 27, 8, tzinfo=UTC)  # in Lisbon the clocks change on Sunday
WHO = st.integers(0, 1)


class Days(RuleBasedStateMachine):
    """Two people, two policies, one clock."""

    template: ClassVar[Path]

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        folder = Path(tempfile.mkdtemp())
        self.stack.callback(shutil.rmtree, folder)
        self.runtime = self.stack.enter_context(
            runtime_for(copy_sqlite(self.template, folder), folder / "home")
        )
        self.known: dict[int, str] = {}
        self.at(FRIDAY)
        with self.runtime.writing() as session:
            long_ago = FRIDAY - timedelta(days=30)
            world = make_world(session, long_ago)
            second = make_policy(
                session, world.team, long_ago, interval_min=25, interval_max=40, break_seconds=30
            )
            second.rhythm = "personal"
            self.persons = [world.alice.id, world.bob.id]
            self.policies, self.team = [world.policy.id, second.id], world.team.id
            planning.replan_team(session, self.team, FRIDAY)

    def teardown(self) -> None:
        self.stack.close()

    @property
    def now(self) -> datetime:
        return self.runtime.now()

    def at(self, now: datetime) -> None:
        assert isinstance(self.runtime.clock, SetClock)
        self.runtime.clock.set(now)

    def act(self, work: Callable[[Session, Person], object], who: int) -> None:
        """Do something as one of the two; what the rules refuse is refused."""
        with suppress(DaybreakError), self.runtime.writing() as session:
            work(session, session.get_one(Person, self.persons[who]))

    def tick(self) -> None:
        while plan_batch(self.runtime)[1]:
            pass

    def sweep(self) -> None:
        with self.runtime.writing() as session:
            sweeping.sweep(session, self.now)

    # Time and machines

    @rule(minutes=st.sampled_from([0, 1, 3, 4, 6, 10, 20, 30, 60, 90, 240, 1000, 1440, 4000]))
    def time_passes_and_a_tick_comes(self, minutes: int) -> None:
        self.at(self.now + minutes * MINUTE)
        self.tick()

    @rule(who=WHO, late=st.sampled_from([0, 0, 0, 30, 200, 400]))
    def a_break_comes_due(self, who: int, late: int) -> None:
        with self.runtime.reading() as session:
            due_at = session.get_one(Person, self.persons[who]).next_due_at
        if due_at is not None:
            self.at(max(self.now, due_at + timedelta(seconds=late)))
            self.tick()

    @rule(minutes=st.sampled_from([1, 20, 70, 300]))
    def time_passes(self, minutes: int) -> None:
        self.at(self.now + minutes * MINUTE)

    @rule(minutes=st.sampled_from([1, 30, 90, 400]))
    def the_clock_jumps_back_and_the_sweep_has_come_round(self, minutes: int) -> None:
        self.at(self.now - minutes * MINUTE)
        with self.runtime.writing() as session:
            for turn in range(3):
                sweeping.repair(session, self.now, turn=turn, parts=3)

    @rule()
    def two_ticks(self) -> None:
        self.tick()
        self.tick()

    @rule()
    def messages_leave(self) -> None:
        with self.runtime.reading() as session:
            ids = list(session.scalars(select(Delivery.id).where(Delivery.state == "planned")))
        dispatch(self.runtime, ids, lambda _ids: None)

    @rule(statements=st.integers(0, 60), courier=st.booleans())
    def it_crashes_and_comes_back(self, statements: int, courier: bool) -> None:
        with crash_after(self.runtime.engine, statements):
            self.messages_leave() if courier else self.tick()
        self.sweep()
        self.tick()

    # What people do

    @rule(who=WHO, what=st.sampled_from([DONE, DONE, SKIP, snooze(5), snooze(15)]), back=st.integers(0, 2))
    def answer(self, who: int, what: Any, back: int) -> None:
        prompt_id = self.prompt_of(who, back)
        if prompt_id is not None:
            self.act(lambda session, _: answering.answer(session, prompt_id, what, self.now), who)

    @rule(who=WHO, back=st.integers(0, 1))
    def undo(self, who: int, back: int) -> None:
        prompt_id = self.prompt_of(who, back)
        if prompt_id is not None:
            self.act(lambda session, _: answering.undo(session, prompt_id, self.now), who)

    @rule(who=WHO)
    def moved(self, who: int) -> None:
        self.act(lambda session, person: answering.spontaneous(session, person, self.now), who)

    @rule(who=WHO, length=st.sampled_from(list(Pause)))
    def pause(self, who: int, length: Pause) -> None:
        self.act(lambda session, person: pausing.pause(session, person, length, self.now), who)

    @rule(who=WHO)
    def resume(self, who: int) -> None:
        self.act(lambda session, person: pausing.resume(session, person, self.now), who)

    @rule(who=WHO, on=st.sampled_from([True, True, False]))
    def switch(self, who: int, on: bool) -> None:
        self.act(lambda session, person: pausing.switch_prompts(session, person, self.now, on=on), who)

    @rule(who=WHO, zone=st.sampled_from(ZONES))
    def travel(self, who: int, zone: str) -> None:
        self.act(lambda session, person: profile.update_own(session, person, {"zone": zone}, self.now), who)

    @rule(who=WHO, hours=st.sampled_from(WEEKS), lunch=st.sampled_from(["12:00-13:00", "23:30-00:30"]))
    def other_hours(self, who: int, hours: Any, lunch: str) -> None:
        changes = {"hours": hours, "quiet_blocks": [{"range": lunch}]}
        self.act(lambda session, person: profile.update_own(session, person, changes, self.now), who)

    @rule(who=WHO, days=st.integers(0, 2), half=st.sampled_from(["", " am", " pm"]))
    def day_off(self, who: int, days: int, half: str) -> None:
        day = (self.now + timedelta(days=days)).date().isoformat()
        changes = {"days_off": [f"{day}{half}"]}
        self.act(lambda session, person: profile.update_own(session, person, changes, self.now), who)

    @rule(who=WHO, nth=st.integers(1, 3), most=st.sampled_from([None, None, 3]))
    def less(self, who: int, nth: int, most: int | None) -> None:
        wishes = {"every_nth": nth, "max_prompts_per_day": most}
        self.act(lambda session, person: wishing.wish(session, person, wishes, self.now), who)

    @rule(who=WHO, after=st.integers(0, 90), minutes=st.sampled_from([0, 10, 25, 70]))
    def meeting(self, who: int, after: int, minutes: int) -> None:
        start_at = self.now.replace(second=0, microsecond=0) + after * MINUTE
        spans = [Span(start_at, start_at + minutes * MINUTE)] if minutes else []

        def learn(session: Session, person: Person) -> None:
            cipher, url = self.runtime.cipher, "https://calendar.test/x.ics"
            calendar_feeds.set_feed(session, person, url, cipher, (), self.now)
            (job,) = calendar_feeds.claim_due(session, self.now, 1)
            calendar_feeds.record_busy(session, job, spans, None, None, self.now)

        self.act(learn, who)

    @rule(who=WHO)
    def leave(self, who: int) -> None:
        def go(session: Session, person: Person) -> None:
            team = session.get_one(Team, self.team)
            people.remove_from_team(session, team, person, person.id, self.now, whole_team=True)

        self.act(go, who)

    @rule(who=WHO)
    def join(self, who: int) -> None:
        def come(session: Session, person: Person) -> None:
            team = session.get_one(Team, self.team)
            invitation = inviting.invite(session, team, person.email or "", "member", None, self.now)
            inviting.accept(session, inviting.make_link(session, invitation, self.now), "", self.now)

        self.act(come, who)

    # What admins do

    @rule(
        which=st.integers(0, 1),
        changes=st.fixed_dictionaries(
            {},
            optional={
                "interval_min": st.sampled_from([20, 30, 60]),
                "min_gap": st.sampled_from([5, 10, 20]),
                "rhythm": st.sampled_from(["together", "personal"]),
                "response_window": st.sampled_from([10, 20]),
                "spread": st.sampled_from([0, 9]),
                "max_prompts_per_day": st.sampled_from([2, 8, 20]),
                "break_seconds": st.sampled_from([30, 60, 120]),
            },
        ),
    )
    def other_rules(self, which: int, changes: dict[str, Any]) -> None:
        def change(session: Session, _: Person) -> None:
            policy = session.get_one(Policy, self.policies[which])
            policies.update(session, policy, None, changes, None, self.now)

        self.act(change, 0)

    @rule(days=st.integers(0, 1), zone=st.sampled_from(ZONES[:2]))
    def the_team_changes(self, days: int, zone: str) -> None:
        quiet = [(self.now + timedelta(days=days)).date().isoformat()]

        def change(session: Session, _: Person) -> None:
            changes = {"quiet_days": quiet, "zone": zone}
            teams.update_team(session, session.get_one(Team, self.team), changes, None, self.now)

        self.act(change, 0)

    def prompt_of(self, who: int, back: int) -> int | None:
        query = select(Prompt.id).where(Prompt.person_id == self.persons[who]).order_by(Prompt.id.desc())
        with self.runtime.reading() as session:
            return session.scalars(query.offset(back).limit(1)).first()

    # What holds after every step

    @invariant()
    def promises_hold(self) -> None:
        if not hasattr(self, "persons"):
            return
        with self.runtime.reading() as session:
            persons = [session.get_one(Person, person_id) for person_id in self.persons]
            inputs = inputs_for(session, persons, self.now)
            rows = session.scalars(select(Prompt).order_by(Prompt.due_at)).all()
            for prompt in rows:
                if prompt.id not in self.known:
                    new_prompt_is_right(session, prompt, rows, inputs[prompt.person_id])
            assert self.known.keys() <= {prompt.id for prompt in rows}  # none is lost
            self.known = {prompt.id: prompt.standing for prompt in rows}
            for person in persons:
                plan_is_fresh(session, person, self.now)
            standings_are_right(session, rows, self.now)


def test_days_in_any_order(sqlite_database_url: str) -> None:
    Days.template = Path(sqlite_database_url.removeprefix("sqlite:///"))
    run_state_machine_as_test(
        Days,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
