"""The delivery log of a team, for its admins: what was attempted, how it fared, what to do; no person."""

from datetime import date, datetime
from urllib.parse import urlencode

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

import tasks
from daybreak.channels import KINDS
from daybreak.domain.errors import NotFoundError
from daybreak.domain.time import local_day, zone_of
from daybreak.services import delivery_log
from daybreak.services.delivery_log import NoRetryError
from daybreak.store import delivery_log as store
from daybreak.store import policies as policy_store
from daybreak.store.delivery_log import Filter, Line
from daybreak.store.tables import Team
from daybreak.wording import gettext as _
from webapp.db import after_commit, db, runtime
from webapp.delivery_words import NAMES, RESULTS, Entry
from webapp.guards import team_admin
from webapp.htmx import is_fragment, render, say, see_other
from webapp.identity import current_person

bp = Blueprint("deliveries", __name__, url_prefix="/team/<slug>/deliveries")
PAGE = 50
INDEX, LOG, MORE, ROW = (
    "pages/deliveries/index.html",
    "fragments/delivery_log.html",
    "fragments/delivery_rows.html",
    "fragments/delivery_row.html",
)


@bp.get("")
@team_admin
def index(team: Team) -> ResponseReturnValue:
    """The log, fifty lines a page; to htmx, the lines of a filter, or the next fifty."""
    before_id = request.args.get("before", type=int)
    found = store.lines(db(), _filter(team, before_id), PAGE + 1)
    entries = [_entry(team, line) for line in found[:PAGE]]
    more = _more(team, entries[-1].id) if len(found) > PAGE else None
    return render(
        INDEX,
        MORE if before_id else LOG,
        team=team,
        nav_team=team,
        entries=entries,
        more=more,
        channels=_channels(team),
        statuses=NAMES,
        chosen={name: request.args.get(name, "") for name in ("channel", "status", "day")},
        zone=_zone(team),
        before=before_id,
    )


@bp.get("/<int:delivery_id>")
@team_admin
def show(team: Team, delivery_id: int) -> ResponseReturnValue:
    """One delivery with all of its tries."""
    entry = _entry(team, _line(team, delivery_id))
    return render_template(
        "pages/deliveries/show.html",
        team=team,
        nav_team=team,
        entry=entry,
        attempts=store.attempts(db(), delivery_id),
        results=RESULTS,
        zone=_zone(team),
    )


@bp.post("/<int:delivery_id>/retry")
@team_admin
def retry(team: Team, delivery_id: int) -> ResponseReturnValue:
    """Try it again at once, where that is certain to reach nobody twice."""
    line = _line(team, delivery_id)
    try:
        ids = delivery_log.retry(db(), line.delivery, line.channel, runtime().now())
    except NoRetryError as refusal:
        return _after(team, delivery_id, _(str(refusal)))
    after_commit(lambda: tasks.ring(ids))
    return _after(team, delivery_id, _("Trying again now."))


def _after(team: Team, delivery_id: int, words: str) -> ResponseReturnValue:
    say(words)
    if not is_fragment():
        return see_other(url_for(".show", slug=team.slug, delivery_id=delivery_id))
    entry = _entry(team, _line(team, delivery_id))
    return render(INDEX, ROW, team=team, entry=entry, zone=_zone(team), acted=True)


def _filter(team: Team, before_id: int | None) -> Filter:
    """What the form asks for; what nobody could have chosen there filters nothing."""
    since_at, until_at = _day(team)
    channel, status = request.args.get("channel", ""), request.args.get("status", "")
    shared = channel.removeprefix("channel-")
    return Filter(
        team_id=team.id,
        transport=channel if channel == "email" else None,
        channel_id=int(shared) if shared != channel and shared.isdecimal() and len(shared) < 10 else None,
        own=channel == "own",
        status=status if status in NAMES else None,
        since_at=since_at,
        until_at=until_at,
        before_id=before_id,
    )


def _day(team: Team) -> tuple[datetime | None, datetime | None]:
    try:
        day = date.fromisoformat(request.args.get("day", ""))
    except ValueError:
        return None, None
    return local_day(day, zone_of(_zone(team))) if 2000 <= day.year <= 2100 else (None, None)


def _channels(team: Team) -> dict[str, str]:
    shared = {
        f"channel-{one.id}": f"{KINDS[one.kind].title}, {one.name}"
        for one in policy_store.channels(db(), team.id)
    }
    return {"email": _("e-mail"), **shared, "own": _("members' own webhooks")}


def _line(team: Team, delivery_id: int) -> Line:
    found = store.lines(db(), Filter(team_id=team.id, delivery_id=delivery_id), 1)
    if not found:
        raise NotFoundError
    return found[0]


def _entry(team: Team, line: Line) -> Entry:
    now = runtime().now()
    can_retry = delivery_log.may_retry(db(), line.delivery, line.channel, now)
    return Entry(line, _zone(team), now, can_retry)


def _more(team: Team, last_id: int) -> str:
    kept = {name: value for name in ("channel", "status", "day") if (value := request.args.get(name))}
    return url_for(".index", slug=team.slug) + "?" + urlencode({**kept, "before": last_id})


def _zone(team: Team) -> str:
    return current_person().zone or team.zone


