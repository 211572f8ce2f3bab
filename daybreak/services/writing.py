"""Letters: mails that are no prompt. What is asked for here leaves the house like everything else."""

from datetime import datetime

from sqlalchemy.orm import Session

from daybreak.domain.delivery import DeliveryState
from daybreak.services import routing
from daybreak.store.tables import Delivery, Letter, Person

KINDS = ("sign_in", "invitation")


def write(
    session: Session,
    kind: str,
    person: Person,
    subject_id: int | None,
    now: datetime,
    expires_at: datetime,
) -> int:
    """Plan a letter to a person and return its delivery, to be rung after the commit.

    `kind` is a folder of templates/emails: "sign_in" (subject_id: a SignInLink) or "invitation" (an
    Invitation). The raw token is made when the mail is handed off, which sets the hash of its subject.
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
