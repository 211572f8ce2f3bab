"""The plan against the oracle, over random worlds."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, time
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daybreak.domain.plan import day_plan, next_occurrence
from tests.domain import oracle
from tests.domain.worlds import DAY, MINUTE, world

cases: Counter[str] = Counter()
seeds = st.randoms(use_true_random=True)  # Hypothesis seeds it: what fails once fails again


@pytest.fixture(scope="module", autouse=True)
def _count() -> Iterator[None]:
    yield
    print("\ncases tried:", dict(sorted(cases.items())))  # noqa: T201


@settings(max_examples=500, deadline=None)
@given(seeds)
def test_plan_is_what_the_oracle_says(random: Random) -> None:
    person, policies, day, history = world(random)
    plan = day_plan(person, policies, day, history)
    moments, kept = oracle.plan(person, policies, day, history)
    assert [(one.due_at, one.policy_id, one.pushed, one.sent) for one in plan.kept] == kept
    inside = Counter(
        (one.occurrence_at, one.policy_id, str(one.reason))
        for one in plan.occurrences
        if not one.kept and one.occurrence_at <= one.window_end_at and one.window_start_at < one.window_end_at
    )
    assert inside == Counter((m.at, m.policy.policy_id, m.reason) for m in moments if m.reason)
    assert [(w.start_at, w.end_at) for w in plan.windows] == oracle.windows(person, day)
    cases.update(["plans"], kept=len(kept))
    cases.update(str(one.reason) for one in plan.occurrences if one.reason)


@settings(max_examples=300, deadline=None)
@given(seeds)
def test_no_plan_breaks_its_promises(random: Random) -> None:
    person, policies, day, history = world(random)
    plan = day_plan(person, policies, day, history)
    assert plan == day_plan(person, list(reversed(policies)), day, history)
    identities = [one.identity for one in plan.kept]
    assert len(identities) == len(set(identities))
    gap = {policy.policy_id: policy.rules.min_gap * MINUTE for policy in policies}
    for before, after in pairwise(plan.kept):
        if not (before.sent and after.sent):
            assert after.due_at - before.due_at >= max(gap[before.policy_id], gap[after.policy_id])
    for one in plan.occurrences:
        assert one.kept == (one.reason is None or one.reason == "backed_off")
        assert one.due_at == one.local.astimezone(UTC)
    cases["promises"] += 1


@settings(max_examples=200, deadline=None)
@given(seeds)
def test_next_occurrence_is_the_first_of_the_plans(random: Random) -> None:
    person, policies, day, history = world(random)
    after_at = datetime.combine(day, time.min, UTC) + random.randint(-600, 2400) * MINUTE
    following = next_occurrence(person, policies, after_at, history, horizon_days=3)
    past = replace(history, now_at=history.now_at or after_at)
    expected = [
        one
        for offset in range(-3, 8)
        for one in day_plan(person, policies, day + offset * DAY, past).kept
        if one.due_at > after_at and not one.sent
    ]
    first = min(expected, key=lambda one: one.due_at, default=None)
    if following or (first and first.local_date <= after_at.date() + DAY):
        assert following == first
    cases["next"] += 1
