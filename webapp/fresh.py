"""A change of a secret asks for a fresh sign-in, or for the password."""

from wtforms import Field, PasswordField

from daybreak.services import passwords
from daybreak.wording import gettext as _
from daybreak.wording import lazy_gettext as _l
from webapp.forms import Form
from webapp.identity import current_person, signed_in_lately
from webapp.throttle import throttle


class FreshForm(Form):
    """A form that also asks for one's own password, unless this browser has signed in lately."""

    password = PasswordField(_l("Your own password"))

    @property
    def asks_password(self) -> bool:
        """Whether the password is to be typed."""
        return not signed_in_lately()

    @property
    def has_password(self) -> bool:
        """Whether there is one; without, one signs in afresh."""
        return current_person().password_hash is not None

    def is_fresh(self) -> bool:
        """Tell whether the change may be made; else the field says what is wrong."""
        return not self.asks_password or _is_right(self.password)


def _is_right(field: Field) -> bool:
    typed, here = field.data or "", current_person()
    throttle().check("password of", here.email or "")
    if typed and passwords.is_right(here, typed):
        return True
    if typed:
        throttle().spend("password of", here.email or "")
    field.errors = [_("That is not your password.") if typed else _("Type your password.")]
    return False
