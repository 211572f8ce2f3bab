"""Header lines that no person's text can break out of.

Names of people and teams come from people. A line break in one would begin a header of its own, and so, in
a reader that decodes too eagerly, would an encoded word: both are taken apart before anything is encoded.
"""

import base64
import re

LONGEST_PHRASE = 60
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_LINKING = re.compile(r"(?<=\w)[.@:\uff20\u3002](?=\S)|//")
_SPACES = re.compile(r"\s+")
_CHUNK = 42  # bytes of UTF-8 that, in base64 and with its frame, stay under the 75 of an encoded word


def plain(text: str) -> str:
    """One line of a person's text, without control characters and without the frames of encoded words."""
    line = _SPACES.sub(" ", _CONTROLS.sub(" ", text)).strip()
    return line.replace("=?", "= ?").replace("?=", "? =")


def unlinked(text: str) -> str:
    """The text so that mail readers, which make links of what looks like one, make none of it.

    Only for bodies: an invisible word joiner stands after dots, colons and @ in words, and after two slashes.
    """
    return _LINKING.sub("\\g<0>\u2060", text)


def shorten(text: str, longest: int) -> str:
    """The text, cut at a word where that is near, so that it has at most so many characters."""
    if len(text) <= longest:
        return text
    cut = text[: longest - 1]
    word = cut.rfind(" ")
    return (cut[:word] if word > longest // 2 else cut).rstrip(" ,;:-") + "…"


def unstructured(text: str) -> str:
    """A value such as Subject's: as it is where it is ASCII, else in encoded words."""
    line = plain(text)
    return line if line.isascii() else _encoded(line)


def mailbox(phrase: str, address: str) -> str:
    """A display name and an address; the name is quoted or encoded, the address must be a checked one."""
    name = shorten(plain(phrase), LONGEST_PHRASE)
    spec = _CONTROLS.sub("", address).replace("<", "").replace(">", "").replace(" ", "")
    if not name:
        return spec
    if name.isascii():
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{quoted}" <{spec}>'
    return f"{_encoded(name)} <{spec}>"


def _encoded(line: str) -> str:
    """RFC 2047 words in base64, split between characters, folded one a line."""
    words, chunk = [], ""
    for character in line:
        if len((chunk + character).encode()) > _CHUNK:
            words.append(chunk)
            chunk = ""
        chunk += character
    words.append(chunk)
    return "\r\n ".join(f"=?utf-8?b?{base64.b64encode(word.encode()).decode()}?=" for word in words)
