"""What makes the pulse: the loop of a connected worker, a task that has ended, a round of beat."""

import threading
from typing import Any

from celery import signals
from celery.beat import PersistentScheduler

from daybreak import pulse
from tasks.process import here

_name: str | None = None


@signals.celeryd_init.connect  # type: ignore[untyped-decorator]
def _learn(sender: str, **_options: object) -> None:
    """Remember what the worker is called: its name without the machine's."""
    global _name
    _name = sender.partition("@")[0]


@signals.heartbeat_sent.connect  # type: ignore[untyped-decorator]
def _loop_turns(**_options: object) -> None:
    """The loop that takes tasks in has come round; a beat from another thread would say little."""
    if threading.current_thread() is threading.main_thread():
        _touch()


@signals.task_postrun.connect  # type: ignore[untyped-decorator]
def _task_ended(**_options: object) -> None:
    _touch()


class Scheduler(PersistentScheduler):  # type: ignore[misc]
    """The timetable, with a pulse."""

    def tick(self, *arguments: Any, **options: Any) -> Any:
        """Do one round."""
        wait = super().tick(*arguments, **options)
        pulse.touch(here().settings.home, "beat")
        return wait


def _touch() -> None:
    if _name in pulse.PATIENCE_S:
        pulse.touch(here().settings.home, _name)
