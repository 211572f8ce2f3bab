"""SMTP against a real server: what each phase's failure means, and that nothing is said in the clear."""

import ipaddress
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink
from aiosmtpd.smtp import SMTP
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from daybreak.channels.base import Parcel
from daybreak.channels.smtp import SmtpTransport, ascii_address, judge
from daybreak.domain.delivery import Blame, Outcome, Result
from daybreak.launch.valkey import free_port
from daybreak.settings import Smtp, TlsMode
from tests.support.smtp import HANG_UP, SmtpSink, Verb

MAIL = b"Subject: hello\r\n\r\n.a line that begins with a dot\r\n"


def transport(port: int, tls: TlsMode = "none", user: str | None = None) -> SmtpTransport:
    """A transport to a server on this machine."""
    server = Smtp("127.0.0.1", port, user, "secret" if user else None, tls)
    return SmtpTransport(server, "breaks@acme.test", "localhost")


def parcels(count: int) -> list[Parcel]:
    """So many parcels to as many people."""
    return [Parcel(number, f"p{number}@acme.test") for number in range(1, count + 1)]


def results(outcomes: Iterator[Outcome]) -> list[str]:
    """How each ended."""
    return [outcome.result.value for outcome in outcomes]


def test_one_connection_carries_a_hundred_messages(smtp_sink: SmtpSink) -> None:
    assert results(transport(smtp_sink.port).send(parcels(150), lambda _id: MAIL)) == ["sent"] * 150
    assert smtp_sink.connections == 2
    assert smtp_sink.mails[0].content == MAIL
    assert len({mail.recipients for mail in smtp_sink.mails}) == 150


def test_the_hand_off_comes_after_rcpt_and_before_the_content(smtp_sink: SmtpSink) -> None:
    smtp_sink.reply("RCPT", "450 4.2.1 busy")
    handed: list[int] = []

    def hand_off(delivery_id: int) -> bytes:
        assert len(smtp_sink.mails) == len(handed)
        handed.append(delivery_id)
        return MAIL

    assert results(transport(smtp_sink.port).send(parcels(3), hand_off)) == ["retry", "sent", "sent"]
    assert handed == [2, 3]


def test_a_hand_off_that_says_no_sends_nothing(smtp_sink: SmtpSink) -> None:
    outcomes = transport(smtp_sink.port).send(parcels(2), lambda number: MAIL if number == 2 else None)
    assert [outcome.delivery_id for outcome in outcomes] == [2]
    assert [mail.recipients for mail in smtp_sink.mails] == [("p2@acme.test",)]


@pytest.mark.parametrize(
    ("verb", "line", "expected"),
    [
        ("MAIL", "451 4.7.1 slow down", "retry"),
        ("MAIL", "550 5.7.1 not you", "failed"),
        ("MAIL", HANG_UP, "retry"),
        ("RCPT", "452 4.2.2 full", "retry"),
        ("RCPT", "550 5.7.1 no", "failed"),
        ("RCPT", HANG_UP, "retry"),
        ("DATA", "451 4.3.0 later", "retry"),
        ("DATA", "554 5.6.0 what is this", "failed"),
        ("DATA", HANG_UP, "unknown"),
    ],
)
def test_what_a_failure_means_depends_on_when_it_comes(
    smtp_sink: SmtpSink, verb: Verb, line: str, expected: str
) -> None:
    smtp_sink.reply(verb, line)
    assert results(transport(smtp_sink.port).send(parcels(2), lambda _id: MAIL)) == [expected, "sent"]
    assert len(smtp_sink.mails) == 1


def test_a_server_that_keeps_hanging_up_is_left_alone(smtp_sink: SmtpSink) -> None:
    smtp_sink.reply("MAIL", HANG_UP, times=10)
    assert results(transport(smtp_sink.port).send(parcels(50), lambda _id: MAIL)) == ["retry"] * 50
    assert smtp_sink.connections == 2


def test_nobody_there_is_a_retry_for_all() -> None:
    outcomes = list(transport(free_port()).send(parcels(3), lambda _id: MAIL))
    assert [outcome.result for outcome in outcomes] == [Result.RETRY] * 3
    assert {outcome.code for outcome in outcomes} == {"no_connection"}


@pytest.mark.parametrize("code", ["5.1.1", "5.1.2", "5.1.10", "5.2.1"])
def test_an_address_that_does_not_exist_is_blamed(code: str) -> None:
    outcome = judge(1, 550, f"{code} <bob@acme.test> unknown".encode())
    assert (outcome.result, outcome.code, outcome.blame) == (Result.FAILED, code, Blame.ADDRESS)
    assert "bob" not in outcome.detail


@pytest.mark.parametrize("line", ["550 5.7.1 no", "550 no", "552 5.2.2 full", "550 5.1.100 odd"])
def test_other_refusals_blame_nobody(line: str) -> None:
    code, _, text = line.partition(" ")
    assert judge(1, int(code), text).blame is None


def test_addresses_are_ascii_or_not_at_all() -> None:
    assert ascii_address("bob@acme.test") == "bob@acme.test"
    assert ascii_address("bob@bücher.test") == "bob@xn--bcher-kva.test"
    assert ascii_address("bób@acme.test") is None
    assert ascii_address("bob>\r\nRCPT TO:<eve@acme.test") is None


def test_without_starttls_nothing_is_sent_in_the_clear(smtp_sink: SmtpSink) -> None:
    (outcome,) = transport(smtp_sink.port, "starttls").send(parcels(1), lambda _id: MAIL)
    assert (outcome.result, outcome.code) == (Result.FAILED, "not_offered")
    assert smtp_sink.mails == []


def test_a_login_is_not_offered_in_vain(smtp_sink: SmtpSink) -> None:
    (outcome,) = transport(smtp_sink.port, user="breaks").send(parcels(1), lambda _id: MAIL)
    assert outcome.result is Result.FAILED
    assert smtp_sink.mails == []


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_a_certificate_must_be_good(tls: TlsMode, tmp_path: Path) -> None:
    certificate = self_signed(tmp_path)
    with secure_server(certificate, tls) as port:
        (refused,) = transport(port, tls).send(parcels(1), lambda _id: MAIL)
        assert (refused.result, refused.code) == (Result.FAILED, "tls")
        trusting = transport(port, tls)
        trusting.tls = ssl.create_default_context(cafile=str(certificate))
        assert results(trusting.send(parcels(2), lambda _id: MAIL)) == ["sent", "sent"]


def self_signed(folder: Path) -> Path:
    """A key and a certificate for 127.0.0.1 in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    file = folder / "server.pem"
    pem = serialization.Encoding.PEM
    file.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(pem)
    )
    return file


@contextmanager
def secure_server(certificate: Path, tls: TlsMode) -> Iterator[int]:
    """A server that speaks TLS from the first byte, or after STARTTLS and not before."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    implicit = context if tls == "implicit" else None

    class Secure(Controller):
        def factory(self) -> SMTP:
            if tls == "implicit":
                return SMTP(self.handler)
            return SMTP(self.handler, tls_context=context, require_starttls=True)

        def _trigger_server(self) -> None:
            """Say hello without looking at the certificate."""
            trusting = ssl._create_unverified_context()  # noqa: S323
            with socket.create_connection(("127.0.0.1", self.port), timeout=5) as plain:
                channel = trusting.wrap_socket(plain) if implicit else plain
                channel.recv(100)
                channel.close()

    controller = Secure(Sink(), hostname="127.0.0.1", port=free_port(), ssl_context=implicit)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()
