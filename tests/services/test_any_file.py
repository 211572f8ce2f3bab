"""Whatever a workspace file says: applied a second time it changes nothing."""

import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text

from daybreak.runtime import Runtime
from daybreak.services import policy_rules
from daybreak.store.tables import Workspace
from tests.support.applied import applied, everything
from tests.support.files import GOOD

NAMES = st.sampled_from(["one", "two", "three"])
PRESETS = st.sampled_from([p.id for p in policy_rules.presets().presets if p.id != "flexible-30-50"])
POLICIES = st.lists(
    st.fixed_dictionaries(
        {"name": NAMES, "preset": PRESETS},
        optional={
            "interval_min": st.integers(5, 240),
            "push_every": st.integers(0, 5),
            "rhythm": st.sampled_from(["together", "personal"]),
            "spread": st.integers(0, 15),
            "remove": st.just(True),
        },
    ),
    max_size=3,
    unique_by=lambda p: p["name"],
)
TEAMS = st.lists(
    st.fixed_dictionaries(
        {
            "slug": NAMES,
            "name": NAMES,
            "zone": st.sampled_from(["Europe/Lisbon", "Asia/Tokyo", "America/New_York"]),
            "policy": POLICIES,
        },
        optional={"country": st.sampled_from(["PT", "US"]), "quiet_days": st.just(["2026-12-24"])},
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda t: t["slug"],
)


@st.composite
def files(draw: st.DrawFn) -> str:
    """A valid workspace file, as JSON-like TOML."""
    teams = draw(TEAMS)
    slugs = [t["slug"] for t in teams]
    names = draw(st.lists(st.sampled_from(["ana", "bob", "cleo"]), unique=True))
    persons = [
        {
            "email": f"{name}@acme.test",
            "teams": draw(st.lists(st.sampled_from(slugs), unique=True)),
            "accepted": draw(st.booleans()),
            **({"zone": "Asia/Tokyo"} if draw(st.booleans()) else {}),
            **({"owner": True} if draw(st.booleans()) else {}),
        }
        for name in names
    ]
    return _toml({"team": teams, "person": persons})


def _toml(value: dict[str, object]) -> str:
    def write(v: object) -> str:
        if isinstance(v, dict):
            return "{ " + ", ".join(f"{k} = {write(x)}" for k, x in v.items()) + " }"
        if isinstance(v, list):
            return "[" + ", ".join(write(x) for x in v) + "]"
        return json.dumps(v)

    return "\n".join(f"{key} = {write(inner)}" for key, inner in value.items())


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=files(), second=files())
def test_any_file_applied_twice_changes_nothing_the_second_time(
    runtime: Runtime, first: str, second: str
) -> None:
    """The database keeps what earlier examples left: a file must settle over any workspace."""
    for content in (first, second):
        applied(runtime, content)
        with runtime.reading() as session:
            before = everything(session)
        assert applied(runtime, content) == []
        with runtime.reading() as session:
            assert everything(session) == before


def test_counting_rows_is_not_fooled(runtime: Runtime) -> None:
    """`everything` sees a change of any row."""
    applied(runtime, GOOD)
    with runtime.writing() as session:
        before = everything(session)
        session.execute(text("UPDATE workspace SET name = 'Other'"))
        assert everything(session) != before
        assert session.scalar(select(func.count()).select_from(Workspace)) == 1
