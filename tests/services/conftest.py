"""A team of six, for tests of what is counted and published; and Alice at her desk, with a prompt."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from daybreak.services import planning
from daybreak.store.engine import make_engine
from daybreak.store.tables import Workspace
from tests.support.asked import House, at, make_people
from tests.support.desk import TEN, Desk
from tests.support.prompts import make_prompt
from tests.support.runtimes import runtime_for
from tests.support.world import MONDAY_0900, make_policy, make_team, make_world


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


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Iterator[Desk]:
    """The desk on each of the databases."""
    with runtime_for(database_url, tmp_path / "home") as runtime:
        with runtime.writing() as session:
            world = make_world(session, MONDAY_0900 - timedelta(days=14))
            prompt = make_prompt(session, world.alice, world.policy, TEN)
            planning.replan(session, [world.alice], TEN)
            made = Desk(runtime, world.alice.id, prompt.id)
        yield made
