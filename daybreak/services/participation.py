"""Publishing a team's figures: snapshots while a period is open, frozen for good once its week has closed.

Only what has passed the floor is written. Two publications do not tell what fewer than k people did: a
local date is looked at again only when prompts of at least k further distinct members have closed on it, and
what is published of a week is the sum of the looks at its dates.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from daybreak.domain.floor import FEW_PROMPTS, Floor, breakdown, figure, moving_now, to_json
from daybreak.domain.participation import WEEKS, Tally, closes_at, pool, typical_reply_min, week_start
from daybreak.domain.prompt import UNDO
from daybreak.store import participation as store
from daybreak.store.tables import Publication, Team, Workspace

EVERY = timedelta(hours=1)
MOVING = timedelta(minutes=10)
DAY, WEEK = "day", "week"
A_WEEK = timedelta(weeks=1)
OPEN = timedelta(days=3)  # before somebody's tomorrow: on older dates no prompt is open any more
# Answers that can still be undone are not looked at, so that no look is ever taken back.
SETTLED = UNDO


def publish_due(session: Session, now: datetime) -> int:
    """Publish the open periods of every team that is due; returns how many teams that were.

    At most once an hour a team, and a local date only when at least k further distinct members' prompts have
    closed on it. Flushes. Source: behaviour, The floor.
    """
    floor = floor_of(session)
    teams = store.teams_unpublished_since(session, now - EVERY)
    return sum(_publish(session, team, floor, now) for team in teams)


def freeze_due(session: Session, now: datetime) -> int:
    """Freeze every week that has closed: its Sunday has ended in every member's zone, and 24 hours more.

    Stores all cuts of the week as they may be shown, for good; a second call finds nothing to do. Returns how
    many weeks were frozen. Flushes. Source: behaviour, The floor.
    """
    floor = floor_of(session)
    frozen = 0
    for team, first_date, newest in store.weeks_to_freeze(session):
        if first_date is None:
            continue
        monday = newest + A_WEEK if newest else week_start(first_date)
        if closes_at(monday, [ZoneInfo("Pacific/Kiritimati")]) > now:
            continue  # not closed anywhere yet: the members' zones need not be asked for
        store.lock(session, team)
        zones = [ZoneInfo(key) for key in store.member_zones(session, team)]
        while closes_at(monday, zones) <= now:
            frozen += _freeze(session, team, monday, floor, now)
            monday += A_WEEK
    return frozen


def floor_of(session: Session) -> Floor:
    """The workspace's floor, as it is now."""
    workspace = session.get(Workspace, 1)
    return Floor(workspace.floor) if workspace else Floor()


def looks_of(rows: Iterable[Publication]) -> dict[date, datetime]:
    """The looks that open publications were made of."""
    return {
        row.starts_on: row.published_at - SETTLED
        for row in rows
        if row.period == DAY and row.frozen_at is None
    }


def _publish(session: Session, team: Team, floor: Floor, now: datetime) -> bool:
    today = now.astimezone(ZoneInfo(team.zone)).date()
    if not _ripe(session, team, today, floor, now)[0]:
        return False
    store.lock(session, team)
    ripe, rows = _ripe(session, team, today, floor, now)
    if not ripe or any(row.published_at > now - EVERY for row in rows.values() if not row.frozen_at):
        return False  # another worker was here
    looks = looks_of(rows.values()) | dict.fromkeys(ripe, now - SETTLED)
    for monday in {week_start(day) for day in ripe}:
        week = {day: at for day, at in looks.items() if week_start(day) == monday}
        by_date = pool(store.counts_by_date(session, team.id, week))
        total = Tally.sum(by_date.values())
        figures = {"total": to_json(figure(total, floor)), **_typical(session, team, week, floor)}
        _store(session, rows, team, WEEK, monday, floor, figures, now)
        for day in ripe & by_date.keys():
            figures = {"total": to_json(figure(by_date[day], floor))}
            if day == today:
                people = store.people_moving(session, team.id, now - MOVING, now)
                figures["moving"] = moving_now(people, floor)
            _store(session, rows, team, DAY, day, floor, figures, now)
    session.flush()
    return True


Rows = dict[tuple[str, date], Publication]


def _ripe(session: Session, team: Team, today: date, floor: Floor, now: datetime) -> tuple[set[date], Rows]:
    """The dates that may be looked at anew, and what was published of them and their weeks before."""
    first, last = week_start(today) - A_WEEK, today + timedelta(days=1)  # somebody's tomorrow has begun
    rows = {(row.period, row.starts_on): row for row in store.publications(session, team.id, first, last)}
    closed = {monday for (period, monday), row in rows.items() if period == WEEK and row.frozen_at}
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    looks = looks_of(rows.values())
    days = [day for day in days if week_start(day) not in closed and (day not in looks or day >= last - OPEN)]
    looks = {day: at for day, at in looks.items() if day in days}
    people = store.people_closed_since(session, team.id, days, looks, now - SETTLED)
    return {day for day, number in people.items() if number >= floor.k}, rows


def _freeze(session: Session, team: Team, monday: date, floor: Floor, now: datetime) -> bool:
    rows = {
        (row.period, row.starts_on): row
        for row in store.publications(session, team.id, monday, monday + timedelta(days=6))
    }
    open_week = rows.get((WEEK, monday))
    if open_week is not None and open_week.frozen_at is not None:
        return False
    week = _dates(monday, 7, now)
    last_looks = looks_of(rows.values())
    if open_week is not None and 0 < store.people_changed(session, team.id, week, last_looks) < floor.k:
        # What a few people did after the last snapshot could be told from the difference: it stays out.
        week = last_looks
    total = Tally.sum(pool(store.counts_by_date(session, team.id, week)).values())
    policies = pool(store.counts_by_policy(session, team.id, week))
    hours = pool(store.counts_by_hour(session, team.id, _eight_weeks(session, team, monday, week)))
    cells = breakdown(hours, floor, least_prompts=FEW_PROMPTS, coarse=True)
    figures = {
        "total": to_json(figure(total, floor)),
        "policies": {str(key): to_json(part) for key, part in breakdown(policies, floor).items()},
        "hours": {f"{day}-{hour}": to_json(part) for (day, hour), part in cells.items()},
        "looks": {day.isoformat(): at.isoformat() for day, at in week.items()},
        **_typical(session, team, week, floor),
    }
    _store(session, rows, team, WEEK, monday, floor, figures, now).frozen_at = now
    for row in rows.values():
        if row.period == DAY:
            session.delete(row)  # looked at for the last time
    session.flush()
    return True


def _eight_weeks(session: Session, team: Team, monday: date, week: store.Looks) -> dict[date, datetime]:
    """The looks at the heat map's dates: at those of weeks frozen before, the looks they were frozen with."""
    first = monday - A_WEEK * (WEEKS - 1)
    frozen = store.publications(session, team.id, first, monday - timedelta(days=1))
    looks = dict(week)
    for row in frozen:
        if row.period == WEEK and row.frozen_at is not None:
            told: dict[str, str] = row.figures.get("looks", {})
            looks |= {date.fromisoformat(day): datetime.fromisoformat(at) for day, at in told.items()}
    return looks


def _dates(first: date, days: int, look_at: datetime) -> dict[date, datetime]:
    return {first + timedelta(days=n): look_at for n in range(days)}


def _typical(session: Session, team: Team, looks: store.Looks, floor: Floor) -> dict[str, int | None]:
    replies = store.replies(session, team.id, looks)
    enough = len({person_id for person_id, _ in replies}) >= floor.k
    return {"typical_min": typical_reply_min([seconds for _, seconds in replies]) if enough else None}


def _store(
    session: Session,
    rows: Rows,
    team: Team,
    period: str,
    starts_on: date,
    floor: Floor,
    figures: dict[str, Any],
    now: datetime,
) -> Publication:
    row = rows.get((period, starts_on))
    if row is None:
        row = Publication(team_id=team.id, period=period, starts_on=starts_on)
        session.add(row)
    row.floor, row.published_at, row.figures = floor.k, now.astimezone(UTC), figures
    return row
