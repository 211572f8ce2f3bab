"""Which addresses Daybreak posts to: Slack's own, and those of origins that the operator allows."""

from collections.abc import Sequence
from urllib.parse import SplitResult, urlsplit

from daybreak.domain.errors import InvalidValueError
from daybreak.wording import gettext as _

SLACK = "https://hooks.slack.com"
ANSWERED_AT = ("actions", "commands", "app")  # where Slack's response_url lies


def check_address(url: str, allow: Sequence[str] = ()) -> str:
    """Return a webhook's address as it is kept. Raises InvalidValueError with the mend for any other.

    Only `https://hooks.slack.com/services/…`, or an address on an origin of `allow` (WEBHOOK_ALLOW).
    """
    url = url.strip()
    mend = _("In Slack: Apps, Incoming Webhooks, Add to a channel; then copy the webhook URL.")
    parts, origin = _parsed(url, mend)
    if origin in allow and parts.path.strip("/"):
        return url
    if origin != SLACK:
        text = _("This is not a Slack webhook: those begin with https://hooks.slack.com/services/.")
        raise InvalidValueError("url", text, hint=mend)
    words = parts.path.split("/")
    if len(words) != 5 or words[:2] != ["", "services"] or not all(words[2:]) or parts.query or ".." in words:
        text = _("The address is not whole: three parts follow after /services/.")
        raise InvalidValueError("url", text, hint=mend)
    return url


def check_response_address(url: str, allow: Sequence[str] = ()) -> str:
    """Return the address that Slack gives with a pressed button. Raises InvalidValueError for any other.

    Only `https://hooks.slack.com/actions/…` and the like, or an address on an origin of `allow`.
    """
    parts, origin = _parsed(url, "")
    words = parts.path.split("/")
    is_slacks = origin == SLACK and words[1:2] and words[1] in ANSWERED_AT and not parts.query
    if ".." in words or not all(words[1:]) or not (is_slacks or origin in allow):
        raise InvalidValueError("url", _("This is not an address that Slack answers at."))
    return url


def mask_address(url: str) -> str:
    """The address as pages and logs may show it: host and last characters."""
    return f"{urlsplit(url).netloc}/…/…{url[-3:]}"


def _parsed(url: str, mend: str) -> tuple[SplitResult, str]:
    """Take an address apart. Raises InvalidValueError where two readers could read it differently."""
    try:
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
    except ValueError:
        raise InvalidValueError("url", _("This is not an address."), hint=mend) from None
    odd = any(c <= " " or c in "\x7f\\" for c in url)
    if not url.isascii() or odd or "@" in parts.netloc or parts.fragment:
        raise InvalidValueError("url", _("This is not a webhook's address."), hint=mend)
    return parts, origin
