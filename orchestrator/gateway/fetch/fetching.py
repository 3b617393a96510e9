"""Does what was asked for by accession number, one fetch after the other; a killed process begins it again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from orchestrator.errors import Unavailable, WetreadError
from orchestrator.gateway.arrival_desk import ArrivalDesk
from orchestrator.gateway.fetch.dicomweb import DicomwebArchive
from orchestrator.gateway.fetch.dimse import DimseArchive
from orchestrator.gateway.fetch.source import FoundStudy, of_accession, priors_of
from orchestrator.gateway.hall import Hall
from orchestrator.gateway.tables import DicomListener, Source
from orchestrator.logs import fault
from orchestrator.records.fetches import Fetch, FetchStatus

log = structlog.get_logger()

_LOOK_S = 0.5


@asynccontextmanager
async def fetching(hall: Hall) -> AsyncIterator[None]:
    """Fetch what is asked for."""
    async with hall.beside("fetching", _watch(hall)):
        yield


async def _watch(hall: Hall) -> None:
    while True:
        try:
            waiting = await asyncio.to_thread(hall.records.fetches.next)
            if waiting is not None:
                await _do(hall, waiting)
                continue
        except Unavailable as error:
            log.warning("waiting_for_a_part", **fault(error))
        await asyncio.sleep(_LOOK_S)


async def _do(hall: Hall, asked: Fetch) -> None:
    """Ask one source after the other until one has the study."""
    sources = [one for one in hall.hospital.sources if asked.source in {None, one.name}]
    reason = "no such source in the hospital's file"
    for source in sources:
        try:
            fetched = await fetch(hall, source, asked.accession_number)
        except WetreadError as error:
            reason = str(error)
            log.warning("fetch_failed", fetch_id=asked.fetch_id, **fault(error))
            continue
        if fetched:
            await asyncio.to_thread(hall.records.fetches.end, asked.fetch_id, FetchStatus.DONE, None, fetched)
            return
        reason = "no archive has a study of this accession number"
    await asyncio.to_thread(hall.records.fetches.end, asked.fetch_id, FetchStatus.FAILED, reason, ())


async def fetch(hall: Hall, source: Source, accession_number: str) -> tuple[str, ...]:
    """Bring the studies of an accession number, each after its priors; return their Study Instance UIDs.

    The priors come first, and the study waits for their drafts: it is compared with what was found then.
    """
    archive = _archive(hall, source)
    try:
        studies = of_accession(await archive.find_by_accession(accession_number), accession_number)
        priors: list[FoundStudy] = []
        for study in studies:
            priors += await _bring_priors(hall, archive, source, study)
            await archive.retrieve(study)
        return tuple(study.study_instance_uid for study in (*studies, *priors))
    finally:
        await archive.close()


async def _bring_priors(
    hall: Hall, archive: DicomwebArchive | DimseArchive, source: Source, study: FoundStudy
) -> tuple[FoundStudy, ...]:
    if not source.priors or not study.patient_id:
        return ()
    found = await archive.find_by_patient(study.patient_id, study.issuer_of_patient_id)
    priors = priors_of(study, found, source.priors)
    for prior in priors:
        expect = hall.records.arrivals.expect
        await asyncio.to_thread(expect, prior.study_instance_uid, study.study_instance_uid)
        await archive.retrieve(prior)
    return priors


def _archive(hall: Hall, source: Source) -> DicomwebArchive | DimseArchive:
    desk = ArrivalDesk(hall.settings, hall.records, hall.children)
    if source.kind == "dicomweb":
        return DicomwebArchive(source, hall.settings, desk)
    title = (hall.hospital.dicom or DicomListener()).ae_title
    return DimseArchive(source, desk, title, we_listen=hall.hospital.dicom is not None)
