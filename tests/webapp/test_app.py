"""The app as a whole."""

from tests.webapp.conftest import Web


def test_health(web: Web) -> None:
    assert web.client().get("/healthz").json == {"status": "ok"}


def test_signin(web: Web) -> None:
    response = web.client().get("/signin")
    assert response.status_code == 200
    assert "Sign in" in response.text


def test_sign_out(web: Web) -> None:
    browser = web.signed_in(web.world.bob)
    assert browser.post("/signout").location == "/signin"
    assert browser.post("/signout").location == "/signin"
