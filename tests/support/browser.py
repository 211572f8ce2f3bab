"""A real Chromium, and a page that tolerates no fault."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Response, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def find_chromium() -> str | None:
    """The path of an installed Chromium or Chrome, or None; DAYBREAK_CHROMIUM names another."""
    named = os.environ.get("DAYBREAK_CHROMIUM")
    found = (shutil.which(name) for name in ([named] if named else NAMES))
    return next((path for path in found if path), None)


@contextmanager
def chromium(path: str) -> Iterator[Browser]:
    """Run a headless browser with Playwright's synchronous interface; downloads nothing."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


class Faults:
    """What a page did that no page may do: script errors, console errors, blocked or failed requests."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.allowed: list[str] = []

    def allow(self, part: str) -> None:
        """Tolerate faults whose text contains `part`, such as "404" where a test asks for one."""
        self.allowed.append(part)

    def watch(self, page: Page) -> None:
        """Collect the faults of this page from now on."""
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.seen.append(f"script error: {error}"))
        page.on("requestfailed", self._failed)
        page.on("response", self._response)

    @property
    def left(self) -> list[str]:
        """The faults that were not allowed."""
        return [fault for fault in self.seen if not any(part in fault for part in self.allowed)]

    def _console(self, message: ConsoleMessage) -> None:
        # Content-security violations arrive here too. The console repeats HTTP errors: `_response` has them.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.seen.append(f"console: {message.text}")

    def _failed(self, request: Request) -> None:
        # A navigation away aborts what was still loading; that is no fault of the page.
        if request.failure != "net::ERR_ABORTED":
            self.seen.append(f"request failed: {request.method} {request.url} {request.failure}")

    def _response(self, response: Response) -> None:
        if response.status >= 400:
            self.seen.append(f"{response.status}: {response.request.method} {response.url}")
