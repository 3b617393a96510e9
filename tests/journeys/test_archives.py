"""Archives that are not ours send to us, and are asked for a study and its priors; every object comes once."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest
from pydicom import dcmread

from deploy.local import ports
from deploy.mutation.doors import TABLES, Doors, open_doors
from orchestrator.records import Records
from orchestrator.records.arrivals import ArrivingStudy, StudyStanding
from orchestrator.study import Study
from tests.drawn.dicom import dicom_bytes, radiograph_dataset
from tests.journeys import archives

pytestmark = pytest.mark.journey

SOURCES = """
[[sources]]
name = "get"
kind = "c-get"
ae_title = "ARCHIVE"
host = "127.0.0.1"
port = {dcmqrscp}
[[sources]]
name = "move"
kind = "c-move"
ae_title = "ARCHIVE"
host = "127.0.0.1"
port = {dcmqrscp}
[[sources]]
name = "orthanc-get"
kind = "c-get"
ae_title = "ORTHANC"
host = "127.0.0.1"
port = {orthanc}
[[sources]]
name = "web"
kind = "dicomweb"
url = "http://127.0.0.1:{orthanc_http}/dicom-web"
"""
WAYS = {"get": 10, "move": 20, "orthanc-get": 30, "web": 40}


class Hospital:
    """Our doors, two archives, and the record behind the doors."""

    def __init__(self, doors: Doors, folder: Path, chosen: dict[str, int], orthanc: httpx.Client) -> None:
        self.doors, self.folder, self.ports, self.orthanc = doors, folder, chosen, orthanc
        self.records = Records.open(f"sqlite:///{doors.folder}/wetread.db")
        self.api = httpx.Client(base_url=doors.api, timeout=60, trust_env=False)

    def settled(self, study_instance_uid: str) -> ArrivingStudy:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            study = self.records.arrivals.study(study_instance_uid)
            if study is not None and study.standing in {StudyStanding.ACCEPTED, StudyStanding.REFUSED}:
                return study
            time.sleep(0.1)
        raise AssertionError("the study does not become one")

    def study(self, study_instance_uid: str) -> Study:
        return self.records.study(self.settled(study_instance_uid).study_id)

    def fetch(self, accession_number: str, source: str) -> dict[str, object]:
        asked = self.api.post("/v1/fetch", json={"accession_number": accession_number, "source": source})
        assert asked.status_code == 202, asked.text
        deadline = time.monotonic() + 90
        while (state := self.api.get(asked.headers["location"]).json())["status"] == "queued":
            assert time.monotonic() < deadline
            time.sleep(0.2)
        return dict(state)


@pytest.fixture(scope="module")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hospital]:
    folder = tmp_path_factory.mktemp("archives")
    chosen = ports.choose(("dcmqrscp", "orthanc", "orthanc_http"), {})
    tables = TABLES + SOURCES.replace("{dcmqrscp}", str(chosen["dcmqrscp"])).replace(
        "{orthanc_http}", str(chosen["orthanc_http"])
    ).replace("{orthanc}", str(chosen["orthanc"]))
    with (
        open_doors(tables) as doors,
        archives.dcmqrscp(folder / "dcmqrscp", chosen["dcmqrscp"], doors.dicom),
        archives.orthanc(
            folder / "orthanc", chosen["orthanc"], chosen["orthanc_http"], doors.dicom, doors.api
        ) as orthanc,
    ):
        opened = Hospital(doors, folder, chosen, orthanc)
        yield opened
        opened.api.close()
        opened.records.close()


def film(number: int, **attributes: object):
    pixels = np.random.default_rng(number).integers(0, 4095, (64, 48)).astype(np.uint16)
    return radiograph_dataset(pixels, seed=number, **attributes)


def patients_films(number: int) -> dict[str, object]:
    """A film, two earlier ones of the same patient, and what must not come along."""
    person = {"PatientID": f"P{number}", "PatientName": f"Doe^Archive{number}"}
    return {
        "current": film(number, StudyDate="20260301", AccessionNumber=f"A{number}", **person),
        "prior": film(number + 1, StudyDate="20250301", AccessionNumber=f"B{number}", **person),
        "older prior": film(number + 2, StudyDate="20240301", AccessionNumber=f"C{number}", **person),
        "later": film(number + 3, StudyDate="20260401", AccessionNumber=f"D{number}", **person),
        "another patient of the same name": film(
            number + 4, StudyDate="20250401", PatientID=f"Q{number}", PatientName=f"Doe^Archive{number}"
        ),
        "not a film": film(number + 5, modality="CT", StudyDate="20250501", **person),
    }


def write(folder: Path, films: dict[str, object]) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{number}.dcm" for number in range(len(films))]
    for path, dataset in zip(paths, films.values(), strict=True):
        path.write_bytes(dicom_bytes(dataset))
    return paths


@pytest.mark.parametrize("way", WAYS)
def test_a_study_and_its_priors_are_fetched_by_accession_and_nothing_else(hospital: Hospital, way: str):
    number = WAYS[way]
    films = patients_films(number)
    port, title = ("orthanc", "ORTHANC") if way in {"orthanc-get", "web"} else ("dcmqrscp", "ARCHIVE")
    archives.send(hospital.ports[port], title, write(hospital.folder / f"films-{number}", films))
    state = hospital.fetch(f"A{number}", way)
    assert state["status"] == "done", state
    fetched = {name: hospital.records.arrivals.study(one.StudyInstanceUID) for name, one in films.items()}
    assert {name for name, study in fetched.items() if study} == {"current", "prior", "older prior"}
    assert [fetched[name].study_id for name in ("current", "prior", "older prior")] == state["study_ids"]
    assert hospital.study(films["prior"].StudyInstanceUID).prior_of == films["current"].StudyInstanceUID
    assert hospital.study(films["current"].StudyInstanceUID).prior_of is None
    for name in ("current", "prior", "older prior"):
        (arrival,) = hospital.records.arrivals.objects(films[name].StudyInstanceUID)
        assert arrival.instance_key == films[name].SOPInstanceUID


def test_fetched_twice_it_is_one_study(hospital: Hospital):
    films = patients_films(60)
    archives.send(hospital.ports["dcmqrscp"], "ARCHIVE", write(hospital.folder / "films-60", films))
    first, second = hospital.fetch("A60", "get"), hospital.fetch("A60", "move")
    assert first["study_ids"] == second["study_ids"]
    assert len(hospital.records.arrivals.objects(films["current"].StudyInstanceUID)) == 1


@pytest.mark.parametrize("way", ["get", "web"])
def test_an_accession_number_that_no_archive_has_is_said(hospital: Hospital, way: str):
    state = hospital.fetch("NOT-THERE", way)
    assert (state["status"], state["study_ids"]) == ("failed", [])
    assert "accession" in str(state["reason"])


@pytest.mark.parametrize("wanted", [{"accession_number": "A*"}, {"accession_number": ""}, {}])
def test_a_wildcard_is_no_accession_number(hospital: Hospital, wanted: dict[str, str]):
    assert hospital.api.post("/v1/fetch", json=wanted).status_code == 422


def test_what_we_fetch_is_what_dcmtk_finds_and_gets(hospital: Hospital, tmp_path: Path):
    films = patients_films(70)
    archives.send(hospital.ports["dcmqrscp"], "ARCHIVE", write(hospital.folder / "films-70", films))
    there = ["-aec", "ARCHIVE", "127.0.0.1", str(hospital.ports["dcmqrscp"])]
    uid = films["current"].StudyInstanceUID
    asked = ["-S", "-k", "QueryRetrieveLevel=STUDY", "-k", f"StudyInstanceUID={uid}"]
    found = subprocess.run(
        ["findscu", *asked, "-k", "AccessionNumber", *there], check=True, capture_output=True, text=True, timeout=60
    )
    assert "A70" in found.stdout + found.stderr
    (tmp_path / "got").mkdir()
    subprocess.run(
        ["getscu", *asked, "-od", str(tmp_path / "got"), *there], check=True, capture_output=True, timeout=60
    )
    assert hospital.fetch("A70", "get")["status"] == "done"
    (arrival,) = hospital.records.arrivals.objects(uid)
    (got,) = (tmp_path / "got").iterdir()
    ours = hospital.doors.folder / "originals" / arrival.file_sha256[:2] / arrival.file_sha256
    assert dcmread(got) == dcmread(ours)


def test_a_study_is_moved_to_us_with_movescu(hospital: Hospital):
    films = patients_films(80)
    archives.send(hospital.ports["dcmqrscp"], "ARCHIVE", write(hospital.folder / "films-80", films))
    uid = films["current"].StudyInstanceUID
    command = ["movescu", "-S", "-aet", "WETREAD", "-aem", "WETREAD", "-aec", "ARCHIVE", "--no-port"]
    keys = ["-k", "QueryRetrieveLevel=STUDY", "-k", f"StudyInstanceUID={uid}"]
    there = ["127.0.0.1", str(hospital.ports["dcmqrscp"])]
    subprocess.run([*command, *keys, *there], check=True, capture_output=True, timeout=60)
    assert hospital.settled(uid).standing is StudyStanding.ACCEPTED


@pytest.mark.parametrize("way", ["store", "stow"])
def test_orthanc_sends_to_us(hospital: Hospital, way: str):
    number = {"store": 90, "stow": 91}[way]
    sent = film(number, PatientID=f"P{number}")
    answer = hospital.orthanc.post("/instances", content=dicom_bytes(sent)).json()
    if way == "store":
        done = hospital.orthanc.post("/modalities/wetread/store", json=[answer["ID"]])
        assert done.json()["FailedInstancesCount"] == 0, done.text
    else:
        done = hospital.orthanc.post("/dicom-web/servers/wetread/stow", json={"Resources": [answer["ID"]]})
    assert done.status_code == 200, done.text
    assert hospital.settled(sent.StudyInstanceUID).standing is StudyStanding.ACCEPTED
    assert len(hospital.records.arrivals.objects(sent.StudyInstanceUID)) == 1
