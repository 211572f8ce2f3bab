"""Sessions that the server can end, and links that sign in once; on SQLite and PostgreSQL."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from daybreak.services import accounts
from daybreak.services.accounts import ABSOLUTE, IDLE, LINK_LIFETIME, MAX_WRONG_CODES, SEEN_EVERY
from daybreak.store.engine import make_engine
from daybreak.store.tables import Delivery, Person, SignInLink, SignInSession
from daybreak.tokens import hash_token
from tests.support.world import MONDAY_0900 as NOW
from tests.support.world import World, make_world

TICK = timedelta(microseconds=1)


@pytest.fixture
def session(database_url: str) -> Iterator[Session]:
    engine = make_engine(database_url)
    with Session(engine, expire_on_commit=False) as opened:
        yield opened
    engine.dispose()


@pytest.fixture
def world(session: Session) -> World:
    return make_world(session)


def hand_off(session: Session, person: Person, browser: str, code: str) -> str:
    """Ask for a link and do what the worker does when it sends the letter: make the token."""
    assert person.email
    accounts.ask_for_link(session, person.email, browser, code, "/team/product", NOW)
    link = session.scalars(select(SignInLink).order_by(SignInLink.id.desc())).first()
    assert link
    assert link.token_hash is None
    link.token_hash = hash_token(f"token-{link.id}")
    session.flush()
    return f"token-{link.id}"


class TestSessions:
    """Browsers that are signed in."""

    def test_only_a_hash_is_kept(self, session: Session, world: World) -> None:
        token = accounts.open_session(session, world.bob, NOW)
        row = session.scalars(select(SignInSession)).one()
        assert row.token_hash == hash_token(token)
        found = accounts.find_session(session, token, NOW)
        assert found
        assert found.person is world.bob
        assert accounts.find_session(session, token + "x", NOW) is None

    def test_ends_idle(self, session: Session, world: World) -> None:
        token = accounts.open_session(session, world.bob, NOW)
        assert accounts.find_session(session, token, NOW + IDLE - TICK)
        assert accounts.find_session(session, token, NOW + IDLE) is None

    def test_ends_absolutely_however_busy(self, session: Session, world: World) -> None:
        token = accounts.open_session(session, world.bob, NOW)
        row_id = session.scalars(select(SignInSession.id)).one()
        accounts.note_seen(session, row_id, NOW + ABSOLUTE - TICK)
        assert accounts.find_session(session, token, NOW + ABSOLUTE - TICK)
        assert accounts.find_session(session, token, NOW + ABSOLUTE) is None

    def test_is_noted_hourly(self, session: Session, world: World) -> None:
        token = accounts.open_session(session, world.bob, NOW)
        found = accounts.find_session(session, token, NOW)
        assert found
        assert not accounts.is_to_be_noted(found, NOW + SEEN_EVERY - TICK)
        assert accounts.is_to_be_noted(found, NOW + SEEN_EVERY)

    def test_sign_out_ends_one(self, session: Session, world: World) -> None:
        here, there = (accounts.open_session(session, world.bob, NOW) for _ in range(2))
        accounts.close_session(session, here, NOW)
        assert accounts.find_session(session, here, NOW) is None
        assert accounts.find_session(session, there, NOW)

    def test_sign_out_everywhere_keeps_others_and_the_one_named(self, session: Session, world: World) -> None:
        here, there = (accounts.open_session(session, world.bob, NOW) for _ in range(2))
        alices = accounts.open_session(session, world.alice, NOW)
        accounts.sign_out_everywhere(session, world.bob.id, NOW, keep=here)
        assert accounts.find_session(session, here, NOW)
        assert accounts.find_session(session, there, NOW) is None
        accounts.sign_out_everywhere(session, world.bob.id, NOW)
        assert accounts.find_session(session, here, NOW) is None
        assert accounts.find_session(session, alices, NOW)

    def test_an_erased_person_has_none(self, session: Session, world: World) -> None:
        token = accounts.open_session(session, world.bob, NOW)
        world.bob.email = None
        assert accounts.find_session(session, token, NOW) is None


class TestLinks:
    """Links that sign in."""

    def test_once_in_the_browser_that_asked(self, session: Session, world: World) -> None:
        token = hand_off(session, world.bob, "laptop", "123456")
        opened = accounts.spend_link(session, token, "laptop", "", NOW)
        assert (opened.person, opened.next_path) == (world.bob, "/team/product")
        assert accounts.spend_link(session, token, "laptop", "", NOW).refusal == "gone"
        assert accounts.look_at_link(session, token, "laptop", NOW) is None

    def test_once_for_two_who_have_both_looked(self, session: Session, world: World) -> None:
        token = hand_off(session, world.bob, "laptop", "123456")
        read_before = session.scalars(select(SignInLink)).one()
        session.commit()  # does not expire what was read
        with Session(session.get_bind()) as other:
            assert accounts.spend_link(other, token, "laptop", "", NOW).person
            other.commit()
        assert read_before.spent_at is None
        assert accounts.spend_link(session, token, "laptop", "", NOW).refusal == "gone"

    def test_ten_minutes(self, session: Session, world: World) -> None:
        token = hand_off(session, world.bob, "laptop", "123456")
        assert accounts.look_at_link(session, token, "laptop", NOW + LINK_LIFETIME - TICK)
        assert accounts.look_at_link(session, token, "laptop", NOW + LINK_LIFETIME) is None
        assert accounts.spend_link(session, token, "laptop", "", NOW + LINK_LIFETIME).refusal == "gone"
        assert timedelta(minutes=10) == LINK_LIFETIME

    @pytest.mark.parametrize("browser", ["phone", None])
    def test_elsewhere_with_the_code(self, session: Session, world: World, browser: str | None) -> None:
        token = hand_off(session, world.bob, "laptop", "123456")
        looked = accounts.look_at_link(session, token, browser, NOW)
        assert looked == accounts.OpenLink("bob@acme.test", needs_code=True)
        assert accounts.spend_link(session, token, browser, "", NOW).refusal == "code_needed"
        assert accounts.spend_link(session, token, browser, "123456", NOW).person is world.bob

    def test_five_wrong_codes_spend_it(self, session: Session, world: World) -> None:
        token = hand_off(session, world.bob, "laptop", "123456")
        left = []
        for _ in range(MAX_WRONG_CODES - 1):
            opened = accounts.spend_link(session, token, "phone", "000000", NOW)
            assert (opened.person, opened.refusal) == (None, "wrong_code")
            left.append(opened.tries_left)
        assert left == [4, 3, 2, 1]
        assert accounts.spend_link(session, token, "phone", "000000", NOW).refusal == "gone"
        assert accounts.spend_link(session, token, "phone", "123456", NOW).refusal == "gone"
        assert accounts.spend_link(session, token, "laptop", "", NOW).refusal == "gone"

    def test_looking_changes_nothing(self, session: Session, world: World) -> None:
        token = hand_off(session, world.bob, "laptop", "123456")
        for _ in range(20):
            accounts.look_at_link(session, token, "phone", NOW)
        assert not session.dirty
        assert accounts.spend_link(session, token, "laptop", "", NOW).person is world.bob

    def test_a_commands_link_is_good_in_any_browser(self, session: Session, world: World) -> None:
        token = accounts.make_link_for_command(session, world.alice, NOW)
        assert accounts.look_at_link(session, token, None, NOW) == accounts.OpenLink("alice@acme.test", False)
        assert accounts.spend_link(session, token, "any", "", NOW).person is world.alice
        assert accounts.spend_link(session, token, "any", "", NOW).refusal == "gone"

    def test_a_link_whose_letter_was_not_sent_has_no_address(self, session: Session, world: World) -> None:
        accounts.ask_for_link(session, "bob@acme.test", "laptop", "123456", None, NOW)
        assert accounts.look_at_link(session, "", "laptop", NOW) is None
        assert accounts.look_at_link(session, "None", "laptop", NOW) is None

    def test_the_letter_expires_with_its_link(self, session: Session, world: World) -> None:
        delivery_id = accounts.ask_for_link(session, " BOB@Acme.test ", "laptop", "123456", None, NOW)
        delivery = session.get_one(Delivery, delivery_id)
        assert (delivery.person_id, delivery.kind) == (world.bob.id, "letter")
        assert delivery.expires_at == NOW + LINK_LIFETIME

    def test_nobody_gets_no_letter(self, session: Session, world: World) -> None:
        assert accounts.ask_for_link(session, "eve@acme.test", "laptop", "123456", None, NOW) is None
        assert session.scalars(select(SignInLink)).all() == []
        assert session.scalars(select(Delivery)).all() == []

    def test_only_hashes_are_kept(self, session: Session, world: World) -> None:
        token = hand_off(session, world.bob, "laptop", "123456")
        row = session.scalars(select(SignInLink)).one()
        kept = {row.token_hash, row.browser_hash, row.code_hash}
        assert kept == {hash_token(token), hash_token("laptop"), hash_token("123456")}
