"""What the set-up's page is given: which blocks are done, which one is open, and its summary lines."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from daybreak.domain.preset import Preset
from daybreak.domain.time import DAY, local_date
from daybreak.services import setup, typical
from daybreak.services.places import zones
from daybreak.services.setup import CHANNEL, CHANNEL_NAME, INVITE, OWNER, RHYTHM, TEAM
from daybreak.services.typical import Outlook
from daybreak.store.policies import REMOVED, channel
from daybreak.store.tables import Channel, Person, Policy, Team
from daybreak.store.teams import workspace
from daybreak.wording import gettext as _
from daybreak.wording import lazy_gettext as _l
from daybreak.wording import ngettext
from webapp.db import db, runtime
from webapp.filters import clock, day
from webapp.forms import Form
from webapp.invitations import Handed
from webapp.setup_forms import (
    ChannelForm,
    InviteForm,
    OwnerForm,
    RhythmForm,
    TeamForm,
    hours_in_words,
    team_values,
)
from webapp.trials import Trial

FIRST_PRESETS = ("hourly-walk", "gentle-start", "hourly-squeeze")
"""What stands on the three cards; the others are under "more"."""
TITLES = {
    OWNER: _l("Your workspace and you"),
    TEAM: _l("Your first team"),
    RHYTHM: _l("How often you move"),
    CHANNEL: _l("How messages go out"),
    INVITE: _l("Who else is in"),
}


@dataclass(frozen=True)
class Card:
    """A preset to choose, with what it comes to in this team."""

    preset: Preset
    numbers: str


@dataclass(frozen=True)
class SetupView:
    """Where the set-up stands, from stored rows; `at` is the open block, `reached` the first unsaved one."""

    at: int
    reached: int
    name: str
    owner: Person | None
    team: Team | None
    policy: Policy | None
    slack: Channel | None
    has_smtp: bool
    mail_server: str
    now: datetime
    form: Form
    handed: list[Handed] = field(default_factory=list)
    trial: Trial | None = None
    problem: str = ""
    guess: bool = False  # preselect the browser's zone

    @property
    def titles(self) -> list[tuple[int, Any]]:
        """The blocks in order."""
        return list(TITLES.items())

    @property
    def cards(self) -> list[Card]:
        """The three presets that are shown at once."""
        return [card for card in self._all_cards() if card.preset.id in FIRST_PRESETS]

    @property
    def more_cards(self) -> list[Card]:
        """The others."""
        return [card for card in self._all_cards() if card.preset.id not in FIRST_PRESETS]

    @property
    def zones(self) -> list[str]:
        """The zones to choose from."""
        return sorted(zones())

    def summary(self, number: int) -> str:
        """Return the line to which a saved block folds."""
        if number == OWNER and self.owner:
            return f"{self.name} · {self.owner.name}, {self.owner.email}"
        if number == TEAM and self.team:
            return f"{self.team.name} · {self.team.zone.replace('_', ' ')} · {hours_in_words(self.team)}"
        if number == RHYTHM and self.team and self.policy:
            outlook = typical.of_policy(self.team, self.policy, self.now)
            return f"{self.policy.name} · {numbers(outlook)}"
        if number == CHANNEL:
            by_mail = _("E-mail by %(server)s", server=self.mail_server)
            mail = by_mail if self.has_smtp else _("E-mail: outbox")
            slack = _("Slack: %(hint)s", hint=self.slack.hint) if self.slack else _("no Slack")
            return f"{mail} · {slack}"
        return _("Invitations are on their way.")

    def _all_cards(self) -> list[Card]:
        if self.team is None:
            return []
        order = {name: place for place, name in enumerate(FIRST_PRESETS)}
        found = [Card(one, numbers(it)) for one, it in typical.of_presets(self.team, self.now)]
        return sorted(found, key=lambda card: order.get(card.preset.id, len(order)))


def view_of(
    wished: int | None = None,
    form: Form | None = None,
    handed: list[Handed] | None = None,
    trial: Trial | None = None,
    guessed_zone: str = "",
) -> SetupView:
    """Return the view of what is stored, with the wished block open if it can be, else the first unsaved."""
    reached = setup.step(db())
    at = wished if wished is not None and OWNER <= wished <= min(reached, INVITE) else min(reached, INVITE)
    row, team, person = workspace(db()), setup.first_team(db()), setup.owner(db())
    slack = channel(db(), team.id, CHANNEL_NAME) if team else None
    smtp = runtime().settings.smtp
    policy = setup.first_policy(db())
    if form is None:
        form = _form(at, row.name if row else "", person, team, policy, guessed_zone)
    return SetupView(
        at=at,
        reached=reached,
        name=row.name if row else "",
        owner=person,
        team=team,
        policy=policy,
        slack=None if slack is None or slack.off_reason == REMOVED else slack,
        has_smtp=smtp is not None,
        mail_server=f"{smtp.host}:{smtp.port}" if smtp else "",
        now=runtime().now(),
        form=form,
        handed=handed or [],
        trial=trial,
        guess=team is None,
    )


def numbers(outlook: Outlook) -> str:
    """Return what a rhythm comes to as a person says it: 5 breaks a day, about 10 min."""
    first, settled = outlook.first, outlook.settled
    breaks = ngettext("%(n)s break a day", "%(n)s breaks a day", settled.breaks)
    text = _("%(breaks)s, about %(minutes)s min", breaks=breaks, minutes=settled.minutes)
    if settled.breaks == 0:
        return _("no break fits into these working hours")
    if first.breaks != settled.breaks:
        text = _("%(few)s a day at first, then %(text)s", few=first.breaks, text=text)
    if settled.pushed == 0:
        return _("%(text)s; on the Today page only", text=text)
    if settled.pushed < settled.breaks:
        return _("%(text)s; %(n)s of them as messages", text=text, n=settled.pushed)
    return text


def when_in_words(instant: datetime, zone: ZoneInfo, now: datetime) -> str:
    """Return an instant to come as 10:00, today; tomorrow and later days by name."""
    ahead = (local_date(instant, zone) - local_date(now, zone)) // DAY
    near = {0: _("today"), 1: _("tomorrow")}
    return _("%(time)s, %(day)s", time=clock(instant, zone), day=near.get(ahead) or day(instant, zone))


def _form(
    at: int, name: str, person: Person | None, team: Team | None, policy: Policy | None, guessed_zone: str
) -> Form:
    if at == OWNER:
        known = {"owner_name": person.name, "email": person.email} if person else {}
        return OwnerForm(formdata=None, data={"name": name, **known})
    if at == TEAM:
        values = dict(team_values(team))
        return TeamForm(formdata=None, data={**values, "zone": values["zone"] or guessed_zone})
    if at == RHYTHM:
        return RhythmForm(formdata=None, data={"preset": policy.preset if policy else FIRST_PRESETS[0]})
    return ChannelForm(formdata=None) if at == CHANNEL else InviteForm(formdata=None)
