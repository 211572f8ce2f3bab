"""The views, one module a noun; each exports `bp`, and all of them stand in this one tuple."""

from webapp.views import answer, health, library, signin, today, unsubscribe

BLUEPRINTS = (
    answer.bp,
    health.bp,
    library.library,
    signin.bp,
    today.bp,
    unsubscribe.bp,
)
