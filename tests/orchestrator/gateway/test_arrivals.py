"""What came object by object becomes one study: nothing lost, nothing doubled, whatever came and whoever dies."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from orchestrator.gateway.arrival_desk import ArrivalDesk
from orchestrator.gateway.study_timer import complete
from orchestrator.progress import StudyStatus
from orchestrator.records import Records
from orchestrator.records.arrivals import Arrival, ArrivalState, StudyStanding
from services.contract import LimitationReason
from tests.drawn.bombs import deflated_of
from tests.drawn.dicom import dicom_bytes
from tests.orchestrator.gateway.conftest import film, gateway, settled

STUDY = film().StudyInstanceUID


@pytest.fixture
async def hall(settings, tmp_path):
    async with gateway(settings, tmp_path / "hospital", "[stow]\n") as opened:
        yield opened


@pytest.fixture
def bring(hall):
    desk = ArrivalDesk(hall.settings, hall.records, hall.children)

    async def one(content: bytes, among: str | None = None):
        original = desk.open()
        original.write(content)
        return await desk.take(original, "stow", among)

    return one


def reasons(hall, study_id: str) -> list[LimitationReason]:
    return [limitation.reason for limitation in hall.records.study(study_id).limitations]


async def test_two_objects_of_a_study_become_one_study_with_both(hall, bring):
    await bring(dicom_bytes(film()))
    await bring(dicom_bytes(film(SOPInstanceUID="1.2.3", InstanceNumber="2")))
    study = hall.records.study((await settled(hall, STUDY)).study_id)
    assert sum(len(series.instances) for series in study.series) == 2
    assert len(hall.records.latest(10)) == 1


async def test_what_cannot_be_read_is_said_and_loses_nothing_else(hall, bring):
    await bring(dicom_bytes(film()))
    await bring(b"\x00" * 128 + b"DICM and then nonsense", among=STUDY)
    await bring(dicom_bytes(film(SOPInstanceUID="1.2.4", PixelData=b"short")))
    study = await settled(hall, STUDY)
    assert study.standing is StudyStanding.ACCEPTED
    assert reasons(hall, study.study_id).count(LimitationReason.POOR_QUALITY) == 2


async def test_the_same_uid_with_other_bytes_is_kept_apart_and_said(hall, bring):
    await bring(dicom_bytes(film()))
    await bring(dicom_bytes(film(PatientComments="corrected")))
    assert [one.state for one in hall.records.arrivals.objects(STUDY)] == [ArrivalState.KEPT, ArrivalState.CONFLICTING]
    assert LimitationReason.DUPLICATE in reasons(hall, (await settled(hall, STUDY)).study_id)


async def test_a_study_of_nothing_readable_is_refused_with_its_reason_and_kept(hall, bring):
    await bring(dicom_bytes(film(Rows=None, Columns=None, PixelData=None)))
    study = await settled(hall, STUDY)
    assert (study.standing, bool(study.reason)) == (StudyStanding.REFUSED, True)
    assert len(hall.records.arrivals.objects(STUDY)) == 1


async def test_an_object_that_comes_late_begins_the_next_revision_of_the_same_study(hall, bring):
    await bring(dicom_bytes(film()))
    first = await settled(hall, STUDY)
    await bring(dicom_bytes(film(SOPInstanceUID="1.2.5", InstanceNumber="2")))
    assert (await settled(hall, STUDY)).study_id == first.study_id
    record = hall.records.record(first.study_id)
    assert (record.revision, record.status) == (2, StudyStatus.QUEUED)
    assert len(hall.records.latest(10)) == 1


async def test_a_round_that_a_killed_process_left_half_read_makes_the_same_study_once(hall, bring):
    await bring(dicom_bytes(film()))
    hall.records.arrivals.close_round(STUDY)
    assert (await settled(hall, STUDY)).standing is StudyStanding.ACCEPTED
    hall.records.arrivals.take(_another())
    closed = hall.records.arrivals.close_round(STUDY)
    assert closed.number == 2
    await asyncio.gather(complete(hall, STUDY), complete(hall, STUDY))
    assert len(hall.records.latest(10)) == 1


def _another() -> Arrival:
    return Arrival(
        study_key=STUDY,
        instance_key="1.2.6",
        data_sha256="b" * 64,
        file_sha256="b" * 64,
        size_bytes=1,
        how="stow",
        state=ArrivalState.UNREADABLE,
    )


async def test_a_header_that_inflates_without_end_is_not_read_and_stops_nobody(hall, bring):
    assert (await bring(deflated_of(300))).indexed is None
    assert (await bring(dicom_bytes(film()))).indexed is not None


@pytest.fixture(params=["sqlite", "postgresql"])
def records(request: pytest.FixtureRequest, tmp_path: Path):
    url = f"sqlite:///{tmp_path}/a.db" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    opened = Records.open(url)
    yield opened
    opened.close()


def test_an_object_is_known_again_by_its_bytes_and_its_study_is_due_when_quiet(records, tmp_path):
    key = f"1.2.{abs(hash(tmp_path))}"
    arrival = _another().model_copy(update={"study_key": key, "instance_key": f"{key}.1"})
    assert records.arrivals.take(arrival).new
    assert not records.arrivals.take(arrival).new
    other = records.arrivals.take(arrival.model_copy(update={"data_sha256": "c" * 64}))
    assert (other.new, other.state) == (True, ArrivalState.CONFLICTING)
    assert key not in records.arrivals.due(quiet_s=60, at_most_s=600)
    assert key in records.arrivals.due(quiet_s=0, at_most_s=600)
    assert key in records.arrivals.due(quiet_s=60, at_most_s=0)
    closed = records.arrivals.close_round(key)
    assert (closed.number, len(closed.arrivals)) == (1, 2)
    assert key in records.arrivals.due(quiet_s=60, at_most_s=600)
    records.arrivals.settle(closed)
    assert key not in records.arrivals.due(quiet_s=0, at_most_s=0)
    records.arrivals.expect(key, "1.2.3")
    assert records.arrivals.close_round(key).prior_of == "1.2.3"
