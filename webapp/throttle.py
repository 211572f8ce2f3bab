"""How often somebody may try: counted in Redis, in this process while Redis is down, never not at all."""

from flask import Flask


def init_throttle(app: Flask) -> None:
    """Count tries of the app."""
