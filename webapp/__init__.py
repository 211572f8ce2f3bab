"""The web shell: Flask put together from its parts."""

from datetime import timedelta
from typing import Any

from flask import Flask
from jinja2 import StrictUndefined
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter, Map

import tasks
from daybreak import logs
from daybreak import runtime as runtimes
from daybreak.runtime import Runtime
from daybreak.services.accounts import ABSOLUTE
from daybreak.settings import ROOT, Settings
from webapp.assets import init_assets
from webapp.db import init_db, runtime
from webapp.errors import init_errors
from webapp.filters import init_filters
from webapp.guards import init_guards
from webapp.headers import init_headers
from webapp.htmx import init_htmx
from webapp.identity import init_identity
from webapp.nav import init_nav
from webapp.request_log import init_request_log
from webapp.throttle import init_throttle
from webapp.views import BLUEPRINTS

__all__ = ["create_app", "runtime"]

# In the order of their hooks: an unknown host or a forged request goes no further, whoever sent it.
PARTS = (
    init_request_log,
    init_filters,
    init_headers,
    init_htmx,
    init_identity,
    init_guards,
    init_throttle,
    init_assets,
    init_nav,
    init_errors,
)


class Number(IntegerConverter):
    """A number in an address; one that no column can hold is nothing that is there."""

    def __init__(self, map: Map, *args: Any, **options: Any) -> None:  # noqa: A002 - werkzeug's name
        super().__init__(map, *args, **{"max": 2**31 - 1, **options})


def create_app(made: Runtime | None = None) -> Flask:
    """Return the web application over the runtime, or over one built from the environment."""
    if made is None:
        made = runtimes.build()
        logs.configure(made.settings.log_level)
    app = Flask(__name__, template_folder=str(ROOT / "templates"))
    app.config.update(_config(made.settings))
    init_db(app, made)
    tasks.use(made)  # to ring with the same settings
    app.jinja_env.undefined = StrictUndefined
    if made.settings.trusted_proxies:
        count = made.settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]
    for part in PARTS:
        part(app)
    app.url_map.converters["int"] = Number
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    return app


def _config(settings: Settings) -> dict[str, object]:
    return {
        "SECRET_KEY": settings.secret_key,
        "SECRET_KEY_FALLBACKS": list(settings.secret_key_fallbacks),
        "TRUSTED_HOSTS": list(settings.trusted_hosts),
        "MAX_CONTENT_LENGTH": 2 * 1024 * 1024,
        "MAX_FORM_MEMORY_SIZE": 2 * 1024 * 1024,
        "MAX_FORM_PARTS": 1000,
        "PERMANENT_SESSION_LIFETIME": timedelta(seconds=ABSOLUTE.total_seconds()),
        "SESSION_REFRESH_EACH_REQUEST": False,
        "SESSION_COOKIE_NAME": "__Host-daybreak" if settings.https else "daybreak",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": settings.https,
        "SESSION_COOKIE_PATH": "/",
        "WTF_CSRF_CHECK_DEFAULT": False,  # headers.py checks, so that the exemptions stand in one place
        "WTF_CSRF_TIME_LIMIT": None,  # as long as the session
        "WTF_CSRF_SSL_STRICT": False,  # headers.py looks at Origin and Sec-Fetch-Site instead of Referer
    }
