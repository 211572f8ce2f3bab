"""Pasted addresses: what people copy out of a mail program, as the addresses that are meant."""

import re

_PART = re.compile(r'(?:"[^"\n]*"|[^,;])+')
_NAMED = re.compile(r".*<([^<>\s]+)>$", re.DOTALL)


def pasted_addresses(text: str) -> dict[str, str]:
    """Return each entry of a text with the address it means, in order; the same address counts once.

    Entries stand on lines of their own, or between commas or semicolons. `Smith, Carol <carol@x.org>` is one
    entry, with or without quotes around the name. What is no address comes back as it was typed.
    """
    found: dict[str, str] = {}
    for line in text.splitlines():
        name: list[str] = []
        for part in (part.strip() for part in _PART.findall(line)):
            if not part:
                continue
            if "@" not in part:
                name.append(part)
                continue
            named = _NAMED.match(part)
            if not named:
                found |= {one: one for one in name}
                name = []
            entry = ", ".join((*name, part))
            address = named[1] if named else part
            if address.casefold() not in map(str.casefold, found.values()):
                found[entry] = address
            name = []
        found |= {one: one for one in name}
    return found
