"""The forms of the profile, one a section, and how working time is written into text fields."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from wtforms import (
    BooleanField,
    DateField,
    Field,
    IntegerField,
    PasswordField,
    RadioField,
    SelectField,
    StringField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional, StopValidation

from daybreak.domain.catalogue import Place
from daybreak.domain.errors import InvalidValueError, InvalidValuesError
from daybreak.domain.working import WEEKDAYS, Range
from daybreak.services.places import meant_zone
from daybreak.wording import gettext as _
from daybreak.wording import lazy_gettext as _l
from webapp.forms import Form, tidy
from webapp.policy_form import CheckField, choices_of
from webapp.views.library import PLACES

DAYS = {
    "mon": _l("Monday"),
    "tue": _l("Tuesday"),
    "wed": _l("Wednesday"),
    "thu": _l("Thursday"),
    "fri": _l("Friday"),
    "sat": _l("Saturday"),
    "sun": _l("Sunday"),
}
MOST_RANGES = 6  # of a weekday
WHOLE = _l("A whole number from %(min)s to %(max)s.")


class ClockForm(Form):
    """Name and zone."""

    name = StringField(
        _l("Name"),
        filters=[tidy],
        validators=[InputRequired(_l("Type what colleagues call you.")), Length(max=80)],
    )
    zone = StringField(
        _l("Time zone"), filters=[tidy, meant_zone], validators=[InputRequired(_l("Choose a time zone."))]
    )


class HoursForm(Form):
    """Working hours and quiet time by weekday, as texts: `hours_mon`, `quiet_mon`, …"""

    def hours(self) -> dict[str, list[str]]:
        """Return the working hours. Raises InvalidValueError whose `problems` name each field."""
        return {day: texts for day, texts in self._ranges("hours").items() if texts}

    def quiet_blocks(self) -> list[dict[str, Any]]:
        """Return the quiet time, equal ranges joined. Raises InvalidValueError as `hours` does."""
        days = defaultdict(list)
        for day, texts in self._ranges("quiet").items():
            for text in texts:
                days[text].append(day)
        return [{"days": on, "range": text} for text, on in days.items()]

    def _ranges(self, kind: str) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        problems: list[InvalidValueError] = []
        for day in WEEKDAYS:
            name = f"{kind}_{day}"
            parts = [p for p in (getattr(self, name).data or "").replace(";", ",").split(",") if p.strip()]
            if len(parts) > MOST_RANGES:
                text = _("At most %(n)s ranges a day.", n=MOST_RANGES)
                problems.append(InvalidValueError(name, text))
                continue
            try:
                found[day] = [str(Range.parse(part, name)) for part in parts]
            except InvalidValueError as problem:
                problems.append(problem)
        if problems:
            raise problems[0] if len(problems) == 1 else InvalidValuesError(problems)
        return found

    def refuse(self, error: InvalidValueError) -> None:
        """Put what a service refused at its weekday: `hours.mon` is the field `hours_mon`."""
        for problem in error.problems:
            field = problem.field.replace("hours.", "hours_")
            super().refuse(InvalidValueError(field, str(problem), hint=problem.hint))


for _day, _name in DAYS.items():
    setattr(HoursForm, f"hours_{_day}", StringField(_name, validators=[Length(max=200)]))
    setattr(HoursForm, f"quiet_{_day}", StringField(_name, validators=[Length(max=200)]))


class DaysOffForm(Form):
    """One more stretch of days off."""

    first = DateField(_l("First day off"), validators=[InputRequired(_l("Choose a day."))])
    last = DateField(_l("Last day off"), validators=[Optional()])
    half = SelectField(
        _l("How much of the day"),
        choices=choices_of([("", _l("The whole day")), ("am", _l("Before noon")), ("pm", _l("After noon"))]),
    )

    def validate_last(self, field: Field) -> None:
        """The last day is not before the first."""
        if field.data and self.first.data and field.data < self.first.data:
            raise StopValidation(_("The last day is before the first."))

    def entry(self) -> str:
        """Return it as the profile service reads it."""
        first: date = self.first.data
        return day_off_text(first, self.last.data or first, self.half.data or None)


class UntilForm(Form):
    """The day on which a pause ends."""

    until = DateField(_l("Pause until the morning of"), validators=[InputRequired(_l("Choose a day."))])


class LessForm(Form):
    """Fewer breaks, and a goal."""

    every_nth = SelectField(
        _l("Ask me for"),
        coerce=int,
        choices=choices_of(
            [
                (1, _l("every break")),
                (2, _l("every other break")),
                (3, _l("every third break")),
                (4, _l("every fourth break")),
            ]
        ),
    )
    max_prompts_per_day = IntegerField(_l("At most"), validators=[Optional(), NumberRange(1, 100, WHOLE)])
    daily_goal = IntegerField(_l("My goal"), validators=[Optional(), NumberRange(1, 20, WHOLE)])


class MovementsForm(Form):
    """Which movements suit."""

    seated_only = BooleanField(_l("Seated only"))
    discreet_only = BooleanField(_l("Discreet only"))
    floor_exercises = BooleanField(_l("Floor exercises too"))
    avoided_places = CheckField(_l("Places I avoid"), choices=choices_of((str(p), PLACES[p]) for p in Place))
    avoided_movements = CheckField(_l("Movements I avoid"))


class ChannelForm(Form):
    """How breaks reach a person."""

    channel = RadioField(_l("Breaks reach me by"), validators=[InputRequired(_l("Choose one."))])


class PasswordForm(Form):
    """A password, set or changed with the present one, of those who have one."""

    current = PasswordField(_l("Your password now"))
    password = PasswordField(_l("New password"), validators=[InputRequired(_l("Type a new password."))])


class LookForm(Form):
    """How Daybreak looks and listens."""

    theme = RadioField(
        _l("Colours"),
        choices=choices_of([("", _l("As my device says")), ("light", _l("Light")), ("dark", _l("Dark"))]),
        validators=[Optional()],
    )
    language = SelectField(_l("Language"), validators=[Optional()])
    shortcuts_on = BooleanField(_l("Keyboard shortcuts"))


def hours_data(hours: Mapping[str, list[str]], blocks: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return working time as the texts of HoursForm."""
    quiet = defaultdict(list)
    for block in blocks:
        for day in block["days"]:
            quiet[day].append(block["range"])
    texts = {f"hours_{day}": ", ".join(hours.get(day, ())) for day in WEEKDAYS}
    return texts | {f"quiet_{day}": ", ".join(sorted(quiet[day])) for day in WEEKDAYS}


def day_off_text(first: date, last: date, half: str | None) -> str:
    """Return days off as the profile service reads them, such as `2026-08-03..2026-08-14 pm`."""
    days = f"{first}" if first == last else f"{first}..{last}"
    return f"{days} {half}" if half else days
