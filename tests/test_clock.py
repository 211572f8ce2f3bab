"""The clock: real time plus the offset of its file, read at every reading."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from daybreak.clock import Clock
from daybreak.settings import SettingError

SLACK = timedelta(seconds=30)


def test_without_a_file_it_tells_real_time() -> None:
    assert abs(Clock().now() - datetime.now(UTC)) < SLACK


def test_the_offset_is_read_at_every_reading(tmp_path: Path) -> None:
    file = tmp_path / "offset"
    clock = Clock(file)
    for text, seconds in (("+3600", 3600), ("-86400\n", -86400), ("", 0), ("0.5", 0.5)):
        file.write_text(text)
        assert abs(clock.now() - datetime.now(UTC) - timedelta(seconds=seconds)) < SLACK
    file.unlink()
    assert abs(clock.now() - datetime.now(UTC)) < SLACK


@pytest.mark.parametrize("text", ["soon", "1e99", "nan"])
def test_an_offset_that_is_no_number_names_the_variable(tmp_path: Path, text: str) -> None:
    (tmp_path / "offset").write_text(text)
    with pytest.raises(SettingError, match="DAYBREAK_CLOCK_FILE"):
        Clock(tmp_path / "offset").now()
