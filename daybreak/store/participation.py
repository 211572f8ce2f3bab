"""Queries that count a team's prompts, as they stood when somebody last looked; and what was published.

A look is an instant: an answer counts from its own instant, a prompt without one is missed from its deadline,
whatever has been written down. A prompt answered late after the look was missed at the look.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, extract, func, literal, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from daybreak.domain.delivery import DeliveryState
from daybreak.domain.participation import Count
from daybreak.domain.prompt import ANSWERED, Standing
from daybreak.store.tables import BreakTaken, Delivery, Membership, Person, Policy, Prompt, Publication, Team
from daybreak.store.types import Instant

Looks = Mapping[date, datetime]  # the local dates that are counted, and the instant of the look at each


def counts_by_date(session: Session, team_id: int, looks: Looks) -> list[tuple[date, Count]]:
    """Count prompts by local date and person."""
    return [(day, count) for (day,), count in _counts(session, team_id, looks, Prompt.local_date)]


def counts_by_policy(session: Session, team_id: int, looks: Looks) -> list[tuple[int, Count]]:
    """Count prompts by policy and person."""
    return [(policy, count) for (policy,), count in _counts(session, team_id, looks, Prompt.policy_id)]


def counts_by_hour(session: Session, team_id: int, looks: Looks) -> list[tuple[tuple[int, int], Count]]:
    """Count prompts by person and (weekday of the local date, Monday 0; hour of the wall clock)."""
    weekday, hour = extract("dow", Prompt.local_date), extract("hour", Prompt.local_time)
    rows = _counts(session, team_id, looks, weekday, hour)
    return [(((int(dow) + 6) % 7, int(hour)), count) for (dow, hour), count in rows]


def people_closed_since(
    session: Session, team_id: int, dates: Collection[date], looks: Looks, now: datetime
) -> dict[date, int]:
    """How many distinct persons had a prompt close after the last look at its date, up to `now`, by date."""
    closed_at = case(
        (and_(Prompt.standing.in_(ANSWERED), Prompt.closed_at < Prompt.deadline_at), Prompt.closed_at),
        else_=Prompt.deadline_at,
    )
    new = closed_at > _look(looks) if looks else literal(True)
    if looks:
        new = or_(Prompt.local_date.not_in(list(looks)), new)
    query = (
        select(Prompt.local_date, func.count(Prompt.person_id.distinct()))
        .where(*_handed_off(team_id, dates), closed_at <= now, new)
        .group_by(Prompt.local_date)
    )
    return dict(session.execute(query).all())


def people_changed(session: Session, team_id: int, looks: Looks, then: Looks) -> int:
    """How many distinct persons have a prompt that counts otherwise at `looks` than it did at `then`."""
    new, old = _standing(_look(looks)), _standing(_look(then)) if then else literal(None)
    query = select(func.count(Prompt.person_id.distinct())).where(
        *_handed_off(team_id, looks), new.is_distinct_from(old)
    )
    return session.scalar(query) or 0


def replies(session: Session, team_id: int, looks: Looks) -> list[tuple[int, float]]:
    """Of each prompt done on time: whose it was, and the seconds from the last nudge to the answer."""
    query = select(Prompt.person_id, Prompt.last_nudge_at, Prompt.closed_at).where(
        *_handed_off(team_id, looks),
        Prompt.last_nudge_at.is_not(None),
        _standing(_look(looks)) == Standing.DONE.value,
    )
    return [
        (person_id, max(0.0, (closed_at - nudged_at).total_seconds()))
        for person_id, nudged_at, closed_at in session.execute(query)
        if closed_at and nudged_at
    ]


def people_moving(session: Session, team_id: int, since: datetime, now: datetime) -> int:
    """How many distinct members took a break after `since`, up to `now`."""
    query = (
        select(func.count(BreakTaken.person_id.distinct()))
        .join(Membership, Membership.person_id == BreakTaken.person_id)
        .where(
            Membership.team_id == team_id,
            Membership.left_at.is_(None),
            BreakTaken.taken_at > since,
            BreakTaken.taken_at <= now,
        )
    )
    return session.scalar(query) or 0


def teams_unpublished_since(session: Session, since: datetime) -> Sequence[Team]:
    """Teams none of whose open periods has been published after an instant."""
    recent = exists().where(
        Publication.team_id == Team.id,
        Publication.frozen_at.is_(None),
        Publication.published_at > since,
    )
    return session.scalars(select(Team).where(~recent).order_by(Team.id)).all()


def weeks_to_freeze(session: Session) -> Sequence[tuple[Team, date | None, date | None]]:
    """Every team with its first prompt's local date and the Monday of its newest frozen week."""
    first = select(func.min(Prompt.local_date)).where(Prompt.team_id == Team.id).scalar_subquery()
    newest = (
        select(func.max(Publication.starts_on))
        .where(
            Publication.team_id == Team.id, Publication.period == "week", Publication.frozen_at.is_not(None)
        )
        .scalar_subquery()
    )
    return session.execute(select(Team, first, newest).order_by(Team.id)).all()


def lock(session: Session, team: Team) -> None:
    """Wait until no other worker publishes for the team; on SQLite the transaction itself is the lock."""
    session.execute(select(Team.id).where(Team.id == team.id).with_for_update(key_share=True))


def publications(session: Session, team_id: int, first: date, last: date) -> Sequence[Publication]:
    """A team's publications that start on one of these dates."""
    query = select(Publication).where(
        Publication.team_id == team_id, Publication.starts_on >= first, Publication.starts_on <= last
    )
    return session.scalars(query, execution_options={"populate_existing": True}).all()


def published_weeks(session: Session, team_id: int) -> Sequence[date]:
    """The Mondays of a team's last published weeks, newest first: a year of them."""
    query = (
        select(Publication.starts_on)
        .where(Publication.team_id == team_id, Publication.period == "week")
        .order_by(Publication.starts_on.desc())
        .limit(53)
    )
    return session.scalars(query).all()


def has_prompted(session: Session, team_id: int) -> bool:
    """Whether any prompt of the team was ever handed off."""
    return bool(
        session.scalar(select(exists().where(Prompt.team_id == team_id, Prompt.first_sent_at.is_not(None))))
    )


def every_policy(session: Session, team_id: int) -> Sequence[Policy]:
    """A team's policies, those no longer in use included, oldest first."""
    return session.scalars(select(Policy).where(Policy.team_id == team_id).order_by(Policy.id)).all()


def members_and_zones(session: Session, team: Team) -> tuple[int, int]:
    """How many members have joined, and in how many time zones they live."""
    query = (
        select(func.count(Person.id), func.count(func.coalesce(Person.zone, team.zone).distinct()))
        .join(Membership, Membership.person_id == Person.id)
        .where(Membership.team_id == team.id, Membership.left_at.is_(None), Membership.joined_at.is_not(None))
    )
    people, zones = session.execute(query).one()
    return people, zones


@dataclass(frozen=True, slots=True)
class Sent:
    """Messages of a stretch of time, of all kinds that a team's plan sends."""

    sent: int
    failed: int  # or unknown, or expired
    people: int  # distinct persons who were sent something
    failed_people: int
    slowest_s: int


def deliveries_since(session: Session, team_id: int, since: datetime, now: datetime) -> Sent:
    """Count the deliveries that a team's prompts and shared posts led to, as they stood at `now`."""
    is_sent = and_(Delivery.state == DeliveryState.SENT, Delivery.sent_at <= now)
    ended = Delivery.state.in_((DeliveryState.FAILED, DeliveryState.UNKNOWN, DeliveryState.EXPIRED))
    failed = and_(ended, Delivery.closed_at <= now)
    query = select(
        func.count(case((is_sent, 1))),
        func.count(case((failed, 1))),
        func.count(case((is_sent, Delivery.person_id)).distinct()),
        func.count(case((failed, Delivery.person_id)).distinct()),
        func.max(case((is_sent, _seconds(session, Delivery.due_at, Delivery.sent_at)))),
    ).where(
        Delivery.team_id == team_id,
        Delivery.kind.in_(("prompt", "shared")),
        Delivery.due_at > since,
        Delivery.due_at <= now,
    )
    sent, missed, people, failed_people, slowest = session.execute(query).one()
    return Sent(sent, missed, people, failed_people, max(0, round(slowest or 0)))


def member_zones(session: Session, team: Team) -> set[str]:
    """The IANA keys of the zones in which a team's members live, and its own."""
    query = (
        select(Person.zone)
        .join(Membership, Membership.person_id == Person.id)
        .where(Membership.team_id == team.id, Membership.left_at.is_(None), Person.zone.is_not(None))
        .distinct()
    )
    return {zone for zone in session.scalars(query) if zone} | {team.zone}


def _counts(
    session: Session, team_id: int, looks: Looks, *parts: ColumnElement[Any] | InstrumentedAttribute[Any]
) -> Iterable[tuple[Sequence[Any], Count]]:
    named = [part.label(f"part_{number}") for number, part in enumerate(parts)]
    standing = _standing(_look(looks)).label("counted_as")
    # Grouped outside: PostgreSQL would not recognise an expression with parameters when it meets it again.
    seen = select(*named, Prompt.person_id, standing).where(*_handed_off(team_id, looks)).subquery()
    columns = (*(seen.c[part.name] for part in named), seen.c.person_id, seen.c.counted_as)
    query: Select[Any] = (
        select(*columns, func.count()).where(seen.c.counted_as.is_not(None)).group_by(*columns)
    )
    for *values, person_id, counted_as, prompts in session.execute(query):
        yield values, Count(person_id, Standing(counted_as), prompts)


def _handed_off(team_id: int, dates: Iterable[date]) -> tuple[ColumnElement[bool], ...]:
    return (
        Prompt.team_id == team_id,
        Prompt.local_date.in_(list(dates)),
        Prompt.first_sent_at.is_not(None),
        Prompt.standing.not_in((Standing.CANCELLED, Standing.UNDELIVERED)),
    )


def _look(looks: Looks) -> ColumnElement[datetime | None]:
    dates: dict[datetime, list[date]] = {}
    for day, at in looks.items():
        dates.setdefault(at, []).append(day)
    return case(*((Prompt.local_date.in_(days), literal(at, Instant())) for at, days in dates.items()))


def _standing(look: ColumnElement[datetime | None]) -> ColumnElement[str | None]:
    """The standing at the look; NULL for a prompt that was still open."""
    return case(
        (and_(Prompt.standing.in_(ANSWERED), Prompt.closed_at <= look), Prompt.standing),
        (Prompt.deadline_at <= look, Standing.MISSED.value),
    )


def _seconds(
    session: Session,
    start: InstrumentedAttribute[datetime],
    end: InstrumentedAttribute[datetime | None],
) -> ColumnElement[Any]:
    if session.get_bind().dialect.name == "sqlite":
        return (func.julianday(end) - func.julianday(start)) * 86400.0
    return extract("epoch", end) - extract("epoch", start)
