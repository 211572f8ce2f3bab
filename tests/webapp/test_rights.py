"""Every route x everybody x own, foreign, missing things x page and fragment: the answers, and no leaks."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import select

from daybreak import runtime as runtimes
from daybreak import settings as settings_module
from daybreak.store.tables import Membership
from tests.support import databases
from tests.support.doors import (
    MISSING,
    Doors,
    Objects,
    body_of,
    build,
    expected,
    fill,
    headers_of,
    objects_of,
    routes,
    row_of,
)
from tests.support.world import MONDAY_0900
from tests.webapp.conftest import SECRET, Browser, HandClock, Web
from tests.webapp.rights import ROLES, TABLE
from webapp import create_app
from webapp.guards import access_of

SIGNS = ("Other team", "Zebra", "charlie", "dora")  # of the other team: never seen by those who are not in it


@pytest.fixture(scope="module")
def doors(tmp_path_factory: pytest.TempPathFactory, _sqlite_template: Path) -> Iterator[Doors]:
    """The app with everything in it, made once; each unsafe request puts the database back."""
    folder = tmp_path_factory.mktemp("rights")
    environ = {
        "DAYBREAK_HOME": str(folder / "home"),
        "DATABASE_URL": databases.copy_sqlite(_sqlite_template, folder),
        "SECRET_KEY": SECRET,
        "SLACK_SIGNING_SECRET": "slack-signing-secret-of-tests",
        "ENCRYPTION_KEYS": Fernet.generate_key().decode(),
        "BASE_URL": "http://localhost",
    }
    made = replace(runtimes.build(settings_module.load(environ)), clock=HandClock())
    with made.writing() as session:
        world = build(session)
    app = create_app(made)
    app.test_client_class = Browser
    clock = made.clock
    assert isinstance(clock, HandClock)
    web = Web(app, made, clock, world)
    with made.writing() as session:
        people, tokens = fill(session, web)
        product = objects_of(session, "product")
        other = objects_of(session, "other")
    database = Path(str(made.engine.url.database))
    made.engine.dispose()
    shutil.copy(database, database.with_suffix(".saved"))
    yield Doors(web, people, tokens, product, other, database)
    made.engine.dispose()


def test_the_table_has_a_row_for_every_route_and_no_other(doors: Doors) -> None:
    assert {(rule.endpoint, method) for rule, method in routes(doors)} == TABLE.keys()


def test_the_table_says_what_the_labels_say(doors: Doors) -> None:
    for rule, method in routes(doors):
        assert row_of(rule, method).label == access_of(doors.web.app, rule.endpoint), rule


@pytest.mark.parametrize("fragment", [False, True], ids=["page", "fragment"])
@pytest.mark.parametrize("role", ROLES)
def test_every_route_answers_as_the_table_says(doors: Doors, role: str, fragment: bool) -> None:
    wrong = {}
    for rule, method in routes(doors):
        path = doors.path(rule, role, doors.product, "own")
        response = doors.ask(role, path, method, fragment=fragment)
        wanted = expected(row_of(rule, method), role, fragment=fragment)
        if response.status_code != wanted:
            wrong[method, path] = (response.status_code, "wanted", wanted)
        if role in ("member", "admin") and "slug" in rule.arguments:
            leaked = [sign for sign in SIGNS if sign in response.get_data(as_text=True)]
            assert not leaked, (path, leaked)
    assert wrong == {}


@pytest.mark.parametrize("fragment", [False, True], ids=["page", "fragment"])
@pytest.mark.parametrize("role", ROLES)
def test_what_belongs_to_others_is_like_what_is_not_there(doors: Doors, role: str, fragment: bool) -> None:
    """Byte for byte: a thing of another team or person, whole foreign teams, and things that never were."""
    compared = 0
    for rule, method in routes(doors):
        if not any(name.endswith("_id") for name in rule.arguments):
            continue
        answers = [
            doors.ask(role, doors.path(rule, role, doors.product, kind), method, fragment=fragment)
            for kind in ("foreign", "missing")
        ]
        if row_of(rule, method).label != "public" and rule.endpoint != "today.undo_moved":  # gone is fine
            assert answers[0].status_code in (303, 401, 403, 404), (rule, answers[0].status_code)
        if answers[0].status_code != 303:  # a redirect names the way back
            assert body_of(answers[0]) == body_of(answers[1]), rule
            assert headers_of(answers[0]) == headers_of(answers[1]), rule
        compared += 1
    assert compared > 10


@pytest.mark.parametrize("role", ["member", "admin"])
def test_a_foreign_team_is_like_none(doors: Doors, role: str) -> None:
    nowhere = Objects("nowhere", MISSING, MISSING, MISSING, MISSING, MISSING)
    for rule, method in routes(doors):
        if "slug" not in rule.arguments:
            continue
        for fragment in (False, True):
            foreign = doors.ask(
                role, doors.path(rule, role, doors.other, "foreign"), method, fragment=fragment
            )
            none = doors.ask(role, doors.path(rule, role, nowhere, "foreign"), method, fragment=fragment)
            assert foreign.status_code == 404, rule
            assert body_of(foreign) == body_of(none), rule
            assert headers_of(foreign) == headers_of(none), rule


@pytest.mark.parametrize("change", ["demoted", "removed"])
def test_demotion_and_removal_bite_on_the_next_request(doors: Doors, change: str) -> None:
    browser = doors.web.client()
    with browser.session_transaction() as cookie:
        cookie["_user_id"] = doors.tokens["admin"]
    ask = [(rule, m) for rule, m in routes(doors) if row_of(rule, m).label == "team_admin"]
    paths = [(doors.path(rule, "admin", doors.product, "own"), method) for rule, method in ask]
    assert doors.open(browser, "/team/product/people", "GET", fragment=False).status_code == 200
    with doors.web.writing() as session:
        row = session.scalars(
            select(Membership).where(Membership.person_id == doors.people["admin"].id)
        ).one()
        if change == "demoted":
            row.role = "member"
        else:
            row.left_at = MONDAY_0900
    wanted = 403 if change == "demoted" else 404
    try:
        for path, method in paths:
            assert doors.open(browser, path, method, fragment=False).status_code == wanted, path
    finally:
        doors.restore()
