"""A member as the profile leaves him, for tests."""

from daybreak.store.tables import Person
from tests.webapp.conftest import Web


def row(web: Web) -> Person:
    """Bob as he is stored."""
    with web.reading() as session:
        person = session.get_one(Person, web.world.bob.id)
        session.expunge_all()
    return person
