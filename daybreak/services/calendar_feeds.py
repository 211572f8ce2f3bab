"""A person's private calendar: linked by its secret address, asked every so often, kept as busy time only."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography.fernet import InvalidToken
from sqlalchemy.orm import Session

from daybreak.channels.outgoing import place_of
from daybreak.cipher import Cipher
from daybreak.domain.occurrence import Span
from daybreak.services import planning
from daybreak.services.answering import zone_for
from daybreak.store import calendar_feeds as store
from daybreak.store.prompts import locked_person
from daybreak.store.tables import CalendarFeed, Person

EVERY = timedelta(minutes=15)
LONGEST_WAIT = timedelta(hours=6)  # between tries of a feed that fails
READ_AGAIN = timedelta(hours=6)  # an unchanged file too is read this often: its horizon moves on
FORGET_AFTER = timedelta(hours=24)  # what a failing feed said last holds no prompt any longer
NO_KEY = "no_key"


@dataclass(frozen=True, slots=True)
class FeedJob:
    """One feed to fetch: all that is needed while no transaction is open."""

    person_id: int
    sealed: bytes = field(repr=False)
    zone: str  # of the person: what times without a zone mean
    headers: dict[str, str] = field(default_factory=dict)  # "if it has changed", where that is all we ask


def set_feed(
    session: Session, person: Person, url: str, cipher: Cipher, allow: Sequence[str], now: datetime
) -> CalendarFeed:
    """Link a person's calendar, in place of another; it is fetched within a minute.

    Nobody else is told and nothing is logged. Raises InvalidValueError at "url".
    """
    url = url.strip()
    place = place_of(url, allow)
    person = locked_person(session, person.id)
    remove_feed(session, person, now)
    feed = CalendarFeed(
        person_id=person.id,
        address=cipher.seal(url),
        hint=f"{place.host}/…{url[-4:]}",
        next_fetch_at=now,
    )
    session.add(feed)
    session.flush()
    return feed


def remove_feed(session: Session, person: Person, now: datetime) -> None:
    """Forget a person's calendar and when it said that they were busy."""
    person = locked_person(session, person.id)
    feed = store.feed_of(session, person.id)
    if feed is not None:
        session.delete(feed)
        _keep(session, person, (), now)


def claim_due(session: Session, now: datetime, limit: int) -> list[FeedJob]:
    """Take feeds whose turn it is; whoever comes second finds their next turn a quarter of an hour away."""
    jobs = []
    for feed, person in store.claim_due(session, now, limit):
        feed.next_fetch_at = now + EVERY
        zone = zone_for(session, person).key
        is_fresh = feed.read_at is not None and now - feed.read_at < READ_AGAIN and feed.zone == zone
        jobs.append(FeedJob(person.id, feed.address, zone, _conditions(feed) if is_fresh else {}))
    session.flush()
    return jobs


def record_unchanged(session: Session, job: FeedJob, now: datetime) -> None:
    """Note that a feed has nothing new to say."""
    feed = _still(session, job)
    if feed is not None:
        _well(feed, now)
        session.flush()


def record_busy(
    session: Session,
    job: FeedJob,
    spans: Sequence[Span],
    etag: str | None,
    last_modified: str | None,
    now: datetime,
) -> None:
    """Keep what a feed has said, and plan anew where it says something else than before."""
    person = locked_person(session, job.person_id)
    feed = _still(session, job)
    if feed is not None:
        _well(feed, now)
        feed.read_at, feed.zone = now, job.zone
        feed.etag, feed.last_modified = etag, last_modified
        _keep(session, person, spans, now)


def record_failure(session: Session, job: FeedJob, code: str, now: datetime) -> None:
    """Note since when a feed fails and why; its next try waits longer each time.

    Prompts go on. What it said last counts for a day and is forgotten then.
    """
    person = locked_person(session, job.person_id)
    feed = _still(session, job)
    if feed is None:
        return
    feed.failure, feed.failed_at = code[:60], feed.failed_at or now
    feed.next_fetch_at = now + min(LONGEST_WAIT, EVERY * 2 ** min(feed.failures, 10))
    feed.failures += 1
    if now - feed.failed_at >= FORGET_AFTER:
        feed.read_at = None  # so that it is read again, changed or not
        _keep(session, person, (), now)
    session.flush()


def address_of(job: FeedJob, cipher: Cipher) -> str | None:
    """Return a feed's address, or None where no key opens it any more."""
    try:
        return cipher.open(job.sealed)
    except InvalidToken:
        return None


def _conditions(feed: CalendarFeed) -> dict[str, str]:
    wanted = {"If-None-Match": feed.etag, "If-Modified-Since": feed.last_modified}
    return {name: value for name, value in wanted.items() if value}


def _still(session: Session, job: FeedJob) -> CalendarFeed | None:
    """The feed, unless it was removed or replaced while it was fetched."""
    feed = store.feed_of(session, job.person_id)
    return feed if feed is not None and feed.address == job.sealed else None


def _well(feed: CalendarFeed, now: datetime) -> None:
    feed.fetched_at, feed.failed_at, feed.failure, feed.failures = now, None, None, 0


def _keep(session: Session, person: Person, spans: Sequence[Span], now: datetime) -> None:
    if store.busy_of(session, person.id) != list(spans):
        store.replace_busy(session, person.id, spans)
        planning.replan(session, [person], now)
    session.flush()
