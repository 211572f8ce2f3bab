"""The one clock of a process: real time plus the offset that DAYBREAK_CLOCK_FILE holds."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from daybreak.settings import SettingError


@dataclass(frozen=True)
class Clock:
    """Tells the time; `file` holds an offset in seconds, such as +3600, and is read at every reading."""

    file: Path | None = None

    def now(self) -> datetime:
        """Return the instant now, aware UTC. Raises SettingError if the offset cannot be read."""
        return datetime.now(UTC) + self._offset()

    def _offset(self) -> timedelta:
        if self.file is None:
            return timedelta(0)
        try:
            return timedelta(seconds=float(self.file.read_text(encoding="ascii").strip() or 0))
        except FileNotFoundError:
            return timedelta(0)
        except (OSError, ValueError, OverflowError) as problem:
            wanted = f"a file holding seconds such as +3600, got {self.file}"
            raise SettingError("DAYBREAK_CLOCK_FILE", wanted) from problem
