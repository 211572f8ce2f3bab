"""What the templates of Today are given beyond the day itself: the arc, the words of the clock, a digest."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from babel.dates import get_timezone_location

from daybreak import wording
from daybreak.domain.reason import Reason
from daybreak.services.hero import HeroState
from daybreak.services.today import Today
from daybreak.wording import gettext as _
from daybreak.wording import lazy_gettext as _l
from webapp.day_arc import DayArc, day_arc

SUN_STEP_S = 300  # the sun moves on by this much, and with it the digest

CHANNELS = {
    "email": _l("E-mail"),
    "slack": _l("Slack, direct message"),
    "web": _l("Today only"),
}
REASONS = {
    Reason.OUTSIDE_HOURS: _l("Your working time is too short for a break here."),
    Reason.QUIET: _l("It falls into quiet time."),
    Reason.DAY_OFF: _l("It is a day off."),
    Reason.HOLIDAY: _l("It is a public holiday."),
    Reason.PAUSED: _l("You had paused."),
    Reason.BUSY: _l("Your calendar was busy."),
    Reason.TAIL: _l("It would be too close to the end of your working time."),
    Reason.MERGED: _l("Another break is due at nearly the same time."),
    Reason.MIN_GAP: _l("It would be too close to another break."),
    Reason.BREAK_TAKEN: _l("You had moved just before."),
    Reason.DAILY_LIMIT: _l("The day already has as many breaks as it may."),
    Reason.BACKED_OFF: _l("On Today only: several in a row went by, so nothing more is sent today."),
    Reason.SNOOZED: _l("A snoozed break stands in its place."),
    Reason.NOT_ACCEPTED: _l("You have not joined the team yet."),
    Reason.OPTED_OUT: _l("You asked for fewer breaks, or for none."),
    Reason.INACTIVE: _l("The policy was not in force."),
    Reason.OUTAGE: _l("Daybreak was not running at that time, and sends nothing late."),
}


@dataclass(frozen=True)
class TodayView:
    """The day, its drawing, and what must not differ for a poll to be answered with "unchanged"."""

    day: Today
    arc: DayArc | None
    digest: str
    zone_name: str
    channel: str
    channels: tuple[tuple[str, Any], ...]

    @property
    def counts_to_at(self) -> datetime | None:
        """The instant that the countdown of this page runs to; None where there is nothing to count to."""
        if self.day.state is HeroState.SNOOZED and self.day.asked is not None:
            return self.day.asked.snoozed_until_at
        counting = self.day.state in (
            HeroState.UPCOMING,
            HeroState.DONE,
            HeroState.SKIPPED,
            HeroState.QUIET,
        )
        return self.day.next.due_at if counting and self.day.next and self.day.next_today else None

    @property
    def left(self) -> str:
        """The time until then in words, as the page's script writes it."""
        return in_words(self.counts_to_at, self.day.now) if self.counts_to_at else ""

    def until(self, at: datetime) -> str:
        """How long it is until an instant, as the list says it: "in 14 min"."""
        left = in_words(at, self.day.now)
        return _("in %(left)s", left=left) if at > self.day.now else left


def view_of(day: Today) -> TodayView:
    """The day as the templates need it."""
    return TodayView(
        day=day,
        arc=day_arc(day.windows, day.items, day.now, day.zone),
        digest=digest(day),
        zone_name=get_timezone_location(day.zone, locale=wording.locale(), return_city=True),
        channel=day.ways.used,
        channels=tuple((name, way(name)) for name in day.ways.offered),
    )


def way(name: str) -> str:
    """Return a channel in the words of whoever chooses it for themselves."""
    return str(CHANNELS.get(name) or name.replace("slack:", "Slack #"))


def digest(day: Today) -> str:
    """A short text that changes when what the page shows does; the countdown is the page's own affair."""
    asked = day.asked
    shown = (
        day.state,
        asked and (asked.id, asked.standing, asked.movement.id, asked.deadline_at, asked.snoozed_until_at),
        asked and (asked.can_undo, asked.snooze_refusal is None),
        day.next and (day.next.due_at, day.next.movement.id),
        [(item.kind, item.at, item.movement and item.movement.id, item.answered_at) for item in day.items],
        (day.own_break_id, day.logged_at, day.failed_at, day.paused_until_at, day.quiet_until_at),
        (day.local_date, day.zone.key, day.ways, day.backed_off, day.delayed),
        (day.consistency.met, day.consistency.counted, day.consistency.rest_left),
        int(day.now.timestamp()) // SUN_STEP_S,
    )
    return sha256(repr(shown).encode()).hexdigest()[:16]


def in_words(at: datetime, now: datetime) -> str:
    """How long it is until an instant: "14 min", "1 h 5 min", and "now" when it is there."""
    minutes = -int((now - at).total_seconds() // 60)
    if minutes <= 0:
        return _("now")
    if minutes < 60:
        return _("%(m)s min", m=minutes)
    return _("%(h)s h %(m)s min", h=minutes // 60, m=minutes % 60)
