"""The profile: what a person sets of themselves. Each section saves on its own; nobody else sees it."""

from collections.abc import Callable
from datetime import time
from typing import Any

from flask import Blueprint, Response, flash, request, url_for
from flask.typing import ResponseReturnValue

from daybreak.domain.errors import InvalidValueError, NotFoundError
from daybreak.domain.time import instant, local_date
from daybreak.services import (
    accounts,
    auditing,
    passwords,
    pausing,
    policies,
    profile,
)
from daybreak.services.pausing import Pause
from daybreak.services.wishing import wish
from daybreak.wording import gettext as _
from webapp import me_forms, policy_words
from webapp.db import db, runtime
from webapp.filters import clock, day
from webapp.forms import Form
from webapp.guards import signed_in
from webapp.htmx import is_fragment, render, say, see_other
from webapp.identity import current_person, session_token, signed_in_lately
from webapp.me_view import Profile, sent_form
from webapp.throttle import throttle

bp = Blueprint("me", __name__, url_prefix="/me")


@bp.get("")
@signed_in
def show() -> ResponseReturnValue:
    """The profile, and the week ahead."""
    return _page(_profile())


@bp.post("/clock")
@signed_in
def save_clock() -> ResponseReturnValue:
    """Set name and zone."""

    def save(form: Form) -> str:
        wanted = {"name": form.name.data, "zone": form.zone.data}
        present = {"name": current_person().name, "zone": me.zone.key}
        _own({key: value for key, value in wanted.items() if value != present[key]})
        return _("Saved.")

    me = _profile()
    return _save(me, "clock", save)


@bp.post("/hours")
@signed_in
def save_hours() -> ResponseReturnValue:
    """Set working hours and quiet time, or go back to those of the team."""
    me = _profile()
    if "team" in request.form:
        _own({"hours": None, "quiet_blocks": None})
        return _done("hours", _("Your team's hours count for you again."))

    def save(form: Any) -> str:
        present = me_forms.hours_data(*me.hours)
        changed = {name.split("_")[0] for name, text in present.items() if form[name].data != text}
        wanted: dict[str, Any] = {}
        if "hours" in changed:
            wanted["hours"] = form.hours()
        if "quiet" in changed:
            wanted["quiet_blocks"] = form.quiet_blocks()
        _own(wanted)
        return _("Saved.")

    return _save(me, "hours", save)


@bp.post("/days-off")
@signed_in
def add_days_off() -> ResponseReturnValue:
    """Add a stretch of days off."""

    def save(form: Any) -> str:
        _own({"days_off": [*_days_off(), form.entry()]})
        return _("Added. Nothing is sent on these days.")

    return _save(_profile(), "daysoff", save)


@bp.post("/days-off/remove")
@signed_in
def remove_days_off() -> ResponseReturnValue:
    """Take days off back."""
    entries, gone = _days_off(), request.form.get("days", "")
    if gone in entries:
        _own({"days_off": [entry for entry in entries if entry != gone]})
    return _done("daysoff", _("Removed."))


@bp.post("/breaks/<any(hour, today, until, resume, on, off):wanted>")
@signed_in
def breaks(wanted: str) -> ResponseReturnValue:
    """Pause, resume, or switch prompts off and on, in one press."""
    person, now = current_person(), runtime().now()
    if wanted == "until":
        return _save(_profile(), "breaks", _pause_until)
    if wanted in ("hour", "today"):
        pausing.pause(db(), person, Pause(wanted), now)
        return _done("breaks", _("Paused. It ends by itself."))
    if wanted == "resume":
        pausing.resume(db(), person, now)
        return _done("breaks", _("The pause has ended."))
    pausing.switch_prompts(db(), person, now, on=wanted == "on")
    return _done("breaks", _("Prompts are on.") if wanted == "on" else _("Prompts are off."))


@bp.post("/less")
@signed_in
def save_less() -> ResponseReturnValue:
    """Ask for fewer breaks, and set a goal."""
    fields = ("every_nth", "max_prompts_per_day", "daily_goal")
    return _save(_profile(), "less", lambda form: _wish({key: form[key].data for key in fields}))


@bp.post("/movements")
@signed_in
def save_movements() -> ResponseReturnValue:
    """Say which movements suit."""
    fields = ("seated_only", "discreet_only", "floor_exercises", "avoided_places", "avoided_movements")
    return _save(_profile(), "movements", lambda form: _wish({key: form[key].data for key in fields}))


@bp.post("/look")
@signed_in
def save_look() -> ResponseReturnValue:
    """Set colours, language and shortcuts, which the whole page shows at once."""
    me = _profile()
    form: Any = sent_form(me, "look")
    if not form.validate():
        return _page(me, 422)
    wishes = {"theme": form.theme.data, "shortcuts_on": form.shortcuts_on.data}
    if len(me.languages) > 1:
        wishes["language"] = form.language.data
    wish(db(), current_person(), wishes, runtime().now())
    if not is_fragment():
        say(_("Saved."))
        return see_other(url_for("me.show", _anchor="look"))
    flash(_("Saved."), "ok")
    return Response(headers={"HX-Refresh": "true"})


@bp.post("/channel")
@signed_in
def save_channel() -> ResponseReturnValue:
    """Choose a channel among those of one's policies. To choose e-mail is to want it again."""

    def save(form: Any) -> str:
        person = current_person()
        person.channel = form.channel.data
        if person.channel == "email":
            person.email_off_at = None
        person.own_fields = sorted({*person.own_fields, "channel"})
        return _("Saved. The next break comes by %(way)s.", way=policy_words.way(form.channel.data))

    return _save(_profile(), "channel", save)


@bp.post("/policies/<int:policy_id>")
@signed_in
def opt_in(policy_id: int) -> ResponseReturnValue:
    """Switch an opt-in policy on or off for oneself; one that is not offered does not exist."""
    found = [policy for policy, _words, _on in _profile().opt_ins if policy.id == policy_id]
    if not found:
        raise NotFoundError
    on = request.form.get("on") == "1"
    policies.opt_in(db(), found[0], current_person(), on, runtime().now())
    words = _("“%(name)s” is on for you.") if on else _("“%(name)s” is off for you.")
    return _done("policies", words % {"name": found[0].name})


@bp.post("/password")
@signed_in
def save_password() -> ResponseReturnValue:
    """Set or change the password; other browsers are signed out."""

    def save(form: Any) -> str:
        _confirm(form)
        person, now = current_person(), runtime().now()
        passwords.set_password(db(), person, form.password.data)
        auditing.record(
            db(), person.id, "person.password_changed", "person", person.id, None, None, None, now
        )
        accounts.sign_out_everywhere(db(), person.id, now, keep=session_token())
        return _("Saved. Other browsers are signed out.")

    return _save(_profile(), "password", save, shown="account")


@bp.post("/sign-out-everywhere")
@signed_in
def sign_out_everywhere() -> ResponseReturnValue:
    """End all other sessions."""
    accounts.sign_out_everywhere(db(), current_person().id, runtime().now(), keep=session_token())
    return _done("account", _("All other browsers are signed out."))


def _profile() -> Profile:
    person = current_person()
    return Profile(db(), person, runtime().now(), person.password_hash is not None or signed_in_lately())


def _save(
    me: Profile, section: str, save: Callable[[Any], str], shown: str | None = None
) -> ResponseReturnValue:
    """Save a section's form as it was sent; what is wrong stands at its field, and all stays as typed.

    `shown` is the section of the page that the form stands in, where that has another name.
    """
    form = sent_form(me, section)
    if form.validate():
        try:
            return _done(shown or section, save(form))
        except InvalidValueError as problem:
            for one in problem.problems:
                form.refuse(one)
    return _page(me, 422, shown or section)


def _done(section: str, text: str) -> ResponseReturnValue:
    """Say it, and show the section and the week as they stand now."""
    db().flush()
    say(text)
    if not is_fragment():
        return see_other(url_for("me.show", _anchor=section))
    return _page(_profile(), section=section, acted=True)


def _page(me: Profile, status: int = 200, section: str = "clock", *, acted: bool = False) -> Response:
    given = {"me": me, "section": section, "acted": acted, "days": me_forms.DAYS}
    return render("pages/me/index.html", "fragments/me_answer.html", status, **given)


def _own(changes: dict[str, Any]) -> None:
    if changes:
        profile.update_own(db(), current_person(), changes, runtime().now())


def _wish(wishes: dict[str, Any]) -> str:
    wish(db(), current_person(), wishes, runtime().now())
    return _("Saved.")


def _days_off() -> list[str]:
    return [me_forms.day_off_text(*one) for one in profile.get(current_person(), "days_off")]


def _pause_until(form: Any) -> str:
    me = _profile()
    if form.until.data <= local_date(me.now, me.zone):
        raise InvalidValueError("until", _("Choose a day after today."))
    until_at = instant(form.until.data, time.min, me.zone)
    pausing.pause_until(db(), current_person(), until_at, me.now)
    return _("Paused until %(day)s, %(time)s.", day=day(until_at, me.zone), time=clock(until_at, me.zone))


def _confirm(form: Any) -> None:
    """Ask for the present password, or where there is none for a fresh sign-in, before a secret changes."""
    person = current_person()
    if person.password_hash is None:
        if not signed_in_lately():
            hint = _("Sign out, sign in again, and come back.")
            raise InvalidValueError("current", _("It is a while since you signed in."), hint=hint)
        return
    throttle().spend("present password of", str(person.id))
    if not passwords.is_right(person, form.current.data or ""):
        raise InvalidValueError("current", _("That is not your password."))
    throttle().forget("present password of", str(person.id))
