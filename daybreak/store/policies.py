"""Queries about policies, who they were chosen for, and channels."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from daybreak.store.tables import Channel, Policy, PolicyMember

REMOVED = "removed"
"""The `off_reason` of a channel that was taken away; its row stays for the deliveries that point to it."""


def policies(session: Session, team_id: int) -> Sequence[Policy]:
    """Return a team's policies that are in use, oldest first."""
    query = select(Policy).where(Policy.team_id == team_id, Policy.archived_at.is_(None))
    return session.scalars(query.order_by(Policy.id)).all()


def policy_by_id(session: Session, team_id: int, policy_id: int) -> Policy | None:
    """Return a policy of this team, archived or not; None for one of another team."""
    return session.scalar(select(Policy).where(Policy.team_id == team_id, Policy.id == policy_id))


def policy_members(session: Session, policy_id: int) -> Sequence[PolicyMember]:
    """Return who a policy was chosen for, and who switched it on."""
    return session.scalars(select(PolicyMember).where(PolicyMember.policy_id == policy_id)).all()


def policy_member(session: Session, policy_id: int, person_id: int) -> PolicyMember | None:
    """Return one person's row of a policy."""
    query = select(PolicyMember).where(
        PolicyMember.policy_id == policy_id, PolicyMember.person_id == person_id
    )
    return session.scalar(query)


def channels(session: Session, team_id: int) -> Sequence[Channel]:
    """Return a team's shared channels, those switched off included, oldest first."""
    return [c for c in _channels(session, team_id) if c.off_reason != REMOVED]


def channel(session: Session, team_id: int, name: str) -> Channel | None:
    """Return the shared channel of a name, removed or not."""
    return next((c for c in _channels(session, team_id) if c.name == name), None)


def channel_by_id(session: Session, team_id: int, channel_id: int) -> Channel | None:
    """Return a shared channel of this team; None for one of another team."""
    return session.scalar(select(Channel).where(Channel.team_id == team_id, Channel.id == channel_id))


def own_channel(session: Session, person_id: int) -> Channel | None:
    """Return a person's own Slack webhook."""
    query = select(Channel).where(Channel.person_id == person_id, Channel.team_id.is_(None))
    return session.scalar(query.order_by(Channel.id.desc()).limit(1))


def _channels(session: Session, team_id: int) -> Sequence[Channel]:
    return session.scalars(select(Channel).where(Channel.team_id == team_id).order_by(Channel.id)).all()
