"""What the profile's templates are given: its forms filled from the person's own row, and the week ahead."""

from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date
from flask import request
from sqlalchemy.orm import Session

from daybreak import wording
from daybreak.data import catalogue
from daybreak.domain.catalogue import Kind
from daybreak.domain.occurrence import DayPlan
from daybreak.domain.time import local_date
from daybreak.services import places, profile
from daybreak.services.answering import zone_for
from daybreak.services.pausing import is_paused
from daybreak.services.plan_inputs import inputs_for, rules_of
from daybreak.services.previewing import week_ahead
from daybreak.services.routing import Ways
from daybreak.services.today import ways_of
from daybreak.store import policies as policy_store
from daybreak.store.accounts import teams_of
from daybreak.store.tables import Person, Policy, Team
from daybreak.wording import gettext as _
from webapp import me_forms as forms
from webapp import policy_words as words
from webapp.filters import clock, moment
from webapp.forms import Form
from webapp.policy_form import choices_of
from webapp.policy_view import place
from webapp.strips import Strip, strip
from webapp.today_view import way


@dataclass
class Profile:
    """The profile of who is signed in. `sent` are forms that were refused, by the name of their section."""

    session: Session
    person: Person
    now: datetime
    may_change_secrets: bool
    sent: dict[str, Form] = field(default_factory=dict)

    @cached_property
    def zone(self) -> ZoneInfo:
        """The zone of the person's clock."""
        return zone_for(self.session, self.person)

    @property
    def time_there(self) -> str:
        """What a clock there shows now."""
        return clock(self.now, self.zone)

    @property
    def zones(self) -> list[str]:
        """The zones to choose from."""
        return sorted(places.zones())

    @cached_property
    def teams(self) -> list[Team]:
        """The teams of the person, the first joined first."""
        return list(teams_of(self.session, self.person.id))

    @property
    def home(self) -> Team | None:
        """The team whose zone and hours are the person's where they have set none."""
        return self.teams[0] if self.teams else None

    def form(self, name: str) -> Form:
        """The form of a section, as it was sent or as things stand."""
        if name not in self.sent:
            self.sent[name] = make_form(self, name, None)
        return self.sent[name]

    @property
    def hours(self) -> tuple[dict[str, Any], list[Any]]:
        """Working hours and quiet blocks as they count now."""
        own, home = self.person, self.home
        hours = own.hours if own.hours is not None else (home.hours if home else {})
        blocks = own.quiet_blocks if own.quiet_blocks is not None else (home.quiet_blocks if home else [])
        return hours, blocks

    @property
    def has_own_hours(self) -> bool:
        """Whether the person has set hours or quiet time of their own."""
        return self.person.hours is not None or self.person.quiet_blocks is not None

    @property
    def days_off(self) -> list[tuple[str, str]]:
        """Days off that are not over, as (text to send, words)."""
        today = local_date(self.now, self.zone)
        coming = [one for one in profile.get(self.person, "days_off") if one[1] >= today]
        return [(forms.day_off_text(*one), _span(*one)) for one in coming]

    @property
    def paused_until(self) -> str | None:
        """When a running pause ends; "" where no end is set, None where there is none."""
        if not is_paused(self.person, self.now):
            return None
        until_at = self.person.paused_until_at
        return moment(until_at, self.zone) if until_at else ""

    @cached_property
    def ways(self) -> Ways:
        """The channels there are for this person, and the one in use."""
        inputs = inputs_for(self.session, [self.person], self.now)[self.person.id]
        return ways_of(self.session, self.person, inputs)

    @property
    def email_note(self) -> str:
        """Why e-mail does not arrive, if it does not."""
        if self.person.email_blocked_at:
            return _("Your address returned our mail, so nothing is sent to it.")
        if self.person.email_off_at:
            return _("E-mail is off by your own wish. Save E-mail here to have it again.")
        return ""

    @property
    def opt_ins(self) -> list[tuple[Policy, str, bool]]:
        """The policies the person may switch on or off: policy, words, whether it is on."""
        found = []
        for team in self.teams:
            for policy in policy_store.policies(self.session, team.id):
                row = policy_store.policy_member(self.session, policy.id, self.person.id)
                if policy.opt_in and (policy.for_all or (row is not None and row.chosen)):
                    is_on = row is not None and row.opted_in_at is not None
                    found.append((policy, words.sentence(rules_of(policy)), is_on))
        return found

    @property
    def languages(self) -> list[tuple[str, str]]:
        """The languages there are, each in its own words."""
        return [(tag, Locale.parse(tag).get_display_name() or tag) for tag in wording.LANGUAGES]

    @cached_property
    def week(self) -> list[tuple[str, DayPlan, Strip, list[str]]]:
        """The next seven days: name, plan, drawing, times."""
        plans = week_ahead(self.session, self.person, self.now)
        return [
            (
                format_date(one.local_date, "EEE d MMM", locale=wording.locale()),
                one,
                strip(one.windows, self.coming(one), self.zone),
                [clock(kept.due_at, self.zone) for kept in self.coming(one)],
            )
            for one in plans
        ]

    def coming(self, one: DayPlan) -> list[Any]:
        """What is still to come of a day."""
        return [kept for kept in one.kept if kept.due_at >= self.now]

    @property
    def place(self) -> str:
        """Where the person's clock is."""
        return place(self.zone)


def make_form(profile: Profile, name: str, sent: Any) -> Form:
    """Return the form of a section: as things stand, or as it was sent."""
    person = profile.person
    if name == "clock":
        return forms.ClockForm(sent, data={"name": person.name, "zone": profile.zone.key})
    if name == "hours":
        return forms.HoursForm(sent, data=forms.hours_data(*profile.hours))
    if name == "daysoff":
        return forms.DaysOffForm(sent)
    if name == "breaks":
        return forms.UntilForm(sent)
    if name == "less":
        return forms.LessForm(sent, obj=person)
    if name == "movements":
        made = forms.MovementsForm(formdata=None)
        known = [one for one in catalogue().movements if one.kind is Kind.BREAK]
        made.avoided_movements.choices = choices_of((one.id, _(one.title)) for one in known)
        made.process(formdata=sent, obj=person)
        return made
    if name == "channel":
        made = forms.ChannelForm(formdata=None)
        made.channel.choices = choices_of((one, way(one)) for one in profile.ways.offered)
        made.process(formdata=sent, data={"channel": profile.ways.used})
        return made
    if name == "password":
        return forms.PasswordForm(sent, prefix="account-")
    made = forms.LookForm(formdata=None)
    made.language.choices = choices_of(profile.languages)
    values = {"theme": person.theme or "", "language": person.language or wording.locale()}
    made.process(formdata=sent, data={**values, "shortcuts_on": person.shortcuts_on})
    return made


def sent_form(profile: Profile, name: str) -> Form:
    """Return the form of a section as this request sends it, and show it so if it is refused."""
    profile.sent[name] = make_form(profile, name, request.form)
    return profile.sent[name]


def _span(first: date, last: date, half: str | None) -> str:
    shape = "EEE d MMM y"
    days = format_date(first, shape, locale=wording.locale())
    if last != first:
        days = _("%(first)s to %(last)s", first=days, last=format_date(last, shape, locale=wording.locale()))
    halves = {"am": _("before noon"), "pm": _("after noon")}
    return _("%(days)s, %(half)s", days=days, half=halves[half]) if half else days
