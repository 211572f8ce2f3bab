"""Deliveries as rules: states, expiry, backoff, the breaker."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybreak.domain.delivery import (
    BACKOFF_CAP,
    BREAKER_CAP,
    TRANSITIONS,
    DeliveryState,
    backoff,
    breaker,
    expiry,
    may_become,
    next_try,
)

S = DeliveryState
NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)


def test_what_may_have_left_is_never_planned_as_if_nothing_had_happened() -> None:
    assert not may_become(S.UNKNOWN, S.PLANNED)
    assert not may_become(S.HANDING_OFF, S.CLAIMED)
    assert not may_become(S.PLANNED, S.SENT)
    assert not may_become(S.CLAIMED, S.SENT)
    assert not may_become(S.CLAIMED, S.UNKNOWN)


def test_every_state_leads_to_an_end_and_ends_lead_nowhere() -> None:
    assert set(TRANSITIONS) == set(S)
    ends = {state for state in S if state.ended}
    assert ends == {S.SENT, S.FAILED, S.UNKNOWN, S.EXPIRED, S.SUPPRESSED, S.CANCELLED}
    assert all(TRANSITIONS[state] & ends for state in S if not state.ended)


@pytest.mark.parametrize(("interval", "seconds"), [(5, 75), (10, 150), (20, 300), (60, 300), (240, 300)])
def test_expiry_is_five_minutes_or_a_quarter_of_the_interval(interval: int, seconds: int) -> None:
    assert expiry(timedelta(minutes=interval)) == timedelta(seconds=seconds)


@given(st.integers(1, 1000), st.floats(0, 1, exclude_max=True))
def test_backoff_has_full_jitter_between_a_second_and_its_cap(attempts: int, draw: float) -> None:
    wait = backoff(attempts, draw)
    assert timedelta(seconds=1) <= wait <= BACKOFF_CAP
    assert backoff(attempts, 0.0) == timedelta(seconds=1)
    assert backoff(attempts + 1, draw) >= wait


@given(st.integers(0, 10_000))
def test_the_breaker_opens_at_four_failures_and_doubles_to_a_day(failures: int) -> None:
    pause = breaker(failures)
    if failures < 4:
        assert pause is None
    else:
        assert pause == min(BREAKER_CAP, timedelta(minutes=1) * 2 ** min(failures - 4, 12))


def test_a_try_after_the_expiry_is_none() -> None:
    assert next_try(NOW, NOW + timedelta(seconds=10), timedelta(seconds=10)) is None
    assert next_try(NOW, NOW + timedelta(seconds=11), timedelta(seconds=10)) == NOW + timedelta(seconds=10)
