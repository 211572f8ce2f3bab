"""Slack beyond webhooks: whose account is whose, what was already heard, and answers on their way back."""

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from daybreak.store.tables.base import Base


class SlackAccount(Base):
    """A Slack account whose holder has said, while signed in, which person they are."""

    __tablename__ = "slack_account"
    __table_args__ = (UniqueConstraint("team_id", "user_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    team_id: Mapped[str]  # T…: a workspace in Slack
    user_id: Mapped[str]  # U…
    name: Mapped[str] = mapped_column(default="")  # as Slack showed it; never what it is matched by
    linked_at: Mapped[datetime]


class SlackConnect(Base):
    """The hash of a token that was shown to one Slack account alone: once, for half an hour."""

    __tablename__ = "slack_connect"

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    team_id: Mapped[str]
    user_id: Mapped[str]
    name: Mapped[str] = mapped_column(default="")
    expires_at: Mapped[datetime]
    spent_at: Mapped[datetime | None]


class SlackRequest(Base):
    """A signature that was heard: the same request again has no effect."""

    __tablename__ = "slack_request"

    id: Mapped[int] = mapped_column(primary_key=True)
    signature_hash: Mapped[str] = mapped_column(unique=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)


class SlackReply(Base):
    """What is to be said to whoever pressed a button, alone; taken out when it is handed off."""

    __tablename__ = "slack_reply"

    id: Mapped[int] = mapped_column(primary_key=True)
    address: Mapped[bytes] = mapped_column(LargeBinary)  # Slack's response_url, encrypted
    text: Mapped[str | None] = mapped_column(Text)  # None: a link to connect the account, made at hand-off
    team_id: Mapped[str]
    user_id: Mapped[str]
    name: Mapped[str] = mapped_column(default="")
    expires_at: Mapped[datetime] = mapped_column(index=True)
