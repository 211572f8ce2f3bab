"""Calendars as feeds deliver them, for tests."""


def event(*lines: str, uid: str = "1") -> str:
    """One event, of lines such as "DTSTART:20260302T100000Z"."""
    return "\r\n".join(["BEGIN:VEVENT", f"UID:{uid}", "SUMMARY:A secret title", *lines, "END:VEVENT", ""])


def calendar(*events: str) -> bytes:
    """A whole calendar."""
    return (
        f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//\r\n{''.join(events)}END:VCALENDAR\r\n".encode()
    )
