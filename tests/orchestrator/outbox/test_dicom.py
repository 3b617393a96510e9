"""Reports stored at archives that are not ours: dcmtk's and Orthanc's, and at one that refuses as it is told."""

from __future__ import annotations

import json
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pydicom import dcmread
from pynetdicom import AE, StoragePresentationContexts, evt

from orchestrator.errors import RefusedByReceiver, TryAgain
from orchestrator.outbox.dicom import DicomCourier
from orchestrator.outbox.letter import Letter
from orchestrator.outbox.stow import StowCourier
from orchestrator.outbox.tables import Dicom, StowRs
from tests.conftest import wait_until
from tests.orchestrator.outbox.conftest import HERE
from tests.orchestrator.outbox.peers import Said, WebServer, free_port, running


def courier_to(port: int, **more: object) -> DicomCourier:
    there = {"name": "pacs", "kind": "dicom", "host": "127.0.0.1", "port": port, "called_ae_title": "PACS"}
    return DicomCourier(Dicom.model_validate({**there, "timeout_s": 20, **more}), HERE)


def stow_to(url: str, **more: object) -> StowCourier:
    there = {"name": "archive", "kind": "stow", "url": url, "timeout_s": 20, **more}
    return StowCourier(StowRs.model_validate(there), HERE)


def uids(letter: Letter) -> set[str]:
    import io

    return {str(dcmread(io.BytesIO(data), stop_before_pixels=True).SOPInstanceUID) for data in letter.dicom().values()}


@pytest.fixture
def storescp(tmp_path: Path) -> Iterator[tuple[int, Path]]:
    program = shutil.which("storescp")
    if program is None:
        pytest.skip("storescp (dcmtk) is not installed")
    port = free_port()
    folder = tmp_path / "stored"
    folder.mkdir()
    # -pm: unknown SOP classes too; dcmtk names a file by modality and SOP Instance UID
    process = subprocess.Popen([program, "-aet", "PACS", "-pm", "-od", str(folder), str(port)])
    wait_until(lambda: listens(port), "storescp did not start")
    yield port, folder
    process.terminate()
    process.wait()


def listens(port: int) -> bool:
    import socket

    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


async def test_every_object_is_stored_once_however_often_it_is_sent(storescp, dicom_letters: dict[str, Letter]):
    port, folder = storescp
    letter = dicom_letters["signed"]
    courier = courier_to(port)
    assert await courier.deliver(letter) == "6 objects stored"
    assert await courier.deliver(letter) == "6 objects stored"
    stored = [dcmread(file) for file in folder.iterdir()]
    assert {str(one.SOPInstanceUID) for one in stored} == uids(letter) and len(stored) == 6
    assert {str(one.PatientName) for one in stored} == {"Phantom^Drawn"}


async def test_a_destination_takes_only_the_objects_it_wants(storescp, dicom_letters: dict[str, Letter]):
    port, folder = storescp
    assert await courier_to(port, objects=["report"]).deliver(dicom_letters["signed"]) == "1 objects stored"
    [only] = folder.iterdir()
    assert dcmread(only).VerificationFlag == "VERIFIED"


async def test_a_retraction_is_stored_whatever_a_destination_wants(storescp, dicom_letters: dict[str, Letter]):
    port, folder = storescp
    await courier_to(port, objects=["report"]).deliver(dicom_letters["rejected"])
    [only] = folder.iterdir()
    assert dcmread(only).Modality == "KO"


async def test_an_archive_that_is_away_is_asked_again(dicom_letters: dict[str, Letter]):
    with pytest.raises(TryAgain, match="no association"):
        await courier_to(free_port(), timeout_s=2).deliver(dicom_letters["signed"])


@contextmanager
def archive(status: int, contexts=StoragePresentationContexts, called: str | None = None) -> Iterator[int]:
    """An archive that answers every C-STORE with one status."""
    entity = AE(ae_title="PACS")
    entity.supported_contexts = contexts
    entity.require_called_aet = called is not None
    port = free_port()
    server = entity.start_server(("127.0.0.1", port), block=False, evt_handlers=[(evt.EVT_C_STORE, lambda _: status)])
    try:
        yield port
    finally:
        server.shutdown()


@pytest.mark.parametrize("status", [0x0000, 0xB000, 0xB006, 0xB007])
async def test_a_warning_is_no_refusal(dicom_letters: dict[str, Letter], status: int):
    with archive(status) as port:
        assert await courier_to(port, objects=["report"]).deliver(dicom_letters["signed"]) == "1 objects stored"


@pytest.mark.parametrize("status", [0xA700, 0xA702, 0x0110])
async def test_an_archive_without_room_is_asked_again(dicom_letters: dict[str, Letter], status: int):
    with archive(status) as port, pytest.raises(TryAgain, match=f"{status:04X}H"):
        await courier_to(port, objects=["report"]).deliver(dicom_letters["signed"])


@pytest.mark.parametrize("status", [0xA900, 0xC000, 0x0122, 0x0117])
async def test_any_other_failure_is_for_a_person_to_look_at(dicom_letters: dict[str, Letter], status: int):
    with archive(status) as port, pytest.raises(RefusedByReceiver, match=f"{status:04X}H"):
        await courier_to(port, objects=["report"]).deliver(dicom_letters["signed"])


async def test_an_archive_that_knows_no_structured_reports_says_so(dicom_letters: dict[str, Letter]):
    only_ct = [one for one in StoragePresentationContexts if one.abstract_syntax == "1.2.840.10008.5.1.4.1.1.2"]
    with archive(0, only_ct) as port, pytest.raises((RefusedByReceiver, TryAgain)):
        await courier_to(port, objects=["report"]).deliver(dicom_letters["signed"])


@pytest.fixture(scope="module")
def orthanc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, str]]:
    program = shutil.which("Orthanc")
    plugin = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")
    if program is None or not plugin.exists():
        pytest.skip("Orthanc with its DICOMweb plugin is not installed")
    folder = tmp_path_factory.mktemp("orthanc")
    dicom, http = free_port(), free_port()
    configuration = {
        "StorageDirectory": str(folder), "IndexDirectory": str(folder), "DicomPort": dicom, "HttpPort": http,
        "DicomAet": "PACS", "RemoteAccessAllowed": False, "AuthenticationEnabled": False, "Plugins": [str(plugin)],
        "DicomAlwaysAllowStore": True, "UnknownSopClassAccepted": True, "OverwriteInstances": True,
        "DicomWeb": {"Enable": True, "Root": "/dicom-web/"},
    }  # fmt: skip
    (folder / "orthanc.json").write_text(json.dumps(configuration))
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([program, str(folder / "orthanc.json")], stdout=log, stderr=log)
        wait_until(lambda: listens(http) and listens(dicom), (folder / "log").read_text()[-2000:], 60)
        yield dicom, f"http://127.0.0.1:{http}"
        process.terminate()
        process.wait()


def instances_at(url: str) -> set[str]:
    with urllib.request.urlopen(f"{url}/instances?expand", timeout=20) as answer:
        return {one["MainDicomTags"]["SOPInstanceUID"] for one in json.load(answer)}


async def test_orthanc_holds_what_was_stored_and_stowed_once(orthanc, dicom_letters: dict[str, Letter]):
    port, url = orthanc
    await courier_to(port).deliver(dicom_letters["draft"])
    for _ in range(2):
        assert await stow_to(f"{url}/dicom-web").deliver(dicom_letters["signed"]) == "6 objects stored"
    await courier_to(port).deliver(dicom_letters["corrected"])
    await stow_to(f"{url}/dicom-web").deliver(dicom_letters["rejected"])
    sent = set().union(*(uids(letter) for letter in dicom_letters.values()))
    assert instances_at(url) == sent
    with urllib.request.urlopen(f"{url}/patients?expand", timeout=20) as answer:
        assert len(json.load(answer)) == 1, "all of one patient"
    with urllib.request.urlopen(f"{url}/studies", timeout=20) as answer:
        assert len(json.load(answer)) == 1, "and of one study"


def failing(status: int, *reasons: int) -> WebServer:
    failures = [{"00081197": {"vr": "US", "Value": [reason]}} for reason in reasons]
    body = json.dumps({"00081198": {"vr": "SQ", "Value": failures}}).encode() if reasons else b"<xml/>"
    return WebServer(lambda _: Said(status, body))


@pytest.mark.parametrize(
    ("status", "reasons", "raised"),
    [
        (202, (0xA700,), TryAgain), (409, (0xA700, 0xC000), TryAgain), (202, (0xC000,), RefusedByReceiver),
        (409, (0x0122,), RefusedByReceiver), (200, (0xA900,), RefusedByReceiver), (409, (), RefusedByReceiver),
        (503, (), TryAgain), (401, (), TryAgain), (400, (), RefusedByReceiver), (302, (), RefusedByReceiver),
    ],
)  # fmt: skip
async def test_what_an_origin_does_not_store_is_tried_again_or_looked_at(
    dicom_letters: dict[str, Letter], status: int, reasons: tuple[int, ...], raised: type[Exception]
):
    server = failing(status, *reasons)
    with running(server), pytest.raises(raised):
        await stow_to(server.url, objects=["report"]).deliver(dicom_letters["signed"])
