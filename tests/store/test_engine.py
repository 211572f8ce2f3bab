"""Sessions: instants stay aware, a reading session cannot write, a writing one is all or nothing."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError, StatementError

from daybreak.runtime import Runtime
from daybreak.store.migrate import at_head, upgrade
from daybreak.store.tables import Person, Team
from tests.support.world import MONDAY_0900, make_team, make_world


def test_instants_come_back_aware_and_in_utc(runtime: Runtime) -> None:
    elsewhere = datetime(2026, 3, 2, 14, 30, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    with runtime.writing() as session:
        make_team(session, "a", "A", elsewhere)
    with runtime.reading() as session:
        created_at = session.scalars(select(Team)).one().created_at
    assert created_at == MONDAY_0900
    assert created_at.tzinfo is UTC


def test_a_naive_instant_is_refused(runtime: Runtime) -> None:
    with pytest.raises(StatementError, match="naive datetime"), runtime.writing() as session:
        make_team(session, "a", "A", datetime(2026, 3, 2))  # noqa: DTZ001 - what must be refused


def test_a_reading_session_cannot_write(runtime: Runtime) -> None:
    with runtime.reading() as session, pytest.raises(DBAPIError, match=r"read-?only"):
        make_world(session)
    with runtime.writing() as session:  # and the connection it gave back can write again
        make_world(session)


def test_a_writing_session_is_all_or_nothing(runtime: Runtime) -> None:
    with pytest.raises(ZeroDivisionError), runtime.writing() as session:
        make_world(session)
        raise ZeroDivisionError
    with runtime.reading() as session:
        assert session.scalar(select(func.count(Person.id))) == 0


def test_migrating_twice_changes_nothing(database_url: str, runtime: Runtime) -> None:
    upgrade(database_url)
    assert at_head(runtime.engine)
