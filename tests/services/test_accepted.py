"""The word `accepted` of a workspace file: it acts once, and never against what a person said."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from daybreak.runtime import Runtime
from daybreak.services import inviting, people
from daybreak.services.applying_people import said_yes_for
from daybreak.services.pausing import switch_prompts
from daybreak.store.people import membership
from daybreak.store.tables import Invitation, Person
from tests.support.applied import ANA, BOB, applied, person, product
from tests.support.files import GOOD
from tests.support.world import MONDAY_0900

ACCEPTED = "+ member bob@acme.test of product (accepted by the file)"


def test_accepted_acts_once_and_is_shown_to_the_person(runtime: Runtime) -> None:
    applied(runtime, GOOD)
    with runtime.reading() as session:
        ana = person(session, ANA)
        assert [(team.slug, at) for team, at in said_yes_for(session, ana)] == [("product", MONDAY_0900)]
        assert said_yes_for(session, person(session, BOB)) == []
    # Ana stops; the file must not bring her back, neither by `accepted` nor by a new invitation.
    with runtime.writing() as session:
        people.set_role(session, product(session), _bob_joined(session), "admin", None, MONDAY_0900)
        ana = person(session, ANA)
        people.remove_from_team(session, product(session), ana, ana.id, MONDAY_0900)
    assert applied(runtime, GOOD.replace('members = ["ana@acme.test"]', "")) == []
    with runtime.reading() as session:
        assert person(session, ANA).next_due_at is None


def _bob_joined(session: Session) -> Person:
    bob = person(session, BOB)
    found = membership(session, product(session).id, bob.id)
    assert found is not None
    found.joined_at = MONDAY_0900
    session.flush()
    return bob


BOB_ACCEPTED = GOOD + "accepted = true\n"


def test_accepted_never_acts_after_a_refusal(runtime: Runtime) -> None:
    applied(runtime, GOOD)
    with runtime.writing() as session:
        invitation = session.scalars(select(Invitation)).one()
        token = inviting.make_link(session, invitation, MONDAY_0900)
        inviting.refuse(session, token, MONDAY_0900)
    assert applied(runtime, BOB_ACCEPTED) == []
    # Nor after an admin has invited anew.
    with runtime.writing() as session:
        inviting.invite(session, product(session), BOB, "member", person(session, ANA), MONDAY_0900)
    assert applied(runtime, BOB_ACCEPTED) == []


def test_accepted_never_acts_after_prompts_were_switched_off(runtime: Runtime) -> None:
    applied(runtime, GOOD)
    with runtime.writing() as session:
        switch_prompts(session, person(session, BOB), MONDAY_0900, on=False)
    assert applied(runtime, BOB_ACCEPTED) == []


def test_accepted_acts_on_an_open_invitation_and_ends_it(runtime: Runtime) -> None:
    applied(runtime, GOOD)
    assert applied(runtime, BOB_ACCEPTED) == [ACCEPTED]
    assert applied(runtime, BOB_ACCEPTED) == []
    with runtime.writing() as session:
        with pytest.raises(inviting.InvitationGoneError):
            inviting.make_link(session, session.scalars(select(Invitation)).one(), MONDAY_0900)
        # Removed by an admin and invited anew: the operator's word has been used.
        bob = person(session, BOB)
        people.remove_from_team(session, product(session), bob, person(session, ANA).id, MONDAY_0900)
        inviting.invite(session, product(session), BOB, "member", person(session, ANA), MONDAY_0900)
    assert applied(runtime, BOB_ACCEPTED) == []
