"""Invitations: one use, one address, seven days; refused looks like ignored."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from daybreak.domain.errors import ForbiddenError, InvalidValueError
from daybreak.runtime import Runtime
from daybreak.services import inviting, passwords, people
from daybreak.store.people import membership
from daybreak.store.tables import AuditEntry, Delivery, Invitation, Membership, Person
from daybreak.tokens import hash_token
from tests.support.world import MONDAY_0900, World, make_world

LATER = MONDAY_0900 + timedelta(days=1)


def member(session: Session, world: World, person: Person) -> Membership:
    found = membership(session, world.team.id, person.id)
    assert found is not None
    return found


def invited(session: Session, world: World, email: str = "dora@acme.test") -> tuple[Invitation, str]:
    invitation = inviting.invite(session, world.team, email, "member", world.alice, MONDAY_0900)
    return invitation, inviting.make_link(session, invitation, MONDAY_0900)


def test_from_invitation_to_the_first_prompt(runtime: Runtime) -> None:
    with runtime.writing() as session:
        world = make_world(session)
        invitation, token = invited(session, world, " Dora@ACME.test ")
        assert invitation.token_hash == hash_token(token)
        assert invitation.expires_at == MONDAY_0900 + timedelta(days=7)
        shown = inviting.open_invitation(session, token, LATER)
        assert (shown.team_name, shown.email, shown.role, shown.inviter, shown.has_account) == (
            "Product team", "dora@acme.test", "member", "Alice", False
        )  # fmt: skip
        dora = session.get_one(Person, shown.person_id)
        assert dora.next_due_at is None
        assert inviting.state_of(member(session, world, dora), LATER) == "invited"
        inviting.accept(session, token, "Dora", LATER, "correct horse battery")
        assert dora.name == "Dora"
        assert dora.own_fields == ["name", "password"]
        assert passwords.is_right(dora, "correct horse battery")
        assert dora.next_due_at == LATER + timedelta(hours=1)
        assert inviting.state_of(member(session, world, dora), LATER) == "joined"
        with pytest.raises(inviting.InvitationGoneError):
            inviting.accept(session, token, "Eve", LATER)
        with pytest.raises(inviting.InvitationGoneError):
            inviting.refuse(session, token, LATER)
        assert session.scalars(select(AuditEntry.action)).all() == [
            "person.created", "invitation.sent", "membership.joined"
        ]  # fmt: skip


def test_it_lapses_after_seven_days(runtime: Runtime) -> None:
    with runtime.writing() as session:
        world = make_world(session)
        invitation, token = invited(session, world)
        last = MONDAY_0900 + timedelta(days=7)
        assert inviting.open_invitation(session, token, last - timedelta(seconds=1)).role == "member"
        with pytest.raises(inviting.InvitationGoneError):
            inviting.accept(session, token, "Dora", last)
        with pytest.raises(inviting.InvitationGoneError):
            inviting.make_link(session, invitation, last)
        dora = people.find_person(session, "dora@acme.test")
        assert dora is not None
        assert inviting.state_of(member(session, world, dora), last) == "lapsed"


def test_a_new_invitation_or_link_replaces_the_old(runtime: Runtime) -> None:
    with runtime.writing() as session:
        world = make_world(session)
        invitation, first = invited(session, world)
        second = inviting.make_link(session, invitation, MONDAY_0900)
        _again, third = invited(session, world)
        for token in (first, second, "nonsense"):
            with pytest.raises(inviting.InvitationGoneError):
                inviting.open_invitation(session, token, LATER)
        assert inviting.open_invitation(session, third, LATER).email == "dora@acme.test"


def test_refused_looks_like_ignored(runtime: Runtime) -> None:
    with runtime.writing() as session:
        world = make_world(session)
        _one, ignored = invited(session, world, "dora@acme.test")
        _two, refused = invited(session, world, "erik@acme.test")
        entries = len(session.scalars(select(AuditEntry)).all())
        inviting.refuse(session, refused, LATER)
        with pytest.raises(inviting.InvitationGoneError):
            inviting.accept(session, refused, "Erik", LATER)
        dora, erik = (people.find_person(session, f"{name}@acme.test") for name in ("dora", "erik"))
        assert dora is not None
        assert erik is not None
        for now in (LATER, MONDAY_0900 + timedelta(days=8)):
            states = {inviting.state_of(member(session, world, who), now) for who in (dora, erik)}
            assert len(states) == 1
        assert len(session.scalars(select(AuditEntry)).all()) == entries
        # Both can be asked again in the same way, and both can still say yes themselves.
        for email in ("dora@acme.test", "erik@acme.test"):
            _again, token = invited(session, world, email)
            assert inviting.accept(session, token, "X", LATER).next_due_at is not None
        assert member(session, world, erik).refused_at is None
        assert ignored != refused


def test_who_is_in_the_team_is_not_invited(runtime: Runtime) -> None:
    with runtime.writing() as session:
        world = make_world(session)
        with pytest.raises(InvalidValueError, match="in the team already") as caught:
            inviting.invite(session, world.team, "BOB@acme.test", "member", world.alice, MONDAY_0900)
        assert caught.value.field == "email"
        with pytest.raises(InvalidValueError) as caught:
            inviting.invite(session, world.team, "x", "member", world.alice, MONDAY_0900)
        assert caught.value.field == "email"


def test_nobody_gives_more_than_they_have(runtime: Runtime) -> None:
    with runtime.writing() as session:
        world = make_world(session)
        for inviter, role in ((world.bob, "admin"), (world.charlie, "member")):
            with pytest.raises(ForbiddenError):
                inviting.invite(session, world.team, "dora@acme.test", role, inviter, MONDAY_0900)
        with pytest.raises(InvalidValueError):
            inviting.invite(session, world.team, "dora@acme.test", "owner", world.alice, MONDAY_0900)
        inviting.invite(session, world.other_team, "d@acme.test", "admin", world.alice, MONDAY_0900)


def test_a_link_changes_no_account_that_exists(runtime: Runtime) -> None:
    with runtime.writing() as session:
        world = make_world(session)
        passwords.set_password(session, world.charlie, "correct horse battery")
        _one, token = invited(session, world, "charlie@acme.test")
        assert inviting.open_invitation(session, token, LATER).has_account
        inviting.accept(session, token, "Mallory", LATER, "another long password")
        assert world.charlie.name == "Charlie"
        assert passwords.is_right(world.charlie, "correct horse battery")
        # Nor one whose memberships have all ended.
        for team in (world.team, world.other_team):
            people.remove_from_team(session, team, world.charlie, world.charlie.id, LATER)
        _two, token = invited(session, world, "charlie@acme.test")
        inviting.accept(session, token, "Mallory", MONDAY_0900, "another long password")
        assert world.charlie.name == "Charlie"


def test_a_bad_name_or_password_keeps_the_invitation(runtime: Runtime) -> None:
    with runtime.writing() as session:
        world = make_world(session)
        _one, token = invited(session, world)
        bad = (("", None, "name"), ("Do\nra", None, "name"), ("Dora", "short", "password"))
        for name, password, field in bad:
            with pytest.raises(InvalidValueError) as caught:
                inviting.accept(session, token, name, LATER, password)
            assert caught.value.field == field
        assert inviting.open_invitation(session, token, LATER).name in ("", "Dora")


def test_removal_ends_the_invitation(runtime: Runtime) -> None:
    with runtime.writing() as session:
        world = make_world(session)
        _one, token = invited(session, world)
        dora = people.find_person(session, "dora@acme.test")
        assert dora is not None
        people.remove_from_team(session, world.team, dora, world.alice.id, MONDAY_0900)
        with pytest.raises(inviting.InvitationGoneError):
            inviting.open_invitation(session, token, LATER)


def test_sending_plans_a_letter(runtime: Runtime) -> None:
    with runtime.writing() as session:
        world = make_world(session)
        invitation, _token = invited(session, world)
        delivery = session.get_one(Delivery, inviting.send(session, invitation, MONDAY_0900))
        assert (delivery.kind, delivery.expires_at) == ("letter", invitation.expires_at)
