"""Everything stopped for a morning: nothing late, nothing counted against anybody, nothing used up."""

from datetime import timedelta

from daybreak.store import participation
from tests.support.post_office import TEN, PostOffice
from tests.support.smtp import SmtpSink
from tests.support.world import MONDAY_0900

HALF_AN_HOUR, MINUTE = timedelta(minutes=30), timedelta(minutes=1)
BACK = MONDAY_0900 + timedelta(hours=4, minutes=2)  # 13:02
MONDAY = MONDAY_0900.date()


def test_stopped_from_nine_to_two_minutes_past_one_nothing_late_is_sent(
    office: PostOffice, smtp_sink: SmtpSink
) -> None:
    office.policy(interval_min=30, interval_max=30, max_prompts_per_day=20)
    office.run(BACK)
    assert smtp_sink.mails == []
    assert office.deliveries() == []
    lost = office.prompts(office.world.bob)
    assert [one.due_at for one in lost] == [MONDAY_0900 + n * HALF_AN_HOUR for n in range(1, 6)]
    assert {(one.standing, one.reason) for one in lost} == {("undelivered", "outage")}
    with office.runtime.reading() as session:
        assert participation.counts_by_date(session, office.world.team.id, {MONDAY: BACK}) == []
    office.run(BACK + 28 * MINUTE)  # half past one
    assert len(smtp_sink.mails) == 2
    with office.runtime.reading() as session:
        look = {MONDAY: BACK + 8 * 60 * MINUTE}
        counts = participation.counts_by_date(session, office.world.team.id, look)
    assert sum(count.prompts for _, count in counts) == 2


def test_what_was_on_its_way_when_everything_stopped_expires(office: PostOffice, smtp_sink: SmtpSink) -> None:
    office.at(TEN)
    office.tick()
    office.run(BACK)
    assert smtp_sink.mails == []
    assert {one.state for one in office.deliveries()} == {"expired"}
    assert {one.standing for one in office.prompts() if one.due_at == TEN} == {"undelivered"}


def test_of_a_backlog_the_newest_that_is_still_fresh_is_sent(office: PostOffice, smtp_sink: SmtpSink) -> None:
    office.policy(interval_min=30, interval_max=30, max_prompts_per_day=20)
    office.run(TEN + 31 * MINUTE)
    assert len(smtp_sink.mails) == 2
    nine_thirty, ten, half_past = office.prompts(office.world.bob)
    assert (nine_thirty.standing, ten.standing, half_past.standing) == ("undelivered", "undelivered", "open")


def test_what_an_outage_lost_uses_up_nothing_of_the_daily_limit(
    office: PostOffice, smtp_sink: SmtpSink
) -> None:
    office.policy(interval_min=30, interval_max=30, max_prompts_per_day=3)
    office.run(BACK)
    for half_hours in range(1, 8):
        office.run(MONDAY_0900 + timedelta(hours=4) + half_hours * HALF_AN_HOUR)
    assert len(smtp_sink.to("bob@acme.test")) == 3
    text = smtp_sink.to("bob@acme.test")[0].message.get_body(("plain",))
    assert text is not None
    assert "1 of 3 today" in text.get_content()
