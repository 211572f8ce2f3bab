"""The five forms of the set-up, and how working hours go between a form and the team's fields."""

from collections.abc import Mapping
from datetime import time
from typing import Any

from wtforms import PasswordField, RadioField, SelectMultipleField, StringField, TextAreaField, TimeField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, StopValidation
from wtforms.widgets import CheckboxInput, ListWidget

from daybreak.domain.errors import InvalidValueError
from daybreak.domain.working import WEEKDAYS, Week
from daybreak.services.passwords import checked_password
from daybreak.services.places import meant_zone
from daybreak.services.policy_rules import presets
from daybreak.store.tables import Team
from daybreak.wording import gettext as _
from daybreak.wording import lazy_gettext as _l
from webapp.forms import EmailField, Form, tidy

NAMES_OF_DAYS = (
    _l("Monday"), _l("Tuesday"), _l("Wednesday"), _l("Thursday"), _l("Friday"), _l("Saturday"), _l("Sunday"),
)  # fmt: skip
AT_FORM_FIELD = {"hours": "work_start", "quiet_blocks": "lunch_start"}
"""Where the form shows what the service says of a team's field."""


class CodeForm(Form):
    """The one-time code."""

    code = StringField(_l("Set-up code"), filters=[tidy], validators=[DataRequired(_l("Type the code."))])


class OwnerForm(Form):
    """Block 1. An owner who was made already may leave the password empty: the old one stays."""

    name = StringField(
        _l("Name of the workspace"), filters=[tidy], validators=[DataRequired(_l("This needs a name."))],
        description=_l("Usually your company: it stands on the sign-in page and in messages."),
    )  # fmt: skip
    owner_name = StringField(
        _l("Your name"), filters=[tidy], validators=[DataRequired(_l("This needs a name."))]
    )
    email = EmailField(
        _l("Your e-mail address"), validators=[DataRequired(_l("This needs an e-mail address."))]
    )
    password = PasswordField(
        _l("A password"), description=_l("At least 8 characters; three or four random words are good.")
    )

    def __init__(self, *args: Any, asks_password: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.asks_password = asks_password

    def validate_password(self, field: PasswordField) -> None:
        """Refuse it together with the other fields, not after them."""
        if field.data or self.asks_password:
            try:
                checked_password(field.data or "", self.email.data or "", self.owner_name.data or "")
            except InvalidValueError as problem:
                raise StopValidation(f"{problem} {problem.hint}".strip()) from None


class ClockField(TimeField):  # type: ignore[misc]
    """A wall clock; what is no clock is kept as typed and marked."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read 09:00; browsers without such a control send what was typed."""
        if not "".join(valuelist).strip():
            return
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError(_("Write it as 09:00.")) from None


class TeamForm(Form):
    """Block 2. Working hours are the same on all chosen weekdays; each member may set their own later."""

    name = StringField(
        _l("Name of the team"), filters=[tidy], validators=[DataRequired(_l("This needs a name."))]
    )
    zone = StringField(
        _l("Time zone"), filters=[tidy, meant_zone],
        validators=[DataRequired(_l("Choose the zone most of you work in."))],
        description=_l("Type a city, such as Lisbon. Members elsewhere set their own."),
    )  # fmt: skip
    days = SelectMultipleField(
        _l("Working days"),
        choices=[SelectChoice(*pair) for pair in zip(WEEKDAYS, NAMES_OF_DAYS, strict=True)],
        widget=ListWidget(), option_widget=CheckboxInput(),
        validators=[InputRequired(_l("Choose at least one day."))],
    )  # fmt: skip
    work_start = ClockField(_l("Work starts"), validators=[InputRequired(_l("When does work start?"))])
    work_end = ClockField(_l("Work ends"), validators=[InputRequired(_l("When does work end?"))])
    lunch_start = ClockField(_l("Lunch from"))
    lunch_end = ClockField(_l("Lunch until"))

    def validate_work_end(self, field: ClockField) -> None:
        """A day of no length is no working day; an end before the start is the next day's."""
        if field.data == self.work_start.data:
            raise StopValidation(_("Work ends when it starts. Choose a later time."))

    def validate_lunch_start(self, field: ClockField) -> None:
        """Lunch has both ends, or none."""
        if field.data is None and self.lunch_end.data is not None:
            raise StopValidation(_("When does lunch start?"))

    def validate_lunch_end(self, field: ClockField) -> None:
        """Lunch has both ends, or none, and takes some time."""
        start = self.lunch_start.data
        if start is not None and field.data is None:
            raise StopValidation(_("When does lunch end? Leave both empty for none."))
        if start is not None and field.data == start:
            raise StopValidation(_("Lunch ends when it starts. Leave both empty for none."))

    def to_team(self) -> dict[str, Any]:
        """Return hours and quiet blocks in the form in which a team keeps them."""
        working = _range(self.work_start.data, self.work_end.data)
        days = [day for day in WEEKDAYS if day in self.days.data]
        lunch = self.lunch_start.data and _range(self.lunch_start.data, self.lunch_end.data)
        return {
            "hours": {day: [working] for day in days},
            "quiet_blocks": [{"days": days, "range": lunch}] if lunch else [],
        }

    def refuse(self, error: InvalidValueError) -> None:
        """Put what the service says of hours at the field that asked for them."""
        field = AT_FORM_FIELD.get(error.field.split(".")[0].split("[")[0], error.field)
        super().refuse(InvalidValueError(field, str(error), hint=error.hint))


class RhythmForm(Form):
    """Block 3: one of the presets."""

    preset = RadioField(_l("Rhythm"), validators=[DataRequired(_l("Choose a rhythm."))])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.preset.choices = [SelectChoice(one.id, _(one.name)) for one in presets().presets]


class ChannelForm(Form):
    """Block 4: a Slack webhook, or none."""

    url = StringField(
        _l("Slack webhook of the team's channel (optional)"), filters=[tidy],
        description=_l("In Slack: Apps, Incoming Webhooks, Add to a channel; then copy the webhook URL."),
    )  # fmt: skip


class InviteForm(Form):
    """Block 5, and the team's own page: addresses."""

    emails = TextAreaField(
        _l("E-mail addresses"), filters=[tidy], validators=[DataRequired(_l("Type at least one address."))],
        description=_l(
            "One a line, or with commas or semicolons between them; with names is fine too, as in "
            "Ana Lima <ana@example.org>. Nobody is prompted before they have said yes themselves."
        ),
    )  # fmt: skip


def team_values(team: Team | None) -> Mapping[str, Any]:
    """Return what block 2 shows: the team's hours as they stand, or nine to five with an hour for lunch."""
    if team is None:
        week, blocks = presets().week, [presets().lunch.to_mapping()]
    else:
        week, blocks = Week.parse(team.hours), list(team.quiet_blocks)
    worked = [(day, ranges) for day, ranges in zip(WEEKDAYS, week.days, strict=True) if ranges]
    worked = worked or [("mon", presets().week.days[0])]  # a team may have no hours: start from ours
    lunch_start, lunch_end = _times(blocks[0]["range"]) if blocks else (None, None)
    return {
        "name": team.name if team else "",
        "zone": team.zone if team else "",
        "days": [day for day, _ranges in worked],
        "work_start": worked[0][1][0].start,
        "work_end": worked[0][1][-1].end,
        "lunch_start": lunch_start,
        "lunch_end": lunch_end,
    }


def hours_in_words(team: Team) -> str:
    """Return a team's working hours such as 09:00–17:00."""
    values = team_values(team)
    return f"{values['work_start']:%H:%M}–{values['work_end']:%H:%M}"


def _range(start: time, end: time) -> str:
    return f"{start:%H:%M}-{end:%H:%M}"


def _times(text: str) -> tuple[time, time]:
    start, _dash, end = text.partition("-")
    return time.fromisoformat(start), time.fromisoformat(end)
