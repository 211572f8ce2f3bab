"""A webhook to one's own direct message: used from the moment its test has arrived, and not before."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from daybreak.cipher import Cipher
from daybreak.services import auditing, channels, writing
from daybreak.services.notices import UNTESTED
from daybreak.store.policies import REMOVED
from daybreak.store.tables import Channel, Person

NAME = "own"


def try_address(
    session: Session,
    person: Person,
    url: str,
    cipher: Cipher,
    allow: Sequence[str],
    now: datetime,
    *,
    origin: str | None = None,
) -> int:
    """Send a test to a webhook that is not used yet; return its delivery, to be rung after the commit.

    Raises InvalidValueError at "url". One that was being tested before is forgotten.
    """
    for other in _of(session, person.id):
        if other.off_reason == UNTESTED:
            channels.remove(session, other, person.id, now, origin=origin)
    channel = channels.add_slack(session, person, NAME, url, cipher, allow, person.id, now, origin=origin)
    channel.off_at, channel.off_reason = now, UNTESTED
    session.flush()
    return writing.send_try(session, person, now, channel)


def proved(session: Session, channel: Channel, now: datetime) -> None:
    """Use a webhook of one's own whose test has arrived, in place of the one before."""
    if channel.person_id is None or channel.off_reason != UNTESTED:
        return
    channel.off_at = channel.off_reason = channel.wait_until_at = None
    session.flush()
    for other in _of(session, channel.person_id):
        if other.id != channel.id and other.off_reason != REMOVED:
            channels.remove(session, other, channel.person_id, now)
    auditing.record(
        session, channel.person_id, "channel.switched_on", "channel", channel.id, None, None, None, now
    )


def current(session: Session, person: Person) -> Channel | None:
    """Return the webhook a person's breaks go to, or went to before it was switched off."""
    kept = [one for one in _of(session, person.id) if one.off_reason not in (REMOVED, UNTESTED)]
    return kept[-1] if kept else None


def _of(session: Session, person_id: int) -> Sequence[Channel]:
    query = select(Channel).where(Channel.person_id == person_id, Channel.team_id.is_(None))
    return session.scalars(query.order_by(Channel.id)).all()
