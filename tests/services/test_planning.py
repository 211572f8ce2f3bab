"""From rows to plans: next_due_at follows every fact it depends on, on both databases."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from daybreak.domain.occurrence import Reason
from daybreak.runtime import Runtime
from daybreak.services.planning import next_for, plan_day, replan, replan_team
from daybreak.store.tables import BreakTaken, DayOff, PolicyMember
from tests.support.world import MONDAY_0900, World, make_person, make_world

LAST_MONDAY = MONDAY_0900 - timedelta(days=7)
TODAY = MONDAY_0900.date()


def at(hour: int, minute: int = 0, day: int = 0) -> datetime:
    return datetime(2026, 3, 2, hour, minute, tzinfo=UTC) + timedelta(days=day)


def test_the_plan_of_a_day_follows_hours_and_lunch(runtime: Runtime) -> None:
    with runtime.writing() as session:
        world = make_world(session, LAST_MONDAY)
        kept = [o.local.strftime("%H:%M") for o in plan_day(session, world.bob, TODAY, at(8)).kept]
        assert kept == ["10:00", "11:00", "14:00", "15:00", "16:00"]


def test_a_new_occurrence_is_next_until_its_expiry(runtime: Runtime) -> None:
    with runtime.writing() as session:
        world = make_world(session, LAST_MONDAY)
        tomorrow = at(10, day=1)
        for now, due in ((at(9), at(10)), (at(10, 4), at(10)), (at(10, 6), at(11)), (at(16, 6), tomorrow)):
            replan(session, [world.bob], now)
            assert world.bob.next_due_at == due


def hours_of_own(session: Session, world: World) -> datetime | None:
    world.bob.hours = {"mon": ["12:00-18:00"]}
    return at(13)


def zone_of_own(session: Session, world: World) -> datetime | None:
    world.bob.zone = "America/Sao_Paulo"  # three hours behind: nine there is noon here
    return at(13)


def pause(session: Session, world: World) -> datetime | None:
    world.bob.paused_from_at, world.bob.paused_until_at = at(9), at(14, 30)
    return at(15)


def prompts_off(session: Session, world: World) -> datetime | None:
    world.bob.prompts_on = False
    return None


def day_off(session: Session, world: World) -> datetime | None:
    session.add(DayOff(person_id=world.bob.id, first_date=TODAY, last_date=TODAY))
    return at(10, day=1)


def quiet_day(session: Session, world: World) -> datetime | None:
    world.team.quiet_days = [TODAY.isoformat()]
    return at(10, day=1)


def archived(session: Session, world: World) -> datetime | None:
    world.policy.archived_at = at(9)
    return None


def not_chosen(session: Session, world: World) -> datetime | None:
    world.policy.for_all = False
    return None


def chosen(session: Session, world: World) -> datetime | None:
    world.policy.for_all = False
    session.add(PolicyMember(policy_id=world.policy.id, person_id=world.bob.id, chosen=True))
    return at(10)


def opt_in_not_taken(session: Session, world: World) -> datetime | None:
    world.policy.opt_in = True
    return None


def left(session: Session, world: World) -> datetime | None:
    world.bob.memberships[0].left_at = at(9)
    return None


def not_accepted(session: Session, world: World) -> datetime | None:
    world.bob.memberships[0].joined_at = None
    return None


def break_just_taken(session: Session, world: World) -> datetime | None:
    session.add(BreakTaken(person_id=world.bob.id, local_date=TODAY, taken_at=at(9, 55)))
    return at(11)


def faster(session: Session, world: World) -> datetime | None:
    world.policy.interval_min = world.policy.interval_max = 20
    return at(9, 20)


@pytest.mark.parametrize(
    "change",
    [
        hours_of_own,
        zone_of_own,
        pause,
        prompts_off,
        day_off,
        quiet_day,
        archived,
        not_chosen,
        chosen,
        opt_in_not_taken,
        left,
        not_accepted,
        break_just_taken,
        faster,
    ],
)
def test_next_due_follows(change: Callable[[Session, World], datetime | None], runtime: Runtime) -> None:
    with runtime.writing() as session:
        world = make_world(session, LAST_MONDAY)
        replan(session, [world.bob], at(9))
        assert world.bob.next_due_at == at(10)
        expected = change(session, world)
        replan(session, [world.bob], at(9, 1) if change is not break_just_taken else at(9, 56))
        assert world.bob.next_due_at == expected


def test_a_public_holiday_is_dropped_with_its_reason(runtime: Runtime) -> None:
    with runtime.writing() as session:
        world = make_world(session, LAST_MONDAY)
        world.team.country = "PT"
        session.flush()
        liberty_day = datetime(2028, 4, 25, 8, tzinfo=UTC)  # a Tuesday
        plan = plan_day(session, world.bob, liberty_day.date(), liberty_day)
        assert not plan.kept
        assert {o.reason for o in plan.dropped} == {Reason.HOLIDAY}


def test_what_was_due_before_a_person_joined_is_not_theirs(runtime: Runtime) -> None:
    with runtime.writing() as session:
        world = make_world(session, LAST_MONDAY)
        late = make_person(session, "late", at(10, 1), world.team)
        assert (occurrence := next_for(session, late, at(10, 2))) is not None
        assert occurrence.due_at == at(11)


def test_replanning_many_takes_as_many_queries_as_replanning_one(runtime: Runtime) -> None:
    def queries(session: Session, world: World) -> int:
        seen: list[str] = []
        listen = lambda *args: seen.append(args[2])  # noqa: E731
        event.listen(runtime.engine, "before_cursor_execute", listen)
        replan_team(session, world.team.id, at(9))
        event.remove(runtime.engine, "before_cursor_execute", listen)
        return sum(statement.startswith("SELECT") for statement in seen)

    with runtime.writing() as session:
        world = make_world(session, LAST_MONDAY)
        few = queries(session, world)
        people = [make_person(session, f"p{n}", LAST_MONDAY, world.team) for n in range(30)]
        assert queries(session, world) == few
        assert {person.next_due_at for person in people} == {at(10)}


def test_shared_posts_follow_the_team_plan(runtime: Runtime) -> None:
    with runtime.writing() as session:
        world = make_world(session, LAST_MONDAY)
        replan_team(session, world.team.id, at(9))
        assert world.policy.shared_due_at is None
        world.policy.channels = ["slack:breaks", "email"]
        replan_team(session, world.team.id, at(9))
        assert world.policy.shared_due_at == at(10)
        world.team.quiet_days = [TODAY.isoformat()]
        replan_team(session, world.team.id, at(9))
        assert world.policy.shared_due_at == at(10, day=1)
