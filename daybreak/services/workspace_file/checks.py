"""Values that only a workspace file has: password hashes."""

import re
from typing import Any

from argon2 import extract_parameters
from argon2.exceptions import InvalidHash
from argon2.low_level import Type

from daybreak.domain.errors import InvalidValueError
from daybreak.wording import gettext as _

LEAST_MEMORY_KIB, MOST_MEMORY_KIB = 19 * 1024, 1024 * 1024
LEAST_TIME, MOST_TIME = 2, 100
_TAIL = re.compile(r"[A-Za-z0-9+/]{11,}\$[A-Za-z0-9+/]{22,}")


def checked_hash(text: Any) -> str:
    """Return an argon2id hash. Raises InvalidValueError: another kind, or weaker than 19 MiB and t=2."""
    hint = _("Make one with argon2-cffi: PasswordHasher().hash(password).")
    try:
        parameters = extract_parameters(text if isinstance(text, str) else "")
    except (InvalidHash, ValueError):
        parameters = None
    whole = parameters is not None and _TAIL.fullmatch("$".join(text.split("$")[4:]))
    if parameters is None or not whole or parameters.type is not Type.ID:
        raise InvalidValueError("password_hash", _("This is not an argon2id hash."), hint=hint)
    strong = LEAST_MEMORY_KIB <= parameters.memory_cost <= MOST_MEMORY_KIB
    if not strong or not LEAST_TIME <= parameters.time_cost <= MOST_TIME or parameters.parallelism > 16:
        why = _("This argon2id hash is outside our limits: 19 MiB to 1 GiB, 2 to 100 rounds.")
        raise InvalidValueError("password_hash", why, hint=hint)
    return str(text)
