"""Read a mail as its reader does."""

import re

from tests.support.smtp import Mail


def answer_address(mail: Mail) -> str:
    """The address behind "I moved"."""
    text = mail.message.get_body(("plain",))
    assert text is not None
    found = re.search(r"I moved:\s+(\S+)", text.get_content())
    assert found
    return found.group(1)
