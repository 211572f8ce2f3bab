"""A team of six in a database of its own, for tests of what is counted and published."""

from collections.abc import Iterator
from datetime import date

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from daybreak.store.engine import make_engine
from daybreak.store.tables import Workspace
from tests.support.asked import House, at, make_people
from tests.support.world import make_policy, make_team


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """The database of this test, SQLite and PostgreSQL in turn."""
    engine = make_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def house(engine: Engine) -> Iterator[House]:
    """Six members, as in the fixture of the contract."""
    with Session(engine, expire_on_commit=False) as session:
        workspace = Workspace(id=1, name="Acme", floor=5)
        session.add(workspace)
        before = at(date(2026, 1, 1), 0)
        team = make_team(session, "product", "Product team", before)
        policy = make_policy(session, team, before)
        yield House(session, workspace, team, policy, make_people(session, team, 6, before))
        session.rollback()
