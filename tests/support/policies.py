"""The pages of policies, for tests: their address, the editor as a browser sends it, the words."""

import re
from typing import Any

from werkzeug.test import TestResponse

BASE = "/team/product/policies"


def filled(**changes: Any) -> dict[str, Any]:
    """The editor of the world's policy as it stands, with some fields changed."""
    values: dict[str, Any] = {
        "preset": "hourly-walk",
        "policy": "1",
        "version": "1",
        "name": "Hourly reset",
        "interval_min": "60",
        "interval_max": "60",
        "break_seconds": "120",
        "rhythm": "together",
        "spread": "0",
        "tail_guard": "10",
        "places": ["walk", "standing"],
        "max_difficulty": "2",
        "channels-0": "1",
        "channels-1": "",
        "channels-2": "2",
        "response_window": "30",
        "max_prompts_per_day": "8",
        "min_gap": "10",
        "push_every": "1",
        "backoff_after_ignored": "3",
        "snooze": "10",
        "max_snoozes": "2",
        "allow_skip": "y",
        "audience": "all",
    }
    return {**values, **changes}


def text_of(response: TestResponse) -> str:
    """The words of a page, its tags taken away."""
    return " ".join(re.sub(r"<[^>]+>", " ", response.text).split())
