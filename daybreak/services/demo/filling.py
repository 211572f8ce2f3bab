"""Filling an empty database with the demo: apply the workspace, live eight weeks, publish on the way."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from daybreak.cipher import Cipher
from daybreak.data import read_text
from daybreak.domain.errors import DaybreakError
from daybreak.domain.participation import WEEKS, week_start
from daybreak.domain.slots import draw
from daybreak.domain.time import DAY, local_date, zone_of
from daybreak.services import applying, auditing, participation, planning, workspace_file
from daybreak.services.demo import visitors
from daybreak.services.demo.habits import Habit
from daybreak.services.demo.history import Past
from daybreak.store import audit
from daybreak.store.tables import DayOff, Person, Policy, Team
from daybreak.wording import gettext as _

FILE = "demo.toml"
FILLED = "workspace.demo_filled"
SEED = 7
EAGER = 0.15  # the visitors' own days are worth looking at
AWAY = 0.4  # of the others, who were away for a week
LOOKS_EVERY = timedelta(hours=6)
Tell = Callable[[str], None]


class NotEmptyError(DaybreakError):
    """There is a workspace here already: the demo needs an empty home."""

    hint = "Give it one of its own: python3 -m daybreak up --demo --home demo"


def is_empty(session: Session) -> bool:
    """Tell whether nobody has begun anything here."""
    return not session.scalar(select(exists(select(Person.id)) | exists(select(Team.id))))


def is_demo(session: Session) -> bool:
    """Tell whether the workspace was made by `fill`."""
    return audit.last_of(session, "workspace", 1, FILLED) is not None


def fill(
    session: Session, cipher: Cipher, now: datetime, tell: Tell, seed: int = SEED, weeks: int = WEEKS
) -> datetime:
    """Fill an empty database with the demo as it stands at `now`; return when its first break is due.

    `weeks` are lived before the present one. Equal seeds and instants make equal demos. `tell` is called with
    a sentence for each long step. Raises NotEmptyError where there is anything. Flushes; the shell commits.
    """
    if not is_empty(session):
        raise NotEmptyError
    tell(_("Making the demo: a workspace as it might look after eight weeks."))
    first_monday = week_start(now.date()) - weeks * 7 * DAY
    began_at = datetime.combine(first_monday - DAY, time(9), UTC)
    everyone = _apply(session, cipher, began_at)
    guests = visitors.rows(session)
    visitors.settle_zone(guests, now)
    _days_off(everyone, guests, first_monday, seed)
    session.flush()
    habits = {one.id: Habit(seed, one.email or "", EAGER if one in guests else 0.0) for one in everyone}
    policies = {policy.id: policy for policy in session.scalars(select(Policy))}
    past = Past(session, policies, habits, first_monday, now)
    due_at = _live(past, everyone, guests, first_monday, tell)
    tell(_("Counting the weeks, and leaving out what would tell of too few."))
    _publish(session, first_monday, weeks, now)
    planning.replan(session, everyone, now)
    for team in session.scalars(select(Team)):
        planning.replan_team(session, team.id, now)
    auditing.record(session, None, FILLED, "workspace", 1, None, None, {"seed": seed}, now, FILE)
    return due_at


def _apply(session: Session, cipher: Cipher, began_at: datetime) -> list[Person]:
    file = workspace_file.parse(read_text(FILE), FILE, (), applying.known(session))
    applying.apply(session, file, cipher, (), began_at)
    return list(session.scalars(select(Person).order_by(Person.id)))


def _days_off(everyone: Sequence[Person], guests: Sequence[Person], first_monday: date, seed: int) -> None:
    """Some were away for a week, at different times; one more takes an afternoon."""
    for person in everyone:
        chance = draw("away", seed, person.email)
        if person in guests or chance / 2**64 > AWAY:
            continue
        monday = first_monday + (chance % WEEKS) * 7 * DAY
        friday = monday + 4 * DAY
        afternoon = friday + 7 * DAY
        person.days_off = [
            DayOff(first_date=monday, last_date=friday),
            DayOff(first_date=afternoon, last_date=afternoon, half="pm"),
        ]


def _live(
    past: Past, everyone: Sequence[Person], guests: Sequence[Person], monday: date, tell: Tell
) -> datetime:
    """Live through the weeks up to now, then through the visitors' today by the hours of its first break."""
    others = [one for one in everyone if one not in guests]
    today = local_date(past.now, zone_of(guests[0].zone or "UTC"))  # the visitors live in one zone
    last = past.now.date() + DAY  # it is tomorrow somewhere
    for week in range((last - monday).days // 7 + 1):
        first = monday + week * 7 * DAY
        if week in (3, 6):
            tell(_("  %(done)s of %(all)s weeks", done=week, all=WEEKS))
        past.write(others, first, first + 6 * DAY)
        past.write(guests, first, min(first + 6 * DAY, today - DAY))
    due_at = visitors.arrange_first_break(past.session, guests, past.now, intervals=2)
    past.write(guests, today, today)
    return due_at


def _publish(session: Session, first_monday: date, weeks: int, now: datetime) -> None:
    """Publish and freeze at the instants at which a living installation would have, as far as it shows."""
    midnight = datetime.combine(first_monday, time(), UTC)
    looks_from = midnight + max(weeks - 1, 0) * timedelta(weeks=1)
    at = midnight + timedelta(days=9, hours=12)  # a week closes a day after its Sunday has ended everywhere
    while at < looks_from:
        participation.freeze_due(session, at)
        at += timedelta(weeks=1)
    at = looks_from
    while at < now:
        participation.freeze_due(session, at)
        participation.publish_due(session, at)
        at += LOOKS_EVERY
    participation.freeze_due(session, now)
    participation.publish_due(session, now)
