"""Every door of the app and who may knock: its routes, six people, and one of everything behind them."""

import re
import shutil
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.routing import AnyConverter, Rule
from werkzeug.test import TestResponse

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
from tests.support.prompts import make_delivery, make_link, make_prompt
from tests.support.world import MONDAY_0900, World, make_person, make_policy, make_world
from tests.webapp.conftest import FRAGMENT, Browser, Web
from tests.webapp.rights import IN, REFUSED, ROLES, TABLE, Row

HOOK = "https://hooks.slack.com/services/T000/B000/xxxx"
MISSING = 987_654
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


def body_of(response: TestResponse) -> bytes:
    """The body without our tokens, which hold the second they were signed in."""
    return re.sub(rb'(csrf[-_]token" (?:content|value)=")[^"]+', rb"\1", response.data)
