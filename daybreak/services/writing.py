"""Letters and tries: what is no prompt. It leaves the house like everything else."""

from datetime import datetime

from sqlalchemy.orm import Session

from daybreak.domain.delivery import TRY_LIFETIME, DeliveryState
from daybreak.domain.errors import DaybreakError
from daybreak.services import routing
from daybreak.store.policies import policies
from daybreak.store.tables import Channel, Delivery, Letter, Person, Policy
from daybreak.tokens import new_token

KINDS = ("sign_in", "invitation", "channel_off")


class NowhereToSendError(DaybreakError):
    """There is no channel that this could go to: give an e-mail address or a webhook of your own first."""


def write(
    session: Session,
    kind: str,
    person: Person,
    subject_id: int | None,
    now: datetime,
    expires_at: datetime,
) -> int:
    """Plan a letter to a person and return its delivery, to be rung after the commit.

    `kind` is a folder of templates/emails: "sign_in" (subject_id: a SignInLink), "invitation" (an
    Invitation) or "channel_off" (a Channel). The raw token of the first two is made when the mail is handed
    off, which sets the hash of its subject.
    """
    if kind not in KINDS:
        raise ValueError(f"no letter of kind {kind!r}")
    letter = Letter(kind=kind, person_id=person.id, subject_id=subject_id, created_at=now)
    session.add(letter)
    session.flush()
    delivery = Delivery(
        key=f"letter:{letter.id}",
        kind="letter",
        transport=routing.EMAIL,
        person_id=person.id,
        letter_id=letter.id,
        due_at=now,
        expires_at=expires_at,
        state=DeliveryState.PLANNED.value,
        next_try_at=now,
    )
    session.add(delivery)
    session.flush()
    return delivery.id


def send_try(
    session: Session,
    person: Person,
    now: datetime,
    channel: Channel | None = None,
    *,
    by_email: bool = False,
) -> int:
    """Plan a message that is marked as a try and not counted; return its delivery, to be rung.

    It goes to `channel` where one is to be tested, `by_email` where the mail server is, else where the
    person's prompts would go. Raises NowhereToSendError where nothing is pushed to the person.
    """
    team_id, policy = _first_policy(person, session) if channel is None else (channel.team_id, None)
    transport: str | None
    channel_id: int | None
    if by_email and channel is None:
        transport, channel_id = routing.EMAIL, None
    elif channel is None:
        names = routing.routes(session, person, policy, now) if policy else _own(person)
        pushed = [route for route in names if route.transport is not None]
        if not pushed:
            raise NowhereToSendError
        transport, channel_id = pushed[0].transport, pushed[0].channel_id
    else:
        transport, channel_id = channel.kind, channel.id
    delivery = Delivery(
        key=f"try:{new_token()}",
        kind="try",
        transport=transport,
        person_id=person.id,
        team_id=team_id,
        policy_id=policy.id if policy else None,
        channel_id=channel_id,
        due_at=now,
        expires_at=now + TRY_LIFETIME,
        state=DeliveryState.PLANNED.value,
        next_try_at=now,
    )
    session.add(delivery)
    session.flush()
    return delivery.id


def _first_policy(person: Person, session: Session) -> tuple[int | None, Policy | None]:
    for membership in person.memberships:
        if membership.joined_at is not None and membership.left_at is None:
            for policy in policies(session, membership.team_id):
                return membership.team_id, policy
            return membership.team_id, None
    return None, None


def _own(person: Person) -> list[routing.Route]:
    return [routing.Route(routing.EMAIL, routing.EMAIL)] if person.email else []
