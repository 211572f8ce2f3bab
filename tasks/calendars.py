"""One round of fetching calendars: side by side on the network, one after the other in the database."""

import logging
from concurrent.futures import ThreadPoolExecutor
from zoneinfo import ZoneInfo

from daybreak.channels.outgoing import Fetcher, FetchError, Reply, only
from daybreak.feeds import SIZE_MAX, UnreadableCalendarError, busy_spans
from daybreak.runtime import Runtime
from daybreak.services import calendar_feeds as feeds
from daybreak.services.calendar_feeds import FeedJob
from daybreak.store.calendar_feeds import is_any_due

ROUND = 8
ASKED = {"Accept": "text/calendar", "User-Agent": "Daybreak (calendar feed)"}
log = logging.getLogger(__name__)


def fetch_round(runtime: Runtime, fetcher: Fetcher | None = None) -> bool:
    """Fetch a few calendars whose turn it is, ten seconds at most; return whether more are waiting."""
    fetcher = fetcher or Fetcher(runtime.settings.webhook_allow, SIZE_MAX)
    with runtime.writing() as session:
        jobs = feeds.claim_due(session, runtime.now(), ROUND)
    if not jobs:
        return False
    with ThreadPoolExecutor(len(jobs)) as pool:
        replies = list(pool.map(lambda job: _fetch(runtime, fetcher, job), jobs))
    for job, reply in zip(jobs, replies, strict=True):
        _record(runtime, job, reply)
    with runtime.reading() as session:
        return is_any_due(session, runtime.now())


def _fetch(runtime: Runtime, fetcher: Fetcher, job: FeedJob) -> Reply | str:
    """What the server said, or a code for why there is nothing."""
    url = feeds.address_of(job, runtime.cipher)
    if url is None:
        return feeds.NO_KEY
    try:
        return fetcher.get(url, {**ASKED, **job.headers})
    except FetchError as problem:
        return problem.code


def _record(runtime: Runtime, job: FeedJob, reply: Reply | str) -> None:
    now = runtime.now()
    spans = None
    if isinstance(reply, Reply) and reply.status == 200:
        try:
            spans = busy_spans(reply.body, ZoneInfo(job.zone), now)
        except UnreadableCalendarError as problem:
            reply = problem.code
    with runtime.writing() as session:
        if isinstance(reply, str):
            log.info("a calendar feed failed: %s", reply)
            feeds.record_failure(session, job, reply, now)
        elif spans is None:
            feeds.record_unchanged(session, job, now)
        else:
            etag, modified = (only(reply.headers.get(name)) for name in ("etag", "last-modified"))
            feeds.record_busy(session, job, spans, etag, modified, now)
