"""The declarative base: typed columns and stable constraint names, which migrations need."""

from datetime import date, datetime, time
from typing import Any

from sqlalchemy import JSON, Date, MetaData, String, Time
from sqlalchemy.orm import DeclarativeBase

from daybreak.store.types import Instant

NAMING = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """What every table shares."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {  # noqa: RUF012 - read by SQLAlchemy as it stands
        datetime: Instant,
        date: Date,
        time: Time,
        str: String(255),
        dict[str, Any]: JSON,
        list[Any]: JSON,
    }
