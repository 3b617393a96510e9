"""dcmtk as the modality: what it sends is acknowledged, stored, and becomes one study."""

from __future__ import annotations

import hashlib

from orchestrator.progress import StudyStatus
from orchestrator.records.arrivals import StudyStanding
from tests.orchestrator.gateway.conftest import film, run, settled, write_film


def to(hall) -> tuple[str, str, str, str]:
    host, port = hall.addresses["dicom"]
    return ("-aec", "WETREAD", host, str(port))


async def test_an_echo_is_answered(hall):
    code, said = await run("echoscu", "-v", *to(hall))
    assert code == 0, said
    assert "Received Echo Response (Success)" in said


async def test_a_sent_film_becomes_a_queued_study(hall, tmp_path):
    path = write_film(tmp_path / "films")
    code, said = await run("storescu", "-v", *to(hall), path)
    assert code == 0, said
    study = await settled(hall, film().StudyInstanceUID)
    assert study.standing is StudyStanding.ACCEPTED
    assert hall.records.record(study.study_id).status is StudyStatus.QUEUED
    assert hall.records.study(study.study_id).patient.patient_id == "PHANTOM-000000"
    assert (await hall.jobs.state()).waiting == 1


async def test_what_is_stored_is_the_data_set_that_was_sent(hall, tmp_path):
    path = write_film(tmp_path / "films")
    await run("storescu", "-xe", *to(hall), path)
    (arrival,) = hall.records.arrivals.objects(film().StudyInstanceUID)
    stored = (hall.settings.originals / arrival.file_sha256[:2] / arrival.file_sha256).read_bytes()
    assert hashlib.sha256(stored).hexdigest() == arrival.file_sha256
    sent = path.read_bytes()
    assert stored[_data_begins(stored) :] == sent[_data_begins(sent) :]


def _data_begins(content: bytes) -> int:
    return 144 + int.from_bytes(content[140:144], "little")
