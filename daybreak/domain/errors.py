"""The family of errors a person can act on: the docstring is the message, `hint` the mend."""


class DaybreakError(Exception):
    """Something went wrong."""

    hint: str = ""

    def __init__(self, message: str = "", *, hint: str = "") -> None:
        super().__init__(message or (type(self).__doc__ or "").strip())
        if hint:
            self.hint = hint


class InvalidValueError(DaybreakError):
    """A value is not acceptable."""

    def __init__(self, field: str, message: str, *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.field = field


class NotFoundError(DaybreakError):
    """Nothing here."""


class ForbiddenError(DaybreakError):
    """Only team admins can change this."""
