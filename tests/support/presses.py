"""A morning with buttons in Slack, for tests: Bob is asked, somebody presses, and what came of it."""

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import func, select

import tasks
from daybreak.channels.slack.buttons import shared_key
from daybreak.store.tables import BreakTaken, Person, Prompt, SlackAccount, SlackReply
from tests.support.interactions import SIGNING_SECRET, TEAM, USER
from tests.support.post_office import NOBODY
from tests.support.prompts import make_prompt
from tests.support.slack import SlackSink
from tests.support.world import MONDAY_0900
from tests.webapp.conftest import Web

TEN = MONDAY_0900 + timedelta(hours=1)
NOW = TEN + timedelta(minutes=2)
SECOND = timedelta(seconds=1)


def asked(make_web: Callable[..., Web], slack_sink: SlackSink) -> Web:
    """The app with a signing secret; Bob was asked at ten, and it is two minutes past."""
    environ = {"SLACK_SIGNING_SECRET": SIGNING_SECRET, "WEBHOOK_ALLOW": slack_sink.origin}
    made = make_web(REDIS_URL=NOBODY, **environ)
    with made.writing() as session:
        make_prompt(session, made.world.bob, made.world.policy, TEN)
    made.clock.at = NOW
    tasks.use(made.runtime)
    return made


def link(web: Web, person: Person, user: str = USER) -> None:
    """Connect a Slack account to a person."""
    with web.writing() as session:
        session.add(SlackAccount(person_id=person.id, team_id=TEAM, user_id=user, linked_at=NOW))


def shared(web: Web) -> str:
    """What the buttons of the team's post of ten o'clock carry."""
    return shared_key(web.world.policy.id, TEN)


def bob(web: Web) -> Prompt:
    """Bob's prompt as stored now."""
    with web.reading() as session:
        return session.scalars(select(Prompt).filter_by(person_id=web.world.bob.id)).one()


def breaks(web: Web) -> int:
    """How many breaks were taken."""
    with web.reading() as session:
        return session.scalar(select(func.count(BreakTaken.id))) or 0


def whispers(web: Web, sink: SlackSink) -> list[str]:
    """Let the worker say what waits; what Slack was told so far."""
    with web.reading() as session:
        waiting = list(session.scalars(select(SlackReply.id)))
    tasks.whisper(waiting)
    assert all(post.payload["response_type"] == "ephemeral" for post in sink.posts)
    assert all(post.payload["replace_original"] is False for post in sink.posts)
    return [post.payload["text"] for post in sink.posts]


def answer_at(sink: SlackSink) -> str:
    """The response_url of a press."""
    return f"{sink.origin}/actions/T0ACME/1/abc"
