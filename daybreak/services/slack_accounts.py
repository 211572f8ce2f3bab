"""Whose Slack account is whose: said by its holder while signed in, never matched by name or address."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from daybreak.channels.slack.hearing import Presser
from daybreak.domain.errors import DaybreakError, NotFoundError
from daybreak.services import auditing
from daybreak.store.deliveries import insert_once
from daybreak.store.tables import Person, SlackAccount, SlackConnect
from daybreak.tokens import hash_token, new_token

GOOD_FOR = timedelta(minutes=30)


class ConnectExpiredError(DaybreakError):
    """This link has been used or is too old. Press the button in Slack once more to get a new one."""


class TakenAccountError(DaybreakError):
    """This Slack account is connected to somebody else here: they have to disconnect it first."""


def person_of(session: Session, presser: Presser) -> Person | None:
    """Return who has connected a Slack account."""
    account = _account(session, presser.team_id, presser.user_id)
    return session.get(Person, account.person_id) if account else None


def accounts_of(session: Session, person: Person) -> Sequence[SlackAccount]:
    """Return the Slack accounts a person has connected, the first first."""
    query = select(SlackAccount).where(SlackAccount.person_id == person.id)
    return session.scalars(query.order_by(SlackAccount.id)).all()


def offer(session: Session, presser: Presser, now: datetime) -> str:
    """Make a token that connects a Slack account, to be shown to that account alone."""
    token = new_token()
    session.add(
        SlackConnect(
            token_hash=hash_token(token),
            team_id=presser.team_id,
            user_id=presser.user_id,
            name=presser.name,
            expires_at=now + GOOD_FOR,
        )
    )
    session.flush()
    return token


def offered(session: Session, token: str, now: datetime) -> Presser:
    """Return the Slack account a token was shown to. Raises NotFoundError or ConnectExpiredError."""
    found = session.get(SlackConnect, hash_token(token))
    if found is None:
        raise NotFoundError
    if found.spent_at is not None or now >= found.expires_at:
        raise ConnectExpiredError
    return Presser(found.team_id, found.user_id, found.name)


def connect(
    session: Session, token: str, person: Person, now: datetime, *, origin: str | None = None
) -> None:
    """Connect the Slack account of a token to the person; the token is spent.

    Raises NotFoundError, ConnectExpiredError, or TakenAccountError where it is connected to another.
    """
    presser = offered(session, token, now)
    unspent = update(SlackConnect).where(
        SlackConnect.token_hash == hash_token(token), SlackConnect.spent_at.is_(None)
    )
    if session.execute(unspent.values(spent_at=now).returning(SlackConnect.token_hash)).first() is None:
        raise ConnectExpiredError
    ids = {"team_id": presser.team_id, "user_id": presser.user_id}
    values = {**ids, "person_id": person.id, "name": presser.name, "linked_at": now}
    if insert_once(session, SlackAccount, values) is None:
        account = _account(session, presser.team_id, presser.user_id)
        if account is None or account.person_id != person.id:
            raise TakenAccountError
        return
    auditing.record(session, person.id, "slack.connected", "person", person.id, None, None, None, now, origin)


def disconnect(
    session: Session, person: Person, account_id: int, now: datetime, *, origin: str | None = None
) -> None:
    """Forget a Slack account of the person; one that is not theirs does not exist (NotFoundError)."""
    account = session.get(SlackAccount, account_id)
    if account is None or account.person_id != person.id:
        raise NotFoundError
    session.delete(account)
    session.flush()
    auditing.record(
        session, person.id, "slack.disconnected", "person", person.id, None, None, None, now, origin
    )


def _account(session: Session, team_id: str, user_id: str) -> SlackAccount | None:
    query = select(SlackAccount).where(SlackAccount.team_id == team_id, SlackAccount.user_id == user_id)
    return session.scalars(query).first()
