"""Which time zone database this process plans with."""

import zoneinfo
from functools import cache
from importlib.metadata import version
from pathlib import Path


@cache
def tz_version() -> str:
    """Return what tells one time zone database from another, such as `2026a`; governments change zones.

    Zones come from the first folder of the system that has any, else from the package tzdata.
    """
    for folder in map(Path, zoneinfo.TZPATH):
        table, sample = folder / "tzdata.zi", folder / "Europe" / "London"
        if table.exists():
            with table.open(encoding="utf-8") as lines:
                return lines.readline().removeprefix("# version").strip()[:60]
        if sample.exists():
            return f"as of {int(sample.stat().st_mtime)}"
    return version("tzdata")
