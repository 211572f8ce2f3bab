"""One's own Slack: a webhook to one's direct messages, tested before it is used, and connected accounts."""

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import StringField

import tasks
from daybreak.channels import KINDS
from daybreak.domain.errors import InvalidValueError, NotFoundError
from daybreak.services import auditing, channels, notices, own_webhook, slack_accounts
from daybreak.store.prompts import own_try
from daybreak.wording import gettext as _
from daybreak.wording import lazy_gettext as _l
from webapp.db import after_commit, db, runtime
from webapp.forms import tidy
from webapp.fresh import FreshForm
from webapp.guards import signed_in
from webapp.htmx import is_fragment, render, say, see_other
from webapp.identity import current_person
from webapp.throttle import client_address
from webapp.trials import Trial, trial_of

bp = Blueprint("my_slack", __name__, url_prefix="/me/slack")
PAGE, FRAGMENT = "pages/slack/mine.html", "fragments/my_slack.html"


class WebhookForm(FreshForm):
    """A webhook to one's own direct messages."""

    url = StringField(_l("Webhook"), filters=[tidy])


@bp.get("")
@signed_in
def show() -> ResponseReturnValue:
    """The webhook in use, how a test of another is doing, and the accounts that are connected."""
    return _page()


@bp.post("")
@signed_in
def save() -> ResponseReturnValue:
    """Send a test to a webhook, which is used from the moment the test has arrived."""
    form, settings = WebhookForm(), runtime().settings
    if not form.is_fresh():
        return _page(form, 422)
    try:
        delivery_id = own_webhook.try_address(
            db(), current_person(), form.url.data or "", runtime().cipher, settings.webhook_allow,
            runtime().now(), origin=_origin(),
        )  # fmt: skip
    except InvalidValueError as refusal:
        form.refuse(refusal)
        return _page(form, 422)
    after_commit(lambda: tasks.ring([delivery_id]))
    return _done(_("A test is on its way. The webhook is used once it has arrived."), delivery_id)


@bp.post("/remove")
@signed_in
def remove() -> ResponseReturnValue:
    """Forget one's own webhook."""
    channel = own_webhook.current(db(), current_person())
    if channel is None:
        raise NotFoundError
    channels.remove(db(), channel, current_person().id, runtime().now(), origin=_origin())
    return _done(_("Removed. Breaks come by your other channels."))


@bp.post("/accounts/<int:account_id>/disconnect")
@signed_in
def disconnect(account_id: int) -> ResponseReturnValue:
    """Forget a Slack account; its buttons then lead nowhere."""
    slack_accounts.disconnect(db(), current_person(), account_id, runtime().now(), origin=_origin())
    return _done(_("Disconnected."))


@bp.get("/tests/<int:delivery_id>")
@signed_in
def trial(delivery_id: int) -> ResponseReturnValue:
    """How a test is doing; once it has arrived, the whole of the section."""
    found = _trial(delivery_id)
    if found is None:
        raise NotFoundError
    if not is_fragment():
        return see_other(url_for(".show", test=delivery_id))
    return render(PAGE, "fragments/trial.html", trial=found, again=_again(found))


def _done(words: str, test: int | None = None) -> ResponseReturnValue:
    say(words)
    if not is_fragment():
        return see_other(url_for(".show", test=test))
    return _page(test=test, acted=True)


def _page(
    form: WebhookForm | None = None, status: int = 200, *, test: int | None = None, acted: bool = False
) -> ResponseReturnValue:
    person = current_person()
    channel = own_webhook.current(db(), person)
    found = _trial(test or request.args.get("test", type=int))
    return render(
        PAGE,
        FRAGMENT,
        status,
        channel=channel,
        cause=notices.cause_of(channel) if channel is not None and channel.off_at else "",
        form=form or WebhookForm(formdata=None),
        trial=found,
        again=_again(found),
        accounts=slack_accounts.accounts_of(db(), person),
        has_secret=runtime().settings.slack_signing_secret is not None,
        example=next(iter(KINDS.values())).example,
        acted=acted,
    )


def _trial(delivery_id: int | None) -> Trial | None:
    delivery = own_try(db(), current_person().id, delivery_id) if delivery_id else None
    return trial_of(delivery) if delivery else None


def _again(found: Trial | None) -> str:
    return url_for(".trial", delivery_id=found.delivery_id) if found else ""


def _origin() -> str | None:
    return auditing.truncated(client_address())
