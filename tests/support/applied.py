"""Applying workspace files, for tests, and looking at what is stored then."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from daybreak.runtime import Runtime
from daybreak.services import applying
from daybreak.services.workspace_file import parse
from daybreak.store.people import person_by_email
from daybreak.store.tables import Base, Person, Team
from daybreak.store.teams import team_by_slug
from tests.support.world import MONDAY_0900

ANA, BOB = "ana@acme.test", "bob@acme.test"


def applied(runtime: Runtime, content: str, now_after: timedelta = timedelta(0)) -> list[str]:
    """Apply as the command does; the changes as they are printed."""
    with runtime.writing() as session:
        file = parse(content, "acme.toml", (), applying.known(session))
        changes = applying.apply(session, file, runtime.cipher, (), MONDAY_0900 + now_after)
        return [str(change) for change in changes]


def everything(session: Session) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table."""
    return {
        table.name: [tuple(row) for row in session.execute(select(table).order_by(*table.primary_key))]
        for table in Base.metadata.sorted_tables
    }


def person(session: Session, email: str) -> Person:
    found = person_by_email(session, email)
    assert found is not None
    return found


def product(session: Session) -> Team:
    found = team_by_slug(session, "product")
    assert found is not None
    return found
