"""Signing in by a mailed link or a password, and signing out."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from wtforms import PasswordField
from wtforms.validators import InputRequired, Length, Regexp

import tasks
from daybreak.services import accounts, passwords
from daybreak.store.tables import Person, Workspace
from daybreak.tokens import new_code, new_token
from daybreak.wording import gettext as _
from daybreak.wording import lazy_gettext as _l
from webapp import identity
from webapp.db import after_commit, commit, db, runtime
from webapp.destinations import local_path
from webapp.forms import EmailField, Form
from webapp.guards import public, signed_in
from webapp.htmx import see_other
from webapp.throttle import client_address, throttle

bp = Blueprint("signin", __name__)

LEAST_S = 0.25  # what asking takes at least, so that its time does not tell whether an address is known
WRONG = _l("That address and password do not go together.")


ADDRESS = (
    InputRequired(_l("Type your e-mail address.")),
    Length(max=254, message=_l("That is longer than an address can be.")),
    Regexp(r"[^@\s]+@[^@\s]+$", message=_l("Type an address such as name@example.com.")),
)


class AskForm(Form):
    """The address a link is to be sent to."""

    email = EmailField(_l("E-mail address"), validators=ADDRESS)


class PasswordForm(Form):
    """An address and its password."""

    email = EmailField(_l("E-mail address"), validators=ADDRESS, id="password-email")
    password = PasswordField(_l("Password"), validators=[InputRequired(_l("Type your password."))])


@bp.get("/")
@public
def home() -> ResponseReturnValue:
    """Lead to Today, and from there to the sign-in where it is needed."""
    return redirect("/today", 303)


@bp.get("/signin")
@public
def show() -> ResponseReturnValue:
    """Ask for the address; once it was given, show the six digits that go with the link."""
    if identity.is_signed_in():
        return see_other(_next_path() or "/today")
    return _page(AskForm(formdata=None), PasswordForm(formdata=None))


@bp.post("/signin")
@public
def ask() -> ResponseReturnValue:
    """Send a link to the address, or do the same without one where nobody has it."""
    form = AskForm()
    if not form.validate():
        return _page(form, PasswordForm(formdata=None), 422)
    email = str(form.email.data).lower()
    throttle().spend("link from", client_address())
    throttle().spend("link to", email)
    code = new_code()
    browser = session.setdefault("browser", new_token())
    with _at_least(LEAST_S):
        now = runtime().now()
        delivery_id = accounts.ask_for_link(db(), email, browser, code, _next_path(), now)
        if delivery_id is not None:
            after_commit(lambda: tasks.ring([delivery_id]))
        commit()
    session.permanent = True
    session["asked"] = {"code": code, "until": (now + accounts.LINK_LIFETIME).isoformat()}
    return see_other(url_for(".show", next=_next_path()))


@bp.post("/signin/password")
@public
def by_password() -> ResponseReturnValue:
    """Sign in by a password, checked before the request begins to write: hashing takes its time."""
    form = PasswordForm()
    if not form.validate():
        return _page(AskForm(formdata=None), form, 422)
    email, password = str(form.email.data).lower(), str(form.password.data)
    throttle().check("password from", client_address())
    throttle().spend("password of", email)
    with runtime().reading() as looking:
        found = passwords.check_password(looking, email, password)
    if found is None:
        throttle().spend("password from", client_address())
        form.password.errors = [WRONG]
        return _page(AskForm(formdata=None), form, 422)
    throttle().forget("password of", email)
    person = db().get_one(Person, found.id)
    passwords.refresh_hash(db(), person, password)
    destination = _next_path()
    identity.sign_in(person)
    return see_other(destination or "/today")


@bp.get("/signin/<token>")
@public
def show_link(token: str) -> ResponseReturnValue:
    """Show the button that signs in; opening the link changes nothing, since mail scanners open links."""
    return _link_page(token)


@bp.post("/signin/<token>")
@public
def spend_link(token: str) -> ResponseReturnValue:
    """Sign in by the link, once."""
    typed = "".join(request.form.get("code", "").split())
    opened = accounts.spend_link(db(), token, session.get("browser"), typed, runtime().now())
    if opened.person is not None:
        identity.sign_in(opened.person)
        return see_other(local_path(opened.next_path) or "/today")
    commit()  # wrong codes are counted although the answer is no
    return _link_page(token, opened)


@bp.post("/signout")
@signed_in
def sign_out() -> ResponseReturnValue:
    """Sign this browser out."""
    identity.sign_out()
    return see_other(url_for(".show"))


@bp.post("/signout/everywhere")
@signed_in
def sign_out_everywhere() -> ResponseReturnValue:
    """Sign every browser of this person out, this one too."""
    accounts.sign_out_everywhere(db(), identity.current_person().id, runtime().now())
    identity.sign_out()
    return see_other(url_for(".show"))


def _page(ask_form: AskForm, password_form: PasswordForm, status: int = 200) -> ResponseReturnValue:
    workspace = db().get(Workspace, 1)
    context = {
        "workspace": workspace.name if workspace else "",
        "ask_form": ask_form,
        "password_form": password_form,
        "next_path": _next_path(),
        "code": _code_to_show(),
        "minutes": accounts.LINK_LIFETIME // timedelta(minutes=1),
    }
    return render_template("pages/signin/index.html", **context), status


def _link_page(token: str, opened: accounts.Opened | None = None) -> ResponseReturnValue:
    link = accounts.look_at_link(db(), token, session.get("browser"), runtime().now())
    if link is None:
        return render_template("pages/signin/gone.html", ask_form=AskForm(formdata=None), next_path=None), 410
    problem = ""
    if opened and opened.refusal == "wrong_code":
        problem = _("Those are not the digits. Tries left: %(n)s", n=opened.tries_left)
    elif opened and opened.refusal == "code_needed":
        problem = _("Type the six digits.")
    context = {"token": token, "who": masked(link.email), "needs_code": link.needs_code, "problem": problem}
    return render_template("pages/signin/link.html", **context), 422 if opened else 200


def masked(email: str) -> str:
    """Return an address that its owner recognises and nobody else learns: m...@example.com."""
    name, _at, domain = email.rpartition("@")
    return f"{name[:1]}...@{domain}"


def _next_path() -> str | None:
    return local_path(request.values.get("next"))


def _code_to_show() -> str | None:
    asked = session.get("asked")
    if not asked or runtime().now() >= datetime.fromisoformat(asked["until"]):
        return None
    return str(asked["code"])


@contextmanager
def _at_least(seconds: float) -> Iterator[None]:
    """Take at least this long."""
    ends = time.monotonic() + seconds
    try:
        yield
    finally:
        time.sleep(max(0.0, ends - time.monotonic()))
