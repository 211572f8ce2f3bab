"""${message}.

Revision: ${up_revision}, after ${down_revision | comma,n}. Made ${create_date}.
"""

import sqlalchemy as sa
from alembic import op

from daybreak.store.types import Instant
${imports if imports else ""}

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    ${upgrades if upgrades else "pass"}
