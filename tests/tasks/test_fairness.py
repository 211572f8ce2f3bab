"""One team's backlog, dead webhook or burst of mail does not delay another's."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from daybreak.services import planning, prompting
from daybreak.store import deliveries
from daybreak.store.tables import Delivery, Policy, Prompt, Team
from tasks.dispatch import dispatch
from tests.support.post_office import TEN, PostOffice
from tests.support.processes import wait_until
from tests.support.proxy import proxy_before
from tests.support.slack import SlackSink
from tests.support.smtp import SmtpSink
from tests.support.world import MONDAY_0900, make_person, make_policy, make_team

WEEKS_AGO = MONDAY_0900 - timedelta(days=14)
CROWD = 60


def crowd(office: PostOffice) -> None:
    """Let Alice's team have sixty members more."""
    with office.runtime.writing() as session:
        team = session.merge(office.world.team)
        persons = [make_person(session, f"crowd{n}", WEEKS_AGO, team) for n in range(CROWD)]
        planning.replan(session, persons, MONDAY_0900)


def small_team(office: PostOffice, **fields: object) -> Team:
    """Make a team of two that is due at ten as well, later in every order by number."""
    with office.runtime.writing() as session:
        team = make_team(session, "small", "Small team", WEEKS_AGO)
        make_policy(session, team, WEEKS_AGO, **fields)
        persons = [make_person(session, f"small{n}", WEEKS_AGO, team) for n in range(2)]
        planning.replan(session, persons, MONDAY_0900)
        return team


def test_a_small_team_is_planned_in_the_first_batch_of_a_big_ones_backlog(office: PostOffice) -> None:
    crowd(office)
    small = small_team(office)
    with office.runtime.writing() as session:
        prompting.prompt_due(session, TEN, 10)
        planned = session.query(Prompt).all()
        assert len(planned) == 10
        assert sum(one.team_id == small.id for one in planned) == 2


def test_what_nobody_heard_is_rung_in_turn(office: PostOffice) -> None:
    crowd(office)
    small = small_team(office)
    office.at(TEN)
    office.tick()
    with office.runtime.reading() as session:
        first = deliveries.unheard(session, TEN, 4)
        teams = [session.get_one(Delivery, one).team_id for one in first]
    assert Counter(teams) == {office.world.team.id: 2, small.id: 2}


def test_a_webhook_that_hangs_delays_neither_mail_nor_the_webhook_beside_it(
    office: PostOffice, slack_sink: SlackSink, smtp_sink: SmtpSink
) -> None:
    crowd(office)
    small = small_team(office, channels=["slack:breaks"])
    host, port = slack_sink.origin.removeprefix("http://").split(":")
    with proxy_before(host, int(port)) as line, ThreadPoolExecutor(8) as aside:
        line.order("request", "stall")
        dead = f"http://127.0.0.1:{line.port}"
        object.__setattr__(office.runtime.settings, "webhook_allow", (slack_sink.origin, dead))
        healthy = office.webhook(slack_sink.webhook("T/B/healthy"))
        office.change(healthy, team_id=small.id)
        hanging = office.webhook(f"{dead}/services/T/B/hangs")
        with office.runtime.writing() as session:
            session.merge(office.world.policy).channels = ["slack:breaks", "email"]
            small_policy = session.query(Policy).filter_by(team_id=small.id).one()
            for policy_id in (office.world.policy.id, small_policy.id):
                planning.replan_shared(session, session.get_one(Policy, policy_id), MONDAY_0900)
            for number in range(CROWD):  # half of whom wish for mail
                person = session.query(type(office.world.bob)).filter_by(name=f"Crowd{number}").one()
                person.channel = "email" if number % 2 else None
        office.at(TEN)
        office.tick()
        ids = office.ids()
        rung: list[int] = []
        began_s = time.monotonic()
        dispatch(office.runtime, ids, rung.extend, aside)
        assert len(smtp_sink.mails) == CROWD // 2
        wait_until(lambda: shared(office)[healthy.id] == "sent", seconds=8, what="the healthy webhook's post")
        took_s = time.monotonic() - began_s
        assert line.reached.is_set()
        assert shared(office)[hanging.id] == "handing_off", took_s
        line.cut_all()
    assert shared(office) == {hanging.id: "unknown", healthy.id: "sent"}


def shared(office: PostOffice) -> dict[int | None, str]:
    """How shared posts stand, by channel."""
    return {one.channel_id: one.state for one in office.deliveries() if one.kind == "shared"}
