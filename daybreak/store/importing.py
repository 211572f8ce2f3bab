"""Queries for importing people."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from daybreak.store.tables import Invitation, Membership, Person, Team

CHUNK = 500  # values in one query


def managed_teams(session: Session, person: Person) -> dict[str, Team]:
    """Return the teams a person may invite to, by slug and by name in lower case."""
    query = select(Team).order_by(Team.id)
    if not person.is_owner:
        query = query.join(Membership).where(
            Membership.person_id == person.id,
            Membership.role == "admin",
            Membership.joined_at.is_not(None),
            Membership.left_at.is_(None),
        )
    found: dict[str, Team] = {}
    for team in session.scalars(query):
        found.setdefault(team.name.casefold(), team)
        found[team.slug.casefold()] = team
    return found


def members_among(session: Session, emails: Collection[str]) -> set[tuple[str, int]]:
    """Return the pairs of address and team that belong together already."""
    wanted = sorted(emails)
    found: set[tuple[str, int]] = set()
    for start in range(0, len(wanted), CHUNK):
        query = (
            select(Person.email, Membership.team_id)
            .join(Membership, Membership.person_id == Person.id)
            .where(
                Person.email.in_(wanted[start : start + CHUNK]),
                Membership.joined_at.is_not(None),
                Membership.left_at.is_(None),
            )
        )
        found.update((email, team_id) for email, team_id in session.execute(query) if email)
    return found


def invited(session: Session, invitation: Invitation) -> Person:
    """Return who an invitation is for."""
    return session.get_one(Membership, invitation.membership_id).person
