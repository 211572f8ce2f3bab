"""An installation that nobody has set up, and browsers somewhere in its set-up."""

import re

import pytest
from sqlalchemy.orm import Session

from daybreak.services import setup
from tests.support.world import MONDAY_0900, World
from tests.webapp.conftest import Browser, Web

PASSWORD = "slow squats at three"
WEBHOOK = "https://hooks.slack.com/services/T000/B000/xxxxxxxxxxxxxxxxxxxxxa91"
OWNER = {"name": "Acme", "owner_name": "Ana", "email": "Ana@acme.test", "password": PASSWORD}
TEAM = {
    "name": "Product team", "zone": "Europe/Lisbon", "days": ["mon", "tue", "wed", "thu", "fri"],
    "work_start": "09:00", "work_end": "17:00", "lunch_start": "12:00", "lunch_end": "13:00",
}  # fmt: skip
SMTP = {"SMTP_URL": "smtp://127.0.0.1:2525"}


def nobody(session: Session) -> World:
    """Before the set-up there are no rows to make."""
    del session
    return None  # type: ignore[return-value]


def code_of(web: Web) -> str:
    """Do what the launcher does: issue a code."""
    with web.writing() as session:
        return setup.issue_code(session, MONDAY_0900) or pytest.fail("set up already")


def opened(web: Web) -> Browser:
    """A browser that has shown the code."""
    browser = web.client()
    assert browser.post("/setup/code", data={"code": code_of(web)}).location == "/setup"
    return browser


def at_block(web: Web, number: int) -> Browser:
    """A browser in which the blocks before this one are saved."""
    browser = opened(web)
    posts = (
        ("owner", OWNER),
        ("team", TEAM),
        ("rhythm", {"preset": "hourly-walk"}),
        ("channel", {"do": "skip"}),
    )
    for name, data in posts[: number - 1]:
        response = browser.post(f"/setup/{name}", data=data)
        assert (response.status_code, response.location) == (303, "/setup"), response.text
    return browser


def open_block(page: str) -> str:
    """The heading of the block that is open."""
    found = re.search(r'aria-current="step" id="step-(\d)"', page)
    return found[1] if found else "none"


def wrong_fields(page: str) -> list[str]:
    """The names of the fields that are marked as wrong."""
    return re.findall(r'<input[^>]*aria-invalid="true"[^>]*name="(\w+)"', page)


def done(web: Web) -> bool:
    """Whether the set-up is closed."""
    with web.reading() as session:
        return setup.is_done(session)
