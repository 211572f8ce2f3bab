"""What the team's page shows, read from publications: no figure is counted here, and nothing is written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from daybreak.domain.floor import Figure, Floor, NothingDue, Shown, Withheld, from_json, parts_from_json
from daybreak.domain.participation import WEEKS, week_start
from daybreak.domain.teamplan import next_team_occurrence
from daybreak.domain.time import local_date, zone_of
from daybreak.services.participation import A_WEEK, DAY, WEEK, floor_of
from daybreak.services.plan_inputs import shared_policy, team_input
from daybreak.store import participation as store
from daybreak.store import policies as policy_store
from daybreak.store.tables import Policy, Publication, Team

FIVES = 5


@dataclass(frozen=True, slots=True)
class Deliveries:
    """Messages of the last 24 hours. None where a number would tell of fewer than k people; else in fives."""

    any_sent: bool
    all_well: bool
    sent: int | None
    failed: int | None
    slowest_s: int | None


@dataclass(frozen=True, slots=True)
class Board:
    """A team's page for one week. Mondays name weeks; every figure has passed the floor."""

    monday: date
    this_week: date
    weeks: Sequence[date]  # to choose from, newest first
    k: int
    people: int
    zones: int | None
    policies: Sequence[Policy]  # in use
    week: Figure
    is_frozen: bool
    published_at: datetime | None
    typical_min: int | None
    today: Figure
    moving: int | None
    moving_at: datetime | None
    trend: Sequence[tuple[date, Figure]]
    parts_of: date | None  # the closed week that the two breakdowns belong to
    by_policy: Sequence[tuple[str, Figure]]
    by_hour: Mapping[tuple[int, int], Figure]  # (weekday, hour) over the eight weeks that end with it
    deliveries: Deliveries

    @property
    def is_this_week(self) -> bool:
        """Whether the week is still going on in the team's zone."""
        return self.monday == self.this_week

    @property
    def before(self) -> Figure:
        """The figure of the week before."""
        return self.trend[-2][1]


def this_week(team: Team, now: datetime) -> date:
    """The Monday of the team's present week, in its own zone."""
    return week_start(local_date(now, zone_of(team.zone)))


def board(session: Session, team: Team, monday: date, now: datetime) -> Board:
    """Read the page of a week, in a number of queries that does not grow with the team or its history."""
    floor = floor_of(session)
    today = local_date(now, zone_of(team.zone))
    current = week_start(today)
    first = monday - A_WEEK * (WEEKS - 1)
    rows = {
        (row.period, row.starts_on): row
        for row in store.publications(session, team.id, first, max(monday, today))
    }
    mondays = [first + A_WEEK * n for n in range(WEEKS)]
    trend = [(day, _figure(rows.get((WEEK, day)), floor, day, today)) for day in mondays]
    row = rows.get((WEEK, monday))
    day_row = rows.get((DAY, today))
    closed = next((rows[WEEK, day] for day in reversed(mondays) if _frozen(rows.get((WEEK, day)))), None)
    every_policy = store.every_policy(session, team.id)
    people, zones = store.members_and_zones(session, team)
    return Board(
        monday=monday,
        this_week=current,
        weeks=_weeks(session, team, current, monday),
        k=floor.k,
        people=people,
        zones=zones if people >= floor.k else None,
        policies=[policy for policy in every_policy if policy.archived_at is None],
        week=trend[-1][1],
        is_frozen=_frozen(row),
        published_at=row.published_at if row else None,
        typical_min=row.figures.get("typical_min") if row and isinstance(trend[-1][1], Shown) else None,
        today=_figure(day_row, floor, today, today),
        moving=_moving(day_row, floor),
        moving_at=day_row.published_at if day_row else None,
        trend=trend,
        parts_of=closed.starts_on if closed else None,
        by_policy=_by_policy(closed, floor, every_policy),
        by_hour=_by_hour(closed, floor),
        deliveries=_deliveries(session, team, floor, day_row.published_at if day_row else None),
    )


def first_break_at(session: Session, team: Team, now: datetime) -> datetime | None:
    """When the team's own plan has its next break, which shows nobody's data; None if none is in sight."""
    today = local_date(now, zone_of(team.zone))
    policies = [shared_policy(policy, team, today) for policy in policy_store.policies(session, team.id)]
    found = next_team_occurrence(team_input(team), policies, now)
    return found.due_at if found else None


def has_prompted(session: Session, team: Team) -> bool:
    """Whether anybody of the team has ever been prompted."""
    return store.has_prompted(session, team.id)


def _frozen(row: Publication | None) -> bool:
    return row is not None and row.frozen_at is not None


def _figure(row: Publication | None, floor: Floor, starts_on: date, today: date) -> Figure:
    """What was published; a week that is long over and was never counted had nothing due."""
    if row is not None:
        return from_json(row.figures["total"], floor)
    return NothingDue() if starts_on + 2 * A_WEEK < today else Withheld()


def _moving(row: Publication | None, floor: Floor) -> int | None:
    moving: int | None = row.figures.get("moving") if row else None
    return moving if moving is not None and moving >= floor.k else None


def _by_policy(
    row: Publication | None, floor: Floor, policies: Sequence[Policy]
) -> Sequence[tuple[str, Figure]]:
    if row is None or not isinstance(from_json(row.figures["total"], floor), Shown):
        return ()
    parts = parts_from_json(row.figures["policies"], floor)
    return [(policy.name, parts[str(policy.id)]) for policy in policies if str(policy.id) in parts]


def _by_hour(row: Publication | None, floor: Floor) -> Mapping[tuple[int, int], Figure]:
    if row is None:
        return {}
    parts = parts_from_json(row.figures["hours"], floor)
    return {_cell(key): part for key, part in parts.items()}


def _cell(key: str) -> tuple[int, int]:
    weekday, _, hour = key.partition("-")
    return int(weekday), int(hour)


def _weeks(session: Session, team: Team, current: date, monday: date) -> list[date]:
    return sorted({*store.published_weeks(session, team.id), current, monday}, reverse=True)


def _deliveries(session: Session, team: Team, floor: Floor, at: datetime | None) -> Deliveries:
    """Count as of the last snapshot: a count that moves with every message would tell of single ones."""
    if at is None:
        return Deliveries(any_sent=False, all_well=True, sent=None, failed=None, slowest_s=None)
    found = store.deliveries_since(session, team.id, at - timedelta(hours=24), at)
    may_count = found.people >= floor.k
    failed_is_told = found.failed_people == 0 or found.failed_people >= floor.k
    failed = found.failed if found.failed_people == 0 else found.failed - found.failed % FIVES
    return Deliveries(
        any_sent=found.sent > 0,
        all_well=found.failed == 0,
        sent=found.sent - found.sent % FIVES if may_count else None,
        failed=failed if failed_is_told else None,
        slowest_s=found.slowest_s if may_count else None,
    )
