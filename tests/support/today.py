"""Today, for tests: a Monday in March, what is due on it, and the words of the page."""

import re
from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from daybreak.store.tables import Prompt
from tests.support.prompts import make_prompt
from tests.support.world import World
from tests.webapp.conftest import Web


def at(hour: int, minute: int = 0, day: int = 2) -> datetime:
    """An instant of March 2026; the 2nd is a Monday, and Lisbon is on UTC."""
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


def prepare(web: Web, edit: Callable[[Session, World], object], now: datetime) -> None:
    """Change rows and set the clock; everybody joined on Monday at nine."""
    web.clock.at = now
    with web.writing() as session:
        for name in ("alice", "bob"):
            setattr(web.world, name, session.merge(getattr(web.world, name)))
        web.world.policy = session.merge(web.world.policy)
        edit(session, web.world)


def due(session: Session, world: World, **fields: object) -> Prompt:
    return make_prompt(session, world.alice, world.policy, at(10), **fields)  # type: ignore[arg-type]


def plain(html: str) -> str:
    """The words of a page, in one line."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).replace("&#39;", "'")
