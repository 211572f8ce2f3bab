"""A webhook to one's own direct messages: tested before it is used, never shown, and told in one place."""

from datetime import timedelta

from daybreak.services import own_webhook
from daybreak.store.tables import AuditEntry, Channel, Delivery, Policy
from tests.webapp.conftest import Web

WEBHOOK = "https://hooks.slack.com/services/T000/B000/secretsecret"  # of nobody


def test_a_webhook_is_used_once_its_test_has_arrived_and_never_shown(web: Web) -> None:
    with web.writing() as session:
        session.get_one(Policy, 1).channels = ["slack", "web"]
    bob = web.signed_in(web.world.bob)
    assert 'href="/me/slack"' in bob.get("/me").text
    assert bob.post("/me/slack", data={"url": WEBHOOK}).status_code == 303
    assert 'value="slack"' not in bob.get("/me").text
    with web.writing() as session:
        own = session.query(Channel).one()
        assert own.person_id == web.world.bob.id
        assert session.query(Delivery).one().kind == "try"
        assert "secretsecret" not in str([entry.new for entry in session.query(AuditEntry)])
        own_webhook.proved(session, own, web.clock.at)
        hint = own.hint
    page = bob.get("/me/slack").text
    assert hint in page
    assert "secretsecret" not in page
    assert 'value="slack"' in bob.get("/me").text
    assert bob.post("/me/slack/remove").status_code == 303
    with web.reading() as session:
        assert session.query(Channel).one().secret == b""
    assert hint not in bob.get("/me/slack").text


def test_what_is_wrong_stands_at_its_field_and_stays_as_typed(web: Web) -> None:
    response = web.signed_in(web.world.bob).post("/me/slack", data={"url": "https://example.com/"})
    assert response.status_code == 422
    assert 'id="url-error"' in response.text
    assert 'value="https://example.com/"' in response.text


def test_it_needs_a_fresh_sign_in(web: Web) -> None:
    bob = web.signed_in(web.world.bob)
    web.clock.at += timedelta(minutes=16)
    assert bob.post("/me/slack", data={"url": WEBHOOK}).status_code == 422
    with web.reading() as session:
        assert session.query(Channel).count() == 0
