"""Today: know the next break, log it in one press. Everybody sees their own prompts and nobody else's."""

from collections.abc import Callable
from datetime import timedelta

import structlog
from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import OperationalError

import tasks
from daybreak.data import catalogue
from daybreak.domain import prompt as prompts
from daybreak.domain.catalogue import Movement
from daybreak.domain.delivery import DeliveryState
from daybreak.domain.errors import DaybreakError, NotFoundError
from daybreak.domain.prompt import Standing
from daybreak.services import answering, pausing, planning, writing
from daybreak.services.answering import Answered
from daybreak.services.pausing import Pause
from daybreak.services.today import due_unseen, today
from daybreak.services.writing import NowhereToSendError
from daybreak.store.prompts import own_prompt, own_try
from daybreak.store.tables import Policy
from daybreak.wording import gettext as _
from webapp.db import after_commit, db, runtime
from webapp.filters import clock
from webapp.guards import signed_in
from webapp.htmx import is_fragment, render, say, see_other
from webapp.identity import current_person
from webapp.today_view import REASONS, TodayView, view_of

bp = Blueprint("today", __name__, url_prefix="/today")
log = structlog.get_logger(__name__)

TRY_POLLS_FOR = timedelta(seconds=30)


@bp.get("")
@signed_in
def show() -> ResponseReturnValue:
    """The page; showing a due prompt to somebody starts its response time."""
    _note_shown()
    return render("pages/today/index.html", "fragments/today.html", view=_view(), acted=False)


@bp.get("/hero")
@signed_in
def hero() -> ResponseReturnValue:
    """What the page asks for every 30 seconds while it is visible; 204 when nothing has changed."""
    if not is_fragment():
        return redirect(url_for("today.show"), 303)
    _note_shown()
    view = _view()
    if request.args.get("v") == view.digest:
        response = Response(status=204)
        response.vary.add("HX-Request")
        return response
    return render("pages/today/index.html", "fragments/today.html", view=view, acted=False)


@bp.post("/prompts/<int:prompt_id>/<any(done, skip, snooze, undo, swap):answer>")
@signed_in
def answer(prompt_id: int, answer: str) -> ResponseReturnValue:
    """Answer one's own prompt; somebody else's does not exist."""
    if own_prompt(db(), current_person().id, prompt_id) is None:
        raise NotFoundError
    return _act(lambda: _answer(prompt_id, answer))


@bp.post("/moved")
@signed_in
def moved() -> ResponseReturnValue:
    """Log a break that nobody asked for."""
    return _act(lambda: _said(answering.spontaneous(db(), current_person(), runtime().now())))


@bp.post("/swap")
@signed_in
def swap() -> ResponseReturnValue:
    """Have another movement suggested for the next break, before it is due."""

    def another() -> str:
        movement = answering.swap_next(db(), current_person(), catalogue(), runtime().now())
        return _instead(movement) if movement else _("No break is planned.")

    return _act(another)


@bp.post("/moved/<int:break_id>/undo")
@signed_in
def undo_moved(break_id: int) -> ResponseReturnValue:
    """Take back a break that nobody asked for."""

    def undo() -> str:
        answering.undo_spontaneous(db(), current_person(), break_id, runtime().now())
        return _("Taken back.")

    return _act(undo)


@bp.post("/pause")
@signed_in
def pause() -> ResponseReturnValue:
    """Pause for an hour or until tomorrow; what hurts also opens the Safety page."""
    now, person = runtime().now(), current_person()
    length = Pause.HOUR if request.form.get("length") == "hour" else Pause.TODAY
    until_at = pausing.pause(db(), person, length, now)
    text = _("Paused until tomorrow.")
    if length is Pause.HOUR:
        text = _("Paused until %(time)s.", time=clock(until_at, answering.zone_for(db(), person)))
    if "hurts" in request.form:
        say(text)
        return see_other(url_for("library.safety"))
    return _acted(text)


@bp.post("/resume")
@signed_in
def resume() -> ResponseReturnValue:
    """End the pause."""
    pausing.resume(db(), current_person(), runtime().now())
    return _acted(_("The pause has ended."))


@bp.post("/switch")
@signed_in
def switch() -> ResponseReturnValue:
    """Switch prompts off until further notice, or on again."""
    on = request.form.get("on") == "1"
    pausing.switch_prompts(db(), current_person(), runtime().now(), on=on)
    return _acted(_("Prompts are on.") if on else _("Prompts are off."))


@bp.post("/channel")
@signed_in
def channel() -> ResponseReturnValue:
    """Choose the channel among those of one's policies. To choose e-mail is to want it again."""
    person, wished = current_person(), request.form.get("channel", "")
    if wished not in today(db(), person, catalogue(), runtime().now()).ways.offered:
        return _acted(_("That channel is not one of your policies'. Nothing was changed."))
    person.channel = wished
    if wished == "email":
        person.email_off_at = None
    db().flush()
    return _acted(_("Saved. The next break comes this way."))


@bp.get("/why")
@signed_in
def why() -> ResponseReturnValue:
    """The plan of the day with each occurrence kept or dropped, and why."""
    now, person = runtime().now(), current_person()
    view = _view()
    day_plan = planning.plan_day(db(), person, view.day.local_date, now)
    names = {id_: db().get_one(Policy, id_).name for id_ in {one.policy_id for one in day_plan.occurrences}}
    return render_template("pages/why/index.html", plan=day_plan, view=view, reasons=REASONS, policies=names)


@bp.post("/try")
@signed_in
def send_try() -> ResponseReturnValue:
    """Send one real message now, on the chosen channel; it is marked as a try and not counted."""
    try:
        delivery_id = writing.send_try(db(), current_person(), runtime().now())
    except NowhereToSendError as refusal:
        return render(
            "pages/today/try.html", "fragments/today_try.html", trial=None, refusal=str(refusal), polls=False
        )
    after_commit(lambda: tasks.ring([delivery_id]))
    if not is_fragment():
        return see_other(url_for("today.try_state", delivery_id=delivery_id))
    return _try_page(delivery_id)


@bp.get("/try/<int:delivery_id>")
@signed_in
def try_state(delivery_id: int) -> ResponseReturnValue:
    """How the message that was asked for is doing."""
    return _try_page(delivery_id)


def _try_page(delivery_id: int) -> Response:
    """The state of one's own try; the page asks again until it is known, at most 30 seconds."""
    trial = own_try(db(), current_person().id, delivery_id)
    if trial is None:
        raise NotFoundError
    polls = not DeliveryState(trial.state).ended and runtime().now() - trial.due_at < TRY_POLLS_FOR
    return render("pages/today/try.html", "fragments/today_try.html", trial=trial, refusal="", polls=polls)


def _answer(prompt_id: int, answer: str) -> str:
    now = runtime().now()
    if answer == "undo":
        answering.undo(db(), prompt_id, now)
        return _("Taken back.")
    if answer == "swap":
        return _instead(answering.swap_movement(db(), prompt_id, catalogue(), now))
    reply = {"done": prompts.DONE, "skip": prompts.SKIP, "snooze": prompts.snooze()}[answer]
    return _said(answering.answer(db(), prompt_id, reply, now))


def _instead(movement: Movement) -> str:
    return _("Instead: %(movement)s.", movement=_(movement.title))


def _said(answered: Answered) -> str:
    """What has happened, in a sentence."""
    zone = answering.zone_for(db(), current_person())
    if answered.standing is Standing.SKIPPED:
        return _("Skipped.")
    if answered.standing is Standing.OPEN and answered.snoozed_until_at is not None:
        return _("Snoozed until %(time)s.", time=clock(answered.snoozed_until_at, zone))
    if answered.at is not None:
        return _("Logged %(time)s.", time=clock(answered.at, zone))
    return _("This break was cancelled. Nothing is missing.")


def _act(action: Callable[[], str]) -> ResponseReturnValue:
    """Do it, say it, and show the day; what is refused says why and changes nothing."""
    try:
        text = action()
    except NotFoundError:
        raise
    except DaybreakError as refusal:
        text = _(str(refusal))
    return _acted(text)


def _acted(text: str) -> ResponseReturnValue:
    say(text)
    if not is_fragment():
        return see_other(url_for("today.show"))
    return render("pages/today/index.html", "fragments/today.html", view=_view(), acted=True)


def _view() -> TodayView:
    person = current_person()
    return view_of(today(db(), person, catalogue(), runtime().now()))


def _note_shown() -> None:
    """Start the response time of a due prompt that this page is the first to show.

    Not for a page fetched ahead of need. A database that is busy is no reason to show no page.
    """
    purpose = request.headers.get("Sec-Purpose", "") + request.headers.get("Purpose", "")
    if "prefetch" in purpose or "prerender" in purpose or request.method == "HEAD":
        return
    now, person = runtime().now(), current_person()
    prompt_id = due_unseen(db(), person, now)
    if prompt_id is None:
        return
    try:
        with runtime().writing() as short:
            answering.show(short, prompt_id, now)
    except OperationalError:
        log.warning("prompt_not_noted", prompt=prompt_id)
    db().rollback()  # what the request goes on to read is what has just been written
