"""Who may open what."""

from collections.abc import Callable

import pytest
from flask import Blueprint, Flask
from sqlalchemy import select
from werkzeug.routing import AnyConverter, BaseConverter, Rule

from daybreak.store.tables import Membership, Person, Team
from tests.webapp.conftest import FRAGMENT, Web
from webapp.guards import access_of, owner, public, signed_in, team_admin, team_member
from webapp.identity import current_person

LABELS = {"public", "signed_in", "team_member", "team_admin", "owner"}


def routes(app: Flask) -> list[Rule]:
    """All routes of the app."""
    return list(app.url_map.iter_rules())


def path_of(rule: Rule) -> str:
    """An address that the route matches."""
    values = {name: _matching(rule._converters[name]) for name in rule.arguments}
    built = rule.build(values | {"slug": "product"} if "slug" in values else values)
    assert built is not None
    return built[1]


def _matching(converter: BaseConverter) -> object:
    return min(converter.items) if isinstance(converter, AnyConverter) else 1


def test_every_route_is_classified(web: Web) -> None:
    forgotten = [rule.endpoint for rule in routes(web.app) if access_of(web.app, rule.endpoint) not in LABELS]
    assert forgotten == []


def test_team_routes_name_their_team(web: Web) -> None:
    for rule in routes(web.app):
        by_team = access_of(web.app, rule.endpoint) in ("team_member", "team_admin")
        assert by_team == ("slug" in rule.arguments), rule


def test_signed_out_every_page_but_the_public_ones_leads_to_the_sign_in(web: Web) -> None:
    checked = 0
    for rule in routes(web.app):
        if access_of(web.app, rule.endpoint) == "public":
            continue
        method = "GET" if "GET" in (rule.methods or ()) else "POST"
        response = web.client().open(path_of(rule), method=method)
        assert response.status_code == 303, rule
        assert response.location.startswith("/signin"), rule
        fragment = web.client().open(path_of(rule), method=method, headers=FRAGMENT)
        assert fragment.status_code == 401, rule
        assert fragment.headers["HX-Redirect"].startswith("/signin"), rule
        checked += 1
    assert checked


@pytest.fixture
def guarded(web: Web) -> Web:
    """The app with one view of each label, and one without."""
    bp = Blueprint("probe", __name__)

    def view(label: Callable[[Callable[..., str]], Callable[..., str]], rule: str, name: str) -> None:
        def answer(team: Team | None = None) -> str:
            person = current_person().name if label is not public else "anybody"
            return f"{name}: {person} of {team.name if team else 'none'}"

        bp.add_url_rule(rule, name, label(answer), methods=["GET", "POST"])

    view(public, "/probe/public", "public")
    view(signed_in, "/probe/signed-in", "signed_in")
    view(team_member, "/probe/team/<slug>", "team_member")
    view(team_admin, "/probe/team/<slug>/admin", "team_admin")
    view(owner, "/probe/owner", "owner")
    bp.add_url_rule("/probe/forgotten", "forgotten", lambda: "forgotten")
    web.app.register_blueprint(bp)
    return web


@pytest.mark.parametrize(
    ("path", "statuses"),
    [  # of nobody, Charlie (a stranger), Bob (a member), Alice (an owner)
        ("/probe/public", (200, 200, 200, 200)),
        ("/probe/signed-in", (303, 200, 200, 200)),
        ("/probe/forgotten", (303, 200, 200, 200)),
        ("/probe/team/product", (303, 404, 200, 200)),
        ("/probe/team/product/admin", (303, 404, 403, 200)),
        ("/probe/team/other", (303, 200, 404, 200)),
        ("/probe/team/missing", (303, 404, 404, 404)),
        ("/probe/owner", (303, 403, 403, 200)),
    ],
)
def test_who_may_open_what(guarded: Web, path: str, statuses: tuple[int, ...]) -> None:
    world = guarded.world
    browsers = [guarded.client(), *(guarded.signed_in(p) for p in (world.charlie, world.bob, world.alice))]
    assert tuple(browser.get(path).status_code for browser in browsers) == statuses
    if not path.endswith("forgotten"):
        assert tuple(browser.post(path).status_code for browser in browsers) == statuses


def test_the_team_is_passed_in(guarded: Web) -> None:
    response = guarded.signed_in(guarded.world.bob).get("/probe/team/product")
    assert response.text == "team_member: Bob of Product team"


def test_a_foreign_team_answers_like_a_missing_one(guarded: Web) -> None:
    browser = guarded.signed_in(guarded.world.bob)
    browser.get("/probe/team/missing")  # Flask-Login writes its cookie once
    foreign, missing = browser.get("/probe/team/other"), browser.get("/probe/team/missing")
    assert foreign.data == missing.data
    headers = [
        {name: value for name, value in response.headers if name != "X-Request-ID"}
        for response in (foreign, missing)
    ]
    assert headers[0] == headers[1]


@pytest.mark.parametrize("change", ["left", "not_joined"])
def test_who_left_or_has_not_said_yes_is_a_stranger(guarded: Web, change: str) -> None:
    browser = guarded.signed_in(guarded.world.bob)
    assert browser.get("/probe/team/product").status_code == 200
    with guarded.writing() as session:
        membership = session.scalars(select(Membership).filter_by(person_id=guarded.world.bob.id)).one()
        if change == "left":
            membership.left_at = guarded.clock.at
        else:
            membership.joined_at = None
    assert browser.get("/probe/team/product").status_code == 404


def test_a_change_of_role_acts_on_the_next_request(guarded: Web) -> None:
    browser = guarded.signed_in(guarded.world.bob)
    assert browser.get("/probe/team/product/admin").status_code == 403
    with guarded.writing() as session:
        session.scalars(select(Membership).filter_by(person_id=guarded.world.bob.id)).one().role = "admin"
    assert browser.get("/probe/team/product/admin").status_code == 200
    with guarded.writing() as session:
        session.get_one(Person, guarded.world.bob.id).is_owner = True
    assert browser.get("/probe/owner").status_code == 200


class TestTheWayBack:
    """The sign-in page is told where somebody wanted to go."""

    def test_of_a_page(self, guarded: Web) -> None:
        assert (
            guarded.client().get("/probe/owner?a=1&b=2").location == "/signin?next=/probe/owner?a%3D1%26b%3D2"
        )

    def test_of_an_action(self, guarded: Web) -> None:
        assert guarded.client().post("/probe/owner").location == "/signin"

    def test_of_a_fragment_it_is_the_page_that_asked(self, guarded: Web) -> None:
        headers = FRAGMENT | {"HX-Current-URL": "http://localhost/today?day=1"}
        response = guarded.client().post("/probe/owner", headers=headers)
        assert response.headers["HX-Redirect"] == "/signin?next=/today?day%3D1"

    def test_of_a_fragment_that_lies(self, guarded: Web) -> None:
        headers = FRAGMENT | {"HX-Current-URL": "http://localhost//evil.test"}
        assert guarded.client().post("/probe/owner", headers=headers).headers["HX-Redirect"] == "/signin"


def test_two_labels_are_a_mistake() -> None:
    def view() -> str:
        return ""

    with pytest.raises(TypeError, match="two labels"):
        public(signed_in(view))
