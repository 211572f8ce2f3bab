"""Celery: the app and its tasks, which call services. The database is the queue, Redis the doorbell.

`celery -A tasks worker -Q plan` and `celery -A tasks worker -Q send` (both `--without-gossip
--without-mingle`), and one `celery -A tasks beat`; two beats do no harm. Importing this needs no Redis.
"""

import logging
from collections.abc import Sequence

from celery import Celery, signals

from daybreak import logs
from daybreak.runtime import Runtime
from daybreak.services import closing, participation, prompting, sweeping, whispering
from daybreak.store import due
from daybreak.zones import tz_version
from tasks.bell import ring_with
from tasks.calendars import fetch_round
from tasks.configuration import configuration
from tasks.dispatch import dispatch, finish, webhook_threads
from tasks.housekeeping import tidy_up
from tasks.process import here, use
from tasks.pulse import Scheduler
from tasks.whisperer import whisper as say_alone

__all__ = [
    "Scheduler",
    "app",
    "deliver",
    "fetch_calendars",
    "publish",
    "ring",
    "ring_whispers",
    "sweep",
    "tick",
    "tidy",
    "use",
    "whisper",
]

LIMIT = 200  # persons a transaction: short enough for SQLite's one writer
RENEWALS = 10  # batches a sweep, where the time zones are new ones
ROUNDS = 100  # so many transactions a tick: 20,000 persons, then the next tick goes on
CHATTER = ("celery.app.trace", "celery.worker.strategy", "celery.beat")  # a line for every tick

app = Celery("tasks", amqp="tasks.broker:Amqp")
app.add_defaults(lambda: configuration(here().settings))


@signals.setup_logging.connect  # type: ignore[untyped-decorator]
def _log(**_options: object) -> None:
    """Log like the pages do: JSON lines without secrets, and of the ticks only what goes wrong."""
    logs.configure(here().settings.log_level)
    for name in CHATTER:
        logging.getLogger(name).setLevel(logging.WARNING)


@signals.worker_process_shutdown.connect  # type: ignore[untyped-decorator]
def _finish(**_options: object) -> None:
    """Let the posts that are on their way come to their end: a pool's process leaves without a goodbye."""
    finish()


@app.task(name="tasks.tick", acks_late=False)  # type: ignore[untyped-decorator]
def tick() -> None:
    """Make what is due into deliveries and ring for them, a batch a transaction."""
    runtime = here()
    for _round in range(ROUNDS):
        ids, more = plan_batch(runtime)
        ring(ids)
        if not more:
            break


@app.task(name="tasks.sweep", acks_late=False)  # type: ignore[untyped-decorator]
def sweep() -> None:
    """Put right what crashes, a lost Redis and missed changes left behind."""
    runtime = here()
    with runtime.writing() as session:
        ids = sweeping.sweep(session, runtime.now())
    ring(ids)
    with runtime.writing() as session:
        waiting = whispering.sweep(session, runtime.now())
    ring_whispers(waiting)
    with runtime.writing() as session:
        sweeping.repair(session, runtime.now())
    for _round in range(RENEWALS):
        with runtime.writing() as session:
            if not sweeping.renew(session, runtime.now(), tz_version()):
                break


@app.task(name="tasks.publish", acks_late=False)  # type: ignore[untyped-decorator]
def publish() -> None:
    """Publish the teams' figures that are due, and freeze the weeks that have closed."""
    runtime = here()
    with runtime.writing() as session:
        participation.publish_due(session, runtime.now())
    with runtime.writing() as session:
        participation.freeze_due(session, runtime.now())


@app.task(name="tasks.tidy", acks_late=False)  # type: ignore[untyped-decorator]
def tidy() -> None:
    """Let go of what has been kept long enough, and of those who were removed."""
    tidy_up(here())


@app.task(name="tasks.deliver")  # type: ignore[untyped-decorator]
def deliver(ids: Sequence[int]) -> None:
    """Hand off a batch of deliveries; twice, or by two workers at once, each goes out once."""
    dispatch(here(), ids, ring, aside=webhook_threads())


@app.task(name="tasks.fetch_calendars", acks_late=False)  # type: ignore[untyped-decorator]
def fetch_calendars() -> None:
    """Fetch private calendars, a few a task: deliveries that wait come in between."""
    if fetch_round(here()):
        fetch_calendars.apply_async(expires=60)


@app.task(name="tasks.whisper")  # type: ignore[untyped-decorator]
def whisper(ids: Sequence[int]) -> None:
    """Answer those who pressed a button in Slack; twice, or by two workers at once, each is answered once."""
    say_alone(here(), ids)


def ring_whispers(ids: Sequence[int]) -> None:
    """Tell the workers that answers to Slack wait."""
    if ids:
        ring_with(whisper, here().settings.redis_url, ids)


def ring(ids: Sequence[int]) -> None:
    """Tell the workers that deliveries wait. Without Redis nothing is lost: the sweep rings again."""
    if ids:
        ring_with(deliver, here().settings.redis_url, ids)


def plan_batch(runtime: Runtime) -> tuple[list[int], bool]:
    """Plan what is due in one transaction; return the deliveries to ring, and whether more is due."""
    now = runtime.now()
    with runtime.writing() as session:
        prompting.mark_tick(session, now)
        closing.close_due(session, now, LIMIT)
        ids = prompting.prompt_due(session, now, LIMIT)
        ids += prompting.nudge_snoozed(session, now, LIMIT)
        more = due.anything_due(session, now)
    return ids, more
