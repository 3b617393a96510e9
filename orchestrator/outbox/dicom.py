"""C-STORE as a client (PS3.4 Annex B): one association a message, its objects one after the other.

A success or a warning (B000H, B006H, B007H) is taken. Out of resources (A7xxH) is tried again, any other failure is the
receiver's last word on the object (PS3.4 B.2.3). An object that came before is the same SOP instance and replaces it.
"""

from __future__ import annotations

import asyncio
import io

from pydicom import dcmread
from pydicom.dataset import FileDataset
from pynetdicom.ae import ApplicationEntity
from pynetdicom.association import Association

from orchestrator.associations import LONGEST_PDU, bounded
from orchestrator.errors import RefusedByReceiver, TryAgain
from orchestrator.outbox.address import Resolve, pinned, resolved, tls_context
from orchestrator.outbox.letter import Letter
from orchestrator.outbox.tables import Allowed, Dicom

_WARNINGS = {0xB000, 0xB006, 0xB007}


class DicomCourier:
    """Stores the objects of a message at one Application Entity."""

    def __init__(self, destination: Dicom, allowed: Allowed, resolve: Resolve = resolved) -> None:
        self._destination, self._allowed, self._resolve = destination, allowed, resolve
        self._tls = tls_context(destination.tls) if destination.tls else None

    async def deliver(self, letter: Letter) -> str:
        """Store every object; returns how many.

        Raises
        ------
        TryAgain, RefusedByReceiver
            If one of them is not stored; those before it are, and will be again.
        """
        return await asyncio.to_thread(self._store, letter)

    async def close(self) -> None:
        """Nothing stays open."""

    def _store(self, letter: Letter) -> str:
        objects = [dcmread(io.BytesIO(data)) for data in letter.dicom(self._destination.objects).values()]
        if not objects:
            return "nothing to stand beside: no image of the study came as DICOM"
        association = self._associate(objects)
        try:
            for one in objects:
                _store_one(association, one)
        finally:
            if association.is_established:
                association.release()
            else:
                association.abort()
        return f"{len(objects)} objects stored"

    def _associate(self, objects: list[FileDataset]) -> Association:
        there = self._destination
        entity = ApplicationEntity(ae_title=there.calling_ae_title)
        entity.connection_timeout = entity.acse_timeout = entity.dimse_timeout = there.timeout_s
        entity.network_timeout = there.timeout_s
        for one in objects:
            entity.add_requested_context(one.SOPClassUID, one.file_meta.TransferSyntaxUID)
        address = pinned(there.host, there.port, self._allowed, self._resolve)
        name = (there.tls.server_name or there.host) if there.tls else there.host
        tls = (self._tls, name) if self._tls else None
        association = entity.associate(
            address, there.port, ae_title=there.called_ae_title, tls_args=tls, evt_handlers=[*bounded(LONGEST_PDU)]
        )
        if not association.is_established:
            raise TryAgain("the association was rejected" if association.is_rejected else "no association")
        return association


def _store_one(association: Association, one: FileDataset) -> None:
    try:
        status = association.send_c_store(one)
    except ValueError as error:
        raise RefusedByReceiver(f"the receiver does not take {one.SOPClassUID.keyword}") from error
    except RuntimeError as error:
        raise TryAgain("the association ended in the middle") from error
    if "Status" not in status:
        raise TryAgain("no answer to a C-STORE in time")
    code = int(status.Status)
    if code == 0 or code in _WARNINGS:
        return
    if code & 0xFF00 == 0xA700 or code == 0x0110:
        raise TryAgain(f"C-STORE status {code:04X}H")
    raise RefusedByReceiver(f"C-STORE status {code:04X}H")
