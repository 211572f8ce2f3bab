"""What forms share: their words, tidy texts, and a place for what a service refused."""

from typing import Any

from flask_wtf import FlaskForm
from wtforms import Field, StringField

from daybreak import wording
from daybreak.domain.errors import InvalidValueError


class _Words:
    """WTForms' own messages through our gettext."""

    def gettext(self, message: str) -> str:
        return wording.gettext(message)

    def ngettext(self, one: str, many: str, n: int) -> str:
        return wording.choose(one, many, n)


class Form(FlaskForm):  # type: ignore[misc]
    """A form of ours; the CSRF token is checked for all requests at once and put in by `forms.csrf()`."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]
        """How WTForms makes it."""

        csrf = False

        def get_translations(self, form: Any) -> _Words:  # noqa: ARG002 - WTForms passes it
            """Return who translates WTForms' own messages."""
            return _Words()

    def refuse(self, error: InvalidValueError) -> None:
        """Put what a service refused at its field, or above the form where it has no such field."""
        text = f"{error} {error.hint}".strip()
        field: Field | None = self._fields.get(error.field)
        if field is None:
            self.form_errors.append(text)
        else:
            field.errors = [*field.errors, text]


def tidy(text: str | None) -> str | None:
    """Strip a text: a filter for fields."""
    return text.strip() if text else text


class EmailField(StringField):  # type: ignore[misc]
    """A field for one e-mail address, tidied."""

    def __init__(self, label: object, **kwargs: Any) -> None:
        super().__init__(label, filters=[tidy], **kwargs)
