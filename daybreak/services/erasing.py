"""Erasing a person: no byte of them stays, and no figure changes.

What still counts in a figure is kept as the prompts of a person who never was; everything else goes. The row
of the person stays as an empty shell, so that its number, which the audit log holds, never means another.
"""

import logging
import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import inspect
from sqlalchemy.orm import Session

from daybreak.channels import outbox
from daybreak.runtime import Runtime
from daybreak.services import auditing
from daybreak.services.people import LastAdminError, LastOwnerError
from daybreak.store import erasing as store
from daybreak.store import people
from daybreak.store.tables import Erasure, Person
from daybreak.tokens import new_token

log = logging.getLogger(__name__)

KEPT = frozenset({"id", "created_at", "unsubscribe_key", "is_owner"})
"""Columns of a person that an empty shell does not take the default of."""
GRACE = timedelta(
    hours=12
)  # a removal can be put right for so long; well inside the 24 hours of the contract


def erase(
    session: Session,
    person: Person,
    actor_id: int | None,
    now: datetime,
    outbox_folder: Path,
    *,
    origin: str | None = None,
) -> None:
    """Erase a person, by their own hand or the operator's; `actor_id` None is the operator.

    Name, address, sign-ins, letters, own channels and calendar go, in the outbox too; teams' figures stay.
    Raises LastOwnerError and LastAdminError: somebody else must be able to take over.
    """
    _may_go(session, person)
    _erase(session, person, actor_id, now, outbox_folder, origin)


def erase_departed(
    session: Session, now: datetime, outbox_folder: Path, retention: timedelta, limit: int
) -> int:
    """Erase those whom others have removed from their last team, and those who never answered an invitation.

    The former within 24 hours (GRACE and an hourly job), the latter after the retention. Returns how many.
    """
    gone = list(store.departed(session, now - GRACE, limit))
    gone += store.never_came(session, now - max(retention, timedelta(days=8)), limit)
    for person in gone:
        _erase(session, person, None, now, outbox_folder, "retention")
    return len(gone)


def erasures(session: Session) -> Sequence[tuple[int, datetime]]:
    """Return who was erased, as numbers, and when: what a restore hands to `repeat`."""
    return [(person_id, at) for person_id, at in store.erased_ids(session)]


def repeat(
    session: Session, erased: Iterable[tuple[int, datetime]], now: datetime, outbox_folder: Path
) -> int:
    """Erase again, in a restored copy, those who were erased since it was made; returns how many."""
    count = 0
    for person_id, at in erased:
        person = session.get(Person, person_id)
        # The copy may be older than the person, and the number be another's by now.
        if person is None or person.email is None or person.created_at > at:
            continue
        _erase(session, person, None, now, outbox_folder, "restore")
        count += 1
    return count


def scrub(runtime: Runtime) -> bool:
    """Write the database's file anew if somebody was erased since it last was; False: it was too busy.

    Opens transactions of its own. The hourly job comes back to what was too busy.
    """
    with runtime.reading() as session:
        ids = [erasure.id for erasure in store.unscrubbed(session)]
    if not ids:
        return True
    try:
        store.scrub(runtime.engine)
    except sqlite3.OperationalError:
        log.info("the database is too busy to be written anew; the next hour tries again")
        return False
    with runtime.writing() as session:
        store.note_scrubbed(session, ids, runtime.now())
    return True


def _may_go(session: Session, person: Person) -> None:
    if person.is_owner and len(people.owners(session)) == 1:
        raise LastOwnerError
    for membership in people.memberships_of(session, person.id):
        is_admin = membership.role == "admin" and membership.joined_at is not None
        if is_admin and people.count_admins(session, membership.team_id) == 1:
            raise LastAdminError


def _erase(
    session: Session,
    person: Person,
    actor_id: int | None,
    now: datetime,
    outbox_folder: Path,
    origin: str | None,
) -> None:
    people.cancel_open(session, now, "left", person_id=person.id)
    nobody = Person(email=None, name="", created_at=now.replace(hour=0, minute=0, second=0, microsecond=0))
    nobody.unsubscribe_key = new_token()
    nobody.prompts_on = False
    session.add(nobody)
    session.flush()
    outbox.forget(outbox_folder, frozenset(store.letters_of(session, person.id)))
    store.detach(session, person.id, nobody.id)
    _empty(person, now)
    if store.erasure_of(session, person.id) is None:
        session.add(Erasure(person_id=person.id, at=now))
    session.flush()
    session.expire(person)
    auditing.record(session, actor_id, "person.erased", "person", person.id, None, None, None, now, origin)


def _empty(person: Person, now: datetime) -> None:
    """Take everything that a column holds; a column added one day is emptied with the rest."""
    for column in inspect(Person).columns:
        if column.key in KEPT:
            continue
        scalar = column.default is not None and column.default.is_scalar
        default = getattr(column.default, "arg", None) if scalar else None
        if default is None and not column.nullable:
            default = []  # the lists
        setattr(person, column.key, default)
    person.is_owner = person.prompts_on = False
    person.unsubscribe_key = new_token()
    person.created_at = now
