"""The set-up: a one-time code, five steps saved one by one, closed for good once done."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from daybreak.domain.errors import InvalidValueError
from daybreak.runtime import Runtime
from daybreak.services import passwords, setup
from daybreak.store.tables import Invitation, Workspace
from tests.support.files import WEBHOOK
from tests.support.world import MONDAY_0900

PASSWORD = "correct horse battery"


def test_only_the_last_code_opens_and_only_its_hash_is_kept(runtime: Runtime) -> None:
    with runtime.writing() as session:
        assert not setup.check_code(session, "anything")
        first = setup.issue_code(session, MONDAY_0900)
        second = setup.issue_code(session, MONDAY_0900)
        assert first is not None
        assert second is not None
        assert len(second.replace("-", "")) == 16
        assert not setup.check_code(session, first)
        assert setup.check_code(session, second)
        assert setup.check_code(session, f" {second.lower().replace('-', ' ')} ")
        assert not setup.check_code(session, "")
        workspace = session.get_one(Workspace, 1)
        assert second.replace("-", "") not in str(vars(workspace))


def test_the_five_steps_lead_to_a_first_break(runtime: Runtime) -> None:
    with runtime.writing() as session:
        code = setup.issue_code(session, MONDAY_0900) or ""
    with runtime.writing() as session:
        assert setup.step(session) == setup.OWNER
        owner = setup.create_workspace_and_owner(
            session, "Acme", "Ana", "ANA@acme.test", PASSWORD, MONDAY_0900
        )
        assert passwords.is_right(owner, PASSWORD)
        assert (owner.is_owner, owner.email) == (True, "ana@acme.test")
    with runtime.writing() as session:  # each step in a transaction of its own: it can be gone on with
        assert setup.step(session) == setup.TEAM
        owner = setup.owner(session) or pytest.fail("no owner")
        team = setup.save_first_team(session, owner, "Product team", "Europe/Lisbon", MONDAY_0900)
        assert team.slug == "product-team"
        assert setup.step(session) == setup.RHYTHM
        policy = setup.choose_rhythm(session, owner, "hourly-walk", MONDAY_0900)
        assert owner.next_due_at == MONDAY_0900 + timedelta(hours=1)
        assert setup.step(session) == setup.CHANNEL
        channel = setup.save_channel(session, owner, WEBHOOK, runtime.cipher, (), MONDAY_0900)
        assert channel is not None
        assert channel.hint == "hooks.slack.com/…/…a91"
        assert runtime.cipher.open(channel.secret) == WEBHOOK
        assert policy.channels == ["slack", "slack:breaks", "email", "web"]
        assert policy.shared_due_at == MONDAY_0900 + timedelta(hours=1)
        results = setup.invite_people(session, owner, "bob@acme.test\nbob\n\ncleo@acme.test,", MONDAY_0900)
        assert [(r.line, r.invitation is not None, r.problem is None) for r in results] == [
            ("bob@acme.test", True, True), ("bob", False, False), ("cleo@acme.test", True, True)
        ]  # fmt: skip
        assert len(session.scalars(select(Invitation)).all()) == 2
        assert not setup.is_done(session)
        setup.finish(session, MONDAY_0900)
    with runtime.writing() as session:
        assert setup.is_done(session)
        assert not setup.check_code(session, code)
        assert setup.issue_code(session, MONDAY_0900) is None
        owner = setup.owner(session) or pytest.fail("no owner")
        with pytest.raises(setup.SetupDoneError):
            setup.create_workspace_and_owner(session, "X", "X", "x@x.test", PASSWORD, MONDAY_0900)
        with pytest.raises(setup.SetupDoneError):
            setup.choose_rhythm(session, owner, "gentle-start", MONDAY_0900)
        setup.finish(session, MONDAY_0900 + timedelta(days=1))
        assert session.get_one(Workspace, 1).setup_done_at == MONDAY_0900


def test_a_step_done_again_changes_instead_of_adding(runtime: Runtime) -> None:
    with runtime.writing() as session:
        setup.issue_code(session, MONDAY_0900)
        owner = setup.create_workspace_and_owner(session, "A", "Ana", "a@acme.test", PASSWORD, MONDAY_0900)
        again = setup.create_workspace_and_owner(session, "Acme", "Anna", "ana@acme.test", "", MONDAY_0900)
        assert again is owner
        assert (owner.name, owner.email) == ("Anna", "ana@acme.test")
        assert passwords.is_right(owner, PASSWORD)
        team = setup.save_first_team(session, owner, "One", "Europe/Lisbon", MONDAY_0900)
        assert setup.save_first_team(session, owner, "Two", "Asia/Tokyo", MONDAY_0900) is team
        policy = setup.choose_rhythm(session, owner, "hourly-walk", MONDAY_0900)
        setup.save_channel(session, owner, WEBHOOK, runtime.cipher, (), MONDAY_0900)
        assert setup.choose_rhythm(session, owner, "gentle-start", MONDAY_0900) is policy
        assert policy.name == "Gentle start"
        assert policy.channels == ["email", "slack", "slack:breaks", "web"]
        assert setup.choose_rhythm(session, owner, "gentle-start", MONDAY_0900).version == policy.version
        other = setup.save_channel(session, owner, WEBHOOK[:-1] + "2", runtime.cipher, (), MONDAY_0900)
        assert other is not None
        assert other.hint.endswith("…a92")
        assert setup.step(session) == setup.INVITE


def test_every_field_that_is_wrong_is_told_at_once(runtime: Runtime) -> None:
    with runtime.writing() as session:
        with pytest.raises(InvalidValueError) as caught:
            setup.create_workspace_and_owner(session, " ", "", "ana", "short", MONDAY_0900)
        assert [p.field for p in caught.value.problems] == ["name", "owner_name", "email", "password"]
        session.rollback()
    with runtime.writing() as session:
        assert setup.owner(session) is None
        owner = setup.create_workspace_and_owner(session, "A", "Ana", "a@acme.test", PASSWORD, MONDAY_0900)
        with pytest.raises(InvalidValueError) as caught:
            setup.save_first_team(session, owner, "", "Europe/Lisbonn", MONDAY_0900)
        assert [p.field for p in caught.value.problems] == ["name", "zone"]
        with pytest.raises(InvalidValueError, match="first team"):
            setup.choose_rhythm(session, owner, "hourly-walk", MONDAY_0900)
        setup.save_first_team(session, owner, "Team", "Europe/Lisbon", MONDAY_0900)
        with pytest.raises(InvalidValueError) as caught:
            setup.choose_rhythm(session, owner, "hourly", MONDAY_0900)
        assert caught.value.field == "preset"
        with pytest.raises(InvalidValueError, match="still to do"):
            setup.finish(session, MONDAY_0900)
        setup.choose_rhythm(session, owner, "hourly-walk", MONDAY_0900)
        with pytest.raises(InvalidValueError) as caught:
            setup.save_channel(session, owner, "https://evil.test/x", runtime.cipher, (), MONDAY_0900)
        assert caught.value.field == "url"
        assert setup.save_channel(session, owner, "", runtime.cipher, (), MONDAY_0900) is None
        assert setup.step(session) == setup.INVITE
        setup.finish(session, MONDAY_0900)
        assert setup.is_done(session)
