"""Published figures about a team: only what has already passed the floor."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from daybreak.store.tables.base import Base


class Publication(Base):
    """The figures of one period of a team as last published; a frozen one never changes again."""

    __tablename__ = "publication"
    __table_args__ = (UniqueConstraint("team_id", "period", "starts_on"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"))
    period: Mapped[str]  # day (while its week is open) | week
    starts_on: Mapped[date]
    floor: Mapped[int]
    published_at: Mapped[datetime]
    frozen_at: Mapped[datetime | None]
    figures: Mapped[dict[str, Any]]
