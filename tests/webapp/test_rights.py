"""Every route x everybody x own, foreign, missing things x page and fragment: the answers, and no leaks."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.routing import AnyConverter, Rule
from werkzeug.test import TestResponse

from daybreak import runtime as runtimes
from daybreak import settings as settings_module
from daybreak.services import accounts, channels
from daybreak.store.tables import (
    Attempt,
    BreakTaken,
    Channel,
    Delivery,
    Invitation,
    Membership,
    Person,
    Policy,
    SignInLink,
    SlackAccount,
    SlackConnect,
    Team,
)
from daybreak.tokens import hash_token
from tests.support import databases
from tests.support.prompts import make_delivery, make_link, make_prompt
from tests.support.world import MONDAY_0900, World, make_person, make_policy, make_world
from tests.webapp.conftest import FRAGMENT, SECRET, Browser, HandClock, Web
from tests.webapp.rights import IN, REFUSED, ROLES, TABLE, Row
from webapp import create_app
from webapp.guards import access_of

HOOK = "https://hooks.slack.com/services/T000/B000/xxxx"
MISSING = 987_654
SIGNS = ("Other team", "Zebra", "charlie", "dora")  # of the other team: never seen by those who are not in it
HOLDERS = ("charlie", *ROLES)  # whose the n-th personal thing is
TRIES = 1000  # added to the number of a delivery that is a try


@dataclass
class Objects:
    """The numbers of one of everything that belongs to a team, and of what belongs to its members."""

    slug: str
    team: int
    policy: int
    channel: int
    delivery: int
    person: int


@dataclass
class Doors:
    """The app, who may knock, and what there is behind its doors."""

    web: Web
    people: dict[str, Person]
    tokens: dict[str, str]
    product: Objects
    other: Objects
    database: Path

    def ask(self, role: str, path: str, method: str, *, fragment: bool) -> TestResponse:
        """Ask as somebody, on a database as it was in the beginning."""
        browser = self.web.client()
        if role != "nobody":
            with browser.session_transaction() as cookie:
                cookie["_user_id"] = self.tokens[role]
                cookie["_fresh"] = True
                cookie.permanent = True
        response = self.open(browser, path, method, fragment=fragment)
        if method != "GET":
            self.restore()
        return response

    def open(self, browser: Browser, path: str, method: str, *, fragment: bool) -> TestResponse:
        """Ask by a browser."""
        return browser.open(path, method=method, headers=FRAGMENT if fragment else {})

    def restore(self) -> None:
        """Make the database what it was."""
        self.web.runtime.engine.dispose()
        for leftover in self.database.parent.glob(self.database.name + "-*"):
            leftover.unlink()
        shutil.copy(self.database.with_suffix(".saved"), self.database)

    def path(self, rule: Rule, role: str, objects: Objects, kind: str) -> str:
        """Return an address of things that are `own`, `foreign` (of others) or `missing`."""
        values: dict[str, object] = {}
        for name in rule.arguments:
            converter = rule._converters[name]
            if name == "slug":
                values[name] = objects.slug
            elif isinstance(converter, AnyConverter):
                values[name] = min(converter.items)
            else:
                values[name] = self.value(name, rule, role, kind)
        built = rule.build(values)
        assert built is not None
        return built[1]

    def value(self, name: str, rule: Rule, role: str, kind: str) -> object:
        """Return what stands for one part of an address."""
        if not name.endswith("_id"):
            return {"filename": "css/base.css"}.get(name, f"{rule.endpoint.split('.')[0]}-token")
        if kind == "missing":
            return MISSING
        noun = name.removesuffix("_id")
        if rule.endpoint.startswith(("today.", "me.", "leaving.", "my_slack.", "setup.")):
            others = "charlie" if role == "owner" else "owner"
            is_own = kind == "own" or noun in ("team", "policy")
            return self.personal(noun, role if is_own else others, kind)
        return getattr(self.product if kind == "own" else self.other, noun)

    def personal(self, noun: str, role: str, kind: str) -> object:
        """Return the number of something that belongs to a person."""
        if noun in ("team", "policy"):
            mine = self.product if role in ("member", "admin", "owner") else self.other
            theirs = self.other if mine is self.product else self.product
            return getattr(mine if kind == "own" else theirs, noun)
        return 1 + HOLDERS.index(role) + (TRIES if noun == "delivery" else 0)


def build(session: Session) -> World:
    """The small world, an admin for each team, and one of everything for each person and each team."""
    world = make_world(session)
    make_person(session, "ada", MONDAY_0900, world.team, role="admin")
    make_person(session, "dora", MONDAY_0900, world.other_team, role="admin")
    make_policy(session, world.other_team, MONDAY_0900, name="Zebra")
    return world


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


def fill(session: Session, web: Web) -> tuple[dict[str, Person], dict[str, str]]:
    """Give everybody one of everything, in the order of `Doors.personal`, and a session."""
    by_name = {person.name.lower(): person for person in session.scalars(select(Person))}
    people = {
        "charlie": by_name["charlie"], "outsider": by_name["charlie"], "member": by_name["bob"],
        "other_admin": by_name["dora"], "admin": by_name["ada"], "owner": by_name["alice"],
    }  # fmt: skip
    now = MONDAY_0900
    policies = {policy.team_id: policy for policy in session.scalars(select(Policy))}
    tokens, tries = {}, []
    for number, role in enumerate(HOLDERS, 1):
        person = people.get(role, by_name["charlie"])
        policy = policies[person.memberships[0].team_id]
        due_at = now - timedelta(minutes=number)
        prompt = make_prompt(session, person, policy, due_at, id=number)
        delivery = make_delivery(session, prompt)
        session.add(Attempt(delivery_id=delivery.id, at=now, result="sent"))
        session.add(BreakTaken(id=number, person_id=person.id, local_date=now.date(), taken_at=due_at))
        session.add(
            SlackAccount(id=number, person_id=person.id, team_id="T1", user_id=f"U{number}", linked_at=now)
        )
        session.flush()
        tokens[role] = accounts.open_session(session, person, now)
        tries.append(
            Delivery(
                id=TRIES + number, key=f"try:{number}", kind="try", transport="email", person_id=person.id,
                due_at=now, expires_at=now, next_try_at=now, state="sent",
            )
        )  # fmt: skip
    session.add_all(tries)
    for team in session.scalars(select(Team)).all():
        channels.add_slack(session, team, "breaks", HOOK, web.runtime.cipher, (), None, now)
    make_link(session, make_prompt(session, by_name["bob"], policies[1], now, id=50), "answer-token")
    later = now + timedelta(hours=1)
    link = SignInLink(person_id=by_name["bob"].id, created_at=now, expires_at=later)
    link.token_hash = hash_token("signin-token")
    guest = make_person(session, "guest", now, session.get_one(Team, 1))
    row = session.scalars(select(Membership).where(Membership.person_id == guest.id)).one()
    row.joined_at = None
    invitation = Invitation(
        membership_id=row.id, token_hash=hash_token("join-token"), created_at=now, expires_at=later
    )
    connect = SlackConnect(
        token_hash=hash_token("slack-token"), team_id="T1", user_id="U99", expires_at=later
    )
    session.add_all([link, invitation, connect])
    return people, tokens


def objects_of(session: Session, slug: str) -> Objects:
    """Find one of everything of a team."""
    team = session.scalars(select(Team).where(Team.slug == slug)).one()
    ids = [
        session.scalars(select(table.id).where(table.team_id == team.id).order_by(table.id)).first()
        for table in (Policy, Channel, Delivery)
    ]
    members = select(Membership.person_id).where(Membership.team_id == team.id, Membership.role == "member")
    policy, channel, delivery, person = (*ids, session.scalars(members).first())
    return Objects(slug, team.id, policy or 0, channel or 0, delivery or 0, person or 0)


def routes(doors: Doors) -> list[tuple[Rule, str]]:
    """All routes with each of their methods."""
    return [
        (rule, method)
        for rule in doors.web.app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]


def row_of(rule: Rule, method: str) -> Row:
    return TABLE[rule.endpoint, method]


def expected(row: Row, role: str, *, fragment: bool) -> int:
    """What the table says."""
    refused = REFUSED[row.label][ROLES.index(role)]
    if refused == 303 and fragment:
        return 401
    if refused != IN:
        return refused
    if role == "nobody" and row.nobody is not None:
        return row.nobody
    if role in row.stay:
        return 422
    return row.fragment if fragment else row.page


def headers_of(response: TestResponse) -> list[tuple[str, str]]:
    """All that could tell one answer from another: not the request's number, nor when a cookie was signed."""
    return [
        (name, value.split(".")[0] if name == "Set-Cookie" else value)
        for name, value in response.headers
        if name != "X-Request-ID"
    ]


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
            assert answers[0].data == answers[1].data, rule
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
            assert foreign.data == none.data, rule
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
