"""The pictures of the README: Today and Team of the demo, as they look on a Thursday morning.

Run `python -m bench.pictures [FOLDER]` from the project's root; the default is docs/pictures. Starts the demo
in a home of its own with its clock set to the next Thursday, and photographs it with Chromium.
`--all` takes the whole pages, and adds phones and the dark theme.
"""

import argparse
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.sync_api import Browser, Page

from daybreak.settings import ROOT
from tests.support.browser import chromium, find_chromium
from tests.support.demo import demo
from tests.support.house import House, house_at

SIZES = {"": (1280, 940), "-390": (390, 844)}
THEMES = {"": "light", "-dark": "dark"}
PAGES = {"today": "/today", "team": "/team/product"}


def main() -> None:
    """Make the pictures."""
    parser = argparse.ArgumentParser(prog="bench.pictures", description="Photograph the demo.")
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "docs" / "pictures")
    parser.add_argument("--all", action="store_true", help="whole pages; also phones and the dark theme")
    options = parser.parse_args()
    found = find_chromium()
    if found is None:
        raise SystemExit("No Chromium was found; DAYBREAK_CHROMIUM may name one.")
    options.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        house = house_at(Path(folder))
        house.set_clock(thursday())
        with demo(house) as links, chromium(found) as browser:
            photograph(browser, house, links["a member"], options.folder, everything=options.all)


def thursday() -> datetime:
    """A Thursday at 10:44 UTC, seconds before the demo's first break: Europe is in the middle of its day."""
    now = datetime.now(UTC)
    day = now + timedelta(days=(3 - now.weekday()) % 7)
    return day.replace(hour=10, minute=44, second=20, microsecond=0)


def photograph(browser: Browser, house: House, link: str, folder: Path, *, everything: bool) -> None:
    """Sign in once and take each page."""
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    page.goto(link)
    page.get_by_role("button", name="Sign in as").click()
    page.wait_for_url("**/today")
    page.get_by_text("in time until").first.wait_for(timeout=100_000)
    for name, path in PAGES.items():
        for size, (width, height) in SIZES.items():
            for theme, scheme in THEMES.items():
                if everything or not size + theme:
                    page.set_viewport_size({"width": width, "height": height})
                    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
                    file = folder / f"{name}{size}{theme}.png"
                    take(page, house.base_url + path, file, whole=everything)
    context.close()


def take(page: Page, address: str, file: Path, *, whole: bool) -> None:
    """One page: what the window shows of it, or the whole."""
    page.goto(address, wait_until="networkidle")
    page.screenshot(path=file, full_page=whole, animations="disabled")
    print(f"{file} {file.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main()
