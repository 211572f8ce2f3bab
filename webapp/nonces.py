"""Proof that a form was shown: a signed, timed text in it, for pages that must work without a cookie.

Webviews of mail programs block cookies, so the CSRF token of a session cannot guard the page behind a
message's link. Its address holds a secret already; the nonce shows that whoever posts has been shown the
page, which scanners that only try addresses have not.
"""

from datetime import timedelta

from flask import current_app
from itsdangerous import BadData, URLSafeTimedSerializer

LASTS = timedelta(hours=36)  # longer than any link


def nonce(purpose: str, secret: str) -> str:
    """Make the nonce of a page: good for this purpose and this secret (such as a token's hash) only."""
    text: str = _signer(purpose).dumps(secret)
    return text


def is_shown(purpose: str, secret: str, given: str) -> bool:
    """Whether the nonce is one that a page of this purpose and secret has carried."""
    try:
        return bool(_signer(purpose).loads(given, max_age=int(LASTS.total_seconds())) == secret)
    except BadData:
        return False


def _signer(purpose: str) -> URLSafeTimedSerializer:
    keys = [*current_app.config["SECRET_KEY_FALLBACKS"], current_app.config["SECRET_KEY"]]
    return URLSafeTimedSerializer(keys, salt=f"daybreak.{purpose}")
