"""An archive that speaks DIMSE: C-FIND to find, then C-GET, or C-MOVE to our own door (PS3.4 C.4)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from pydicom.dataset import Dataset
from pynetdicom import AE, Association, StoragePresentationContexts, build_role, evt
from pynetdicom.sop_class import (
    StudyRootQueryRetrieveInformationModelFind,
    StudyRootQueryRetrieveInformationModelGet,
    StudyRootQueryRetrieveInformationModelMove,
)

from orchestrator.associations import bounded
from orchestrator.errors import OutOfRoom, Unavailable
from orchestrator.gateway.arrival_desk import ArrivalDesk
from orchestrator.gateway.dimse.contexts import PROPOSED_SYNTAXES
from orchestrator.gateway.dimse.part10 import file_head
from orchestrator.gateway.fetch.source import FoundStudy
from orchestrator.gateway.tables import Source
from orchestrator.ingest.limits import MB

_PENDING = (0xFF00, 0xFF01)
LONGEST_OBJECT = 512 * MB
STUDY_KEYS = (
    "StudyInstanceUID",
    "StudyDate",
    "ModalitiesInStudy",
    "AccessionNumber",
    "PatientID",
    "IssuerOfPatientID",
)
GET_CONTEXTS = tuple(str(context.abstract_syntax) for context in StoragePresentationContexts[:126])
"""What is proposed with C-GET: of the 128 contexts of an association one is the service's own."""


class DimseArchive:
    """One archive, asked by C-FIND and told to send by C-GET or C-MOVE.

    pynetdicom waits in threads; what it receives is taken by the arrival desk in the gateway's own loop.
    """

    def __init__(self, source: Source, desk: ArrivalDesk, ae_title: str, we_listen: bool) -> None:
        self._source, self._desk, self._ae_title, self._we_listen = source, desk, ae_title, we_listen
        self._taken = 0

    async def find_by_accession(self, accession_number: str) -> tuple[FoundStudy, ...]:
        return await asyncio.to_thread(self._find, {"AccessionNumber": accession_number})

    async def find_by_patient(self, patient_id: str, issuer: str) -> tuple[FoundStudy, ...]:
        return await asyncio.to_thread(self._find, {"PatientID": patient_id, "IssuerOfPatientID": issuer})

    async def retrieve(self, study: FoundStudy) -> int:
        if self._source.kind == "c-move":
            if not self._we_listen:
                raise Unavailable("C-MOVE sends to our own door; switch on [dicom] in the hospital's file")
            return await asyncio.to_thread(self._move, study)
        loop = asyncio.get_running_loop()
        return await asyncio.to_thread(self._get, study, loop)

    async def close(self) -> None:
        """Nothing is kept open between two requests."""

    def _find(self, keys: dict[str, str]) -> tuple[FoundStudy, ...]:
        entity = self._entity()
        entity.add_requested_context(StudyRootQueryRetrieveInformationModelFind)
        with self._associated(entity) as association:
            found = [_fact(answer) for answer in _ask(association, "STUDY", dict.fromkeys(STUDY_KEYS, "") | keys)]
            return tuple(study if study.modalities else _with_modalities(association, study) for study in found)

    def _move(self, study: FoundStudy) -> int:
        model = StudyRootQueryRetrieveInformationModelMove
        entity = self._entity()
        entity.add_requested_context(model)
        with self._associated(entity) as association:
            answers = list(association.send_c_move(_asked(study), self._ae_title, model))
        return _completed(answers)

    def _get(self, study: FoundStudy, loop: asyncio.AbstractEventLoop) -> int:
        model = StudyRootQueryRetrieveInformationModelGet
        entity = self._entity()
        entity.add_requested_context(model)
        roles = []
        for sop_class in GET_CONTEXTS:
            entity.add_requested_context(sop_class, list(PROPOSED_SYNTAXES))
            roles.append(build_role(sop_class, scp_role=True))
        handlers = [(evt.EVT_C_STORE, self._stored, [loop])]
        with self._associated(entity, handlers, ext_neg=roles) as association:
            answers = list(association.send_c_get(_asked(study), model))
        return _completed(answers)

    def _stored(self, event: Any, loop: asyncio.AbstractEventLoop) -> int:
        """Take one object of a C-GET; the archive hears of success when it is on disk and recorded."""
        request, syntax = event.request, event.context.transfer_syntax
        try:
            original = self._desk.open()
            try:
                original.write(file_head(request.AffectedSOPClassUID, request.AffectedSOPInstanceUID, syntax))
                original.write(request.DataSet.getvalue())
                taken = asyncio.run_coroutine_threadsafe(self._desk.take(original, "fetch"), loop)
                taken.result(self._source.timeout_s)
            finally:
                original.close()
        except (OSError, OutOfRoom, Unavailable, TimeoutError):
            return 0xA700
        return 0x0000

    def _entity(self) -> AE:
        entity = AE(ae_title=self._ae_title)
        entity.acse_timeout = entity.network_timeout = entity.dimse_timeout = self._source.timeout_s
        entity.connection_timeout = min(self._source.timeout_s, 10.0)
        return entity

    @contextmanager
    def _associated(self, entity: AE, handlers: Sequence[Any] = (), **negotiated: Any) -> Iterator[Association]:
        association = entity.associate(
            self._source.host,
            self._source.port,
            ae_title=self._source.ae_title,
            evt_handlers=[*bounded(LONGEST_OBJECT), *handlers],
            **negotiated,
        )
        if not association.is_established:
            raise Unavailable("the archive does not associate with us; ask for our AE title to be known there")
        try:
            yield association
        except (RuntimeError, ValueError) as error:
            raise Unavailable("the archive does not offer this query or retrieval") from error
        finally:
            if association.is_established:
                association.release()


def _ask(association: Association, level: str, keys: dict[str, str]) -> list[Dataset]:
    """Return the answers to a C-FIND."""
    query = Dataset()
    query.QueryRetrieveLevel = level
    for keyword, value in keys.items():
        setattr(query, keyword, value)
    answers = list(association.send_c_find(query, StudyRootQueryRetrieveInformationModelFind))
    _refuse_unless_success(answers[-1][0] if answers else Dataset())
    return [found for status, found in answers if status.get("Status") in _PENDING and found is not None]


def _with_modalities(association: Association, study: FoundStudy) -> FoundStudy:
    """Ask the series of a study: Modalities in Study (0008,0061) is optional, and some archives leave it out."""
    keys = {"StudyInstanceUID": study.study_instance_uid, "SeriesInstanceUID": "", "Modality": ""}
    modalities = frozenset(str(series.get("Modality", "")) for series in _ask(association, "SERIES", keys))
    return study.model_copy(update={"modalities": modalities})


def _asked(study: FoundStudy) -> Dataset:
    asked = Dataset()
    asked.QueryRetrieveLevel, asked.StudyInstanceUID = "STUDY", study.study_instance_uid
    return asked


def _fact(found: Dataset) -> FoundStudy:
    modalities = found.get("ModalitiesInStudy") or ()
    several = [modalities] if isinstance(modalities, str) else modalities
    return FoundStudy(
        study_instance_uid=str(found.get("StudyInstanceUID", "")),
        accession_number=str(found.get("AccessionNumber") or "").strip(),
        patient_id=str(found.get("PatientID") or "").strip(),
        issuer_of_patient_id=str(found.get("IssuerOfPatientID") or "").strip(),
        study_date=str(found.get("StudyDate") or ""),
        modalities=frozenset(str(modality) for modality in several),
    )


def _completed(answers: list[tuple[Dataset, Dataset | None]]) -> int:
    status = answers[-1][0] if answers else Dataset()
    _refuse_unless_success(status)
    return int(status.get("NumberOfCompletedSuboperations") or 0)


def _refuse_unless_success(status: Dataset) -> None:
    if status.get("Status") != 0x0000:
        raise Unavailable("the archive did not answer, or did not send every object")
