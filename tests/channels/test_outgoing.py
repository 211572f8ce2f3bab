"""Fetching what a stranger named: nothing private, nothing slow, nothing big."""

import ipaddress
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from daybreak.channels.outgoing import Fetcher, FetchError, is_public, place_of
from daybreak.domain.errors import InvalidValueError
from tests.support.calendars import FeedServer, feed_server

HOST = "calendar.test"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Key and certificate of calendar.test, which signs itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2020, 1, 1, tzinfo=UTC) + timedelta(days=365 * 100))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    plain = serialization.NoEncryption()
    form = serialization.PrivateFormat.PKCS8
    pem = serialization.Encoding.PEM
    path.write_bytes(key.private_bytes(pem, form, plain) + made.public_bytes(pem))
    return path


@pytest.fixture
def server(certificate: Path) -> Iterator[FeedServer]:
    """A server by https that calls itself calendar.test."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with feed_server(context, HOST) as running:
        running.content = b"hello"
        yield running


def fetcher(server: FeedServer, certificate: Path, *addresses: str, **fields: float) -> Fetcher:
    """One that the operator lets talk to the server, and whose resolver knows it."""
    return Fetcher(
        allow=(server.origin,),
        resolve=lambda _host, _port: addresses or ("127.0.0.1",),
        tls=ssl.create_default_context(cafile=str(certificate)),
        limit=1000,
        timeout_s=fields.get("timeout_s", 10.0),
    )


def code(fetcher: Fetcher, url: str) -> str:
    with pytest.raises(FetchError) as caught:
        fetcher.get(url, {})
    return caught.value.code


def test_it_connects_to_the_resolved_address_and_speaks_to_the_host(
    server: FeedServer, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:1")
    reply = fetcher(server, certificate).get(server.url + "?key=1", {"If-None-Match": "x"})
    assert (reply.status, reply.body) == (200, b"hello")
    assert server.asked[0]["path"].endswith("?key=1")
    assert server.asked[0]["Host"] == server.origin.removeprefix("https://")
    again = fetcher(server, certificate).get(server.url, {"If-None-Match": reply.headers["etag"]})
    assert (again.status, again.body) == (304, b"")


def test_a_certificate_of_another_host_is_refused(server: FeedServer, certificate: Path) -> None:
    other = server.origin.replace(HOST, "other.test")
    knowing = fetcher(server, certificate)
    knowing.allow = (other,)
    assert code(knowing, f"{other}/x") == "tls"
    strict = Fetcher(allow=(server.origin,), resolve=lambda _h, _p: ["127.0.0.1"])
    assert code(strict, server.url) == "tls"


def test_an_address_that_is_not_public_is_never_connected_to(server: FeedServer, certificate: Path) -> None:
    for addresses in (["127.0.0.1"], ["93.184.216.34", "127.0.0.1"], ["::ffff:127.0.0.1"], ["10.0.0.1"]):
        strict = Fetcher(resolve=lambda _host, _port, found=addresses: found)  # type: ignore[misc]
        assert code(strict, server.url) == "not_public"
    assert code(Fetcher(), "https://127.0.0.1/x") == "not_public"
    assert code(Fetcher(), "https://localhost/x") == "not_public"
    assert not server.asked


def test_what_servers_may_do_wrong(server: FeedServer, certificate: Path) -> None:
    get = fetcher(server, certificate)
    server.status, server.headers = 302, {"Location": "https://169.254.169.254/"}
    assert code(get, server.url) == "redirect"
    server.status = 404
    assert code(get, server.url) == "404"
    server.status, server.content = 200, b"x" * 1001
    assert code(get, server.url) == "too_large"
    assert len(server.asked) == 3
    assert code(get, server.url.replace("https", "http")) == "address"
    nobody = Fetcher(resolve=lambda _host, _port: [])
    assert code(nobody, "https://nowhere.test/x") == "no_host"


def test_a_server_that_drips_is_cut_off(server: FeedServer, certificate: Path) -> None:
    server.content, server.drip_s = b"x" * 900, 0.05  # each byte well inside any timeout of a read
    assert code(fetcher(server, certificate, timeout_s=0.5), server.url) == "timeout"


def test_nobody_listens(server: FeedServer, certificate: Path) -> None:
    closed = f"https://{HOST}:1"
    get = Fetcher(allow=(closed,), resolve=lambda _host, _port: ["127.0.0.1"])
    assert code(get, f"{closed}/x") == "no_connection"


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1"),
        *("0.0.0.0", "224.0.0.1", "255.255.255.255", "240.0.0.1", "192.0.2.1", "198.18.0.1"),  # noqa: S104
        *("::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "fec0::1", "ff02::1", "2001:db8::1"),
        *("::ffff:10.0.0.1", "::ffff:127.0.0.1", "::127.0.0.1", "::10.0.0.1", "64:ff9b::10.0.0.1"),
        *("64:ff9b::7f00:1", "64:ff9b:1::808:808", "2002:7f00:1::1", "2002:a00:1::", "2001:0:4136:e378::1"),
        *("", "not an address", "127.1"),
    ],
)  # fmt: skip
def test_addresses_that_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"]
)
def test_addresses_that_are_public(address: str) -> None:
    ipaddress.ip_address(address)
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        *("http://calendar.test/x", "ftp://calendar.test/x", "file:///etc/passwd", "https://", "calendar/x"),
        *("https://user:word@calendar.test/x", "https://calendar.test:99999/x", "https://calendar.test/a b"),
        *("https://calendar.test/\r\nHost: other", "https://kalender.bär/x", "https://[::1", ""),
        "https://calendar.test/" + "x" * 2000,
    ],
)  # fmt: skip
def test_addresses_that_are_none(url: str) -> None:
    with pytest.raises(InvalidValueError):
        place_of(url)


def test_addresses_taken_apart() -> None:
    place = place_of(" webcal://calendar.test/private/basic.ics?a=1 ")
    assert (place.https, place.host, place.port, place.target) == (
        True,
        HOST,
        443,
        "/private/basic.ics?a=1",
    )
    assert not place.is_allowed
    assert place_of("http://intranet:8080/x", ("http://intranet:8080",)).is_allowed
