"""Passwords: argon2id, long enough, not one that everybody tries, and the same time for unknown accounts."""

import unicodedata
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy.orm import Session

from daybreak.domain.errors import InvalidValueError
from daybreak.store.people import person_by_email
from daybreak.store.tables import Person
from daybreak.wording import gettext as _

SHORTEST = 8
LONGEST = 128
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_COMMON_FILE = Path(__file__).resolve().parent.parent / "data" / "common_passwords.txt"


def set_password(session: Session, person: Person, password: str) -> None:
    """Give the person a password, 8 to 128 characters. Raises InvalidValueError for one that is refused.

    Other sessions stay: end them with `accounts.sign_out_everywhere(…, keep=…)`.
    """
    person.password_hash = _hasher.hash(checked_password(password, person.email or "", person.name))
    person.own_fields = sorted({*(person.own_fields or ()), "password"})  # it wins over a workspace file's
    session.flush()


def checked_password(password: str, email: str, name: str) -> str:
    """Return a password that somebody of this address and name may have, in one spelling of its characters.

    Raises InvalidValueError for one that is refused.
    """
    password = _normal(password)
    if len(password) < SHORTEST:
        raise InvalidValueError("password", _("Use at least %(n)s characters.", n=SHORTEST))
    if len(password) > LONGEST:
        raise InvalidValueError("password", _("Use at most %(n)s characters.", n=LONGEST))
    if _is_guessable(password, email, name):
        hint = _("Three or four random words are not.")
        raise InvalidValueError("password", _("That one is easy to guess."), hint=hint)
    return password


def check_password(session: Session, email: str, password: str) -> Person | None:
    """Return whose address and password these are, or None; takes as long where there is no such account.

    It takes some 30 ms on purpose: ask in a reading session, so that nobody waits to write.
    """
    nobodys = _nobodys_hash()
    person = person_by_email(session, email.strip().lower())
    right = _verify((person and person.password_hash) or nobodys, password)
    return person if right and person and person.password_hash else None


def is_right(person: Person, password: str) -> bool:
    """Tell whether the password is that of the person, as before a change of a secret or a role."""
    return person.password_hash is not None and _verify(person.password_hash, password)


def refresh_hash(session: Session, person: Person, password: str) -> None:
    """Hash the password, just found right, anew if its hash was made with other parameters than today's."""
    if person.password_hash and _hasher.check_needs_rehash(person.password_hash):
        person.password_hash = _hasher.hash(_normal(password))
        session.flush()


def _verify(stored: str, password: str) -> bool:
    password = _normal(password)
    try:
        return len(password) <= LONGEST and _hasher.verify(stored, password)
    except (VerifyMismatchError, InvalidHashError):
        return False


def _normal(password: str) -> str:
    """Return one spelling of the characters: keyboards differ in how they compose them."""
    return unicodedata.normalize("NFKC", password)


def _is_guessable(password: str, email: str, name: str) -> bool:
    simple = password.casefold()
    email = email.casefold()
    own = {email, email.split("@")[0], name.casefold()}
    return simple in _common() or simple in own or len(set(simple)) < 3


@cache
def _common() -> frozenset[str]:
    """Return the passwords that everybody tries first."""
    return frozenset(_COMMON_FILE.read_text(encoding="utf-8").split())


@cache
def _nobodys_hash() -> str:
    return _hasher.hash("nobody has this password")
