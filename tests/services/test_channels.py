"""Channels: the address is a secret, shown by its last characters."""

import pytest
from sqlalchemy import select

from daybreak.domain.errors import InvalidValueError
from daybreak.runtime import Runtime
from daybreak.services import channels
from daybreak.store import policies as store
from daybreak.store.tables import AuditEntry
from tests.support.files import WEBHOOK
from tests.support.world import MONDAY_0900, make_world


def test_an_address_is_kept_encrypted_and_shown_by_its_end(runtime: Runtime) -> None:
    with runtime.writing() as session:
        world = make_world(session)
        who = world.alice.id
        added = channels.add_slack(
            session, world.team, " breaks ", f" {WEBHOOK} ", runtime.cipher, (), who, MONDAY_0900
        )
        assert (added.name, added.hint, added.team_id) == ("breaks", "hooks.slack.com/…/…a91", world.team.id)
        assert b"T000" not in added.secret
        assert channels.address_of(added, runtime.cipher) == WEBHOOK
        own = channels.add_slack(session, world.bob, "mine", WEBHOOK, runtime.cipher, (), who, MONDAY_0900)
        assert (own.team_id, own.person_id) == (None, world.bob.id)
        assert store.own_channel(session, world.bob.id) is own
        told = [(e.action, e.new) for e in session.scalars(select(AuditEntry))]
        assert told[0] == ("channel.added", {"name": "breaks", "hint": "hooks.slack.com/…/…a91"})


def test_on_off_and_another_address(runtime: Runtime) -> None:
    with runtime.writing() as session:
        world, cipher = make_world(session), runtime.cipher
        added = channels.add_slack(session, world.team, "breaks", WEBHOOK, cipher, (), None, MONDAY_0900)
        channels.switch_off(session, added, "no_service", None, MONDAY_0900)
        assert (added.off_at, added.off_reason) == (MONDAY_0900, "no_service")
        channels.switch_on(session, added, world.alice.id, MONDAY_0900)
        assert (added.off_at, added.off_reason) == (None, None)
        channels.switch_off(session, added, "no_service", None, MONDAY_0900)
        assert not channels.replace_address(session, added, WEBHOOK, cipher, (), None, MONDAY_0900)
        assert added.off_reason == "no_service"
        other = WEBHOOK[:-3] + "b22"
        assert channels.replace_address(session, added, other, cipher, (), None, MONDAY_0900)
        assert [added.off_reason, added.hint] == [None, "hooks.slack.com/…/…b22"]


def test_a_removed_channel_is_forgotten_and_may_come_back(runtime: Runtime) -> None:
    with runtime.writing() as session:
        world, cipher = make_world(session), runtime.cipher
        added = channels.add_slack(session, world.team, "breaks", WEBHOOK, cipher, (), None, MONDAY_0900)
        with pytest.raises(InvalidValueError) as caught:
            channels.add_slack(session, world.team, "breaks", WEBHOOK, cipher, (), None, MONDAY_0900)
        assert caught.value.field == "name"
        channels.remove(session, added, None, MONDAY_0900)
        assert (added.secret, added.hint) == (b"", "")
        assert store.channels(session, world.team.id) == []
        with pytest.raises(InvalidValueError):
            channels.switch_on(session, added, None, MONDAY_0900)
        again = channels.add_slack(session, world.team, "breaks", WEBHOOK, cipher, (), None, MONDAY_0900)
        assert again is added
        assert store.channels(session, world.team.id) == [added]


@pytest.mark.parametrize(
    ("name", "url", "field"),
    [("", WEBHOOK, "name"), ("a:b", WEBHOOK, "name"), ("#general", WEBHOOK, "name"),
     ("breaks", "http://hooks.slack.com/services/T/B/x", "url"), ("breaks", "https://10.0.0.1/x", "url"),
     ("breaks", "https://hooks.slack.com.evil.test/services/T/B/x", "url"), ("breaks", "", "url")],
)  # fmt: skip
def test_what_is_no_channel_is_refused(runtime: Runtime, name: str, url: str, field: str) -> None:
    with runtime.writing() as session:
        world = make_world(session)
        with pytest.raises(InvalidValueError) as caught:
            channels.add_slack(session, world.team, name, url, runtime.cipher, (), None, MONDAY_0900)
        assert caught.value.field == field


def test_an_operator_may_allow_an_origin(runtime: Runtime) -> None:
    with runtime.writing() as session:
        world = make_world(session)
        url, allow = "http://127.0.0.1:9000/services/T/B/xyz", ("http://127.0.0.1:9000",)
        added = channels.add_slack(
            session, world.team, "b", url, runtime.cipher, allow, None, MONDAY_0900
        )
        assert added.hint == "127.0.0.1:9000/…/…xyz"
