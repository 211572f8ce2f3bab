"""The composition root: settings become an engine, sessions, a clock, links and a cipher."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from daybreak import settings as settings_module
from daybreak.cipher import Cipher
from daybreak.clock import Clock
from daybreak.links import Links
from daybreak.settings import Settings
from daybreak.store import engine as engines


@dataclass(frozen=True)
class Runtime:
    """What a shell (web, worker, command) is given to do its work; made once per process by `build`."""

    settings: Settings
    engine: Engine
    clock: Clock
    links: Links
    cipher: Cipher

    def now(self) -> datetime:
        """Return the instant now, by the one clock."""
        return self.clock.now()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Open a session in which nothing can be written, neither here nor by mistake."""
        with Session(engines.reading(self.engine), expire_on_commit=False) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Open a session for one transaction: committed at the end, rolled back on an error."""
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session


def build(settings: Settings | None = None) -> Runtime:
    """Put the parts together. Raises SettingError for a wrong setting."""
    settings = settings or settings_module.load()
    return Runtime(
        settings=settings,
        engine=engines.make_engine(settings.database_url),
        clock=Clock(settings.clock_file),
        links=Links(settings.base_url),
        cipher=Cipher(settings.encryption_keys),
    )
