"""The demo: a believable workspace for an empty database, and a first break within a minute of each start.

The workspace is an ordinary file (data/demo.toml) applied by `services.applying`; eight weeks of prompts
stand where the ordinary plan puts them; what people made of them is drawn by `habits`; figures are published
by `services.participation`, in the order of time. Nothing in the worker knows of the demo.
"""

from daybreak.services.demo.filling import NotEmptyError, fill, is_demo, is_empty
from daybreak.services.demo.visitors import VISITORS, Visitor, first_break, sign_in_token

__all__ = [
    "VISITORS",
    "NotEmptyError",
    "Visitor",
    "fill",
    "first_break",
    "is_demo",
    "is_empty",
    "sign_in_token",
]
