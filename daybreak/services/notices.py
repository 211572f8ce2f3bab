"""A channel that was switched off is told of once: to those who can mend it, with the cause and the mend."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from daybreak.channels import KINDS
from daybreak.runtime import Runtime
from daybreak.services import writing
from daybreak.store import delivery_log, people, teams
from daybreak.store.policies import REMOVED
from daybreak.store.tables import Channel, Person, Team
from daybreak.wording import gettext as _

LASTS = timedelta(hours=24)
SILENCE = timedelta(seconds=60)  # a tick is a matter of seconds
LATELY = timedelta(minutes=30)
CHANNEL_OFF = "channel_off"
NO_WAY_IN = frozenset({"no_connection", "tls", "not_offered", "535", "5.7.8"})
"""What keeps every mail from leaving, and not just one."""
UNTESTED = "untested"  # a webhook of one's own, until its test has arrived
BY_HAND = frozenset({REMOVED, UNTESTED, "by_hand"})  # nobody has to be told of these


def tell_channel_off(session: Session, channel: Channel, now: datetime) -> list[int]:
    """Write to the team's admins, or to whose own channel it is; return the deliveries to ring."""
    told = [person for person in _menders(session, channel) if person.email]
    return [writing.write(session, CHANNEL_OFF, person, channel.id, now, now + LASTS) for person in told]


def is_off(session: Session, channel_id: int | None) -> bool:
    """Whether a channel is still switched off for a fault, so that the letter about it has a point."""
    channel = session.get(Channel, channel_id) if channel_id is not None else None
    return channel is not None and channel.off_at is not None and channel.off_reason not in BY_HAND


def cause_of(channel: Channel) -> str:
    """Why a channel is off, and the mend, in words."""
    causes = KINDS[channel.kind].causes
    if channel.off_reason is not None and channel.off_reason in causes:
        return str(causes[channel.off_reason])
    return _("This channel is switched off. Switch it on, or paste its webhook again.")


def channel_of(session: Session, runtime: Runtime, channel_id: int | None) -> tuple[Channel, str, str]:
    """Return a channel, its team's name ("" for one's own) and the address of the page that mends it."""
    channel = session.get_one(Channel, channel_id)
    if channel.team_id is None:
        return channel, "", runtime.links.page("/me/slack")
    team = session.get_one(Team, channel.team_id)
    return channel, team.name, runtime.links.page(f"/team/{team.slug}/channels")


def is_delayed(session: Session, now: datetime) -> bool:
    """Tell whether breaks are not sent in time: nothing ticks, or what is due waits."""
    workspace = teams.workspace(session)
    last = workspace.last_tick_at if workspace else None
    silent = last is not None and now - last > SILENCE
    return silent or delivery_log.is_overdue(session, now - SILENCE, now)


def mail_trouble(session: Session, now: datetime) -> str | None:
    """Return the code of what keeps mail from leaving, if the newest try of the last minutes met it."""
    last = delivery_log.last_mail_attempt(session, now - LATELY)
    return last.code if last is not None and last.code in NO_WAY_IN else None


def _menders(session: Session, channel: Channel) -> Sequence[Person]:
    """Who can mend a channel: its person; the team's admins; owners, where the team has none."""
    if channel.team_id is None:
        return [session.get_one(Person, channel.person_id)] if channel.person_id is not None else []
    admins = [
        one.person
        for one in teams.members(session, channel.team_id)
        if one.role == "admin" and one.joined_at is not None and one.left_at is None
    ]
    return admins or people.owners(session)
