"""A real Redis 7 for tests, from the system's package: with a password, and with TLS of its own CA."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from urllib.parse import urlencode

import pytest
import redis
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from daybreak.launch.valkey import free_port
from tests.support.processes import running

PASSWORD = "p4ss-of-tests"
CONFIG = """\
bind 127.0.0.1
{ports}
requirepass {password}
dir "{folder}"
appendonly yes
save ""
maxmemory-policy noeviction
"""
TLS = """\
port 0
tls-port {port}
tls-cert-file "{folder}/server.pem"
tls-key-file "{folder}/server.key"
tls-auth-clients no"""


@dataclass(frozen=True)
class Redis:
    """A server that is described and can be run, killed and run again on the same data."""

    folder: Path
    port: int
    ca: Path | None = None
    password: str = field(default=PASSWORD, repr=False)

    @property
    def url(self) -> str:
        """What goes into REDIS_URL."""
        if self.ca is None:
            return f"redis://:{self.password}@127.0.0.1:{self.port}/0"
        return f"rediss://:{self.password}@127.0.0.1:{self.port}/0?{urlencode({'ssl_ca_certs': self.ca})}"

    @property
    def command(self) -> list[str]:
        """What runs the server in the foreground."""
        return [binary(), str(self.folder / "redis.conf")]

    def answers(self) -> bool:
        """Whether it takes our password and has loaded its data."""
        try:
            with redis.Redis.from_url(self.url) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False


def binary() -> str:
    """The installed `redis-server`; without one the test is skipped, or fails where REQUIRE_REDIS=1."""
    path = shutil.which("redis-server")
    if path is None:
        message = "no redis-server found: install the package redis-server"
        if os.environ.get("REQUIRE_REDIS") == "1":
            pytest.fail(message, pytrace=False)
        pytest.skip(message)
    return path


def prepare(folder: Path, *, tls: bool = False) -> Redis:
    """Describe a server whose data and configuration are in `folder`, which is made."""
    folder.mkdir(parents=True)
    described = Redis(folder, free_port(), make_certificates(folder) if tls else None)
    ports = TLS.format(port=described.port, folder=folder) if tls else f"port {described.port}"
    text = CONFIG.format(ports=ports, password=described.password, folder=folder)
    (folder / "redis.conf").write_text(text)
    return described


@contextmanager
def redis_server(folder: Path, *, tls: bool = False) -> Iterator[Redis]:
    """Run a server until the block ends."""
    described = prepare(folder, tls=tls)
    with running(described.command, log=folder / "redis.log", ready=described.answers):
        yield described


def make_certificates(folder: Path) -> Path:
    """Write `server.pem` and `server.key` for 127.0.0.1, signed by a CA of our own; the CA's file."""
    ca_key, ca = _certificate("Acme CA", None)
    key, certificate = _certificate("127.0.0.1", (ca_key, ca))
    (folder / "ca.pem").write_bytes(ca.public_bytes(serialization.Encoding.PEM))
    (folder / "server.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "server.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return folder / "ca.pem"


Signer = tuple[ec.EllipticCurvePrivateKey, x509.Certificate]


def _certificate(name: str, signer: Signer | None) -> Signer:
    """A key and its certificate for a day; of a CA, signed by itself, where there is no signer."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    issuer_key, issuer = (signer[0], signer[1].subject) if signer else (key, subject)
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=signer is None, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False
        )
    )
    if signer is not None:
        address = x509.SubjectAlternativeName([x509.IPAddress(IPv4Address(name))])
        builder = builder.add_extension(address, critical=False)
    return key, builder.sign(issuer_key, hashes.SHA256())
