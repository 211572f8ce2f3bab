"""The views, one module a noun; each exports `bp`, and all of them stand in this one tuple."""

from webapp.views import health, library, signin

BLUEPRINTS = (
    health.bp,
    library.library,
    signin.bp,
)
