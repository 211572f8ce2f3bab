"""What a team agreed: its policies, who they apply to, and the channels they may use."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from daybreak.store.tables.base import Base


class Policy(Base):
    """A team's rules for its breaks; durations in minutes unless the name says otherwise."""

    __tablename__ = "policy"

    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"), index=True)
    name: Mapped[str]
    preset: Mapped[str]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    changed_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    version: Mapped[int] = mapped_column(default=1)
    archived_at: Mapped[datetime | None]

    interval_min: Mapped[int]
    interval_max: Mapped[int]
    break_seconds: Mapped[int]
    response_window: Mapped[int]  # the response time allowed
    rhythm: Mapped[str] = mapped_column(default="together")
    tail_guard: Mapped[int]
    min_gap: Mapped[int]
    spread: Mapped[int] = mapped_column(default=0)
    max_prompts_per_day: Mapped[int]
    push_every: Mapped[int]
    backoff_after_ignored: Mapped[int]
    snooze: Mapped[int]
    max_snoozes: Mapped[int]
    allow_skip: Mapped[bool]
    opt_in: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    for_all: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    movement_filter: Mapped[dict[str, Any]]  # {"places": […], "max_difficulty": 2, "discreet_only": false}
    movements: Mapped[list[Any]] = mapped_column(default=list)  # ids: where there are some, the pool
    channels: Mapped[list[Any]]  # in order: "email", "web", "slack" (own webhook), "slack:<channel name>"
    ramp: Mapped[list[Any]] = mapped_column(default=list)  # [{"week": 1, "interval": 120, …}]
    active_from: Mapped[date | None]
    active_until: Mapped[date | None]
    shared_due_at: Mapped[datetime | None] = mapped_column(index=True)  # the team plan's next post


class PolicyMember(Base):
    """A person a policy was chosen for, or who switched an opt-in policy on."""

    __tablename__ = "policy_member"
    __table_args__ = (UniqueConstraint("policy_id", "person_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    policy_id: Mapped[int] = mapped_column(ForeignKey("policy.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    chosen: Mapped[bool] = mapped_column(default=False)
    opted_in_at: Mapped[datetime | None]


class Channel(Base):
    """A configured destination: a team's Slack webhook, or a person's own (team_id is None)."""

    __tablename__ = "channel"
    __table_args__ = (UniqueConstraint("team_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    kind: Mapped[str]  # slack_webhook
    name: Mapped[str]
    secret: Mapped[bytes] = mapped_column(LargeBinary)  # the webhook's address, encrypted
    hint: Mapped[str]  # hooks.slack.com/…/…a91
    created_at: Mapped[datetime]
    off_at: Mapped[datetime | None]
    off_reason: Mapped[str | None]  # an error code such as no_service
    wait_until_at: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0, server_default=text("0"))
