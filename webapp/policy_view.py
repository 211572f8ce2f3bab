"""What the templates of the policy pages are given: the editor's state, and a preview in words and strips."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from babel.dates import get_timezone_location

from daybreak import wording
from daybreak.domain.preset import Preset
from daybreak.domain.rhythm import PolicyRules
from daybreak.services import policy_rules
from daybreak.services.plan_inputs import rules_of
from daybreak.services.previewing import Preview, ZoneRow
from daybreak.store.tables import Policy, Team
from daybreak.wording import gettext as _
from daybreak.wording import ngettext
from webapp import policy_words as words
from webapp.filters import clock, day
from webapp.policy_form import DATES, NUMBERS, PolicyForm
from webapp.strips import Strip, strip

LIVE = ("name", *NUMBERS, "rhythm", "places", "channels", *DATES)


@dataclass(frozen=True)
class PreviewView:
    """A preview as the viewer sees it, on their own clock."""

    team: Team
    preview: Preview
    viewer: ZoneInfo

    @property
    def title(self) -> str:
        """The day that is shown."""
        return day(self.preview.day)

    @property
    def sum(self) -> str:
        """What the day comes to for one person."""
        made = self.preview
        if not made.breaks:
            return _("No breaks on this day.")
        breaks = ngettext("%(n)s break a person", "%(n)s breaks a person", made.breaks)
        messages = ngettext("%(n)s message", "%(n)s messages", made.messages)
        seconds = made.seconds if made.seconds < 60 else 60 * round(made.seconds / 60)
        length = words.length(seconds)
        text = "%(breaks)s, about %(length)s a day; %(messages)s."
        return _(text, breaks=breaks, length=length, messages=messages)

    @property
    def note(self) -> str:
        """How exact the times are."""
        if self.preview.is_drawn:
            return _("An example: everybody's times are drawn anew each day.")
        if self.preview.rules.rhythm == "personal":
            return _("If every break is taken when it is due.")
        return ""

    @property
    def warnings(self) -> list[str]:
        """What an admin should think about before saving."""
        made, found = self.preview, []
        if made.is_much:
            found.append(_("%(n)s messages a day: people usually stop reading.", n=made.messages))
        found += [
            _(
                "%(n)s breaks meet those of “%(name)s”: nobody gets both.",
                n=count,
                name=name,
            )
            if count > 1
            else _("A break meets one of “%(name)s”: nobody gets both.", name=name)
            for name, count in made.overlaps
        ]
        return found

    @property
    def notices(self) -> list[str]:
        """What is good to know."""
        made = self.preview
        found = [
            _("%(day)s is free: %(name)s.", day=day(date), name=name)
            if name
            else _("%(day)s is a quiet day of the team.", day=day(date))
            for date, name in made.free
        ]
        found += [
            _("Clocks change in %(place)s on %(day)s.", place=place(zone), day=day(date))
            for zone, date in made.changes
        ]
        if made.rules.ramp:
            found.append(_("Who is new starts gently: %(steps)s.", steps=words.ramp(made.rules.ramp)))
        if made.rules.opt_in:
            found.append(_("Only for those who switch it on under their name."))
        return found

    def who(self, row: ZoneRow) -> str:
        """Where, and how many, if they are enough to be counted."""
        where = _("Elsewhere, by each one's own clock") if row.is_elsewhere else place(row.zone)
        if row.people is None:
            return where
        people = ngettext("%(n)s person", "%(n)s people", row.people)
        return _("%(where)s, %(people)s", where=where, people=people)

    def times(self, row: ZoneRow) -> list[str]:
        """When, on the clock there."""
        return [clock(one.due_at, row.zone) for one in row.kept]

    def strip(self, row: ZoneRow) -> Strip:
        """The day drawn on the viewer's clock."""
        return strip(row.plan.windows, row.kept, self.viewer)

    @property
    def viewer_place(self) -> str:
        """Whose clock the strips are drawn on."""
        return place(self.viewer)


@dataclass
class Editor:
    """The editor as it stands: what it edits, from where it began, what was typed, and its preview."""

    team: Team
    policy: Policy | None
    preset: str
    base: PolicyRules
    form: PolicyForm
    view: PreviewView | None = None
    is_valid: bool = True
    conflict: str = ""
    differences: tuple[tuple[str, str, str], ...] = ()

    @property
    def presets(self) -> tuple[Preset, ...]:
        """The presets to start from."""
        return policy_rules.presets().presets

    @property
    def ramp(self) -> str:
        """How the policy grows, in words."""
        return words.ramp(self.base.ramp)

    def channels(self) -> list[tuple[int, str, int]]:
        """The channels there are, as (number of the field, words, place in the order)."""
        field = self.form.channels
        named = ((n, words.way(name), field.rank(name)) for n, name in enumerate(field.known))
        return [(n, text[:1].upper() + text[1:], rank) for n, text, rank in named]

    @property
    def live(self) -> tuple[str, ...]:
        """The fields that are renewed with the preview, to show what is wrong with them."""
        return LIVE


def differences(policy: Policy, editor: Editor) -> tuple[tuple[str, str, str], ...]:
    """Return where the form and the policy that somebody else saved differ, as (field, saved, typed)."""
    saved = policy_rules.columns_of(rules_of(policy))
    changes = editor.form.changes(rules_of(policy))
    return tuple(
        (str(words.LABELS[key]), words.shown(key, saved[key]), words.shown(key, value))
        for key, value in changes.items()
    )


def place(zone: ZoneInfo) -> str:
    """Return the city a zone is called after."""
    return str(get_timezone_location(zone, locale=wording.locale(), return_city=True))
