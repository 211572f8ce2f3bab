"""What is said to whoever pressed a button in Slack, alone: kept until a worker hands it off, once."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from daybreak.channels.slack.form import answer_post
from daybreak.channels.slack.hearing import Presser
from daybreak.runtime import Runtime
from daybreak.services import slack_accounts
from daybreak.store.tables import SlackConnect, SlackReply, SlackRequest
from daybreak.wording import gettext as _

GOOD_FOR = timedelta(minutes=30)  # as long as Slack takes answers at a response_url
LIMIT = 200


def plan(
    session: Session, runtime: Runtime, presser: Presser, address: str, text: str | None, now: datetime
) -> int:
    """Keep what is to be said, its address encrypted, and return its id, to be rung after the commit.

    `text` None: a link by which the presser connects their account.
    """
    reply = SlackReply(
        address=runtime.cipher.seal(address),
        text=text,
        team_id=presser.team_id,
        user_id=presser.user_id,
        name=presser.name,
        expires_at=now + GOOD_FOR,
    )
    session.add(reply)
    session.flush()
    return reply.id


def said(
    session: Session, runtime: Runtime, presser: Presser, text: str | None, now: datetime
) -> dict[str, object]:
    """Return what Slack shows to the presser alone; a link to connect carries a token made now."""
    if text is not None:
        return answer_post(text)
    link = runtime.links.page(f"/slack/connect/{slack_accounts.offer(session, presser, now)}")
    return answer_post(
        _("Daybreak does not know whose Slack account this is, so nothing was logged."),
        link,
        _("Connect it to your account"),
    )


def address_of(session: Session, runtime: Runtime, reply_id: int, now: datetime) -> str | None:
    """Return where something waits to be said; None where it was said, or it is too late."""
    reply = session.get(SlackReply, reply_id)
    return runtime.cipher.open(reply.address) if reply and now < reply.expires_at else None


def hand_off(session: Session, runtime: Runtime, reply_id: int, now: datetime) -> bytes | None:
    """Take out what is to be said now and return the body to post; None where another was faster."""
    taken = session.execute(
        delete(SlackReply)
        .where(SlackReply.id == reply_id)
        .returning(SlackReply.text, SlackReply.team_id, SlackReply.user_id, SlackReply.name)
    ).first()
    if taken is None:
        return None
    presser = Presser(taken.team_id, taken.user_id, taken.name)
    answer = said(session, runtime, presser, taken.text, now)
    return json.dumps(answer, ensure_ascii=False).encode("utf-8", "replace")


def sweep(session: Session, now: datetime) -> Sequence[int]:
    """Forget what is past, and return what still waits to be said: the bell for it may be lost."""
    for table in (SlackReply, SlackRequest, SlackConnect):
        session.execute(delete(table).where(table.expires_at <= now))
    return session.scalars(select(SlackReply.id).order_by(SlackReply.id).limit(LIMIT)).all()
