"""A hospital's system that speaks MLLP over a plain socket, and certificates for it."""

from __future__ import annotations

import socket
import ssl
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

VT, FS, CR = b"\x0b", b"\x1c", b"\r"


def order(control_id: str = "1", accession: str = "ACC-1", patient: str = "4711", placer: str | None = None, **header):
    fields = {9: "ORM^O01", 11: "P", 12: "2.5.1", 15: "", 16: "", 18: "", **{int(n[1:]): v for n, v in header.items()}}
    msh = ["MSH", "^~\\&", "RIS", "HOSP", "WETREAD", "HOSP", "20260302133500", "", *[""] * 12]
    msh[9] = control_id
    for number, value in fields.items():
        msh[number - 1] = value
    placer = placer or f"P-{control_id}"
    return "\r".join(
        [
            "|".join(msh).rstrip("|"),
            f"PID|1||{patient}^^^HOSP^MR||Byrne^Ada||19580417|F",
            f"ORC|NW|{placer}",
            f"OBR|1|{placer}||CXR^XR chest|||||||||cough|||||{accession}",
            "",
        ]
    )


def framed(message: str | bytes, codec: str = "utf-8") -> bytes:
    return VT + (message if isinstance(message, bytes) else message.encode(codec)) + FS + CR


class Ris:
    """One connection."""

    def __init__(self, port: int, context: ssl.SSLContext | None = None, timeout_s: float = 20) -> None:
        plain = socket.create_connection(("127.0.0.1", port), timeout_s)
        self.socket = context.wrap_socket(plain, server_hostname="localhost") if context else plain
        self._buffer = b""

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def reply(self) -> bytes:
        """One framed reply without its frame; empty when the other side closed."""
        while FS + CR not in self._buffer:
            data = self.socket.recv(65536)
            if not data:
                return b""
            self._buffer += data
        one, _, self._buffer = self._buffer.partition(FS + CR)
        assert one.startswith(VT)
        return one[1:]

    def ask(self, message: str | bytes, codec: str = "utf-8") -> dict[str, list[str]]:
        """Send one message and return the segments of its reply."""
        self.send(framed(message, codec))
        return segments(self.reply().decode(codec))

    def close(self) -> None:
        self.socket.close()


@contextmanager
def connected(port: int, **how):
    ris = Ris(port, **how)
    try:
        yield ris
    finally:
        ris.close()


def segments(reply: str) -> dict[str, list[str]]:
    """Fields by segment, counted as HL7 counts them."""
    found = {}
    for line in reply.strip("\r").split("\r"):
        name, *fields = line.split("|")
        found[name] = [name, "|", *fields] if name == "MSH" else [name, *fields]
    return found


def certificates(folder: Path) -> dict[str, Path]:
    """An authority, and a certificate of it for a server and for a client."""
    made = {}
    authority_key = ec.generate_private_key(ec.SECP256R1())
    authority = _certificate("wetread test authority", authority_key, None, authority_key)
    made["authority"] = _write(folder / "ca.crt", authority.public_bytes(serialization.Encoding.PEM))
    for name in ("server", "client"):
        key = ec.generate_private_key(ec.SECP256R1())
        one = _certificate("localhost", key, authority, authority_key)
        made[name] = _write(folder / f"{name}.crt", one.public_bytes(serialization.Encoding.PEM))
        made[f"{name}_key"] = _write(
            folder / f"{name}.key",
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            ),
        )
    return made


def _certificate(name, key, issuer, signer):
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
    )
    return builder.sign(signer, hashes.SHA256())


def _write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path
