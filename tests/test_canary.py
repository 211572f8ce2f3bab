"""Canaries: secrets and a person planted, faults forced at DEBUG, keys rotated, the person erased."""

import io
import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import redis
from cryptography.fernet import Fernet
from flask import Blueprint, Flask
from sqlalchemy import select, text
from werkzeug.test import Client

from daybreak import logs
from daybreak import runtime as runtimes
from daybreak import settings as settings_module
from daybreak.cipher import Cipher
from daybreak.services import accounts, channels, erasing, passwords, rotating
from daybreak.store.tables import Base, Person
from tests.support.world import MONDAY_0900, make_person, make_world
from webapp import create_app
from webapp.guards import public

HOOK = "https://hooks.slack.com/services/T0CANARY/B0/canarywebhooksecret"
PASSWORD = "canary in a coal mine"
SECRETS = ("canarywebhooksecret", PASSWORD, "canary-secret-key", "canary-slack-signing", "canary-metrics")
PERSON = ("canary@acme.test", "Canary Bird")


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """Everything that is logged, at DEBUG."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    stream = io.StringIO()
    logs.configure("DEBUG", stream)
    yield stream
    root.handlers[:], root.level = handlers, level


def test_canaries_are_found_nowhere(
    sqlite_database_url: str, tmp_path: Path, valkey_url: str, written: io.StringIO
) -> None:
    old, new = (Fernet.generate_key().decode() for _ in range(2))
    environ = {
        "DAYBREAK_HOME": str(tmp_path / "home"),
        "DATABASE_URL": sqlite_database_url,
        "REDIS_URL": valkey_url,
        "SECRET_KEY": "canary-secret-key-that-is-long-enough-for-us",
        "ENCRYPTION_KEYS": f"{new},{old}",
        "SLACK_SIGNING_SECRET": "canary-slack-signing-secret",
        "METRICS_TOKEN": "canary-metrics-token-of-this-test",
        "BASE_URL": "http://localhost",
    }
    made = replace(runtimes.build(settings_module.load(environ)), cipher=Cipher((new, old)))
    with made.writing() as session:
        world = make_world(session, MONDAY_0900)
        person = make_person(session, "canary", MONDAY_0900, world.team)
        person.name = "Canary Bird"
        passwords.set_password(session, person, PASSWORD)
        channels.add_slack(session, world.team, "breaks", HOOK, Cipher((old,)), (), None, MONDAY_0900)
    app = create_app(made)
    pages = ask_and_break(app, made)
    with made.writing() as session:
        assert rotating.rotate(session, made.cipher).sealed == 1
    with made.writing() as session:
        folder = made.settings.home / "outbox"
        erasing.erase(session, session.get_one(Person, person.id), None, made.now(), folder)
    assert erasing.scrub(made)
    places = {"logs": written.getvalue().encode(), "pages": pages, "redis": everything_in(valkey_url)}
    database = Path(str(made.engine.url.database))
    places["database"] = b"".join(one.read_bytes() for one in database.parent.glob(database.name + "*"))
    with made.reading() as session:
        rows = [
            str(tuple(row)) for table in Base.metadata.sorted_tables for row in session.execute(select(table))
        ]
    places["rows"] = "\n".join(rows).encode()
    made.engine.dispose()
    found = [
        (place, secret)
        for place, content in places.items()
        for secret in (*SECRETS, old, new, *PERSON)
        if secret.encode() in content and (place, secret) != ("pages", PERSON[0])
    ]
    assert found == []
    assert b"Traceback" in places["logs"], "the forced faults must have been logged to mean anything"


def ask_and_break(app: Flask, made: runtimes.Runtime) -> bytes:
    """Sign in, use wrong and right secrets, and break what can be broken; all pages that came of it."""
    probe = Blueprint("probe", __name__)

    def fail() -> str:
        raise RuntimeError(f"{HOOK} canary@acme.test")

    def broken() -> str:
        with made.reading() as session:
            session.execute(text("SELECT * FROM nowhere WHERE email = :email"), {"email": "canary@acme.test"})
        return ""

    probe.add_url_rule("/probe/fail", "fail", public(fail))
    probe.add_url_rule("/probe/broken", "broken", public(broken))
    app.register_blueprint(probe)
    app.config["WTF_CSRF_ENABLED"] = False
    client: Client = app.test_client()
    with made.writing() as session:
        token = accounts.open_session(session, session.get_one(Person, 1), made.now())
    paths = ("/probe/fail", "/probe/broken", "/signin/canary-token", "/b/canary-token", "/readyz")
    pages = [client.get(path).data for path in paths]
    tries = ({"email": "canary@acme.test", "password": "wrong"}, {"email": "canary@acme.test"})
    pages += [client.post("/signin/password", data=data).data for data in tries]
    pages.append(client.post("/slack/interactions", data={"payload": HOOK}).data)
    with app.test_client() as signed:
        with signed.session_transaction() as cookie:
            cookie["_user_id"], cookie["_fresh"] = token, True
        paths = ("/me", "/team/product", "/team/product/audit", "/audit", "/team/product/channels")
        pages += [signed.get(path).data for path in paths]
    return b"\n".join(pages)


def everything_in(url: str) -> bytes:
    """All keys and values of a Redis."""
    parts = []
    with redis.Redis.from_url(url) as client:
        for key in client.scan_iter():
            parts += [bytes(key), client.dump(key) or b""]
    return b"\n".join(parts)
