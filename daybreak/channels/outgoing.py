"""Fetching from an address that a stranger named: over https, from public hosts, and not for long."""

import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from daybreak.domain.errors import InvalidValueError
from daybreak.wording import gettext as _

TIMEOUT_S = 10.0
LIMIT = 64 * 1024
URL_MAX = 2000

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Sequence[str]]
_COMPATIBLE = ipaddress.IPv6Network("::/96")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_UNSAFE = tuple(map(ipaddress.IPv6Network, ("64:ff9b:1::/48", "2001::/32", "fec0::/10")))


class FetchError(Exception):
    """Nothing usable came back; `code` says what happened, and nothing says where.

    address, no_host, not_public, no_connection, tls, timeout, lost, redirect, too_large, or the HTTP status.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server answered: 200 with its body, or 304."""

    status: int
    headers: Mapping[str, str]  # names in lower case
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Place:
    """A checked address: what to connect to and what to ask it for."""

    https: bool
    host: str
    port: int
    target: str
    is_allowed: bool  # named by the operator, so it may be private


def place_of(url: str, allow: Sequence[str] = ()) -> Place:
    """Take an address apart. Raises InvalidValueError at "url" with the mend.

    https on any public host, or what lies on an origin of `allow` (WEBHOOK_ALLOW); webcal means https.
    """
    url = url.strip()
    if url.lower().startswith("webcal://"):
        url = "https://" + url[len("webcal://") :]
    mend = _("Paste the whole address, which begins with https://.")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise InvalidValueError("url", _("This is not an address."), hint=mend) from None
    is_odd = not url.isascii() or any(c <= " " or c in "\x7f\\" for c in url) or len(url) > URL_MAX
    if is_odd or not host or "@" in parts.netloc:
        raise InvalidValueError("url", _("This is not an address."), hint=mend)
    is_allowed = f"{parts.scheme}://{parts.netloc}" in allow
    if parts.scheme != "https" and not is_allowed:
        raise InvalidValueError("url", _("Only addresses that begin with https:// are fetched."), hint=mend)
    https = parts.scheme == "https"
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Place(https, host, port or (443 if https else 80), target, is_allowed)


def is_public(text: str) -> bool:
    """Whether an IP address is one of the public internet, whatever it is wrapped in."""
    try:
        address = _unwrapped(ipaddress.ip_address(text))
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and any(address in network for network in _UNSAFE):
        return False
    is_special = address.is_multicast or address.is_reserved or address.is_loopback or address.is_link_local
    return address.is_global and not (is_special or address.is_private or address.is_unspecified)


def _unwrapped(address: Address) -> Address:
    """The IPv4 address inside a mapped, 6to4, NAT64 or compatible one; any other as it is."""
    if not isinstance(address, ipaddress.IPv6Address):
        return address
    inside = address.ipv4_mapped or address.sixtofour
    if inside is None and (address in _NAT64 or address in _COMPATIBLE):
        inside = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return inside or address


def resolve(host: str, port: int) -> Sequence[str]:
    """Return the addresses of a host. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@dataclass
class Fetcher:
    """Fetches: resolves once, connects to an address that it has checked, and follows nothing."""

    allow: Sequence[str] = ()
    limit: int = LIMIT
    timeout_s: float = TIMEOUT_S  # for everything together
    resolve: Resolve = resolve
    tls: ssl.SSLContext = field(default_factory=ssl.create_default_context)

    def get(self, url: str, headers: Mapping[str, str]) -> Reply:
        """Ask for what lies at an address. Raises FetchError for all but 200 and 304."""
        stop_at = time.monotonic() + self.timeout_s
        try:
            place = place_of(url, self.allow)
        except InvalidValueError:
            raise FetchError("address") from None
        addresses = self._addresses(place, stop_at)
        with _connected(addresses, place.port, stop_at) as line, _cut_at(line, stop_at) as is_cut:
            try:
                return self._exchange(line, place, headers)
            except (FetchError, http.client.HTTPException, OSError) as problem:
                if is_cut():
                    raise FetchError("timeout") from None
                if isinstance(problem, FetchError):
                    raise
                raise FetchError("tls" if isinstance(problem, ssl.SSLError) else "lost") from None

    def _addresses(self, place: Place, stop_at: float) -> Sequence[str]:
        found: list[str] = []

        def ask() -> None:
            try:
                found.extend(self.resolve(place.host, place.port))
            except (OSError, UnicodeError):
                found.clear()

        asking = threading.Thread(target=ask, daemon=True)  # a resolver knows no timeout: leave it behind
        asking.start()
        asking.join(max(0.0, stop_at - time.monotonic()))
        if asking.is_alive():
            raise FetchError("timeout")
        if not found:
            raise FetchError("no_host")
        if not place.is_allowed and not all(map(is_public, found)):
            raise FetchError("not_public")
        return found

    def _exchange(self, line: socket.socket, place: Place, headers: Mapping[str, str]) -> Reply:
        connection: http.client.HTTPConnection
        if place.https:
            connection = http.client.HTTPSConnection(place.host, place.port, context=self.tls)
            connection.sock = self.tls.wrap_socket(line, server_hostname=place.host)
        else:
            connection = http.client.HTTPConnection(place.host, place.port)
            connection.sock = line
        connection.auto_open = 0
        with connection.sock:
            connection.request("GET", place.target, headers={"Connection": "close", **headers})
            with connection.getresponse() as answer:
                return self._read(answer)

    def _read(self, answer: http.client.HTTPResponse) -> Reply:
        if 300 <= answer.status < 400 and answer.status != 304:
            raise FetchError("redirect")
        if answer.status not in (200, 304):
            raise FetchError(str(answer.status))
        body = answer.read(self.limit + 1)
        if len(body) > self.limit:
            raise FetchError("too_large")
        if answer.length:  # it promised more than it sent
            raise FetchError("lost")
        return Reply(answer.status, {name.lower(): value for name, value in answer.getheaders()}, body)


@contextmanager
def _connected(addresses: Sequence[str], port: int, stop_at: float) -> Iterator[socket.socket]:
    """A connection to the first address that takes one."""
    for address in addresses:
        left_s = stop_at - time.monotonic()
        if left_s <= 0:
            raise FetchError("timeout")
        try:
            line = socket.create_connection((address, port), timeout=left_s)
        except OSError:
            continue
        with line:
            yield line
        return
    raise FetchError("timeout" if time.monotonic() >= stop_at else "no_connection")


@contextmanager
def _cut_at(line: socket.socket, stop_at: float) -> Iterator[Callable[[], bool]]:
    """Cut a connection at an instant of the monotonic clock, however slowly the other side drips."""
    cut = threading.Event()
    # TLS takes the socket over: the watch needs a handle of its own on the same line.
    handle = line.dup()

    def cut_now() -> None:
        cut.set()
        with suppress(OSError):
            handle.shutdown(socket.SHUT_RDWR)

    watch = threading.Timer(max(0.0, stop_at - time.monotonic()), cut_now)
    watch.daemon = True
    watch.start()
    try:
        yield cut.is_set
    finally:
        watch.cancel()
        handle.close()


def only(value: Any, most: int = 255) -> str | None:
    """A header worth sending back next time: printable, and not longer than a column."""
    return value if isinstance(value, str) and value.isprintable() and 0 < len(value) <= most else None
