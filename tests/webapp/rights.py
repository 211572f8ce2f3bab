"""Who may do what with which route, as a table: what each route answers to those who may use it.

A new route needs a row. `label` says who may use it (REFUSED says what the others get); then what the page
and the fragment answer for an object of one's own, to a request with an empty form.
"""

from dataclasses import dataclass
from typing import Literal

Label = Literal["public", "signed_in", "team_member", "team_admin", "owner"]
ROLES = ("nobody", "outsider", "member", "other_admin", "admin", "owner")

IN = 0  # may use it: what the row says
REFUSED: dict[Label, tuple[int, ...]] = {  # by ROLES; 303 leads to the sign-in (a fragment: 401)
    "public": (IN, IN, IN, IN, IN, IN),
    "signed_in": (303, IN, IN, IN, IN, IN),
    "team_member": (303, 404, IN, 404, IN, IN),
    "team_admin": (303, 404, 403, 404, IN, IN),
    "owner": (303, 403, 403, 403, 403, IN),
}


@dataclass(frozen=True)
class Row:
    """What a route answers to those who may use it: to a page, and to a fragment."""

    label: Label
    page: int
    fragment: int
    nobody: int | None = None  # where signed out differs
    stay: tuple[str, ...] = ()  # who is refused by 422: the last admin of a team and the last owner stay


TABLE: dict[tuple[str, str], Row] = {
    ("answer.act", "POST"): Row("public", 400, 400),
    ("answer.show", "GET"): Row("public", 200, 200),
    ("audit.export_team", "POST"): Row("team_admin", 200, 200),
    ("audit.export_workspace", "POST"): Row("owner", 200, 200),
    ("audit.of_team", "GET"): Row("team_admin", 200, 200),
    ("audit.of_workspace", "GET"): Row("owner", 200, 200),
    ("calendar.link", "POST"): Row("signed_in", 422, 422),
    ("calendar.remove", "POST"): Row("signed_in", 303, 200),
    ("calendar.show", "GET"): Row("signed_in", 200, 200),
    ("channels.add", "POST"): Row("team_admin", 422, 422),
    ("channels.change", "POST"): Row("team_admin", 303, 200),
    ("channels.index", "GET"): Row("team_admin", 200, 200),
    ("channels.replace", "POST"): Row("team_admin", 422, 422),
    ("channels.trial", "GET"): Row("team_admin", 404, 404),
    ("deliveries.index", "GET"): Row("team_admin", 200, 200),
    ("deliveries.retry", "POST"): Row("team_admin", 303, 200),
    ("deliveries.show", "GET"): Row("team_admin", 200, 200),
    ("health.alive", "GET"): Row("public", 200, 200),
    ("health.ready", "GET"): Row("public", 503, 503),
    ("join.join", "POST"): Row("public", 422, 422),
    ("join.refuse", "POST"): Row("public", 303, 303),
    ("join.show", "GET"): Row("public", 200, 200),
    ("leaving.ask", "GET"): Row("signed_in", 200, 200),
    ("leaving.leave", "POST"): Row("signed_in", 303, 200, stay=("other_admin",)),
    ("library.movements", "GET"): Row("public", 200, 200),
    ("library.privacy", "GET"): Row("public", 200, 200),
    ("library.safety", "GET"): Row("public", 200, 200),
    ("me.add_days_off", "POST"): Row("signed_in", 422, 422),
    ("me.breaks", "POST"): Row("signed_in", 303, 200),
    ("me.opt_in", "POST"): Row("signed_in", 404, 404),
    ("me.remove_days_off", "POST"): Row("signed_in", 303, 200),
    ("me.save_channel", "POST"): Row("signed_in", 422, 422),
    ("me.save_clock", "POST"): Row("signed_in", 422, 422),
    ("me.save_hours", "POST"): Row("signed_in", 303, 200),
    ("me.save_less", "POST"): Row("signed_in", 303, 200),
    ("me.save_look", "POST"): Row("signed_in", 303, 200),
    ("me.save_movements", "POST"): Row("signed_in", 303, 200),
    ("me.save_password", "POST"): Row("signed_in", 422, 422),
    ("me.show", "GET"): Row("signed_in", 200, 200),
    ("me.sign_out_everywhere", "POST"): Row("signed_in", 303, 200),
    ("my_slack.disconnect", "POST"): Row("signed_in", 303, 200),
    ("my_slack.remove", "POST"): Row("signed_in", 404, 404),
    ("my_slack.save", "POST"): Row("signed_in", 422, 422),
    ("my_slack.show", "GET"): Row("signed_in", 200, 200),
    ("my_slack.trial", "GET"): Row("signed_in", 303, 200),
    ("outbox.html", "GET"): Row("owner", 404, 404),
    ("outbox.index", "GET"): Row("owner", 200, 200),
    ("outbox.show", "GET"): Row("owner", 404, 404),
    ("own_data.confirm_erase", "GET"): Row("signed_in", 200, 200),
    ("own_data.erase", "POST"): Row("signed_in", 303, 303, stay=("other_admin", "owner")),
    ("own_data.export", "GET"): Row("signed_in", 200, 200),
    ("people.invite", "POST"): Row("team_admin", 422, 422),
    ("people.new_link", "POST"): Row("team_admin", 404, 404),
    ("people.person", "GET"): Row("team_admin", 200, 200),
    ("people.remove", "POST"): Row("team_admin", 303, 303),
    ("people.set_role", "POST"): Row("team_admin", 422, 422),
    ("people.show", "GET"): Row("team_admin", 200, 200),
    ("people_import.check", "POST"): Row("team_admin", 422, 422),
    ("people_import.confirm", "POST"): Row("team_admin", 422, 422),
    ("people_import.export", "POST"): Row("team_admin", 200, 200),
    ("people_import.upload", "GET"): Row("team_admin", 200, 200),
    ("policies.archive", "POST"): Row("team_admin", 303, 303),
    ("policies.ask_archive", "GET"): Row("team_admin", 200, 200),
    ("policies.create", "POST"): Row("team_admin", 422, 422),
    ("policies.index", "GET"): Row("team_member", 200, 200),
    ("policies.new", "GET"): Row("team_admin", 200, 200),
    ("policies.save", "POST"): Row("team_admin", 422, 422),
    ("policies.show", "GET"): Row("team_member", 200, 200),
    ("policies.try_out", "POST"): Row("team_admin", 422, 200),
    ("setup.finish", "POST"): Row("public", 303, 303),
    ("setup.give_code", "POST"): Row("public", 303, 303),
    ("setup.invite", "POST"): Row("public", 303, 303),
    ("setup.ready", "GET"): Row("owner", 200, 200),
    ("setup.save_channel", "POST"): Row("public", 303, 303),
    ("setup.save_owner", "POST"): Row("public", 303, 303),
    ("setup.save_rhythm", "POST"): Row("public", 303, 303),
    ("setup.save_team", "POST"): Row("public", 303, 303),
    ("setup.show", "GET"): Row("public", 303, 303),
    ("setup.test_state", "GET"): Row("public", 303, 303),
    ("signin.ask", "POST"): Row("public", 422, 422),
    ("signin.by_password", "POST"): Row("public", 422, 422),
    ("signin.home", "GET"): Row("public", 303, 303),
    ("signin.show", "GET"): Row("public", 303, 303, nobody=200),
    ("signin.show_link", "GET"): Row("public", 200, 200),
    ("signin.sign_out", "POST"): Row("signed_in", 303, 303),
    ("signin.sign_out_everywhere", "POST"): Row("signed_in", 303, 303),
    ("signin.spend_link", "POST"): Row("public", 303, 303),
    ("slack.commands", "POST"): Row("public", 401, 401),
    ("slack.connect", "GET"): Row("signed_in", 200, 200),
    ("slack.connected", "POST"): Row("signed_in", 303, 303),
    ("slack.interactions", "POST"): Row("public", 401, 401),
    ("static", "GET"): Row("public", 200, 200),
    ("team.drawings", "GET"): Row("team_member", 303, 200),
    ("team.figures", "GET"): Row("team_member", 303, 200),
    ("team.show", "GET"): Row("team_member", 200, 200),
    ("today.answer", "POST"): Row("signed_in", 303, 200),
    ("today.channel", "POST"): Row("signed_in", 303, 200),
    ("today.hero", "GET"): Row("signed_in", 303, 200),
    ("today.moved", "POST"): Row("signed_in", 303, 200),
    ("today.pause", "POST"): Row("signed_in", 303, 200),
    ("today.resume", "POST"): Row("signed_in", 303, 200),
    ("today.send_try", "POST"): Row("signed_in", 303, 200),
    ("today.show", "GET"): Row("signed_in", 200, 200),
    ("today.swap", "POST"): Row("signed_in", 303, 200),
    ("today.switch", "POST"): Row("signed_in", 303, 200),
    ("today.try_state", "GET"): Row("signed_in", 200, 200),
    ("today.undo_moved", "POST"): Row("signed_in", 303, 200),
    ("today.why", "GET"): Row("signed_in", 200, 200),
    ("unsubscribe.act", "POST"): Row("public", 404, 404),
    ("unsubscribe.show", "GET"): Row("public", 404, 404),
}
