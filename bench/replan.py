"""P8: planning all members of a team anew after a policy change (100,000: at most 60 s on one worker).

Run `python -m bench.replan [members] [database url]` from the project's root. The change goes through
`services.policies.update`, which keeps every `next_due_at` right in its own transaction. Without a URL the
database is a fresh SQLite file; a URL names an empty PostgreSQL database. Prints JSON.
"""

import json
import os
import platform
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter, process_time

import sqlalchemy
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from daybreak.services import planning, policies, teams
from daybreak.store.engine import make_engine
from daybreak.store.migrate import upgrade
from daybreak.store.tables import Membership, Person, Policy, Workspace

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
HOURS = {day: ["09:00-12:00", "13:00-17:00"] for day in ("mon", "tue", "wed", "thu", "fri")}


def fill(session: Session, members: int) -> Policy:
    """A team of so many, in one zone, with an hourly policy; everybody joined long ago."""
    long_ago = NOW - timedelta(days=60)
    session.add(Workspace(id=1, name="Bench"))
    team = teams.create_team(session, "Everybody", "Europe/Lisbon", None, long_ago)
    team.hours = HOURS
    policy = policies.create(session, team, "hourly-walk", None, long_ago)
    persons = [
        {"id": n, "email": f"p{n}@bench.test", "created_at": long_ago, "unsubscribe_key": str(n)}
        | {"own_fields": [], "avoided_movements": [], "avoided_places": []}
        for n in range(1, members + 1)
    ]
    session.execute(insert(Person), persons)
    joined = {"team_id": team.id, "role": "member", "joined_at": long_ago}
    session.execute(insert(Membership), [{"person_id": one["id"], **joined} for one in persons])
    return policy


def main() -> None:
    """Fills a database, changes the policy, and prints how long that took."""
    members = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as folder:
        url = sys.argv[2] if len(sys.argv) > 2 else f"sqlite:///{Path(folder) / 'bench.sqlite3'}"
        upgrade(url)
        engine = make_engine(url)
        with Session(engine) as session, session.begin():
            policy_id = fill(session, members).id
        load = os.getloadavg()[0]
        started, worked = perf_counter(), process_time()
        with Session(engine) as session, session.begin():
            policy = session.get_one(Policy, policy_id)
            policies.update(session, policy, None, {"interval_min": 45}, None, NOW)
        seconds, cpu = perf_counter() - started, process_time() - worked
        with Session(engine) as session:
            due = select(func.count()).where(Person.next_due_at == NOW + timedelta(minutes=45))
            assert session.scalar(due) == members  # noqa: S101 - else nothing was measured
            occurrence = planning.next_for(session, session.get_one(Person, 1), NOW)
            assert occurrence is not None  # noqa: S101
        figures = {
            "members": members,
            "database": engine.dialect.name,
            "seconds": round(seconds, 2),
            "cpu seconds of the process": round(cpu, 2),
            "microseconds a member": round(seconds / members * 1e6),
            "load before": round(load, 1),
            "python": platform.python_version(),
            "sqlalchemy": sqlalchemy.__version__,
        }
        engine.dispose()
        print(json.dumps(figures))


if __name__ == "__main__":
    main()
