"""Who: the workspace, its teams, the persons, and who belongs to what."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from daybreak.store.tables.base import Base


class Workspace(Base):
    """The one workspace of an installation (id 1)."""

    __tablename__ = "workspace"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(default="")
    floor: Mapped[int] = mapped_column(default=5)
    setup_code_hash: Mapped[str | None]
    setup_done_at: Mapped[datetime | None]
    setup_step: Mapped[int] = mapped_column(default=1)
    last_tick_at: Mapped[datetime | None]
    tz_version: Mapped[str | None]  # of the time zones that the plans were made with


class Team(Base):
    """People who share policies; its zone and hours are the defaults of those who join it first."""

    __tablename__ = "team"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    zone: Mapped[str]  # IANA key
    country: Mapped[str | None]
    subdivision: Mapped[str | None]
    hours: Mapped[dict[str, Any]]  # {"mon": ["09:00-12:00", …], …}: the workspace file's form
    quiet_blocks: Mapped[list[Any]] = mapped_column(default=list)  # [{"days": […], "range": "…"}]
    quiet_days: Mapped[list[Any]] = mapped_column(default=list)  # ["2026-12-24"]
    created_at: Mapped[datetime]

    memberships: Mapped[list["Membership"]] = relationship(back_populates="team")


class Person(Base):
    """One account with one plan. What is None comes from the first team joined."""

    __tablename__ = "person"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str | None] = mapped_column(unique=True)  # lower case; None once erased
    name: Mapped[str] = mapped_column(default="")
    is_owner: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    password_hash: Mapped[str | None]
    language: Mapped[str | None]
    theme: Mapped[str | None]  # light | dark | None: as the system says
    shortcuts_on: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    created_at: Mapped[datetime]

    zone: Mapped[str | None]
    hours: Mapped[dict[str, Any] | None]
    quiet_blocks: Mapped[list[Any] | None]
    own_fields: Mapped[list[Any]] = mapped_column(default=list)  # what the person has set: it wins over files

    prompts_on: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    prompts_changed_at: Mapped[datetime | None]
    paused_from_at: Mapped[datetime | None]
    paused_until_at: Mapped[datetime | None]
    channel: Mapped[str | None]  # the one wished for, such as "email"; None: the policy's first
    every_nth: Mapped[int] = mapped_column(default=1, server_default=text("1"))
    max_prompts_per_day: Mapped[int | None]
    daily_goal: Mapped[int | None]
    seated_only: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    discreet_only: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    floor_exercises: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    avoided_movements: Mapped[list[Any]] = mapped_column(default=list)
    avoided_places: Mapped[list[Any]] = mapped_column(default=list)
    swapped_due_at: Mapped[datetime | None]  # "I can't do this one", said before the prompt of that instant:
    swapped_movement: Mapped[str | None]  # what it will suggest instead

    email_off_at: Mapped[datetime | None]  # one-click unsubscribe: e-mail prompts only
    email_blocked_at: Mapped[datetime | None]  # the address bounced
    unsubscribe_key: Mapped[str] = mapped_column(unique=True)

    next_due_at: Mapped[datetime | None] = mapped_column(index=True)

    memberships: Mapped[list["Membership"]] = relationship(
        back_populates="person", order_by="Membership.joined_at, Membership.id"
    )
    days_off: Mapped[list["DayOff"]] = relationship(cascade="all, delete-orphan")


class Membership(Base):
    """A person in a team. Refused and ignored look the same to everybody else."""

    __tablename__ = "membership"
    __table_args__ = (UniqueConstraint("team_id", "person_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    role: Mapped[str] = mapped_column(default="member")  # member | admin
    invited_at: Mapped[datetime | None]
    joined_at: Mapped[datetime | None]  # the person said yes: prompts may start
    refused_at: Mapped[datetime | None]
    left_at: Mapped[datetime | None]

    team: Mapped[Team] = relationship(back_populates="memberships")
    person: Mapped[Person] = relationship(back_populates="memberships")


class Invitation(Base):
    """A link that lets its holder join a team: one use, one address, seven days."""

    __tablename__ = "invitation"

    id: Mapped[int] = mapped_column(primary_key=True)
    membership_id: Mapped[int] = mapped_column(ForeignKey("membership.id"), index=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    created_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    spent_at: Mapped[datetime | None]


class DayOff(Base):
    """A stretch of local dates on which a person is not prompted."""

    __tablename__ = "day_off"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    first_date: Mapped[date]
    last_date: Mapped[date]
    half: Mapped[str | None]  # am | pm | None: the whole day


class CalendarFeed(Base):
    """A person's private calendar, which is asked every so often when they are busy."""

    __tablename__ = "calendar_feed"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    address: Mapped[bytes] = mapped_column(LargeBinary)  # a secret, encrypted
    hint: Mapped[str]  # calendar.example.com/…/…ics
    etag: Mapped[str | None]
    last_modified: Mapped[str | None]
    zone: Mapped[str | None]  # in which times without a zone were read last
    next_fetch_at: Mapped[datetime] = mapped_column(index=True)
    read_at: Mapped[datetime | None]  # when its content was last read, changed or not
    fetched_at: Mapped[datetime | None]  # when the server last answered as it should
    failed_at: Mapped[datetime | None]  # since when it fails; None: it does not
    failure: Mapped[str | None]  # a code such as not_public
    failures: Mapped[int] = mapped_column(default=0, server_default=text("0"))


class BusyInterval(Base):
    """When a person's calendar says that they are busy, and nothing else of it."""

    __tablename__ = "busy_interval"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    start_at: Mapped[datetime]
    end_at: Mapped[datetime]
