"""The views, one module a noun; each exports `bp`, and all of them stand in this one tuple."""

from webapp.views import (
    answer,
    calendar,
    health,
    join,
    library,
    me,
    outbox,
    people,
    policies,
    setup,
    signin,
    team,
    today,
    unsubscribe,
)

BLUEPRINTS = (
    answer.bp,
    calendar.bp,
    health.bp,
    join.bp,
    library.library,
    me.bp,
    outbox.bp,
    people.bp,
    policies.bp,
    setup.bp,
    signin.bp,
    team.bp,
    today.bp,
    unsubscribe.bp,
)
