"""Rows for tests of participation: a team of so many, and what became of what they were asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from daybreak.domain.floor import Shown
from daybreak.domain.time import instant, local_day, zone_of
from daybreak.services.dashboard import Board, board
from daybreak.store.tables import BreakTaken, Person, Policy, Prompt, Publication, Team, Workspace
from tests.support.world import make_person

MONDAY = date(2026, 3, 2)
RESPONSE = timedelta(minutes=30)


def make_people(
    session: Session, team: Team, number: int, joined_at: datetime, prefix: str = "p"
) -> list[Person]:
    """Add so many members to the team."""
    return [make_person(session, f"{prefix}{n}", joined_at, team) for n in range(number)]


def ask(
    session: Session,
    person: Person,
    policy: Policy,
    day: date,
    hour: int,
    standing: str = "missed",
    *,
    minute: int = 0,
    after_min: float = 4,
    zone: str = "Europe/Lisbon",
) -> Prompt:
    """Add a prompt that was handed off at its time; answered so many minutes later if it was."""
    wall = time(hour, minute)
    due_at = instant(day, wall, zone_of(zone))
    deadline_at = due_at + RESPONSE
    answers = {"done": timedelta(minutes=after_min), "skipped": timedelta(minutes=after_min)}
    after = answers.get(standing, RESPONSE + timedelta(minutes=30) if standing == "late" else None)
    answered_at = due_at + after if after is not None else None
    prompt = Prompt(
        person_id=person.id,
        policy_id=policy.id,
        team_id=policy.team_id,
        local_date=day,
        local_time=wall,
        zone=zone,
        due_at=due_at,
        window_end_at=local_day(day, zone_of(zone))[1],
        expires_at=due_at + timedelta(minutes=5),
        deadline_at=deadline_at,
        day_ends_at=local_day(day, zone_of(zone))[1],
        movement_id="slow-squats",
        pushed=True,
        standing=standing,
        first_sent_at=None if standing == "undelivered" else due_at,
        last_nudge_at=None if standing == "undelivered" else due_at,
        answered_at=answered_at,
        closed_at=answered_at or (None if standing == "open" else deadline_at),
    )
    session.add(prompt)
    session.flush()
    if standing in ("done", "late") and answered_at:
        session.add(
            BreakTaken(person_id=person.id, prompt_id=prompt.id, local_date=day, taken_at=answered_at)
        )
    return prompt


def ask_fixture(session: Session, people: Sequence[Person], policy: Policy, day: date) -> None:
    """A day of 6 members: 28 prompts, of them 3 undelivered, 14 done, 2 late, 4 skipped and 5 missed."""
    standings = ["done"] * 14 + ["late"] * 2 + ["skipped"] * 4 + ["missed"] * 5 + ["undelivered"] * 3
    for number, standing in enumerate(standings):
        ask(session, people[number % 6], policy, day, 10 + number // 6, standing)


def at(day: date, hour: int, minute: int = 0) -> datetime:
    """An instant of a day in UTC."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC)


@dataclass
class House:
    """A team, its policy and its members in an open transaction."""

    session: Session
    workspace: Workspace
    team: Team
    policy: Policy
    people: list[Person]

    def board(self, now: datetime, monday: date = MONDAY) -> Board:
        """What the team's page shows."""
        self.session.flush()
        return board(self.session, self.team, monday, now)

    def published(self) -> dict[tuple[str, date], dict[str, Any]]:
        """What is stored, by period and start."""
        rows = self.session.scalars(select(Publication).where(Publication.team_id == self.team.id))
        return {(row.period, row.starts_on): row.figures for row in rows}


def percents(value: object) -> list[int]:
    """The shown shares in percent: done, late, skipped, missed."""
    assert isinstance(value, Shown)
    return [rate.percent for rate in value.rates.values()]
