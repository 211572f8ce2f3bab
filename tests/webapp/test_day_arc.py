"""The day as an arc: where things lie, and what is not drawn."""

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from math import hypot
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from daybreak.domain.window import Window
from daybreak.services.today import Item
from webapp.day_arc import BASE, CENTRE, RADIUS, day_arc

LISBON = ZoneInfo("Europe/Lisbon")


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, 2, hour, minute, tzinfo=UTC)


def window(start: int, end: int) -> Window:
    return Window(at(start).date(), at(start), at(end), time(start))


DAY = (window(9, 12), window(13, 17))


def test_a_morning_and_an_afternoon_with_lunch_between() -> None:
    arc = day_arc(DAY, [Item("done", at(10)), Item("next", at(15))], at(13), LISBON)
    assert arc is not None
    assert arc.work == ("M68.0 262.0A232 232 0 0 1 211.2 47.7", "M300.0 30.0A232 232 0 0 1 532.0 262.0")
    assert arc.gaps == ("M211.2 47.7A232 232 0 0 1 300.0 30.0",)
    assert arc.passed == (arc.work[0],)
    assert arc.sun == (300.0, 30.0)  # noon of this day: one o'clock
    assert [(mark.kind, mark.label, mark.x, mark.y) for mark in arc.marks] == [
        ("done", "10", 85.7, 173.2),
        ("next", "15", 464.0, 98.0),
    ]


def test_no_work_no_arc() -> None:
    assert day_arc((), [Item("own", at(10))], at(10), LISBON) is None


def test_the_sun_stays_on_the_horizon_outside_of_work() -> None:
    before, after = (day_arc(DAY, (), now, LISBON) for now in (at(6), at(22)))
    assert before is not None
    assert after is not None
    assert (before.sun, before.passed) == ((68.0, 262.0), ())
    assert (after.sun, after.passed) == ((532.0, 262.0), after.work)


def test_labels_are_short_and_do_not_touch() -> None:
    items = [Item("done", at(10, 30)), Item("done", at(10, 40)), Item("own", at(14))]
    arc = day_arc(DAY, items, at(9), LISBON)
    assert arc is not None
    assert [mark.label for mark in arc.marks] == ["10:30", "", ""]


@given(
    st.lists(st.integers(0, 24 * 60), max_size=12, unique=True),
    st.integers(-600, 24 * 60),
    st.integers(1, 16),
)
def test_everything_lies_on_the_arc_in_order(minutes: list[int], now: int, hours: int) -> None:
    start_at = at(0) + timedelta(hours=6)
    one = Window(start_at.date(), start_at, start_at + timedelta(hours=hours), time(6))
    items = [Item("later", at(0) + timedelta(minutes=m)) for m in sorted(minutes)]
    arc = day_arc((one,), items, at(0) + timedelta(minutes=now), LISBON)
    assert arc is not None
    for x, y in [(mark.x, mark.y) for mark in arc.marks] + [arc.sun]:
        assert abs(hypot(x - CENTRE, y - BASE) - RADIUS) < 0.2
        assert y <= BASE
    assert all(left.x <= right.x for left, right in pairwise(arc.marks))
    assert len(arc.marks) == sum(one.start_at <= item.at <= one.end_at for item in items)
