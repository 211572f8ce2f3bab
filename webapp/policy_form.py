"""The form of a policy's rules: fields with the limits of the domain, and what differs from the start."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from babel.support import LazyProxy
from werkzeug.datastructures import MultiDict
from wtforms import (
    BooleanField,
    DateField,
    Field,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange, Optional, StopValidation
from wtforms.widgets import CheckboxInput, ListWidget

from daybreak.data import catalogue
from daybreak.domain.catalogue import Kind, Place
from daybreak.domain.errors import InvalidValueError
from daybreak.domain.rhythm import LIMITS, PLACES, SNOOZES, PolicyRules
from daybreak.services.policy_rules import columns_of
from daybreak.wording import gettext as _
from daybreak.wording import lazy_gettext as _l
from webapp.forms import Form, tidy
from webapp.views.library import DIFFICULTIES
from webapp.views.library import PLACES as PLACE_NAMES

NUMBERS = (
    "interval_min", "interval_max", "break_seconds", "spread", "tail_guard", "response_window", "min_gap",
    "max_prompts_per_day", "push_every", "backoff_after_ignored", "max_snoozes",
)  # fmt: skip
OF_AN_INTERVAL = (1, 240)  # minutes; the domain asks for no more than the interval
PLACES_OF_CHANNELS = frozenset(str(n) for n in range(1, 100))
DATES = ("active_from", "active_until")
AT = {"movement_filter": "places", "ramp": "start_gently"}
"""Where the form shows what the domain says about a field of another name."""


def choices_of(pairs: Iterable[tuple[Any, Any]]) -> list[SelectChoice]:
    """Return what a field offers, from pairs of value and words."""
    return [SelectChoice(value, words) for value, words in pairs]


class WholeField(IntegerField):  # type: ignore[misc]
    """A field for a whole number; anything else is left to its validator to refuse, in one sentence."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the number."""
        text = valuelist[0].strip() if valuelist else ""
        self.data = int(text) if text.isdecimal() and len(text) < 6 else None


def number(label: LazyProxy, name: str) -> WholeField:
    """A field for a whole number within the limits of the domain."""
    low, high = LIMITS[name][:2] if name in LIMITS else OF_AN_INTERVAL
    message = _l("A whole number from %(min)s to %(max)s.")
    return WholeField(label, validators=[NumberRange(low, high, message)])


class CheckField(SelectMultipleField):  # type: ignore[misc]
    """Several of a list, each with a box."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class OrderField(Field):  # type: ignore[misc]
    """Channels in an order that is chosen by numbers: 1 is tried first, none is not used."""

    known: Sequence[str] = ()

    def process(self, formdata: MultiDict[str, str] | None, data: Any = (), **_unused: Any) -> None:
        """Read the numbers `channels-<n>`, or take the channels as they are."""
        self.process_errors: list[str] = []
        self.data = list(data or ())
        if formdata:
            ranks = [formdata.get(f"{self.name}-{n}", "") for n in range(len(self.known))]
            used = [(int(rank), n) for n, rank in enumerate(ranks) if rank in PLACES_OF_CHANNELS]
            self.data = [self.known[n] for _rank, n in sorted(used)]

    def rank(self, channel: str) -> int:
        """The place of a channel, from 1; 0 where it is not used."""
        return self.data.index(channel) + 1 if channel in self.data else 0


class PolicyForm(Form):
    """All that an admin chooses for a policy."""

    preset = HiddenField()
    version = HiddenField()
    policy = HiddenField()
    name = StringField(
        _l("Name"), filters=[tidy], validators=[InputRequired(_l("Give it a name.")), Length(max=80)]
    )
    interval_min = number(_l("Shortest interval"), "interval_min")
    interval_max = number(_l("Longest interval"), "interval_max")
    break_seconds = number(_l("Length of a break"), "break_seconds")
    rhythm = RadioField(
        _l("Rhythm"),
        choices=choices_of(
            [
                ("together", _l("Together: everybody moves at the same moment of their working day")),
                ("personal", _l("Personal: one interval after each person's last break")),
            ]
        ),
    )
    spread = number(_l("Spread"), "spread")
    tail_guard = number(_l("Nothing at the end of working time"), "tail_guard")
    start_gently = BooleanField(_l("Start gently"))
    places = CheckField(
        _l("Where people can move"), choices=choices_of((p, PLACE_NAMES[Place(p)]) for p in PLACES)
    )
    max_difficulty = SelectField(_l("At most"), coerce=int, choices=choices_of(DIFFICULTIES.items()))
    discreet_only = BooleanField(_l("Discreet movements only"))
    movements = CheckField(_l("Only these movements"))
    channels = OrderField(_l("Channels"))
    response_window = number(_l("Response time allowed"), "response_window")
    max_prompts_per_day = number(_l("Most breaks a day"), "max_prompts_per_day")
    min_gap = number(_l("Least time between two breaks"), "min_gap")
    push_every = number(_l("Send every n-th as a message"), "push_every")
    backoff_after_ignored = number(_l("Fall silent after"), "backoff_after_ignored")
    snooze = SelectField(
        _l("A snooze lasts"), coerce=int, choices=choices_of((n, str(n)) for n in SNOOZES)
    )
    max_snoozes = number(_l("Most snoozes of a break"), "max_snoozes")
    allow_skip = BooleanField(_l("People may skip a break"))
    opt_in = BooleanField(_l("Only for those who switch it on"))
    active_from = DateField(_l("First day"), validators=[Optional()])
    active_until = DateField(_l("Last day"), validators=[Optional()])
    audience = RadioField(
        _l("For"), choices=choices_of([("all", _l("Everybody in the team")), ("some", _l("Chosen members"))])
    )
    members = CheckField(_l("Chosen members"), coerce=int)

    def validate_interval_max(self, field: Field) -> None:
        """The longest is not the shorter of the two."""
        shortest = self.interval_min.data
        if shortest is not None and field.data < shortest:
            raise StopValidation(_("Not shorter than the shortest, %(n)s minutes.", n=shortest))

    def validate_places(self, field: Field) -> None:
        """There is somewhere to move."""
        if not field.data:
            raise StopValidation(_("Choose at least one place."))

    def validate_channels(self, field: Field) -> None:
        """There is some way to tell people."""
        if not field.data:
            raise StopValidation(_("Number at least one channel; Today is the page here."))

    def validate_members(self, field: Field) -> None:
        """A policy for chosen members is for somebody."""
        if self.audience.data == "some" and not field.data:
            raise StopValidation(_("Choose at least one member."))

    def validate_active_until(self, field: Field) -> None:
        """The last day is not before the first."""
        first = self.active_from.data
        if first and field.data and field.data < first:
            raise StopValidation(_("The last day is before the first."))

    def changes(self, base: PolicyRules) -> dict[str, Any]:
        """Return what differs from the rules the form began with, as `services.policies` takes it."""
        wanted: dict[str, Any] = {name: getattr(self, name).data for name in (*NUMBERS, *DATES)}
        wanted |= {name: bool(getattr(self, name).data) for name in ("allow_skip", "opt_in")}
        wanted |= {
            "name": self.name.data,
            "rhythm": self.rhythm.data,
            "snooze": self.snooze.data,
            "channels": self.channels.data,
            "movements": self.movements.data or [],
            "movement_filter": {
                "places": self.places.data,
                "max_difficulty": self.max_difficulty.data,
                "discreet_only": bool(self.discreet_only.data),
            },
        }
        if base.ramp and not self.start_gently.data:
            wanted["ramp"] = []
        before = columns_of(base)
        return {key: value for key, value in wanted.items() if _plain(before[key]) != _plain(value)}

    def refuse(self, error: InvalidValueError) -> None:
        """Put what a service refused at the field that shows it."""
        for problem in error.problems:
            super().refuse(
                InvalidValueError(AT.get(problem.field, problem.field), str(problem), hint=problem.hint)
            )


def policy_form(
    base: PolicyRules,
    shared: Iterable[str],
    people: Sequence[tuple[int, str]],
    chosen: Sequence[int] | None,
    hidden: Mapping[str, object],
    sent: MultiDict[str, str] | None = None,
) -> PolicyForm:
    """Return the form of some rules, or as it was sent.

    `shared` are the team's shared channels, `people` its members as (id, name), `chosen` whom it is for.
    """
    known = ["email", "slack", *(f"slack:{name}" for name in shared), "web"]
    values = columns_of(base)
    data = {
        **values,
        **values["movement_filter"],
        **hidden,
        "start_gently": bool(base.ramp),
        "audience": "all" if chosen is None else "some",
        "members": list(chosen or ()),
    }
    form = PolicyForm(formdata=None)
    form.channels.known = known
    breaks = (one for one in catalogue().movements if one.kind is Kind.BREAK)
    form.movements.choices = choices_of((one.id, _(one.title)) for one in breaks)
    form.members.choices = choices_of(people)
    form.process(formdata=sent, data=data)
    return form


def _plain(value: Any) -> Any:
    """Order matters in channels, not in places and movements."""
    if isinstance(value, dict):
        return {key: sorted(inner) if isinstance(inner, list) else inner for key, inner in value.items()}
    return value
