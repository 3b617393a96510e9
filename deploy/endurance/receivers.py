"""Receivers that are down, slow, refusing and out of order, by chance from a seed; each writes down what it took.

What a receiver took it knows by the id that its standard gives it: MSH-10, SOP Instance UID, CloudEvents id, and the
search of a conditional request.
"""

from __future__ import annotations

import json
import random
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from pynetdicom import evt
from pynetdicom.ae import ApplicationEntity
from pynetdicom.presentation import StoragePresentationContexts

_FRAME_START, _FRAME_END = b"\x0b", b"\x1c\r"


class Ledger:
    """What one receiver took, by id, and how often it came."""

    def __init__(self) -> None:
        self._lock, self._taken = threading.Lock(), Counter[str]()

    def take(self, *ids: str) -> None:
        with self._lock:
            self._taken.update(ids)

    @property
    def taken(self) -> dict[str, int]:
        with self._lock:
            return dict(self._taken)


class Moods:
    """What a receiver does next: mostly it takes the message; ``calm`` makes it always do."""

    def __init__(self, seed: int) -> None:
        self._chance, self._lock = random.Random(seed), threading.Lock()
        self.calm = False

    def next(self, *others: str) -> str:
        """Return ``take`` in three of four cases, and one of the others else."""
        with self._lock:
            return "take" if self.calm or self._chance.random() < 0.75 else self._chance.choice(others)

    def seconds(self, longest: float) -> float:
        with self._lock:
            return 0.0 if self.calm else self._chance.uniform(0, longest)


class HL7Receiver:
    """An MLLP receiver: silent, refusing, hanging up before or after it took a message, acknowledging last first."""

    def __init__(self, seed: int) -> None:
        self.ledger, self.moods = Ledger(), Moods(seed)
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            if self.moods.next("down") == "down":
                connection.close()
            else:
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        data, held = b"", list[bytes]()
        connection.settimeout(0.3)
        with connection:
            while True:
                try:
                    part = connection.recv(65536)
                except TimeoutError:
                    part = None
                except OSError:
                    return
                if part == b"":
                    return
                data += part or b""
                while _FRAME_END in data:
                    frame, _, data = data.partition(_FRAME_END)
                    if not self._message(connection, frame.removeprefix(_FRAME_START).decode(), held):
                        return
                if held and (part is None or len(held) >= 3):
                    _say(connection, *reversed(held))
                    held.clear()

    def _message(self, connection: socket.socket, message: str, held: list[bytes]) -> bool:
        """Do what the mood says with one message; whether the connection stays open."""
        control = message.partition("\r")[0].split("|")[9]
        mood = self.moods.next("silent", "refuse", "hang up", "hang up after taking", "later", "later", "later")
        if mood == "refuse":
            return _say(connection, _ack("AR", control))
        if mood == "silent":
            return True
        if mood == "hang up":
            return False
        self.ledger.take(control)
        if mood == "later":
            held.append(_ack("AA", control))
            return True
        return mood == "take" and _say(connection, _ack("AA", control))


def _ack(code: str, control: str) -> bytes:
    text = f"MSH|^~\\&|RIS||WETREAD||20260302||ACK^R01^ACK|A{control}|P|2.5.1\rMSA|{code}|{control}\r"
    return _FRAME_START + text.encode() + _FRAME_END


def _say(connection: socket.socket, *frames: bytes) -> bool:
    try:
        connection.sendall(b"".join(frames))
    except OSError:
        return False
    return True


class Archive:
    """A DICOM archive: out of room now and then, slow, or ending the association in the middle."""

    def __init__(self, seed: int) -> None:
        self.ledger, self.moods = Ledger(), Moods(seed)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        entity = ApplicationEntity(ae_title="ARCHIVE")
        entity.supported_contexts = StoragePresentationContexts
        self._server = entity.start_server(
            ("127.0.0.1", self.port), block=False, evt_handlers=[(evt.EVT_C_STORE, self._store)]
        )

    def _store(self, event: evt.Event) -> int:
        mood = self.moods.next("no room", "slow", "abort", "abort after taking")
        time.sleep(self.moods.seconds(1.0) if mood == "slow" else 0)
        if mood == "no room":
            return 0xA700
        if mood != "abort":
            self.ledger.take(str(event.request.AffectedSOPInstanceUID))
        if mood.startswith("abort"):
            event.assoc.abort()
        return 0x0000


class WebReceiver:
    """A web server: 503, rubbish, slow, hanging up before or after it has taken a message.

    Parameters
    ----------
    ids_of
        The ids within a body, and what to answer when it is taken.
    """

    def __init__(self, seed: int, ids_of: Callable[[bytes], tuple[list[str], bytes]]) -> None:
        self.ledger, self.moods = Ledger(), Moods(seed)
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                mood = owner.moods.next("busy", "slow", "hang up", "hang up after taking", "redirected")
                time.sleep(owner.moods.seconds(1.0) if mood == "slow" else 0)
                ids, answer = ids_of(body)
                if mood in {"take", "slow", "hang up after taking"}:
                    owner.ledger.take(*ids)
                if mood.startswith("hang up"):
                    self.close_connection = True
                    self.connection.close()
                    return
                self._answer(503 if mood == "busy" else 502 if mood == "redirected" else 200, answer)

            def _answer(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing: a line a request is of no use here."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, daemon=True).start()


def cloud_event_ids(body: bytes) -> tuple[list[str], bytes]:
    """Return the id of a CloudEvent."""
    return [json.loads(body)["id"]], b""


def transaction_ids(body: bytes) -> tuple[list[str], bytes]:
    """Return report and status of a FHIR transaction, and the answer of a server that carried it out."""
    entries = json.loads(body)["entry"]
    reports = [
        f"{one['request']['url']} {one['resource']['status']}"
        for one in entries
        if one["resource"]["resourceType"] == "DiagnosticReport"
    ]
    told = {"resourceType": "Bundle", "type": "transaction-response"}
    told |= {"entry": [{"response": {"status": "200 OK"}} for _ in entries]}  # type: ignore[dict-item]
    return reports, json.dumps(told).encode()


class Receivers:
    """One of each kind, and the hospital's file that names them as destinations."""

    def __init__(self, seed: int) -> None:
        self.hl7, self.archive = HL7Receiver(seed), Archive(seed + 1)
        self.hook = WebReceiver(seed + 2, cloud_event_ids)
        self.fhir = WebReceiver(seed + 3, transaction_ids)

    def be_calm(self) -> None:
        """Take everything from now on, so that a campaign comes to its end."""
        for one in (self.hl7, self.archive, self.hook, self.fhir):
            one.moods.calm = True

    def hospital_file(self, secret_file: str) -> str:
        """Return the tables that send drafts and signed reports to all of them."""
        return f"""
[outbox]
hosts = ["127.0.0.1"]
private_networks = ["127.0.0.0/8"]
attempts = 10000
back_off_s = 0.2
back_off_at_most_s = 5.0
lease_s = 3.0
poll_s = 0.2

[[destinations]]
name = "hl7"
kind = "mllp"
host = "127.0.0.1"
port = {self.hl7.port}
drafts = true
timeout_s = 3.0
style = {{ pdf = false }}

[[destinations]]
name = "archive"
kind = "dicom"
host = "127.0.0.1"
port = {self.archive.port}
called_ae_title = "ARCHIVE"
objects = ["report"]
timeout_s = 5.0

[[destinations]]
name = "hook"
kind = "webhook"
url = "http://127.0.0.1:{self.hook.port}/"
secret_file = "{secret_file}"
drafts = true
timeout_s = 3.0

[[destinations]]
name = "fhir"
kind = "fhir"
url = "http://127.0.0.1:{self.fhir.port}/fhir"
pdf = false
timeout_s = 3.0
"""
