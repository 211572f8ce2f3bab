"""Signing in: sessions that can be ended on the server, links, tries; the audit log and who was erased."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from daybreak.store.tables.base import Base


class SignInSession(Base):
    """One browser that is signed in; ends idle, absolutely, or when revoked."""

    __tablename__ = "sign_in_session"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class SignInLink(Base):
    """A link that signs in: ten minutes, once, by a POST from the browser that asked or with its code."""

    __tablename__ = "sign_in_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    token_hash: Mapped[str | None] = mapped_column(unique=True)  # None until the mail is handed off
    browser_hash: Mapped[str | None]  # None: printed by a command, good in any browser
    code_hash: Mapped[str | None]
    wrong_codes: Mapped[int] = mapped_column(default=0)
    next_path: Mapped[str | None]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    spent_at: Mapped[datetime | None]


class AuditEntry(Base):
    """Who changed what, old and new, without secrets and without anyone's breaks. Append-only."""

    __tablename__ = "audit_entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    actor_id: Mapped[int | None]  # None: the operator's command
    team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id"), index=True)
    action: Mapped[str]
    object_kind: Mapped[str]
    object_id: Mapped[int | None]
    old: Mapped[dict[str, Any] | None]
    new: Mapped[dict[str, Any] | None]
    origin: Mapped[str | None]  # truncated address, or the file of `apply`


class Erasure(Base):
    """Somebody who was erased: a number and when, so that a restored copy can be erased again."""

    __tablename__ = "erasure"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(unique=True)
    at: Mapped[datetime]
    scrubbed_at: Mapped[datetime | None]  # the file was written anew, so that no old page keeps a byte


class Try(Base):
    """A try that is throttled, counted here while Redis is down; its key is a keyed hash."""

    __tablename__ = "try"
    __table_args__ = (Index("ix_try_key_at", "key", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str]
    at: Mapped[datetime]
