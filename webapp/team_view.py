"""What the team page says, made of a board: words, charts and the digest that spares a poll its answer."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from hashlib import sha256
from zoneinfo import ZoneInfo

from babel.dates import format_date, get_day_names, get_timezone_location
from babel.lists import format_list

from daybreak import wording
from daybreak.domain.floor import Figure, NothingDue, Rate, Shown
from daybreak.domain.participation import week_name
from daybreak.domain.prompt import Standing
from daybreak.services.dashboard import Board
from daybreak.services.participation import EVERY
from daybreak.store.tables import Team
from daybreak.wording import gettext as _
from daybreak.wording import lazy_gettext, ngettext
from webapp import charts

OUTCOMES = {
    Standing.DONE: lazy_gettext("On time"),
    Standing.LATE: lazy_gettext("Later that day"),
    Standing.SKIPPED: lazy_gettext("Skipped"),
    Standing.MISSED: lazy_gettext("No answer"),
}


@dataclass(frozen=True)
class TeamView:
    """A board with the words for it; `zone` is the viewer's clock."""

    team: Team
    board: Board
    zone: str
    now: datetime
    first_break_at: datetime | None = None
    is_empty: bool = False

    @property
    def week(self) -> str:
        """The week's name in addresses, such as 2026-W30."""
        return week_name(self.board.monday)

    @cached_property
    def figures_digest(self) -> str:
        """Changes when anything in the figures' card does."""
        board = self.board
        return _digest(
            board.monday, board.published_at, board.week, board.today, board.moving_at, self.moving
        )

    @cached_property
    def charts_digest(self) -> str:
        """Changes when anything in the charts does."""
        return _digest(self.board.trend, self.board.by_policy, self.board.by_hour)

    @property
    def zone_name(self) -> str:
        """The place whose clock the page shows."""
        return str(get_timezone_location(ZoneInfo(self.zone), locale=wording.locale(), return_city=True))

    @property
    def line(self) -> str:
        """Who and by which rules, in one line."""
        board = self.board
        people = ngettext("%(n)s person", "%(n)s people", board.people)
        if board.zones is not None:
            zones = ngettext("%(n)s time zone", "%(n)s time zones", board.zones)
            people = _("%(people)s in %(zones)s", people=people, zones=zones)
        if not board.policies:
            return _("%(people)s. No policy yet.", people=people)
        names = _list([policy.name for policy in board.policies])
        return _(
            "%(people)s. %(policies)s by %(channels)s.", people=people, policies=names, channels=self.channels
        )

    @property
    def channels(self) -> str:
        """By which ways the policies reach people."""
        names = {name for policy in self.board.policies for name in policy.channels}
        words = ["Slack"] if any(name.startswith("slack") for name in names) else []
        words += [_("e-mail")] if "email" in names else []
        return _list(words or [_("the Today page")])

    @property
    def first_break_day(self) -> str:
        """On which day the first breaks come: today, tomorrow, or the day's name."""
        if self.first_break_at is None:
            return ""
        zone = ZoneInfo(self.zone)
        day = self.first_break_at.astimezone(zone).date()
        ahead = (day - self.now.astimezone(zone).date()).days
        name = format_date(day, "EEEE d MMMM", locale=wording.locale())
        return {0: _("today"), 1: _("tomorrow")}.get(ahead, _("on %(day)s", day=name))

    @property
    def title(self) -> str:
        """What the first figure is called."""
        if self.board.is_this_week:
            return _("Moved when asked, this week")
        return _("Moved when asked, week %(n)s", n=self.number(self.board.monday))

    @property
    def change(self) -> str:
        """How the week compares with the one before, where both are shown and neither is capped."""
        week, before = self.board.week, self.board.before
        if not (isinstance(week, Shown) and isinstance(before, Shown)):
            return ""
        if week.rate.bound or before.rate.bound:
            return ""
        number = self.number(self.board.monday - timedelta(weeks=1))
        points = week.rate.percent - before.rate.percent
        if points == 0:
            return _("as in week %(n)s", n=number)
        if points > 0:
            return ngettext(
                "%(n)s point up on week %(week)s", "%(n)s points up on week %(week)s", points, week=number
            )
        return ngettext(
            "%(n)s point down on week %(week)s", "%(n)s points down on week %(week)s", -points, week=number
        )

    @property
    def moving(self) -> int | None:
        """How many were moving in the ten minutes before the last snapshot, if that is not long ago."""
        at = self.board.moving_at
        return self.board.moving if at is not None and self.now - at < EVERY else None

    @cached_property
    def outcomes(self) -> list[tuple[str, Rate, charts.Slice]]:
        """What became of the week's prompts: name, share, and its part of a bar."""
        week = self.board.week
        if not isinstance(week, Shown):
            return []
        parts = charts.slices([rate.drawn for rate in week.rates.values()])
        return [
            (str(OUTCOMES[standing]), rate, part)
            for (standing, rate), part in zip(week.rates.items(), parts, strict=True)
        ]

    @cached_property
    def heat(self) -> charts.Heat:
        """The heat map's table."""
        return charts.heat(self.board.by_hour)

    @cached_property
    def trend(self) -> charts.Trend:
        """The eight weeks' drawing."""
        return charts.trend(self.board.trend)

    @property
    def trend_words(self) -> str:
        """The drawing for those who cannot see it."""
        weeks = (
            _("week %(n)s: %(value)s", n=self.number(monday), value=value_words(figure))
            for monday, figure in self.board.trend
        )
        return _("Participation by week") + ". " + "; ".join(weeks)

    def number(self, monday: date) -> int:
        """The number of an ISO week."""
        return monday.isocalendar().week

    def span(self, monday: date) -> str:
        """The dates of a week, such as 20 to 26 Jul."""
        sunday = monday + timedelta(days=6)
        first = format_date(monday, "d" if monday.month == sunday.month else "d MMM", locale=wording.locale())
        last = format_date(sunday, "d MMM", locale=wording.locale())
        return _("%(first)s to %(last)s", first=first, last=last)

    def name(self, monday: date) -> str:
        """The week's name in addresses."""
        return week_name(monday)

    def weekday(self, day: int) -> str:
        """The short name of a weekday, Monday 0."""
        return str(get_day_names("abbreviated", locale=wording.locale())[day])

    def percent(self, rate: Rate) -> str:
        """A share in words."""
        return rate_words(rate)

    def cell(self, rate: Rate) -> str:
        """A share in a cell of the heat map: 55, <10."""
        return {"": "", "under": "<", "over": ">"}[rate.bound] + str(rate.percent)

    def step(self, shown: Shown) -> int:
        """The step of a cell of the heat map, 0 to 4."""
        return charts.step(shown)


def rate_words(rate: Rate) -> str:
    """A share in words: 55%, under 10%."""
    if rate.bound == "under":
        return _("under %(n)s%%", n=rate.percent)
    if rate.bound == "over":
        return _("over %(n)s%%", n=rate.percent)
    return _("%(n)s%%", n=rate.percent)


def value_words(figure: Figure) -> str:
    """A figure in words."""
    if isinstance(figure, Shown):
        return rate_words(figure.rate)
    return _("no breaks were due") if isinstance(figure, NothingDue) else _("withheld")


def _list(words: list[str]) -> str:
    return format_list(words, locale=wording.locale())


def _digest(*parts: object) -> str:
    return sha256(repr(parts).encode()).hexdigest()[:12]
