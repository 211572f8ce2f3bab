"""Changing the encryption keys: every secret is sealed anew with the first of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.fernet import InvalidToken
from sqlalchemy import Column, LargeBinary, select, update
from sqlalchemy.orm import Session

from daybreak.cipher import Cipher
from daybreak.store.tables import Base


@dataclass(frozen=True)
class Rotated:
    """How many secrets were sealed anew, and which no key opens any more, as `table number`."""

    sealed: int
    lost: tuple[str, ...]


def sealed_columns() -> Sequence[Column[bytes]]:
    """Return the columns that hold secrets: whatever is stored as bytes is sealed."""
    return [
        column
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, LargeBinary)
    ]


def rotate(session: Session, cipher: Cipher) -> Rotated:
    """Open every secret with whichever key fits and seal it with the first; flushes.

    What no key opens is left as it is. Afterwards the other keys can be taken out of ENCRYPTION_KEYS.
    """
    sealed, lost = 0, []
    for column in sealed_columns():
        (key,) = column.table.primary_key.columns
        rows = session.execute(select(key, column).where(column.is_not(None)).with_for_update()).all()
        for row_id, secret in rows:
            if not secret:  # a channel that was removed
                continue
            try:
                anew = cipher.reseal(secret)
            except InvalidToken:
                lost.append(f"{column.table.name} {row_id}")
                continue
            session.execute(update(column.table).where(key == row_id).values({column.name: anew}))
            sealed += 1
    session.expire_all()
    return Rotated(sealed, tuple(lost))
