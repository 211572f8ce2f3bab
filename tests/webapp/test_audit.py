"""The audit log: complete, readable, filtered, and out of everybody's reach."""

import ast
from pathlib import Path

import pytest
from sqlalchemy import select

from daybreak.services import auditing, people, policies, teams
from daybreak.settings import ROOT
from daybreak.store.tables import AuditEntry, Person
from tests.webapp.conftest import Web


@pytest.fixture
def logged(web: Web) -> Web:
    """Some changes by Alice, and one in the other team."""
    with web.writing() as session:
        alice, bob = session.merge(web.world.alice), session.merge(web.world.bob)
        team, now = session.merge(web.world.team), web.clock.at
        session.info[auditing.ORIGIN] = auditing.truncated("203.0.113.77")
        people.set_role(session, team, bob, "admin", alice.id, now)
        teams.update_team(session, team, {"name": "New name"}, alice.id, now)
        session.info.clear()
        policies.archive(session, session.merge(web.world.policy), None, now)
        auditing.record(
            session, web.world.charlie.id, "team.changed", "team", 2, 2, None, {"name": "Secret"}, now
        )
        auditing.record(
            session, alice.id, "person.changed", "person", bob.id, None, {"name": "Old"}, {"name": "New"}, now
        )
    return web


def test_a_teams_log(logged: Web) -> None:
    page = logged.signed_in(logged.world.bob).get("/team/product/audit").text
    for words in (
        "membership.role_changed",
        "role: member → admin",
        "203.0.113.0/24",
        "Operator",
        "policy.archived",
    ):
        assert words in page
    assert "Secret" not in page
    assert "person.changed" not in page
    assert "203.0.113.77" not in page


def test_the_workspaces_log_has_all_of_it_and_no_name_in_a_row(logged: Web) -> None:
    page = logged.signed_in(logged.world.alice).get("/audit").text
    assert "Secret" in page
    assert "name: … → …" in page
    assert logged.signed_in(logged.world.bob).get("/audit").status_code == 403


def test_filters_and_pages(logged: Web) -> None:
    with logged.writing() as session:
        for n in range(60):
            new = {"number": f"no{n}."}
            auditing.record(
                session, logged.world.alice.id, "policy.changed", "policy", 1, 1, None, new, logged.clock.at
            )
    alice = logged.signed_in(logged.world.alice)
    first = alice.get("/team/product/audit?object=policy").text
    assert "no59." in first
    assert "no5." not in first
    older = alice.get(first.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")).text
    assert "no5." in older
    assert "membership.role_changed" not in older
    by_bob = alice.get(f"/team/product/audit?actor={logged.world.bob.id}").text
    assert "Nothing was changed yet" in by_bob
    foreign = alice.get(f"/team/product/audit?actor={logged.world.charlie.id}").text
    missing = alice.get("/team/product/audit?actor=9999").text
    assert foreign == missing
    for odd in ("actor=x", "before=-1", f"before={10**30}", "object=nothing", "actor=%00"):
        assert alice.get(f"/team/product/audit?{odd}").status_code == 200


def test_the_export_is_logged_and_neutral(logged: Web) -> None:
    with logged.writing() as session:
        session.get_one(Person, logged.world.bob.id).name = "=1+1"
    alice = logged.signed_in(logged.world.alice)
    told = alice.post("/team/product/audit/export").get_data(as_text=True)
    assert "audit.exported" in told
    assert ",'=1+1," in told
    assert "Secret" not in told
    assert "Secret" in alice.post("/audit/export").get_data(as_text=True)
    with logged.reading() as session:
        exports = session.scalars(select(AuditEntry).where(AuditEntry.action == "audit.exported")).all()
    assert [(entry.actor_id, entry.team_id) for entry in exports] == [
        (logged.world.alice.id, 1),
        (logged.world.alice.id, None),
    ]


def test_changes_of_the_sign_in_are_logged(web: Web) -> None:
    bob = web.signed_in(web.world.bob)
    bob.post("/signout/everywhere")
    with web.reading() as session:
        entry = session.scalars(
            select(AuditEntry).where(AuditEntry.action == "person.signed_out_everywhere")
        ).one()
    assert (entry.actor_id, entry.object_id, entry.origin) == (
        web.world.bob.id,
        web.world.bob.id,
        "127.0.0.0/24",
    )


def test_an_erased_actor_is_a_number(logged: Web) -> None:
    with logged.writing() as session:
        person = session.get_one(Person, logged.world.charlie.id)
        person.email, person.name = None, ""
    page = logged.signed_in(logged.world.alice).get("/audit").text
    assert f"Erased (number {logged.world.charlie.id})" in page


def test_nothing_changes_or_removes_a_row() -> None:
    """No statement anywhere updates or deletes entries, and none is assigned to after it was made."""
    guilty = []
    for path in (p for name in ("daybreak", "webapp", "tasks") for p in (ROOT / name).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and "AuditEntry" in {_name(arg) for arg in node.args}:
                if _name(node.func) in ("update", "delete"):
                    guilty.append(_where(path, node))
            elif isinstance(node, ast.Assign | ast.AugAssign):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                names = {_name(t.value) for t in targets if isinstance(t, ast.Attribute)}
                if names & {"entry"} and "audit" in path.name:
                    guilty.append(_where(path, node))
    assert guilty == []


def test_no_route_is_about_a_single_entry(web: Web) -> None:
    rules = [rule for rule in web.app.url_map.iter_rules() if "audit" in rule.rule]
    found = {(rule.rule, tuple(sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}))) for rule in rules}
    assert found == {
        ("/team/<slug>/audit", ("GET",)),
        ("/audit", ("GET",)),
        ("/team/<slug>/audit/export", ("POST",)),
        ("/audit/export", ("POST",)),
    }


def _name(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else ""


def _where(path: Path, node: ast.stmt | ast.expr) -> str:
    return f"{path.relative_to(ROOT)}:{node.lineno}"
