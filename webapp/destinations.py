"""Where a person may be sent after signing in: paths of this site, nothing else."""

from urllib.parse import urlsplit

_LONGEST = 255


def local_path(text: str | None) -> str | None:
    """Return the text if it is a path of this site that every browser reads as one, else None.

    Browsers take `\\` for `/` and drop tabs and line ends: `/\\evil.test` and `/<tab>/evil.test` lead away.
    """
    if not text or len(text) > _LONGEST or not text.startswith("/") or text.startswith("//"):
        return None
    if "\\" in text or any(character <= " " or character == "\x7f" for character in text):
        return None
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    return None if parts.scheme or parts.netloc else text
