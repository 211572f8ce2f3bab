"""Celery's settings: those that were measured to survive a lost Redis, a killed worker and a frozen line."""

from datetime import timedelta
from typing import Any

from daybreak.domain.delivery import LEASE
from daybreak.services.sweeping import EVERY
from daybreak.settings import SettingError, Settings

TASK_TIME_LIMIT = timedelta(seconds=60)
VISIBILITY_TIMEOUT = timedelta(seconds=120)
TICK_EVERY = timedelta(seconds=2)
PUBLISH_EVERY = timedelta(seconds=10)
CALENDARS_EVERY = timedelta(minutes=1)
TIDY_EVERY = timedelta(hours=1)
PLAN, SEND = "plan", "send"

if not TASK_TIME_LIMIT < LEASE < VISIBILITY_TIMEOUT:
    raise AssertionError("a task must be dead before its lease lapses, and that before Redis redelivers")

TRANSPORT_OPTIONS: dict[str, Any] = {
    "visibility_timeout": int(VISIBILITY_TIMEOUT.total_seconds()),
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "socket_timeout": 10,
    "socket_connect_timeout": 5,
    "socket_keepalive": True,
    "health_check_interval": 10,
}


def configuration(settings: Settings) -> dict[str, Any]:
    """Return the configuration of the app. Raises SettingError where there is no Redis to speak of."""
    if settings.redis_url is None:
        wanted = "redis://…, or `python3 -m daybreak up`, which brings an embedded one"
        raise SettingError("REDIS_URL", wanted)
    return {
        "broker_url": settings.redis_url,
        "broker_transport_options": TRANSPORT_OPTIONS,
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "result_backend": None,
        "task_ignore_result": True,
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "task_time_limit": TASK_TIME_LIMIT.total_seconds(),
        "task_serializer": "json",
        "accept_content": ["json"],
        "task_default_queue": SEND,
        "task_routes": {f"tasks.{name}": {"queue": PLAN} for name in ("tick", "sweep", "publish", "tidy")},
        "worker_prefetch_multiplier": 1,
        "worker_send_task_events": False,
        "worker_cancel_long_running_tasks_on_connection_loss": False,
        "timezone": "UTC",
        "beat_schedule": {
            "tick": _entry("tasks.tick", TICK_EVERY),
            "sweep": _entry("tasks.sweep", EVERY),
            "publish": _entry("tasks.publish", PUBLISH_EVERY),
            "calendars": _entry("tasks.fetch_calendars", CALENDARS_EVERY),
            "tidy": _entry("tasks.tidy", TIDY_EVERY),
        },
        "beat_scheduler": "tasks.pulse:Scheduler",
        "beat_schedule_filename": str(settings.home / "beat-schedule"),
    }


def _entry(task: str, every: timedelta) -> dict[str, Any]:
    """An entry whose task is dropped where it has waited for a while: the next one does its work."""
    expires = max(every, timedelta(seconds=10))
    return {"task": task, "schedule": every, "options": {"expires": expires.total_seconds()}}
