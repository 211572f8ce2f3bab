"""A fuzzer: every route and form, with types, lengths, encodings, fields and headers that nobody would send.

`python -m bench.fuzz --requests 20000 [--seed 1]` makes installations of its own, asks, and prints what
answered 500 or worse; exit status 1 if anything did. The suite does 2,000 (tests/webapp/test_fuzz.py).
"""

import argparse
import logging
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from itsdangerous import URLSafeTimedSerializer
from werkzeug.routing import AnyConverter, Rule

from daybreak import logs
from daybreak import runtime as runtimes
from daybreak import settings as settings_module
from daybreak.services import accounts
from daybreak.store.migrate import upgrade
from daybreak.store.tables import Person
from tests.support.prompts import make_delivery, make_link, make_prompt
from tests.support.world import World, make_world
from webapp import create_app

SECRET = "a-secret-of-the-fuzzer-that-is-long-enough"  # noqa: S105
WORDS = [
    "", " ", "0", "1", "-1", "2", "999999999999999999999", "1e309", "NaN", "true", "null", "[]", "{}",
    "a" * 300, "x" * 9000, "é", "\u202eabc", "\ufeff", "😀" * 50, "\x00", "a\x00b", "\r\nX-Evil: 1",
    "\t", "%00", "%", "%zz", "../../etc/passwd", "<script>alert(1)</script>", "{{7*7}}", "' OR 1=1 --",
    "=1+1", "2026-02-30", "2026-W60", "25:61", "09:00-08:00", "Europe/Lisbon", "Nowhere/Land", "mon",
    "email", "ana@acme.test", "a@b", "@", "//evil.test", "/\\evil.test", "\ud7ff", "\uff4d\uff4f\uff4e",
    "on", "off", "done", "skip", "snooze", "10", "5", "60", "hourly-walk",
    "https://hooks.slack.com/services/T0/B0/x", "http://[::1", "https://a:b@c:99999/",
]  # fmt: skip
FIELDS = [
    "email", "password", "current", "name", "next", "code", "zone", "hours", "role", "emails",
    "minutes", "do", "nonce", "v", "week", "actor", "object", "before", "page", "day", "channel",
    "status", "preset", "interval_min", "interval_max", "break_seconds", "places", "channels",
    "members", "until", "first", "last", "half", "address", "url", "rows", "zone_was", "zone_is",
    "payload", "text", "version", "rhythm", "snooze", "ramp", "active_from", "open", "days", "goal",
    "avoided_movements", "_method", "place", "difficulty",
]  # fmt: skip
HEADERS = [
    "HX-Request", "HX-Current-URL", "HX-Target", "HX-Boosted", "HX-History-Restore-Request",
    "Accept-Language", "Range", "If-None-Match", "If-Modified-Since", "Origin", "Referer",
    "Sec-Fetch-Site", "X-Forwarded-For", "X-Forwarded-Host", "X-Request-ID", "Authorization", "Cookie",
    "Content-Type", "X-CSRFToken", "X-Slack-Signature", "X-Slack-Request-Timestamp", "Host", "Expect",
]  # fmt: skip
TYPES = [
    "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/json",
    "text/plain; charset=utf-7", "", "x",
]  # fmt: skip


AWAKE = 20  # requests after which everybody signs in again


@dataclass
class Report:
    """What came of it: how many requests, by status, and those that must not have happened."""

    requests: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """Whether nothing answered 500 or worse and nothing was logged with a traceback."""
        return not self.faults


class _Tracebacks(logging.Handler):
    """Collects what was logged with a traceback."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        text = str(record.msg)
        if record.exc_info or "exc_info" in text or "Traceback" in text:
            self.found.append(text[:2000])


class Fuzzer:
    """Asks an app whatever comes to mind, by a seed; the same seed asks the same."""

    def __init__(self, app: Flask, sign_in: Callable[[], list[str]], seed: int) -> None:
        self.app = app
        self.sign_in = sign_in
        self.tokens: list[str] = []
        self.random = random.Random(seed)  # noqa: S311
        self.rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint != "static"]

    def run(self, requests: int) -> Report:
        """Ask so many times."""
        report = Report()
        listener = _Tracebacks()
        logging.getLogger().addHandler(listener)
        try:
            for number in range(requests):
                if number % AWAKE == 0:  # some requests sign everybody out
                    self.tokens = self.sign_in()
                asked = self.request()
                status = self._ask(asked)
                report.requests += 1
                report.statuses[status] += 1
                if (
                    status >= 500 and not (status == 503 and asked["path"].startswith("/readyz"))
                ) or listener.found:
                    report.faults.append(f"{status} {asked!r:.600}\n" + "\n".join(listener.found))
                    listener.found.clear()
        finally:
            logging.getLogger().removeHandler(listener)
        return report

    def request(self) -> dict[str, Any]:
        """Make up a request."""
        chance = self.random
        rule = chance.choice(self.rules)
        methods = sorted((rule.methods or {"GET"}) - {"OPTIONS"})
        method = (
            chance.choice(methods)
            if chance.random() < 0.95
            else chance.choice(["PUT", "DELETE", "TRACE", "POST"])
        )
        asked: dict[str, Any] = {
            "path": self._path(rule),
            "method": method,
            "query_string": self._pairs(0.3),
            "headers": self._headers(),
            "who": chance.choice([None, *self.tokens]),
            "is_ours": chance.random() < 0.9,  # brings the token of a form
        }
        if method == "POST":
            asked["data"], asked["content_type"] = self._body()
        return asked

    def _ask(self, asked: dict[str, Any]) -> int:
        asked = dict(asked)
        who, is_ours = asked.pop("who"), asked.pop("is_ours")
        client = self.app.test_client()
        with client.session_transaction() as cookie:
            cookie["csrf_token"] = "raw"  # noqa: S105
            if who:
                cookie["_user_id"], cookie["_fresh"] = who, True
        if is_ours and asked["method"] not in ("GET", "HEAD"):
            signer = URLSafeTimedSerializer(SECRET, salt="wtf-csrf-token")
            asked["headers"] = [*asked["headers"], ("X-CSRFToken", str(signer.dumps("raw")))]
        with client.open(**asked, buffered=True) as response:
            return response.status_code

    def _path(self, rule: Rule) -> str:
        chance = self.random
        values: dict[str, object] = {}
        for name in rule.arguments:
            converter = rule._converters[name]
            if isinstance(converter, AnyConverter):
                values[name] = chance.choice(sorted(converter.items))
            elif name.endswith("_id"):
                values[name] = chance.choice([1, 1, 1, 2, 3, 0, 10**6, 2**31, 2**63, 2**70])
            elif name == "slug":
                values[name] = chance.choice(["product", "product", "product", "other", "no", "%2e%2e"])
            else:
                values[name] = chance.choice(["answer-token", "signin-token", "join-token", *WORDS]) or "x"
        built = rule.build(values)
        return built[1] if built else rule.rule

    def _pairs(self, likely: float) -> list[tuple[str, str]]:
        chance = self.random
        if chance.random() > likely:
            return []
        pairs = [(chance.choice(FIELDS), chance.choice(WORDS)) for _ in range(chance.randrange(1, 9))]
        return pairs + pairs[:1] if chance.random() < 0.3 else pairs  # a field twice

    def _headers(self) -> list[tuple[str, str]]:
        chance = self.random
        headers = [("HX-Request", "true")] if chance.random() < 0.4 else []
        for _ in range(chance.choice([0, 0, 0, 1, 3])):
            value = chance.choice(WORDS).replace("\r", "").replace("\n", "")
            headers.append((chance.choice(HEADERS), value.encode("utf-8", "replace").decode("latin-1")))
        return headers

    def _body(self) -> tuple[Any, str]:
        chance = self.random
        kind = chance.random()
        if kind < 0.1:
            return chance.randbytes(chance.choice([0, 1, 50, 5000])), chance.choice(TYPES)
        if kind < 0.2:
            name, value = chance.choice(["file", *FIELDS]), chance.choice(WORDS)
            file = value.encode("utf-8", "surrogatepass") if chance.random() < 0.7 else chance.randbytes(200)
            head = f'--x\r\nContent-Disposition: form-data; name="{name}"; filename="f"\r\n\r\n'.encode()
            return head + b"email,timezone,days\n" + file + b"\r\n--x--\r\n", TYPES[1]
        if kind < 0.25:
            return b"[" * chance.choice([1, 100]), "application/json"
        fields: dict[str, list[str]] = {}
        for name, value in self._pairs(1.0):
            fields.setdefault(name, []).append(value)
        for name in chance.sample(FIELDS, chance.choice([0, 5, len(FIELDS)])):
            fields.setdefault(name, [chance.choice(WORDS)])
        return fields, TYPES[0]


def installation(folder: Path, database_url: str) -> Iterator[Fuzzer]:
    """Make an app over a small world with a session for each of its people."""
    environ = {
        "DAYBREAK_HOME": str(folder / "home"),
        "DATABASE_URL": database_url,
        "SECRET_KEY": SECRET,
        "SLACK_SIGNING_SECRET": "slack-signing-secret-of-the-fuzzer",
        "METRICS_TOKEN": "metrics-token-of-the-fuzzer",
        "BASE_URL": "http://localhost",
    }
    made = runtimes.build(settings_module.load(environ))
    now = made.now()
    with made.writing() as session:
        world: World = make_world(session, now - timedelta(days=1))
        for number, person in enumerate((world.alice, world.bob), 1):
            prompt = make_prompt(session, person, world.policy, now - timedelta(minutes=number))
            make_delivery(session, prompt)
        make_link(
            session, make_prompt(session, world.bob, world.policy, now - timedelta(minutes=9)), "answer-token"
        )
        people: list[Person] = [world.alice, world.bob, world.charlie]

    def sign_in() -> list[str]:
        with made.writing() as session:
            return [accounts.open_session(session, person, made.now()) for person in people]

    logs.configure("WARNING")
    app = create_app(made)
    yield Fuzzer(app, sign_in, 0)
    made.engine.dispose()


def main() -> int:
    """Run and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        url = f"sqlite:///{folder / 'daybreak.sqlite3'}"
        upgrade(url)
        report, began, each = Report(), time.monotonic(), 500
        # Anew every so often: a fuzzer that has erased everybody learns nothing more.
        for part in range(0, arguments.requests, each):
            sub = folder / str(part)
            sub.mkdir()
            part_url = f"sqlite:///{sub / 'daybreak.sqlite3'}"
            (sub / "daybreak.sqlite3").write_bytes((folder / "daybreak.sqlite3").read_bytes())
            for fuzzer in installation(sub, part_url):
                fuzzer.random.seed(arguments.seed * 1_000_003 + part)
                told = fuzzer.run(min(each, arguments.requests - part))
                report.requests += told.requests
                report.statuses += told.statuses
                report.faults += told.faults
            print(f"{report.requests} requests, {len(report.faults)} faults", file=sys.stderr)
    seconds = time.monotonic() - began
    print(f"{report.requests} requests in {seconds:.0f} s: {dict(sorted(report.statuses.items()))}")
    for fault in report.faults:
        print(fault)
    return 0 if report.is_clean else 1


if __name__ == "__main__":
    raise SystemExit(main())
