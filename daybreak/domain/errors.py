"""The family of errors a person can act on: the docstring is the message, `hint` the mend."""

from collections.abc import Sequence


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
        self.problems: tuple[InvalidValueError, ...] = (self,)


class InvalidValuesError(InvalidValueError):
    """Several values are not acceptable: `problems` has each of them with its field."""

    def __init__(self, problems: Sequence[InvalidValueError]) -> None:
        super().__init__(problems[0].field, " ".join(str(p) for p in problems), hint=problems[0].hint)
        self.problems = tuple(problems)


class NotFoundError(DaybreakError):
    """Nothing here."""


class ForbiddenError(DaybreakError):
    """Only team admins can change this."""
