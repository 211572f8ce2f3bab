"""What happened: prompts, the deliveries that carried them, and breaks taken."""

from datetime import date, datetime, time

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from daybreak.store.tables.base import Base


class Prompt(Base):
    """One person, one occurrence. Its keys make a second insert of the same moment a no-op."""

    __tablename__ = "prompt"
    __table_args__ = (
        UniqueConstraint("person_id", "policy_id", "local_date", "local_time", "fold"),
        UniqueConstraint("person_id", "due_at"),
        Index("ix_prompt_team_id_local_date", "team_id", "local_date"),
        Index(
            "ix_prompt_open",
            "deadline_at",
            sqlite_where=text("standing = 'open'"),
            postgresql_where=text("standing = 'open'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    policy_id: Mapped[int] = mapped_column(ForeignKey("policy.id"))
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"))
    local_date: Mapped[date]
    local_time: Mapped[time]  # the occurrence's identity on the wall clock, in `zone`
    fold: Mapped[int] = mapped_column(default=0)
    zone: Mapped[str]
    due_at: Mapped[datetime]
    window_start_at: Mapped[datetime | None]
    window_end_at: Mapped[datetime]
    expires_at: Mapped[datetime]  # not handed off by then: never sent
    deadline_at: Mapped[datetime]  # answered by then: done on time
    day_ends_at: Mapped[datetime]  # answered by then: late; after it nothing changes
    movement_id: Mapped[str]
    pushed: Mapped[bool]  # False: shown on Today only

    standing: Mapped[str] = mapped_column(default="open", server_default=text("'open'"))
    reason: Mapped[str | None]  # why cancelled or undelivered: a reason code
    first_sent_at: Mapped[datetime | None]  # handed off, or first shown on a visible Today
    last_nudge_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]  # the instant the standing was reached
    snoozed_until_at: Mapped[datetime | None]
    snooze_count: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    snoozed_minutes: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    nudges: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    # The post to the team's channel that carries this prompt; no key, since deliveries point here as well.
    shared_delivery_id: Mapped[int | None] = mapped_column(index=True)


class Delivery(Base):
    """One message on one channel: a prompt's nudge, a team's shared post, or a letter."""

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("key"),
        Index(
            "ix_delivery_open",
            "next_try_at",
            sqlite_where=text("state IN ('planned', 'claimed', 'handing_off')"),
            postgresql_where=text("state IN ('planned', 'claimed', 'handing_off')"),
        ),
        Index("ix_delivery_team_id_due_at", "team_id", "due_at"),
        Index(
            "ix_delivery_letter_id",
            "letter_id",
            sqlite_where=text("letter_id IS NOT NULL"),
            postgresql_where=text("letter_id IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str]  # what makes it unique, such as "prompt:42:1:email" or "shared:7:3:2026-…"
    kind: Mapped[str]  # prompt | shared | try | letter
    transport: Mapped[str]  # email | slack_webhook
    prompt_id: Mapped[int | None] = mapped_column(ForeignKey("prompt.id"), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id"))
    policy_id: Mapped[int | None] = mapped_column(ForeignKey("policy.id"))
    channel_id: Mapped[int | None] = mapped_column(ForeignKey("channel.id"))
    letter_id: Mapped[int | None] = mapped_column(ForeignKey("letter.id"))
    nudge: Mapped[int] = mapped_column(default=1)
    due_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    message_id: Mapped[str | None]  # stored before the first try, the same on retries

    state: Mapped[str] = mapped_column(default="planned")  # domain/delivery.py: DeliveryState
    reason: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime]
    lease_until_at: Mapped[datetime | None]
    lease_key: Mapped[str | None]  # who holds it: a random key of the claiming task
    sent_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]


class Attempt(Base):
    """One try to hand a delivery off, and what the other side answered."""

    __tablename__ = "attempt"

    id: Mapped[int] = mapped_column(primary_key=True)
    delivery_id: Mapped[int] = mapped_column(ForeignKey("delivery.id"), index=True)
    at: Mapped[datetime]
    result: Mapped[str]  # sent | retry | failed | unknown
    code: Mapped[str] = mapped_column(default="")
    detail: Mapped[str] = mapped_column(default="")


class AnswerLink(Base):
    """The hash of a token a message carried: bound to one prompt, gives no session."""

    __tablename__ = "answer_link"

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    prompt_id: Mapped[int] = mapped_column(ForeignKey("prompt.id"), index=True)
    delivery_id: Mapped[int]  # no key: pruning a delivery would look through all links for it
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class BreakTaken(Base):
    """What a person did: in answer to a prompt, or of their own accord (prompt_id is None)."""

    __tablename__ = "break_taken"
    __table_args__ = (
        UniqueConstraint("prompt_id"),
        Index("ix_break_taken_person_id_taken_at", "person_id", "taken_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    prompt_id: Mapped[int | None] = mapped_column(ForeignKey("prompt.id"))
    local_date: Mapped[date]
    taken_at: Mapped[datetime]


class Letter(Base):
    """A mail that is no prompt: sign-in link, invitation, notice. Its tokens are made at hand-off."""

    __tablename__ = "letter"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]  # the folder in templates/emails
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    subject_id: Mapped[int | None]  # the sign-in link, invitation or channel it speaks of
    created_at: Mapped[datetime]
