"""Public holidays of a country and subdivision, by the `holidays` library."""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache

import holidays


@lru_cache(maxsize=512)
def public_holidays(country: str | None, subdivision: str | None, year: int) -> Mapping[date, str]:
    """Return a year's public holidays, date to name; none for a country that is not set or not known."""
    if country is None:
        return {}
    try:
        return dict(holidays.country_holidays(country, subdiv=subdivision, years=year))
    except NotImplementedError:  # a country or subdivision that a newer version of the library dropped
        return {}
