"""Signing in, for tests: a password, and whether somebody is signed in."""

from daybreak.services import passwords
from daybreak.store.tables import Person
from tests.webapp.conftest import Browser, Web

GOOD = "slow squats at three"


def who(browser: Browser) -> bool:
    """Whether somebody is signed in there."""
    return browser.get("/signin").status_code == 303


def give_password(web: Web, person: Person) -> None:
    with web.writing() as session:
        passwords.set_password(session, session.get_one(Person, person.id), GOOD)
