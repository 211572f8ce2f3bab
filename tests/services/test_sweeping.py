"""`next_due_at` after every change, by every service that makes one; the sweep finds nothing to do."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from daybreak.domain.occurrence import Span
from daybreak.domain.prompt import DONE, SKIP, snooze
from daybreak.runtime import Runtime
from daybreak.services import (
    answering,
    calendar_feeds,
    inviting,
    pausing,
    people,
    planning,
    policies,
    profile,
    prompting,
    sweeping,
    teams,
    wishing,
)
from daybreak.services.pausing import Pause
from daybreak.store.tables import Person, Policy, Prompt, Workspace
from daybreak.zones import tz_version
from tests.support.world import MONDAY_0900, World, make_policy, make_world

MINUTE = timedelta(minutes=1)
TEN = MONDAY_0900 + 60 * MINUTE
NOW = TEN + 2 * MINUTE  # the prompt of ten is open
Change = Callable[[Session, World, datetime], object]


def busy(session: Session, world: World, now: datetime) -> None:
    feed = calendar_feeds.set_feed(session, world.bob, "https://calendar.test/x", CIPHER[0], (), now)
    job = calendar_feeds.FeedJob(world.bob.id, feed.address, "Europe/Lisbon")
    calendar_feeds.record_busy(session, job, [Span(now, now + 70 * MINUTE)], None, None, now)


def unlinked(session: Session, world: World, now: datetime) -> None:
    busy(session, world, now)
    calendar_feeds.remove_feed(session, world.bob, now)


def joined(session: Session, world: World, now: datetime) -> None:
    invitation = inviting.invite(session, world.team, "dora@acme.test", "member", None, now)
    inviting.accept(session, inviting.make_link(session, invitation, now), "Dora", now)


def answered(reply: Any) -> Change:
    return lambda session, world, now: answering.answer(session, prompt_of(session, world), reply, now)


def undone(session: Session, world: World, now: datetime) -> None:
    answered(DONE)(session, world, now)
    answering.undo(session, prompt_of(session, world), now)


def moved(session: Session, world: World, now: datetime) -> None:
    answered(SKIP)(session, world, now)
    answering.spontaneous(session, world.bob, now + 50 * MINUTE)


def resumed(session: Session, world: World, now: datetime) -> None:
    pausing.pause(session, world.bob, Pause.HOUR, now)
    pausing.resume(session, world.bob, now)


def opted(session: Session, world: World, now: datetime) -> None:
    changed({"opt_in": True})(session, world, now)
    policies.opt_in(session, world.policy, world.bob, True, now)


def chosen(session: Session, world: World, now: datetime) -> None:
    policies.update(session, world.policy, None, {}, None, now, members=[world.alice])


def own(**fields: Any) -> Change:
    return lambda session, world, now: profile.update_own(session, world.bob, fields, now)


def wished(**fields: Any) -> Change:
    return lambda session, world, now: wishing.wish(session, world.bob, fields, now)


def changed(changes: dict[str, Any]) -> Change:
    return lambda session, world, now: policies.update(session, world.policy, None, changes, None, now)


def of_team(**changes: Any) -> Change:
    return lambda session, world, now: teams.update_team(session, world.team, changes, None, now)


CHANGES: dict[str, Change] = {
    "done": answered(DONE),
    "skipped": answered(SKIP),
    "snoozed": answered(snooze(15)),
    "undone": undone,
    "moved": moved,
    "paused": lambda s, w, now: pausing.pause(s, w.bob, Pause.HOUR, now),
    "paused till tomorrow": lambda s, w, now: pausing.pause(s, w.bob, Pause.TODAY, now),
    "resumed": resumed,
    "off": lambda s, w, now: pausing.switch_prompts(s, w.bob, now, on=False),
    "zone": own(zone="Asia/Kathmandu"),
    "hours": own(hours={"mon": ["12:00-18:00"]}),
    "quiet": own(quiet_blocks=[{"range": "10:30-11:30"}]),
    "day off": own(days_off=["2026-03-02", "2026-03-03 am"]),
    "every third": wished(every_nth=3),
    "fewer": wished(max_prompts_per_day=1),
    "interval": changed({"interval_min": 45}),
    "personal": changed({"rhythm": "personal"}),
    "opt-in": changed({"opt_in": True}),
    "opted in": opted,
    "chosen members": chosen,
    "archived": lambda s, w, now: policies.archive(s, w.policy, None, now),
    "another policy": lambda s, w, now: policies.create(s, w.team, "five-in-thirty", None, now),
    "team's zone": of_team(zone="Asia/Tokyo"),
    "team's quiet day": of_team(quiet_days=["2026-03-02"]),
    "team's holidays": of_team(country="PT"),
    "left": lambda s, w, now: people.remove_from_team(s, w.team, w.bob, w.bob.id, now),
    "joined": joined,
    "busy": busy,
    "unlinked": unlinked,
}
CIPHER: list[Any] = []


def prompt_of(session: Session, world: World) -> int:
    return session.scalars(select(Prompt.id).where(Prompt.person_id == world.bob.id)).one()


def mornings_world(session: Session) -> World:
    world = make_world(session, MONDAY_0900 - timedelta(days=14))
    planning.replan_team(session, world.team.id, MONDAY_0900)
    prompting.prompt_due(session, TEN, 10)
    return world


def repaired(session: Session, now: datetime) -> int:
    return sum(sweeping.repair(session, now, turn=turn, parts=2) for turn in range(2))


@pytest.mark.parametrize("name", CHANGES)
def test_no_change_leaves_a_plan_behind(name: str, runtime: Runtime) -> None:
    CIPHER[:] = [runtime.cipher]
    with runtime.writing() as session:
        world = mornings_world(session)
        before = {person.id: person.next_due_at for person in session.scalars(select(Person))}
        CHANGES[name](session, world, NOW)
        session.flush()
        after = {person.id: person.next_due_at for person in session.scalars(select(Person))}
        assert repaired(session, NOW) == 0
        quiet = {"done", "skipped", "snoozed", "undone", "personal", "team's holidays", "resumed", "unlinked"}
        assert (after != before) == (name not in quiet)  # so that the change is one that matters


def test_the_sweep_repairs_and_counts_what_has_drifted(runtime: Runtime) -> None:
    with runtime.writing() as session:
        world = mornings_world(session)
        right = world.bob.next_due_at
        world.bob.next_due_at = None
        world.alice.next_due_at = NOW + timedelta(days=3)
        session.flush()
        assert repaired(session, NOW) == 2
        assert world.bob.next_due_at == world.alice.next_due_at == right
        assert repaired(session, NOW) == 0


def test_what_the_horizon_comes_to_show_is_no_drift(runtime: Runtime) -> None:
    with runtime.writing() as session:
        world = mornings_world(session)
        start = (NOW + timedelta(days=15)).date()
        policies.update(session, world.policy, None, {"active_from": start}, None, NOW)
        assert world.bob.next_due_at is None
        later = NOW + timedelta(days=2)
        assert repaired(session, later) == 0
        assert session.get_one(Person, world.bob.id).next_due_at == datetime.combine(start, TEN.timetz())


def test_a_new_time_zone_database_plans_everybody_anew(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeping, "RENEWED", 2)
    with runtime.writing() as session:
        world = mornings_world(session)
        right = world.bob.next_due_at
        assert tz_version()
        for version in ("2026a", "2026b"):
            world.bob.next_due_at = NOW + timedelta(days=9)
            rounds = 1
            while sweeping.renew(session, NOW, version):
                rounds += 1
            assert rounds == 3  # three persons by twos, and the end
            assert world.bob.next_due_at == right
            assert session.get_one(Workspace, 1).tz_version == version
        world.bob.next_due_at = None
        assert not sweeping.renew(session, NOW, "2026b")
        assert world.bob.next_due_at is None  # nothing is done for a version that is known


def test_shared_posts_are_repaired_too(runtime: Runtime) -> None:
    with runtime.writing() as session:
        world = mornings_world(session)
        policy = make_policy(session, world.team, MONDAY_0900, channels=["slack:breaks"])
        assert repaired(session, NOW) == 1  # a row that no service made
        assert session.get_one(Policy, policy.id).shared_due_at == TEN
        assert repaired(session, NOW) == 0
