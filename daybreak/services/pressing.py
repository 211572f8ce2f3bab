"""Buttons and commands in Slack: each request once, on the presser's own prompt, answered to them alone."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from daybreak.channels.slack.buttons import OwnPrompt, SharedBreak
from daybreak.channels.slack.hearing import FRESH, Pressed, Presser
from daybreak.domain import prompt as prompts
from daybreak.domain.errors import DaybreakError, NotFoundError
from daybreak.domain.prompt import PromptClosedError, Reply, Standing
from daybreak.services import answering, slack_accounts
from daybreak.services.answering import Answered, zone_for
from daybreak.store.deliveries import insert_once
from daybreak.store.people import membership
from daybreak.store.prompts import answer_link
from daybreak.store.tables import Person, Policy, Prompt, SlackRequest
from daybreak.tokens import hash_token
from daybreak.wording import gettext as _
from daybreak.wording import speaking

REMEMBERED = 3 * FRESH  # longer than a signature can be fresh: 300 s before its time to 300 s after it
STILL_TODAY = timedelta(hours=12)  # how long a post's buttons log a break that was not asked of the presser
REPLIES = {"done": prompts.DONE, "skip": prompts.SKIP, "snooze": prompts.snooze()}


class NotYoursError(DaybreakError):
    """This break is not one of yours."""


def is_new(session: Session, signature: str, now: datetime) -> bool:
    """Note a request by its signature; False where it was heard before, by whichever process."""
    values = {"signature_hash": hash_token(signature), "expires_at": now + REMEMBERED}
    return insert_once(session, SlackRequest, values) is not None


def press(session: Session, pressed: Pressed, now: datetime) -> str | None:
    """Do what a button says; return what to tell the presser. None: they must connect their account first.

    A message to one person carries its prompt's token, which is as good as its link. A team's post carries
    policy and instant, and acts for whoever the presser has said to be.
    """
    person, about = slack_accounts.person_of(session, pressed.presser), pressed.about
    with speaking(person.language if person else None):
        if about is None:
            return _("This button leads nowhere any more.")
        try:
            if isinstance(about, OwnPrompt):
                return _own(session, about, REPLIES[pressed.answer], person, now)
            return _shared(session, about, REPLIES[pressed.answer], person, now) if person else None
        except NotFoundError:
            return _("This button leads nowhere any more.")
        except DaybreakError as refusal:
            return f"{_(str(refusal))} {_(refusal.hint) if refusal.hint else ''}".strip()


def moved(session: Session, presser: Presser, now: datetime) -> str | None:
    """Log a break, as `/moved` asks for; None: the presser must connect their account first."""
    person = slack_accounts.person_of(session, presser)
    if person is None:
        return None
    with speaking(person.language):
        return _said(session, person, answering.spontaneous(session, person, now))


def _own(session: Session, about: OwnPrompt, reply: Reply, person: Person | None, now: datetime) -> str:
    link = answer_link(session, hash_token(about.token))
    if link is None:
        raise NotFoundError
    prompt = session.get_one(Prompt, link.prompt_id)
    if person is not None and prompt.person_id != person.id:
        raise NotYoursError
    if now >= link.expires_at:
        raise PromptClosedError
    holder = session.get_one(Person, prompt.person_id)
    return _said(session, holder, answering.answer(session, prompt.id, reply, now))


def _shared(session: Session, about: SharedBreak, reply: Reply, person: Person, now: datetime) -> str:
    policy = session.get(Policy, about.policy_id)
    belongs = membership(session, policy.team_id, person.id) if policy else None
    if belongs is None or belongs.joined_at is None or belongs.left_at is not None:
        raise NotYoursError
    same = select(Prompt).where(Prompt.person_id == person.id, Prompt.due_at == about.due_at)
    prompt = session.scalars(same).first()
    if prompt is not None:
        return _said(session, person, answering.answer(session, prompt.id, reply, now))
    if reply is not prompts.DONE or not about.due_at <= now < about.due_at + STILL_TODAY:
        raise NotYoursError
    return _said(session, person, answering.spontaneous(session, person, now))


def _said(session: Session, person: Person, answered: Answered) -> str:
    zone = zone_for(session, person)

    def clock(at: datetime | None) -> str:
        return at.astimezone(zone).strftime("%H:%M") if at else ""

    if answered.standing is Standing.SKIPPED:
        return _("Skipped.")
    if answered.standing is Standing.OPEN and answered.snoozed_until_at:
        return _("Snoozed until %(time)s.", time=clock(answered.snoozed_until_at))
    if answered.at is not None:
        return _("Logged at %(time)s.", time=clock(answered.at))
    return _("Nothing was changed.")
