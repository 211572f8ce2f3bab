"""Which movement a person is asked to make: one choice for Today, the worker and the swap."""

import tomllib
from datetime import date, datetime, time, timedelta
from functools import cache

from sqlalchemy import select
from sqlalchemy.orm import Session

from daybreak import data
from daybreak.domain.catalogue import Catalogue, Movement
from daybreak.domain.movement import REMEMBERED, Draw, Pool, Wishes, alternative, choose
from daybreak.domain.occurrence import Occurrence
from daybreak.domain.time import local_date, zone_of
from daybreak.services.plan_inputs import rules_of
from daybreak.store.tables import Membership, Person, Policy, Prompt

FIRST_WEEK = timedelta(days=7)
Key = tuple[date, time, datetime]  # local date, local time, due_at


def movement_for(
    session: Session, person: Person, policy: Policy, occurrence: Occurrence, catalogue: Catalogue
) -> Movement:
    """Return the movement of an occurrence's prompt, the same before and when it is made."""
    swapped = person.swapped_movement if person.swapped_due_at == occurrence.due_at else None
    if swapped is not None and swapped in catalogue:
        return catalogue.get(swapped)
    key = occurrence.local_date, occurrence.local_time, occurrence.due_at
    return _choice(session, person, policy, key, catalogue)


def swap_coming(
    session: Session, person: Person, policy: Policy, occurrence: Occurrence, catalogue: Catalogue
) -> Movement:
    """Choose another movement for an occurrence whose prompt is still to be made."""
    now_suggested = movement_for(session, person, policy, occurrence, catalogue)
    key = occurrence.local_date, occurrence.local_time, occurrence.due_at
    movement = _another(session, person, policy, key, now_suggested.id, catalogue)
    person.swapped_due_at, person.swapped_movement = occurrence.due_at, movement.id
    session.flush()
    return movement


def another_movement(
    session: Session, person: Person, policy: Policy, prompt: Prompt, catalogue: Catalogue
) -> Movement:
    """Return what to offer instead of a prompt's movement: never that one, nor the one it began with."""
    key = prompt.local_date, prompt.local_time, prompt.due_at
    return _another(session, person, policy, key, prompt.movement_id, catalogue)


def pool_of(policy: Policy) -> Pool:
    """Return what a policy draws its movements from."""
    rules = rules_of(policy)
    return Pool(rules.movement_filter, rules.movements)


def wishes_of(person: Person) -> Wishes:
    """Return what a person has asked of movements."""
    return Wishes(
        seated_only=person.seated_only,
        discreet_only=person.discreet_only,
        floor_on=person.floor_exercises,
        avoided_movements=frozenset(person.avoided_movements),
        avoided_places=frozenset(person.avoided_places),
    )


def _another(
    session: Session, person: Person, policy: Policy, key: Key, refused: str, catalogue: Catalogue
) -> Movement:
    first = _choice(session, person, policy, key, catalogue)
    draw = Draw(person.id, policy.id, key[0], key[1])
    both = list(dict.fromkeys((first.id, refused)))
    return alternative(catalogue, draw, pool_of(policy), wishes_of(person), both)


def _choice(session: Session, person: Person, policy: Policy, key: Key, catalogue: Catalogue) -> Movement:
    day, wall, due_at = key
    earlier = (
        select(Prompt.movement_id)
        .where(Prompt.person_id == person.id, Prompt.due_at < due_at)
        .order_by(Prompt.due_at.desc())
        .limit(REMEMBERED)
    )
    first_week = _first_week() if _is_new(session, person, policy, day) else ()
    draw = Draw(person.id, policy.id, day, wall)
    recent = list(session.scalars(earlier))
    return choose(catalogue, draw, pool_of(policy), wishes_of(person), recent, first_week)


def _is_new(session: Session, person: Person, policy: Policy, day: date) -> bool:
    """Whether the date lies in the first seven days after the person joined the policy's team."""
    rows = select(Membership).where(Membership.person_id == person.id, Membership.team_id == policy.team_id)
    membership = session.scalars(rows).first()
    if membership is None or membership.joined_at is None:
        return False
    zone = zone_of(person.zone or membership.team.zone)
    return day - local_date(membership.joined_at, zone) < FIRST_WEEK


@cache
def _first_week() -> tuple[str, ...]:
    defaults = tomllib.loads(data.read_text("presets.toml"))["defaults"]
    return tuple(defaults["first_week_movements"])
