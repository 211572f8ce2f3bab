"""Addresses, roles, leaving: the last admin and the last owner stay."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from daybreak.domain.errors import InvalidValueError
from daybreak.runtime import Runtime
from daybreak.services import people, profile
from daybreak.services.auditing import record, truncated
from daybreak.store.people import membership
from daybreak.store.tables import AuditEntry, Person, Prompt
from tests.support.world import MONDAY_0900, make_world


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (" Ana@Acme.TEST ", "ana@acme.test"),
        ("o'brien+tag@mail.example.org", "o'brien+tag@mail.example.org"),
        ("josé@exämple.org", "josé@exämple.org"),
        ("jose\u0301@example.org", "josé@example.org"),
        ("root@localhost", "root@localhost"),
    ],
)
def test_an_address_has_one_spelling(text: str, address: str) -> None:
    assert people.normalised_email(text) == address
    assert people.normalised_email(address) == address


@pytest.mark.parametrize(
    "text",
    ["", "   ", "ana", "@acme.test", "ana@", "a b@acme.test", "ana@acme..test", "ana@-acme.test",
     "ana@acme.test\nBcc: x@y", "ana@acme.test\0", "a@b@c", ".ana@acme.test", "an..a@acme.test",
     "ana@acme.test,bob@acme.test", "<ana@acme.test>", "ana\u202e@acme.test", "ana@acme_.te st", None, 7,
     "a" * 65 + "@acme.test", "a@" + "b" * 64 + ".test", "a@" + ".".join(["b" * 60] * 5)],
)  # fmt: skip
def test_what_is_no_address_is_refused(text: object) -> None:
    with pytest.raises(InvalidValueError) as caught:
        people.normalised_email(text)
    assert caught.value.field == "email"
    assert str(caught.value).isprintable()


def test_a_team_keeps_an_admin(runtime: Runtime) -> None:
    with runtime.writing() as session:
        world = make_world(session)
        with pytest.raises(people.LastAdminError):
            people.set_role(session, world.team, world.alice, "member", world.alice.id, MONDAY_0900)
        with pytest.raises(people.LastAdminError):
            people.remove_from_team(session, world.team, world.alice, world.alice.id, MONDAY_0900)
        assert people.set_role(session, world.team, world.bob, "admin", world.alice.id, MONDAY_0900)
        assert not people.set_role(session, world.team, world.bob, "admin", world.alice.id, MONDAY_0900)
        assert people.set_role(session, world.team, world.alice, "member", world.bob.id, MONDAY_0900)
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
        assert entry is not None
        assert (entry.actor_id, entry.object_id, entry.old, entry.new) == (
            world.bob.id, world.alice.id, {"role": "admin"}, {"role": "member"}
        )  # fmt: skip


def test_an_admin_who_was_only_invited_does_not_count(runtime: Runtime) -> None:
    with runtime.writing() as session:
        world = make_world(session)
        people.set_role(session, world.team, world.bob, "admin", world.alice.id, MONDAY_0900)
        bobs = membership(session, world.team.id, world.bob.id)
        assert bobs is not None
        bobs.joined_at = None
        session.flush()
        with pytest.raises(people.LastAdminError):
            people.set_role(session, world.team, world.alice, "member", world.alice.id, MONDAY_0900)


def test_the_workspace_keeps_an_owner(runtime: Runtime) -> None:
    with runtime.writing() as session:
        world = make_world(session)
        with pytest.raises(people.LastOwnerError):
            people.set_owner(session, world.alice, False, world.alice.id, MONDAY_0900)
        assert people.set_owner(session, world.bob, True, world.alice.id, MONDAY_0900)
        assert people.set_owner(session, world.alice, False, world.bob.id, MONDAY_0900)


def test_leaving_cancels_what_waits_but_not_what_was_missed(runtime: Runtime) -> None:
    with runtime.writing() as session:
        world = make_world(session)
        due = [MONDAY_0900 + timedelta(hours=h) for h in (-3, 0)]
        for at in due:
            session.add(
                Prompt(
                    person_id=world.bob.id,
                    policy_id=world.policy.id,
                    team_id=world.team.id,
                    local_date=at.date(),
                    local_time=at.time(),
                    zone="Europe/Lisbon",
                    due_at=at,
                    window_end_at=at,
                    expires_at=at,
                    deadline_at=at + timedelta(minutes=30),
                    day_ends_at=at + timedelta(days=1),
                    movement_id="stand-minute",
                    pushed=True,
                )
            )
        people.remove_from_team(session, world.team, world.bob, world.alice.id, MONDAY_0900)
        session.expire_all()
        found = session.scalars(select(Prompt).order_by(Prompt.due_at)).all()
        assert [(p.standing, p.reason) for p in found] == [("open", None), ("cancelled", "left")]
        assert world.bob.next_due_at is None
        with pytest.raises(InvalidValueError, match="not in the team"):
            people.remove_from_team(session, world.team, world.bob, world.alice.id, MONDAY_0900)
        ended = membership(session, world.team.id, world.bob.id)
        assert ended is not None
        assert ended.refused_at is None  # an admin did it: no word of the person's own


def test_finding_makes_at_most_one_person(runtime: Runtime) -> None:
    with runtime.writing() as session:
        world = make_world(session)
        found = people.find_or_create(session, "BOB@acme.test", None, MONDAY_0900)
        assert found.id == world.bob.id
        made = people.find_or_create(session, "dora@acme.test", None, MONDAY_0900)
        assert people.find_person(session, " DORA@acme.test") is made
        assert len(session.scalars(select(Person)).all()) == 4


def test_secrets_never_reach_the_log(runtime: Runtime) -> None:
    with runtime.writing() as session:
        new = {"url": "https://x", "rules": {"token": "t", "at": MONDAY_0900}}
        entry = record(session, None, "a.b", "policy", 1, None, None, new, MONDAY_0900, "x" * 300)
        session.expire_all()
        assert entry.new == {"url": "…", "rules": {"token": "…", "at": "2026-03-02T09:00:00+00:00"}}
        assert entry.origin == "x" * 255


@pytest.mark.parametrize(
    ("address", "kept"),
    [("203.0.113.77", "203.0.113.0/24"), ("2001:db8:1:2::3", "2001:db8:1::/48"),
     ("::ffff:203.0.113.77", "203.0.113.0/24"), ("unix", None), (None, None)],
)  # fmt: skip
def test_an_origin_is_truncated(address: str | None, kept: str | None) -> None:
    assert truncated(address) == kept


def test_what_a_person_sets_is_theirs_and_moves_their_plan(runtime: Runtime) -> None:
    with runtime.writing() as session:
        world = make_world(session)
        changes = {"zone": "Asia/Tokyo", "hours": {"tue": ["09:00-12:00"]}, "days_off": ["2026-03-03"]}
        profile.update_own(session, world.bob, changes, MONDAY_0900)
        assert world.bob.own_fields == ["days_off", "hours", "zone"]
        assert world.bob.next_due_at == datetime(2026, 3, 10, 1, tzinfo=UTC)  # ten in Tokyo, a week later
        profile.update_own(session, world.bob, {"zone": None, "hours": None, "days_off": []}, MONDAY_0900)
        assert world.bob.next_due_at == MONDAY_0900 + timedelta(hours=1)
        assert session.scalars(select(AuditEntry)).all() == []
        with pytest.raises(InvalidValueError) as caught:
            profile.update_own(session, world.bob, {"zone": "Tokio", "name": "", "email": "x"}, MONDAY_0900)
        assert [p.field for p in caught.value.problems] == ["zone", "name", "email"]
        assert world.bob.name == "Bob"
