"""Queries about teams and the workspace."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from daybreak.store.tables import Membership, Team, Workspace


def workspace(session: Session) -> Workspace | None:
    """Return the one workspace, or None before the first start of the set-up."""
    return session.get(Workspace, 1)


def team_by_slug(session: Session, slug: str) -> Team | None:
    """Return the team of a slug."""
    return session.scalar(select(Team).where(Team.slug == slug))


def teams(session: Session) -> Sequence[Team]:
    """Return all teams, oldest first."""
    return session.scalars(select(Team).order_by(Team.id)).all()


def slugs_like(session: Session, stem: str) -> frozenset[str]:
    """Return the taken slugs that begin with a stem."""
    taken = select(Team.slug).where(Team.slug.startswith(stem, autoescape=True))
    return frozenset(session.scalars(taken))


def members(session: Session, team_id: int) -> Sequence[Membership]:
    """Return a team's memberships that have not ended, with their persons, in order of invitation."""
    query = (
        select(Membership)
        .where(Membership.team_id == team_id, Membership.left_at.is_(None))
        .options(joinedload(Membership.person))
        .order_by(Membership.id)
    )
    return session.scalars(query).all()
