"""Mail without a mail server: each message becomes a file that only its owner can read."""

import os
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from daybreak.channels.base import HandOff, Parcel
from daybreak.domain.delivery import Outcome, Result


@dataclass(frozen=True)
class OutboxTransport:
    """Writes `.eml` files (mode 0600) into a folder; names sort by time. `now` is the one clock."""

    folder: Path
    now: Callable[[], datetime]

    def send(self, parcels: Sequence[Parcel], hand_off: HandOff) -> Iterator[Outcome]:
        """Write one file a message, whole or not at all."""
        for parcel in parcels:
            try:
                self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                name = f"{self.now():%Y%m%dT%H%M%S%f}-{parcel.delivery_id}.eml"
                draft = self.folder / f".{name}.{os.getpid()}"
                opened = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            except OSError as problem:
                yield Outcome(parcel.delivery_id, Result.RETRY, "outbox", problem.strerror or "")
                continue
            with os.fdopen(opened, "wb") as file:
                try:
                    content = hand_off(parcel.delivery_id)
                    if content is not None:
                        file.write(content)
                        file.flush()
                        draft.rename(self.folder / name)
                        yield Outcome(parcel.delivery_id, Result.SENT, "outbox")
                except OSError as problem:  # the file did not get its name: nobody has seen it
                    yield Outcome(parcel.delivery_id, Result.RETRY, "outbox", problem.strerror or "")
                finally:
                    draft.unlink(missing_ok=True)


NAME = re.compile(r"\d{8}T\d{12}-\d{1,18}\.eml")


def listed(folder: Path) -> list[str]:
    """The names of the mails in the outbox, the newest first."""
    if not folder.is_dir():
        return []
    return sorted((one.name for one in folder.iterdir() if NAME.fullmatch(one.name)), reverse=True)


def read(folder: Path, name: str) -> bytes | None:
    """A mail of the outbox, or None where there is none of that name."""
    if not NAME.fullmatch(name):
        return None
    try:
        return (folder / name).read_bytes()
    except FileNotFoundError:
        return None


def forget(folder: Path, delivery_ids: Collection[int]) -> None:
    """Delete the mails of some deliveries."""
    for name in listed(folder):
        if int(name.removesuffix(".eml").rsplit("-", 1)[1]) in delivery_ids:
            (folder / name).unlink(missing_ok=True)


def forget_before(folder: Path, instant: datetime) -> int:
    """Delete the mails written before an instant; returns how many."""
    old = [name for name in listed(folder) if name < f"{instant:%Y%m%dT%H%M%S%f}"]
    for name in old:
        (folder / name).unlink(missing_ok=True)
    return len(old)
