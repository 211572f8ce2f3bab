"""A person's private calendar: link it, see how it goes, forget it. Only its busy times are ever kept."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import Blueprint, url_for
from flask.typing import ResponseReturnValue
from wtforms import StringField, validators

from daybreak.domain.errors import InvalidValueError
from daybreak.services import calendar_feeds
from daybreak.services.answering import zone_for
from daybreak.store import calendar_feeds as store
from daybreak.store.tables import CalendarFeed
from daybreak.wording import gettext as _
from daybreak.wording import lazy_gettext, ngettext
from webapp.db import db, runtime
from webapp.forms import Form, tidy
from webapp.guards import signed_in
from webapp.htmx import is_fragment, render, say, see_other
from webapp.identity import current_person

bp = Blueprint("calendar", __name__, url_prefix="/me/calendar")


@dataclass(frozen=True)
class CalendarView:
    """What the page says of a linked calendar, in words; `failure` is empty where all is well."""

    hint: str
    zone: ZoneInfo
    fetched_at: datetime | None
    failed_at: datetime | None
    failure: str
    ahead: str


class CalendarForm(Form):
    """The secret address of a calendar."""

    url = StringField(
        lazy_gettext("Your calendar's secret address"),
        filters=[tidy],
        validators=[validators.InputRequired(lazy_gettext("Paste the address of your calendar."))],
    )


@bp.get("")
@signed_in
def show() -> ResponseReturnValue:
    """Show how the linked calendar goes, or the form that links one."""
    return _page(CalendarForm())


@bp.post("")
@signed_in
def link() -> ResponseReturnValue:
    """Link a calendar, in place of another."""
    form = CalendarForm()
    if not form.validate():
        return _page(form, 422)
    cipher, allow = runtime().cipher, runtime().settings.webhook_allow
    try:
        calendar_feeds.set_feed(db(), current_person(), form.url.data, cipher, allow, runtime().now())
    except InvalidValueError as problem:
        form.refuse(problem)
        return _page(form, 422)
    return _done(_("Linked. We look at it within a minute."))


@bp.post("/remove")
@signed_in
def remove() -> ResponseReturnValue:
    """Forget the calendar and what it said."""
    calendar_feeds.remove_feed(db(), current_person(), runtime().now())
    return _done(_("Forgotten, and with it when you are busy."))


def words_of(code: str) -> str:
    """Return what a feed's failure means and what to do about it."""
    texts = {
        "address": _("Addresses like this one are not fetched. Link the calendar again."),
        "not_public": _("Its server is not on the public internet. Ask whoever runs Daybreak to allow it."),
        "no_host": _("Its server was not found. Check the address."),
        "no_connection": _("Its server does not answer."),
        "timeout": _("Its server took longer than ten seconds."),
        "tls": _("Its server has no valid certificate."),
        "redirect": _("It has moved. Link it again by its new address."),
        "too_large": _("It is larger than 2 MB. Link a calendar without old events or attachments."),
        "too_many": _("It has more than 5,000 entries. Link a calendar without old events."),
        "too_complex": _("Its repeating events take too long to work out."),
        "not_a_calendar": _(
            "What lies there is no calendar. The address should end in .ics or be called iCal."
        ),
        "no_key": _("Its address cannot be read any more. Link it again."),
    }
    if code in ("401", "403", "404", "410"):
        return _("The address does not work any more. Copy it from your calendar once more.")
    return texts.get(code) or _("Its server answered with an error.")


def _page(form: CalendarForm, status: int = 200) -> ResponseReturnValue:
    feed = store.feed_of(db(), current_person().id)
    calendar = _view(feed) if feed else None
    return render(
        "pages/me/calendar.html", "fragments/me_calendar.html", status, form=form, calendar=calendar
    )


def _view(feed: CalendarFeed) -> CalendarView:
    now = runtime().now()
    ahead = sum(
        1 for one in store.busy_of(db(), feed.person_id) if one.end_at is not None and one.end_at > now
    )
    return CalendarView(
        hint=feed.hint,
        zone=zone_for(db(), current_person()),
        fetched_at=feed.fetched_at,
        failed_at=feed.failed_at,
        failure=words_of(feed.failure) if feed.failure else "",
        ahead=ngettext(
            "%(n)s busy time in the next two weeks", "%(n)s busy times in the next two weeks", ahead
        ),
    )


def _done(text: str) -> ResponseReturnValue:
    say(text)
    return _page(CalendarForm(formdata=None)) if is_fragment() else see_other(url_for("calendar.show"))
