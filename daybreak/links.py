"""Addresses that leave the house: always from BASE_URL, never from a request."""

from dataclasses import dataclass
from urllib.parse import quote


@dataclass(frozen=True)
class Links:
    """Builds absolute addresses of pages."""

    base_url: str

    def page(self, path: str) -> str:
        """Return the address of a local path such as /today."""
        return self.base_url + path

    def answer(self, token: str, do: str | None = None) -> str:
        """Return the address of a prompt's answer page; `do` names the button shown first."""
        return self.page(f"/b/{quote(token)}") + (f"?do={do}" if do else "")

    def unsubscribe(self, key: str) -> str:
        """Return the address that stops e-mail prompts (RFC 8058 POSTs to it)."""
        return self.page(f"/u/{quote(key)}")

    def sign_in(self, token: str) -> str:
        """Return the address of the page that signs in by a link."""
        return self.page(f"/signin/{quote(token)}")

    def join(self, token: str) -> str:
        """Return the address of an invitation."""
        return self.page(f"/join/{quote(token)}")
