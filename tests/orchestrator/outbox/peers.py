"""Receivers that tests run: an MLLP receiver and a web server of their own, each behaving as it is told."""

from __future__ import annotations

import datetime
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

import hl7
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Behaviour = Callable[[str, "Conversation"], None]
"""What a receiver does with one message."""


def ack(message: str, code: str = "AA", error: str | None = None) -> bytes:
    """Return a framed acknowledgement of a message, as a RIS writes it."""
    control = message.split("\r", maxsplit=1)[0].split("|")[9]
    lines = [f"MSH|^~\\&|RIS|HOSPITAL|WETREAD||20260302||ACK^R01^ACK|A{control}|P|2.5.1", f"MSA|{code}|{control}"]
    if error:
        lines.append(f"ERR||OBX^1|{error}^Something^HL70357|E")
    return b"\x0b" + "\r".join(lines).encode() + b"\r\x1c\r"


def takes(message: str, talk: Conversation) -> None:
    talk.say(ack(message))


def answers(code: str, error: str | None = None) -> Behaviour:
    return lambda message, talk: talk.say(ack(message, code, error))


def is_silent(message: str, talk: Conversation) -> None:
    pass


def hangs_up(message: str, talk: Conversation) -> None:
    talk.connection.shutdown(socket.SHUT_RDWR)


def talks_rubbish(message: str, talk: Conversation) -> None:
    talk.say(b"\x0b\x00\xff<html>503</html>\x1c\r")


class Conversation:
    """One connection to a receiver."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.kept: list[str] = []
        """Messages whose acknowledgement is held back."""

    def say(self, data: bytes) -> None:
        self.connection.sendall(data)


class AnswersLastFirst:
    """Holds acknowledgements back until so many messages are there, and then gives them last first."""

    def __init__(self, number: int) -> None:
        self._number = number

    def __call__(self, message: str, talk: Conversation) -> None:
        talk.kept.append(message)
        if len(talk.kept) == self._number:
            for kept in reversed(talk.kept):
                talk.say(ack(kept))
            talk.kept.clear()


class MllpReceiver:
    """A receiver of HL7 messages on a port of this machine."""

    def __init__(self, behaviour: Behaviour = takes, context: ssl.SSLContext | None = None, port: int = 0) -> None:
        self.behaviour, self.received = behaviour, list[str]()
        self._context = context
        self._listener = socket.create_server(("127.0.0.1", port), backlog=100)
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    @property
    def control_ids(self) -> list[str]:
        return [str(hl7.parse(one)["MSH"][0][10]) for one in self.received]

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            if self._context:
                connection = self._context.wrap_socket(connection, server_side=True)
            talk, data = Conversation(connection), b""
            while part := connection.recv(65536):
                data += part
                while b"\x1c\r" in data:
                    frame, _, data = data.partition(b"\x1c\r")
                    message = frame.removeprefix(b"\x0b").decode()
                    self.received.append(message)
                    self.behaviour(message, talk)
        except OSError:
            return
        finally:
            connection.close()


class Asked(NamedTuple):
    """One request as a web server got it."""

    path: str
    headers: dict[str, str]
    body: bytes


class Said(NamedTuple):
    """What a web server answers."""

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = {}  # noqa: RUF012 - a NamedTuple is frozen
    after_s: float = 0.0


class WebServer:
    """A real HTTP server on a port of this machine that answers as it is told."""

    def __init__(self, answer: Callable[[Asked], Said], context: ssl.SSLContext | None = None) -> None:
        self.answer, self.asked = answer, list[Asked]()
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                asked = Asked(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
                owner.asked.append(asked)
                said = owner.answer(asked)
                if said.after_s:
                    threading.Event().wait(said.after_s)
                self.send_response(said.status)
                for name, value in {"content-length": str(len(said.body)), **said.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(said.body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        if context:
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def running(peer: MllpReceiver | WebServer) -> Iterator[None]:
    try:
        yield
    finally:
        peer.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Certificates(NamedTuple):
    """An authority, and a certificate with its key for each side."""

    authority: Path
    server: Path
    client: Path

    def of_server(self, asks_for_one: bool = True) -> ssl.SSLContext:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(self.authority))
        context.load_cert_chain(self.server)
        context.verify_mode = ssl.CERT_REQUIRED if asks_for_one else ssl.CERT_NONE
        return context


def certificates_in(folder: Path) -> Certificates:
    """Make an authority, a certificate for ``ris.example`` and one for us."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.UTC)
    authority = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a hospital")])

    def issue(name: str, own: ec.EllipticCurvePrivateKey, is_authority: bool) -> Path:
        made = (
            x509.CertificateBuilder()
            .subject_name(authority if is_authority else x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(authority)
            .public_key(own.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
            .add_extension(
                x509.SubjectAlternativeName([x509.DNSName(name), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
                critical=False,
            )
            .sign(key, hashes.SHA256())
        )
        private = own.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        path = folder / f"{name}.pem"
        path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
        return path

    return Certificates(
        issue("authority", key, True),
        issue("ris.example", ec.generate_private_key(ec.SECP256R1()), False),
        issue("client", ec.generate_private_key(ec.SECP256R1()), False),
    )
