"""An invitation's page: a GET shows what would happen, a POST says yes or no."""

from flask import Blueprint, Response, make_response, render_template, url_for
from flask.typing import ResponseReturnValue
from wtforms import PasswordField, StringField
from wtforms.validators import DataRequired

from daybreak.domain.errors import InvalidValueError
from daybreak.services import inviting, typical
from daybreak.services.inviting import InvitationGoneError, OpenInvitation
from daybreak.store.people import invitation_by_hash
from daybreak.store.policies import policies
from daybreak.store.tables import Membership, Team
from daybreak.store.teams import workspace
from daybreak.tokens import hash_token
from daybreak.wording import gettext as _
from daybreak.wording import lazy_gettext as _l
from webapp import identity
from webapp.db import db, runtime
from webapp.forms import Form, tidy
from webapp.guards import public
from webapp.htmx import say, see_other
from webapp.setup_forms import hours_in_words
from webapp.setup_view import numbers

bp = Blueprint("join", __name__, url_prefix="/join")


class JoinForm(Form):
    """Who somebody new is. Without a mail server a password is the only way to come back."""

    name = StringField(
        _l("Your name"),
        filters=[tidy],
        validators=[DataRequired(_l("This needs a name."))],
        description=_l("Colleagues in the team see it."),
    )
    password = PasswordField(_l("A password"))


@bp.get("/<token>")
@public
def show(token: str) -> ResponseReturnValue:
    """Show who invites to what; however often it is opened, and by whatever, nothing changes."""
    found = _open(token)
    if found is None:
        return _gone(token)
    return _page(token, found, JoinForm(formdata=None, data={"name": found.name}))


@bp.post("/<token>")
@public
def join(token: str) -> ResponseReturnValue:
    """Say yes. An account that somebody uses already says it itself: no link signs in to it."""
    found = _open(token)
    if found is None:
        return _gone(token)
    here = identity.person_or_none()
    form = JoinForm()
    if found.has_account:
        if here is None or here.id != found.person_id:
            return _page(token, found, form, 403)
    else:
        if runtime().settings.smtp is None and not form.password.data:
            form.validate()
            form.password.errors = [_("Choose a password: you will sign in by it.")]
            return _page(token, found, form, 422)
        if not form.validate():
            return _page(token, found, form, 422)
    try:
        person = inviting.accept(
            db(), token, form.name.data or "", runtime().now(), form.password.data or None
        )
    except InvalidValueError as problem:
        for one in problem.problems:
            form.refuse(one)
        return _page(token, found, form, 422)
    if not found.has_account:
        identity.sign_in(person)
    say(_("You are in %(team)s.", team=found.team_name))
    return see_other("/today")


@bp.post("/<token>/refuse")
@public
def refuse(token: str) -> ResponseReturnValue:
    """Say no: one press, no reason, and nobody is told."""
    if _open(token) is not None:
        inviting.refuse(db(), token, runtime().now())
    return _dressed(see_other(url_for(".show", token=token)))


def _open(token: str) -> OpenInvitation | None:
    try:
        return inviting.open_invitation(db(), token, runtime().now())
    except InvitationGoneError:
        return None


def _page(token: str, found: OpenInvitation, form: JoinForm, status: int = 200) -> Response:
    now, here = runtime().now(), identity.person_or_none()
    team, row = db().get_one(Team, found.team_id), workspace(db())
    html = render_template(
        "pages/join/index.html",
        token=token,
        invitation=found,
        form=form,
        workspace=row.name if row else "",
        rhythms=[(one.name, numbers(typical.of_policy(team, one, now))) for one in policies(db(), team.id)],
        hours=hours_in_words(team),
        zone=team.zone,
        has_smtp=runtime().settings.smtp is not None,
        here=here,
        is_you=here is not None and here.id == found.person_id,
    )
    return _dressed(make_response(html, status))


def _gone(token: str) -> Response:
    """A calm page for a link that does nothing any more: used, refused, lapsed or never made."""
    invitation = invitation_by_hash(db(), hash_token(token))
    why = "unknown"
    if invitation is not None:
        row = db().get_one(Membership, invitation.membership_id)
        why = "lapsed"
        if invitation.spent_at is not None:
            why = "refused" if row.joined_at is None and row.refused_at is not None else "used"
    html = render_template("pages/join/gone.html", why=why, is_here=identity.is_signed_in())
    return _dressed(make_response(html, 200 if why == "refused" else 410))


def _dressed(response: ResponseReturnValue) -> Response:
    """Keep the page out of indexes and caches, and its address out of the next request."""
    dressed = make_response(response)
    dressed.headers["X-Robots-Tag"] = "noindex, nofollow"
    dressed.headers["Referrer-Policy"] = "no-referrer"
    dressed.headers["Cache-Control"] = "no-store"
    return dressed
