"""Encryption keys come and go; what they sealed stays readable."""

from cryptography.fernet import Fernet
from sqlalchemy import select

from daybreak.cipher import Cipher
from daybreak.runtime import Runtime
from daybreak.services import channels, rotating
from daybreak.store.tables import CalendarFeed, Channel
from tests.support.world import MONDAY_0900, make_world

HOOK = "https://hooks.slack.com/services/T000/B000/xxxx"
OLD, NEW, OTHER = (Fernet.generate_key().decode() for _ in range(3))


def test_every_secret_is_sealed_anew_and_a_lost_one_is_named(runtime: Runtime) -> None:
    old, both, new = Cipher((OLD,)), Cipher((NEW, OLD)), Cipher((NEW,))
    with runtime.writing() as session:
        world = make_world(session)
        channels.add_slack(session, world.team, "breaks", HOOK, old, (), None, MONDAY_0900)
        channels.add_slack(session, world.bob, "mine", HOOK, old, (), None, MONDAY_0900)
        lost = channels.add_slack(session, world.team, "lost", HOOK, Cipher((OTHER,)), (), None, MONDAY_0900)
        gone = channels.add_slack(session, world.team, "gone", HOOK, old, (), None, MONDAY_0900)
        channels.remove(session, gone, None, MONDAY_0900)
        feed = CalendarFeed(
            person_id=world.bob.id, address=old.seal("webcal"), hint="", next_fetch_at=MONDAY_0900
        )
        session.add(feed)
    with runtime.writing() as session:
        done = rotating.rotate(session, both)
        assert done.sealed == 3
        assert done.lost == (f"channel {lost.id}",)
    with runtime.reading() as session:
        opened = [
            channels.address_of(channel, new)
            for channel in session.scalars(select(Channel).order_by(Channel.id))
        ]
        assert opened == [HOOK, HOOK, None, None]
        assert new.open(session.scalars(select(CalendarFeed)).one().address) == "webcal"


def test_bytes_are_secrets() -> None:
    """A new column of bytes is rotated without a word, so it had better be sealed."""
    found = {f"{column.table.name}.{column.name}" for column in rotating.sealed_columns()}
    assert found == {"channel.secret", "calendar_feed.address", "slack_reply.address"}
