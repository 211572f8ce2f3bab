"""Zones and working weeks that are hard to plan: odd offsets, nights, Sundays on which clocks change."""

ZONES = ("Europe/Lisbon", "America/New_York", "Asia/Kathmandu", "Pacific/Chatham", "Australia/Lord_Howe")
WEEKS: tuple[dict[str, list[str]] | None, ...] = (
    None,
    {day: ["08:00-12:00", "12:30-17:30"] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")},
    {day: ["22:00-06:00"] for day in ("thu", "fri", "sat", "sun")},
    {"sat": ["00:00-05:00"], "sun": ["00:00-05:00"], "mon": ["10:00-11:00"]},
)
