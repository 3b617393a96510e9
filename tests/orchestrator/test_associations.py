"""An archive or a receiver that would fill our memory is hung up on, by its first bytes."""

from __future__ import annotations

import io
import socket
import threading
import time
from types import SimpleNamespace

import numpy as np
import pytest
from pydicom import dcmread
from pynetdicom import AE
from pynetdicom.sop_class import Verification

from orchestrator.associations import LONGEST_PDU, TooMuch, bounded
from orchestrator.errors import TryAgain, Unavailable
from orchestrator.gateway.fetch.dimse import DimseArchive
from orchestrator.gateway.tables import Source
from orchestrator.outbox.dicom import DicomCourier
from orchestrator.outbox.tables import Dicom
from tests.drawn.dicom import dicom_bytes, radiograph_dataset
from tests.orchestrator.outbox.conftest import HERE


class EndlessPeer:
    """Answers whatever is asked with the head of an A-ASSOCIATE-AC of two gigabytes, and begins to send it."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.sent = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        connection, _ = self._listener.accept()
        connection.settimeout(20)
        try:
            connection.recv(1024)
            connection.sendall(b"\x02\x00" + (2**31 - 1).to_bytes(4, "big"))
            while self.sent < 64 * LONGEST_PDU:
                self.sent += connection.send(bytes(65536))
        except OSError:
            return
        finally:
            connection.close()


async def test_an_archive_that_announces_two_gigabytes_is_hung_up_on():
    peer = EndlessPeer()
    source = Source(name="pacs", kind="c-get", ae_title="PACS", host="127.0.0.1", port=peer.port, timeout_s=20)
    began = time.monotonic()
    with pytest.raises(Unavailable):
        await DimseArchive(source, None, "WETREAD", False).find_by_accession("A-1")  # type: ignore[arg-type]
    assert time.monotonic() - began < 15
    assert peer.sent < 32 * LONGEST_PDU, "what the sockets of this machine hold, and not what was announced"


def test_a_receiver_that_announces_two_gigabytes_is_hung_up_on():
    peer = EndlessPeer()
    there = Dicom(name="pacs", kind="dicom", host="127.0.0.1", port=peer.port, called_ae_title="PACS", timeout_s=20)
    film = dcmread(io.BytesIO(dicom_bytes(radiograph_dataset(np.zeros((8, 8), np.uint16)))))
    with pytest.raises(TryAgain):
        DicomCourier(there, HERE)._associate([film])
    assert peer.sent < 32 * LONGEST_PDU


def test_a_message_may_be_so_long_and_there_may_be_any_number_of_them():
    wire = SimpleNamespace(recv=bytearray)
    event = SimpleNamespace(assoc=SimpleNamespace(dul=SimpleNamespace(socket=wire)))
    (_, opened), (_, whole) = bounded(1000)
    opened(event)
    for _ in range(60):
        assert len(wire.recv(400)) + len(wire.recv(500)) == 900
        whole(event)
    wire.recv(900)
    with pytest.raises(TooMuch):
        wire.recv(200)


def test_a_receiver_that_keeps_to_it_is_spoken_with():
    entity = AE()
    entity.add_supported_context(Verification)
    server = entity.start_server(("127.0.0.1", 0), block=False)
    try:
        client = AE()
        client.add_requested_context(Verification)
        association = client.associate(*server.server_address[:2], evt_handlers=bounded(LONGEST_PDU))
        assert association.is_established
        association.release()
    finally:
        server.shutdown()
