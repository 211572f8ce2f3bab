"""The views, one module a noun; each exports `bp`, and all of them stand in this one tuple."""

from webapp.views import answer, health, library, outbox, signin, team, today, unsubscribe

BLUEPRINTS = (
    answer.bp,
    health.bp,
    library.library,
    outbox.bp,
    signin.bp,
    team.bp,
    today.bp,
    unsubscribe.bp,
)
