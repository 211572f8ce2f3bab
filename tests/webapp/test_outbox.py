"""The outbox: what would have gone out, for owners, with other people's links masked."""

from collections.abc import Callable
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from daybreak.channels.base import Parcel
from daybreak.channels.outbox import OutboxTransport
from daybreak.letters import composing, mail
from daybreak.letters.words import LetterWords
from tests.webapp.conftest import Web

TOKEN = "tOkEn-abcdefghijkl_-mnop"
SENDER = mail.Sender("Daybreak", "breaks@acme.test")


def letter(web: Web, to: str, *, wide: bool = False, number: int = 1) -> str:
    """Put an invitation into the outbox; `wide` makes it quoted-printable, which breaks its lines."""
    base = web.runtime.settings.base_url
    words = LetterWords(
        link=f"{base}/join/{TOKEN}",
        until="Monday",
        workspace="Acme",
        team="Prodüct" if wide else "Product",
        safety_url=f"{base}/safety",
    )
    written = composing.letter("invitation", words)
    content = mail.build(
        mail.Mail(
            message_id="<1@acme.test>",
            sent_at=web.clock.at,
            sender_name="",
            recipient=to,
            recipient_name="Somebody",
            subject=written.subject,
            text=written.text + "x" * 990 + f" http://localhost/u/{TOKEN}",
            html=written.html,
        ),
        SENDER,
    )
    transport = OutboxTransport(folder(web), web.clock.now)
    (outcome,) = transport.send([Parcel(number, to)], lambda _id: content)
    assert outcome.result == "sent"
    return f"{web.clock.at:%Y%m%dT%H%M%S%f}-{number}.eml"


def folder(web: Web) -> Path:
    """Where the mail lies."""
    return web.runtime.settings.home / "outbox"


def test_files_are_the_owners_alone(web: Web) -> None:
    name = letter(web, "bob@acme.test")
    assert [one.name for one in folder(web).iterdir()] == [name]
    assert (folder(web) / name).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("wide", [False, True])
def test_links_in_mail_to_others_are_masked_everywhere(web: Web, wide: bool) -> None:
    name = letter(web, "bob@acme.test", wide=wide)
    browser = web.signed_in(web.world.alice)
    for page in (f"/outbox/{name}", f"/outbox/{name}/html", "/outbox"):
        response = browser.get(page)
        assert response.status_code == 200
        assert TOKEN not in response.text.replace("=\n", "")
        assert TOKEN[-12:] not in response.text
    assert "/join/…" in browser.get(f"/outbox/{name}").text


def test_ones_own_mail_is_whole(web: Web) -> None:
    name = letter(web, "alice@acme.test")
    browser = web.signed_in(web.world.alice)
    assert f"/join/{TOKEN}" in browser.get(f"/outbox/{name}/html").text


def test_the_frame_runs_and_loads_nothing(web: Web) -> None:
    name = letter(web, "alice@acme.test")
    browser = web.signed_in(web.world.alice)
    policy = browser.get(f"/outbox/{name}/html").headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "script-src" not in policy
    assert "frame-src 'self'" in browser.get(f"/outbox/{name}").headers["Content-Security-Policy"]


def test_only_owners_only_without_a_mail_server(web: Web, make_web: Callable[..., Web]) -> None:
    name = letter(web, "bob@acme.test")
    assert web.signed_in(web.world.bob).get(f"/outbox/{name}").status_code == 403
    assert web.client().get("/outbox").status_code == 303
    alice = web.signed_in(web.world.alice)
    for bad in ("..%2f..%2fkeys%2fsecret_key", "20260302T090000000000-9.eml", "x.eml"):
        assert alice.get(f"/outbox/{bad}").status_code == 404


def test_with_a_mail_server_there_is_no_outbox(make_web: Callable[..., Web]) -> None:
    web = make_web(SMTP_URL="smtp://mail.acme.test")
    name = letter(web, "alice@acme.test")
    alice = web.signed_in(web.world.alice)
    for page in ("/outbox", f"/outbox/{name}", f"/outbox/{name}/html"):
        response: TestResponse = alice.get(page)
        assert response.status_code == 404


def test_an_empty_outbox_says_so_and_a_full_one_has_pages(web: Web) -> None:
    alice = web.signed_in(web.world.alice)
    assert "Nothing has been sent yet." in alice.get("/outbox").text
    for number in range(1, 26):
        letter(web, "bob@acme.test", number=number)
    first, second = alice.get("/outbox").text, alice.get("/outbox?page=2").text
    assert first.count("Join Product") == 20
    assert second.count("Join Product") == 5
    assert 'rel="next"' in first
    assert 'rel="prev"' in second
