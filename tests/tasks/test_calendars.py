"""Private calendars, from a server's file to prompts that wait for a meeting's end; both databases."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from daybreak.channels.outgoing import Fetcher
from daybreak.domain.errors import InvalidValueError
from daybreak.domain.occurrence import Reason
from daybreak.runtime import Runtime
from daybreak.services import calendar_feeds as feeds
from daybreak.services import planning, prompting
from daybreak.store import calendar_feeds as store
from daybreak.store.tables import CalendarFeed, Person, Prompt
from tasks.calendars import fetch_round
from tests.support.calendars import FeedServer, calendar, event, feed_server
from tests.support.runtimes import SetClock, runtime_for
from tests.support.world import MONDAY_0900, make_world

MINUTE = timedelta(minutes=1)
TEN = MONDAY_0900 + 60 * MINUTE


class Desk:
    """Bob, who has linked his calendar, and a clock."""

    def __init__(self, runtime: Runtime, server: FeedServer) -> None:
        self.runtime, self.server = runtime, server
        with runtime.writing() as session:
            world = make_world(session, MONDAY_0900 - timedelta(days=14))
            self.bob_id, self.team_id = world.bob.id, world.team.id
            planning.replan(session, [world.bob], MONDAY_0900)
        self.link(server.url)

    def link(self, url: str) -> None:
        with self.runtime.writing() as session:
            allow = self.runtime.settings.webhook_allow
            feeds.set_feed(session, self.bob(session), url, self.runtime.cipher, allow, self.runtime.now())

    def bob(self, session: Session) -> Person:
        return session.get_one(Person, self.bob_id)

    def fetch(self, now: datetime) -> None:
        assert isinstance(self.runtime.clock, SetClock)
        self.runtime.clock.set(now)
        assert not fetch_round(self.runtime)

    def feed(self) -> CalendarFeed:
        with self.runtime.reading() as session:
            return session.scalars(select(CalendarFeed)).one()

    def next_due_at(self) -> datetime | None:
        with self.runtime.reading() as session:
            bob, now = self.bob(session), self.runtime.now()
            occurrence = planning.next_for(session, bob, now)
            assert bob.next_due_at == (occurrence.due_at if occurrence else None)
            return bob.next_due_at


@pytest.fixture
def server() -> Iterator[FeedServer]:
    """A calendar server that the operator allows."""
    with feed_server() as running:
        yield running


@pytest.fixture
def desk(database_url: str, tmp_path: Path, server: FeedServer) -> Iterator[Desk]:
    """A desk on each database."""
    with runtime_for(database_url, tmp_path / "home", WEBHOOK_ALLOW=server.origin) as runtime:
        yield Desk(runtime, server)


def meeting(start_at: datetime, minutes: int, uid: str = "1") -> str:
    return event(f"DTSTART:{start_at:%Y%m%dT%H%M%SZ}", f"DURATION:PT{minutes}M", uid=uid)


def test_a_break_waits_for_the_end_of_a_meeting(desk: Desk) -> None:
    desk.server.content = calendar(meeting(TEN - 10 * MINUTE, 25))
    assert desk.next_due_at() == TEN
    desk.fetch(MONDAY_0900)
    held_at = TEN + 17 * MINUTE
    assert desk.next_due_at() == held_at
    with desk.runtime.writing() as session:
        assert prompting.prompt_due(session, TEN, 10) == []
        assert len(prompting.prompt_due(session, held_at, 10)) == 1
        assert prompting.prompt_due(session, held_at, 10) == []
        prompt = session.scalars(select(Prompt)).one()
    assert (prompt.due_at, f"{prompt.local_time:%H:%M}") == (held_at, "10:00")  # its identity is unchanged
    assert prompt.expires_at == held_at + 5 * MINUTE  # counted from the new due
    desk.server.content = calendar()
    desk.fetch(held_at + 15 * MINUTE)
    with desk.runtime.writing() as session:
        prompting.prompt_due(session, TEN + 30 * MINUTE, 10)
        assert len(session.scalars(select(Prompt)).all()) == 1  # the meeting went; what was sent stands
        plan = planning.plan_day(session, desk.bob(session), TEN.date(), TEN + 30 * MINUTE)
        assert [f"{one.local_time:%H:%M}" for one in plan.kept][:2] == ["10:00", "11:00"]


def test_a_meeting_that_leaves_no_room_drops_the_break(desk: Desk) -> None:
    desk.server.content = calendar(meeting(TEN - 10 * MINUTE, 65))  # till 10:55; 11:00 is next
    desk.fetch(MONDAY_0900)
    assert desk.next_due_at() == TEN + 60 * MINUTE
    with desk.runtime.reading() as session:
        plan = planning.plan_day(session, desk.bob(session), TEN.date(), MONDAY_0900)
        assert [one.reason for one in plan.dropped if one.due_at == TEN] == [Reason.BUSY]


def test_a_quarter_of_an_hour_apart_and_only_if_it_has_changed(desk: Desk) -> None:
    desk.server.content = calendar(meeting(TEN, 30))
    for minutes in (0, 1, 14, 15, 30):
        desk.fetch(MONDAY_0900 + minutes * MINUTE)
    conditions = [asked.get("If-None-Match") for asked in desk.server.asked]
    assert [bool(one) for one in conditions] == [False, True, True]
    feed = desk.feed()
    assert (feed.fetched_at, feed.read_at) == (MONDAY_0900 + 30 * MINUTE, MONDAY_0900)
    desk.fetch(MONDAY_0900 + timedelta(hours=7))  # unchanged for long: its horizon moves on
    assert "If-None-Match" not in desk.server.asked[-1]


def test_times_without_a_zone_are_read_again_in_a_new_one(desk: Desk) -> None:
    desk.server.content = calendar(event("DTSTART:20260302T100000", "DTEND:20260302T103000"))
    desk.fetch(MONDAY_0900)
    with desk.runtime.writing() as session:
        assert store.busy_of(session, desk.bob_id)[0].start_at == TEN
        desk.bob(session).zone = "Europe/Berlin"
    desk.fetch(MONDAY_0900 + 15 * MINUTE)
    with desk.runtime.reading() as session:
        assert store.busy_of(session, desk.bob_id)[0].start_at == MONDAY_0900


def test_nothing_of_a_meeting_but_its_time_is_kept(desk: Desk) -> None:
    desk.server.content = calendar(meeting(TEN, 30))
    desk.fetch(MONDAY_0900)
    with desk.runtime.engine.connect() as connection:
        for table in ("calendar_feed", "busy_interval", "audit_entry"):
            rows = connection.exec_driver_sql(f"SELECT * FROM {table}").all()  # noqa: S608
            assert "secret title" not in str(rows)
            assert desk.server.url not in str(rows)
    assert desk.feed().hint == "127.0.0.1/….ics"


def test_a_feed_that_fails_says_so_and_blocks_nothing(desk: Desk) -> None:
    desk.server.content = calendar(meeting(TEN, 30))
    desk.fetch(MONDAY_0900)
    assert desk.next_due_at() == TEN + 32 * MINUTE
    desk.server.status = 404
    first = MONDAY_0900 + 15 * MINUTE
    for minutes in (15, 30, 45, 75, 105):  # after 15 minutes, 30 more, 60 more
        desk.fetch(MONDAY_0900 + minutes * MINUTE)
    feed = desk.feed()
    assert (feed.failure, feed.failed_at, feed.failures) == ("404", first, 3)
    assert len(desk.server.asked) == 4
    with desk.runtime.reading() as session:
        assert store.busy_of(session, desk.bob_id)  # for a day what it said last still counts
    desk.fetch(MONDAY_0900 + timedelta(hours=25))
    with desk.runtime.reading() as session:
        assert not store.busy_of(session, desk.bob_id)
        assert planning.next_for(session, desk.bob(session), desk.runtime.now()) is not None
    desk.server.status = 200
    desk.fetch(MONDAY_0900 + timedelta(hours=32))
    assert (desk.feed().failure, desk.feed().failed_at, desk.feed().failures) == (None, None, 0)


def test_what_is_no_calendar_and_what_is_not_public(desk: Desk) -> None:
    desk.server.content = b"<html>Sign in</html>"
    desk.fetch(MONDAY_0900)
    assert desk.feed().failure == "not_a_calendar"
    assert desk.next_due_at() == TEN
    fetcher = Fetcher(resolve=lambda _host, _port: ["10.0.0.1"])
    desk.link("https://calendar.test/x.ics")
    fetch_round(desk.runtime, fetcher)
    assert desk.feed().failure == "not_public"
    with pytest.raises(InvalidValueError):
        desk.link("http://calendar.test/x.ics")
    assert desk.feed().failure == "not_public"  # what was linked stays


def test_a_calendar_forgotten_while_it_is_fetched_stays_forgotten(desk: Desk) -> None:
    with desk.runtime.writing() as session:
        (job,) = feeds.claim_due(session, MONDAY_0900, 10)
        assert feeds.claim_due(session, MONDAY_0900, 10) == []
        feeds.remove_feed(session, desk.bob(session), MONDAY_0900)
        feeds.record_failure(session, job, "timeout", MONDAY_0900)
        feeds.record_unchanged(session, job, MONDAY_0900)
        feeds.record_busy(session, job, store.busy_of(session, 1), None, None, MONDAY_0900)
        assert session.scalars(select(CalendarFeed)).first() is None


def test_forgetting_a_calendar_frees_the_break(desk: Desk) -> None:
    desk.server.content = calendar(meeting(TEN, 30))
    desk.fetch(MONDAY_0900)
    with desk.runtime.writing() as session:
        feeds.remove_feed(session, desk.bob(session), MONDAY_0900)
    assert desk.next_due_at() == TEN
