"""A small world for tests: Alice (owner and admin), Bob (member) in one team; Charlie, a stranger."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from daybreak.store.tables import Membership, Person, Policy, Team, Workspace

MONDAY_0900 = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)  # Lisbon is on UTC in winter
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri")
HOURS = {day: ["09:00-12:00", "13:00-17:00"] for day in WEEKDAYS}


@dataclass
class World:
    """The rows most tests need; all joined two weeks before `now`."""

    workspace: Workspace
    team: Team
    policy: Policy
    other_team: Team
    alice: Person
    bob: Person
    charlie: Person


def make_world(session: Session, now: datetime = MONDAY_0900) -> World:
    """Add the world to the session and flush it."""
    workspace = Workspace(id=1, name="Acme", floor=5, setup_done_at=now)
    team = make_team(session, "product", "Product team", now)
    other_team = make_team(session, "other", "Other team", now)
    session.add(workspace)
    policy = make_policy(session, team, now)
    alice = make_person(session, "alice", now, team, role="admin", is_owner=True)
    bob = make_person(session, "bob", now, team)
    charlie = make_person(session, "charlie", now, other_team)
    return World(workspace, team, policy, other_team, alice, bob, charlie)


def make_team(session: Session, slug: str, name: str, now: datetime) -> Team:
    """Add a team in Lisbon that works nine to five with an hour for lunch."""
    team = Team(slug=slug, name=name, zone="Europe/Lisbon", hours=HOURS, created_at=now)
    session.add(team)
    session.flush()
    return team


def make_person(
    session: Session, name: str, now: datetime, team: Team, *, role: str = "member", is_owner: bool = False
) -> Person:
    """Add a person who has said yes to the team."""
    person = Person(
        email=f"{name}@acme.test",
        name=name.capitalize(),
        is_owner=is_owner,
        created_at=now,
        unsubscribe_key=f"unsubscribe-{name}",
    )
    session.add(person)
    session.flush()
    session.add(Membership(team=team, person=person, role=role, invited_at=now, joined_at=now))
    session.flush()
    return person


def make_policy(session: Session, team: Team, now: datetime, **fields: object) -> Policy:
    """Add an hourly policy by e-mail and Today."""
    values: dict[str, object] = {
        "name": "Hourly reset",
        "preset": "hourly-walk",
        "created_at": now,
        "changed_at": now,
        "interval_min": 60,
        "interval_max": 60,
        "break_seconds": 120,
        "response_window": 30,
        "tail_guard": 10,
        "min_gap": 10,
        "max_prompts_per_day": 8,
        "push_every": 1,
        "backoff_after_ignored": 3,
        "snooze": 10,
        "max_snoozes": 2,
        "allow_skip": True,
        "movement_filter": {"places": ["walk", "standing"], "max_difficulty": 2, "discreet_only": False},
        "channels": ["email", "web"],
    }
    policy = Policy(team_id=team.id, **{**values, **fields})
    session.add(policy)
    session.flush()
    return policy
