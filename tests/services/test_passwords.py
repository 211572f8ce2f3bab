"""Passwords: which are refused, and what is kept of the others."""

from collections.abc import Iterator
from typing import Literal

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.low_level import Type
from sqlalchemy.orm import Session

from daybreak.domain.errors import InvalidValueError
from daybreak.services import passwords
from daybreak.store.engine import make_engine
from tests.support.world import World, make_world

GOOD = "slow squats at three"


@pytest.fixture
def session(sqlite_database_url: str) -> Iterator[Session]:
    engine = make_engine(sqlite_database_url)
    with Session(engine) as opened:
        yield opened
    engine.dispose()


@pytest.fixture
def world(session: Session) -> World:
    return make_world(session)


def test_right_and_wrong(session: Session, world: World) -> None:
    passwords.set_password(session, world.bob, GOOD)
    assert passwords.check_password(session, "BOB@acme.test ", GOOD) is world.bob
    assert passwords.check_password(session, "bob@acme.test", GOOD + "!") is None
    assert passwords.check_password(session, "alice@acme.test", GOOD) is None  # has none
    assert passwords.check_password(session, "eve@acme.test", GOOD) is None
    assert passwords.is_right(world.bob, GOOD)
    assert not passwords.is_right(world.alice, GOOD)


def test_is_kept_as_argon2id_of_the_strength_agreed(session: Session, world: World) -> None:
    passwords.set_password(session, world.bob, GOOD)
    assert world.bob.password_hash
    parameters = extract_parameters(world.bob.password_hash)
    assert parameters.type is Type.ID
    assert (parameters.memory_cost, parameters.time_cost, parameters.parallelism) == (19 * 1024, 2, 1)


@pytest.mark.parametrize("stored", [None, "right", "unknown"])
def test_the_work_is_the_same_whoever_is_asked_for(
    session: Session, world: World, monkeypatch: pytest.MonkeyPatch, stored: str | None
) -> None:
    """Counted, not timed: one verification, of a hash of the same cost."""
    verified: list[str] = []

    class Counting(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002 - argon2's name
            verified.append(str(hash))
            return super().verify(hash, password)

    monkeypatch.setattr(passwords, "_hasher", Counting(time_cost=2, memory_cost=19 * 1024, parallelism=1))
    if stored:
        passwords.set_password(session, world.bob, GOOD)
    email = "eve@acme.test" if stored == "unknown" else "bob@acme.test"
    passwords.check_password(session, email, "wrong password")
    assert [extract_parameters(h).memory_cost for h in verified] == [19 * 1024]


WRONG_LENGTH = ("", "a7!kQ2z", "x" * 7, "ab" * 65)
EASY = ("password", "PassWord1", "12345678", "aaaaaaaaaaaa", "abababababab", "Qwertyuiop", "daybreak")


@pytest.mark.parametrize("password", [*WRONG_LENGTH, *EASY, "bob@acme.test"])
def test_refused(session: Session, world: World, password: str) -> None:
    with pytest.raises(InvalidValueError) as refused:
        passwords.set_password(session, world.bob, password)
    assert refused.value.field == "password"
    assert world.bob.password_hash is None


@pytest.mark.parametrize("password", ["a7!kQ2zx", "ab c" * 32, "пароль длинный", "🙂" * 3 + "ünïcode"])
def test_accepted(session: Session, world: World, password: str) -> None:
    passwords.set_password(session, world.bob, password)
    assert passwords.check_password(session, "bob@acme.test", password) is world.bob


def test_a_letter_composed_in_another_way_is_the_same(session: Session, world: World) -> None:
    passwords.set_password(session, world.bob, "cafe\u0301 au lait")
    assert passwords.check_password(session, "bob@acme.test", "caf\u00e9 au lait") is world.bob


def test_a_weaker_hash_is_made_anew(session: Session, world: World) -> None:
    world.bob.password_hash = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1).hash(GOOD)
    assert passwords.check_password(session, "bob@acme.test", GOOD) is world.bob
    passwords.refresh_hash(session, world.bob, GOOD)
    assert extract_parameters(world.bob.password_hash).memory_cost == 19 * 1024
    again = world.bob.password_hash
    passwords.refresh_hash(session, world.bob, GOOD)
    assert world.bob.password_hash == again


def test_a_broken_hash_signs_nobody_in(session: Session, world: World) -> None:
    world.bob.password_hash = "not a hash"
    assert passwords.check_password(session, "bob@acme.test", GOOD) is None
