"""Channels: a team's Slack webhook or a person's own; the address is a secret and kept encrypted."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from cryptography.fernet import InvalidToken
from sqlalchemy.orm import Session

from daybreak.channels.slack import check_address, mask_address
from daybreak.cipher import Cipher
from daybreak.domain.errors import DaybreakError, InvalidValueError
from daybreak.services import auditing, planning
from daybreak.services.teams import checked_name
from daybreak.store import policies as store
from daybreak.store.tables import Channel, Person, Team
from daybreak.wording import gettext as _

SLACK = "slack_webhook"
NAME_MAX = 60


class ChannelInUseError(DaybreakError):
    """A policy still uses this channel: take it out of the policy first."""


def add_slack(
    session: Session,
    holder: Team | Person,
    name: str,
    url: str,
    cipher: Cipher,
    allow: Sequence[str],
    actor_id: int | None,
    now: datetime,
    *,
    origin: str | None = None,
) -> Channel:
    """Add a team's shared channel or a person's own webhook; `allow` is the setting WEBHOOK_ALLOW.

    A team's channel that was removed comes back under its name. Raises InvalidValueError at "name" or "url".
    """
    name = checked_channel_name(name)
    address = check_address(url, allow)
    team_id = holder.id if isinstance(holder, Team) else None
    person_id = holder.id if isinstance(holder, Person) else None
    channel = store.channel(session, team_id, name) if team_id is not None else None
    if channel is not None and channel.off_reason != store.REMOVED:
        raise InvalidValueError("name", _("The team has a channel of this name already."))
    if channel is None:
        channel = Channel(team_id=team_id, person_id=person_id, kind=SLACK, name=name, created_at=now)
        session.add(channel)
    _aim(channel, address, cipher)
    new = {"name": name, "hint": channel.hint}
    _record(session, "channel.added", channel, None, new, actor_id, now, origin)
    return channel


def replace_address(
    session: Session,
    channel: Channel,
    url: str,
    cipher: Cipher,
    allow: Sequence[str],
    actor_id: int | None,
    now: datetime,
    *,
    origin: str | None = None,
) -> bool:
    """Give a channel another address and switch it on; whether it is another. Raises InvalidValueError."""
    address = check_address(url, allow)
    if address == address_of(channel, cipher):
        return False
    old = channel.hint
    _aim(channel, address, cipher)
    old_hint, new_hint = {"hint": old}, {"hint": channel.hint}
    _record(session, "channel.address_changed", channel, old_hint, new_hint, actor_id, now, origin)
    return True


def switch_off(
    session: Session,
    channel: Channel,
    reason: str,
    actor_id: int | None,
    now: datetime,
    *,
    origin: str | None = None,
) -> None:
    """Send nothing to a channel any more; `reason` is a code such as no_service, or "by_hand"."""
    if channel.off_at is None:
        channel.off_at, channel.off_reason = now, reason
        _record(session, "channel.switched_off", channel, None, {"reason": reason}, actor_id, now, origin)


def switch_on(
    session: Session, channel: Channel, actor_id: int | None, now: datetime, *, origin: str | None = None
) -> None:
    """Use a channel again. Raises InvalidValueError for one that was removed: it has no address."""
    if channel.off_reason == store.REMOVED:
        raise InvalidValueError("url", _("This channel was removed. Paste its webhook again."))
    if channel.off_at is not None:
        _on(channel)
        _record(session, "channel.switched_on", channel, None, None, actor_id, now, origin)


def remove(
    session: Session, channel: Channel, actor_id: int | None, now: datetime, *, origin: str | None = None
) -> None:
    """Remove a channel and forget its address. Raises ChannelInUseError while a policy uses it."""
    if channel.team_id is not None and users_of(session, channel):
        raise ChannelInUseError
    channel.off_at, channel.off_reason = now, store.REMOVED
    channel.secret, channel.hint = b"", ""
    _record(session, "channel.removed", channel, {"name": channel.name}, None, actor_id, now, origin)
    if channel.person_id is not None and (person := session.get(Person, channel.person_id)):
        planning.replan(session, [person], now)


def users_of(session: Session, channel: Channel) -> list[str]:
    """Return the names of the team's policies that post to a shared channel."""
    if channel.team_id is None:
        return []
    key = f"slack:{channel.name}"
    return [p.name for p in store.policies(session, channel.team_id) if key in p.channels]


def address_of(channel: Channel, cipher: Cipher) -> str | None:
    """Return a channel's address, or None where it was removed or no key opens it any more."""
    try:
        return cipher.open(channel.secret) if channel.secret else None
    except InvalidToken:
        return None


def checked_channel_name(name: object, field: str = "name") -> str:
    """Return a channel's name. Raises InvalidValueError: policies name it as slack:<name>."""
    text = checked_name(name, field, NAME_MAX)
    if any(c in text for c in ":,\"'") or text.startswith("#"):
        raise InvalidValueError(
            field, _("A channel's name has no colon, comma or quote and does not begin with #.")
        )
    return text


def _aim(channel: Channel, address: str, cipher: Cipher) -> None:
    channel.secret = cipher.seal(address)
    channel.hint = mask_address(address)
    _on(channel)


def _on(channel: Channel) -> None:
    channel.off_at = channel.off_reason = channel.wait_until_at = None
    channel.failures = 0


def _record(
    session: Session,
    action: str,
    channel: Channel,
    old: Mapping[str, object] | None,
    new: Mapping[str, object] | None,
    actor_id: int | None,
    now: datetime,
    origin: str | None,
) -> None:
    """Log what happens to a team's channel; how a person is reached is nobody else's business."""
    session.flush()
    if channel.team_id is not None:
        auditing.record(
            session, actor_id, action, "channel", channel.id, channel.team_id, old, new, now, origin
        )
