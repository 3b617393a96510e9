"""Made-up names through what comes in over the web and from an archive, through questions and a report's whole life.

Upload, C-STORE, folder and HL7 have journeys of their own. Here a film comes by STOW-RS, its order by FHIR, another is
fetched from an archive that is not ours; both are asked about, worked on, signed, corrected, added to and rejected, and
carried to a destination of every kind. Then everything that was said, written or answered is searched.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest
import pytest_asyncio
from prometheus_client import generate_latest
from pydicom import dcmread
from structlog.testing import capture_logs
from typer.testing import CliRunner

from deploy.local import ports
from orchestrator.audit import Action
from orchestrator.cli.application import app as wetread
from orchestrator.deidentify import deidentify
from orchestrator.exports.fhir_audit import audit_event
from orchestrator.main import create_app
from orchestrator.outbox.__main__ import open_outbox
from orchestrator.progress import StudyStatus
from orchestrator.records import Records
from orchestrator.records.arrivals import StudyStanding
from orchestrator.records.outbox import DeliveryState
from orchestrator.report import Facts
from orchestrator.settings import Settings
from services.contract import Label, Laterality, Likelihood
from tests.conftest import settings_in
from tests.drawn.dicom import dicom_bytes
from tests.journeys import archives
from tests.journeys.canaries import FILE_NAME, HEADER, INDICATION, everything_in, found_in, with_canaries
from tests.orchestrator.gateway.conftest import film, gateway, settled
from tests.orchestrator.gateway.fhir.resources import MR, service_request, typed
from tests.orchestrator.outbox.peers import MllpReceiver, Said, WebServer
from tests.orchestrator.outbox.test_web import SmallFhirServer
from tests.orchestrator.small_clinic import draft, finding
from tests.orchestrator.test_report_life import edit_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

FORMS = ("text", "pdf", "json", "hl7", "fhir", "dicom")
RECEIVERS = ("ris", "pacs", "archive", "ehr", "hook that wants the report")
SIGNER = {"name": "Dr Ada Nowak"}
WHO = {"identifier": [{"type": MR, "system": "Kanarienspital", "value": "KNRY-ID-440771"}],
       "name": [{"family": "Kanarienfürst", "given": ["Ysolde", "Quenby"]}], "birthDate": "1943-02-17",
       "resourceType": "Patient", "id": "who", "gender": "female"}  # fmt: skip
ASKED = "Does Ysolde Kanarienfürst, KNRY-ID-440771, born 17.02.1943, have an effusion?"
"""Typed by somebody who should not have."""


class Left(NamedTuple):
    """What was said, by place; and what may name the patient, by who has it."""

    said: dict[str, bytes]
    named: dict[str, bytes]


def canary_film(number: int):
    dataset = with_canaries(film(number))
    root = str(HEADER["StudyInstanceUID"]).rpartition(".")[0]
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = f"{root}.{number}1", f"{root}.{number}2"
    dataset.SOPInstanceUID = f"{root}.{number}3"
    dataset.IssuerOfPatientID = "Kanarienspital"
    dataset.AccessionNumber = f"KNRYACC5150{number}"
    return dataset


class Hospital:
    """Receivers of every kind, and an archive that has a film and takes what we send."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder, self.port = folder, ports.choose(("archive",), {})["archive"]
        stack.enter_context(archives.dcmqrscp(folder / "archive", self.port, 1))
        self.ris = MllpReceiver()
        self.web = {name: WebServer(lambda _: Said(200, b"{}")) for name in ("archive", "hook", "open hook")}
        self.web["ehr"] = WebServer(SmallFhirServer())
        self.language = WebServer(lambda _: Said(503, b"{}"))
        for one in (self.ris, self.language, *self.web.values()):
            stack.callback(one.close)
        (folder / "secret").write_text("s")
        (folder / "hospital.toml").write_text(self.tables())

    def tables(self) -> str:
        url, secret = {name: one.url for name, one in self.web.items()}, f'secret_file = "{self.folder}/secret"\n'
        there = {
            "ris": f'kind = "mllp"\nhost = "127.0.0.1"\nport = {self.ris.port}\n',
            "pacs": f'kind = "dicom"\nhost = "127.0.0.1"\nport = {self.port}\ncalled_ae_title = "ARCHIVE"\n',
            "archive": f'kind = "stow"\nurl = "{url["archive"]}"\n',
            "ehr": f'kind = "fhir"\nurl = "{url["ehr"]}"\n',
            "hook": f'kind = "webhook"\nurl = "{url["hook"]}/"\n{secret}',
            "open": f'kind = "webhook"\nurl = "{url["open hook"]}/"\ncontent = "report"\n{secret}',
        }
        destinations = "".join(f'[[destinations]]\nname = "{name}"\n{text}' for name, text in there.items())
        return (
            "[stow]\n[outbox]\nhosts = ['127.0.0.1']\nprivate_networks = ['127.0.0.0/8']\npoll_s = 0.05\n"
            f"[[sources]]\nname = 'archive'\nkind = 'c-get'\nae_title = 'ARCHIVE'\nhost = '127.0.0.1'\n"
            f"port = {self.port}\npriors = 0\n{destinations}"
        )


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def left(redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Left]:
    folder = tmp_path_factory.mktemp("doors")
    with ExitStack() as stack:
        hospital = Hospital(folder, stack)
        settings = settings_in(folder / "run", redis_url).model_copy(
            update={"hospital": folder / "hospital.toml", "language_url": hospital.language.url}
        )
        with capture_logs() as logs:
            yield await everything(hospital, settings, logs)


async def everything(hospital: Hospital, settings: Settings, logs: list) -> Left:
    said: dict[str, bytes] = {}
    app = create_app(settings)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://wetread", timeout=60) as http,
        gateway(settings, hospital.folder, hospital.tables()) as hall,
    ):
        said["answers at the doors"], studies = await came_in(hospital, http, hall)
        records = app.state.rooms.records
        for study in studies:
            records.keep_draft(drafted_of(records.study(study)), 1, StudyStatus.DRAFTED, ())
        known = [records.study(one) for one in studies]
        said["below the line"] = "".join(deidentify(one).model_dump_json() for one in known).encode()
        said["conversations"] = await asked(http, studies)
        said["report steps refused"] = await lived(http, *studies)
        said["feedback and training"] = await bodies(http, "/v1/feedback", "/v1/feedback/sentences.jsonl")
        named = {form: (await http.get(f"/v1/studies/{studies[0]}/report/{form}")).content for form in FORMS}
        said["error pages"] = await refused(http, studies[0])
        async with open_outbox(settings) as (sending, _), asyncio.timeout(90):
            while sending.outbox.list((DeliveryState.WAITING,)):
                await asyncio.sleep(0.1)
        outbox = records.outbox.list()
        assert {one.state for one in outbox} == {DeliveryState.DELIVERED}, [one.reason for one in outbox]
        said["outbox, as people see it"] = "".join(one.model_dump_json() for one in outbox).encode()
        said["audit"] = audit_of(records)
        said["kept for a replay"] = b"".join(
            records.draft(one).model_dump_json().encode() for one in studies
        ) + b"".join(str(records.specialist_results(one)).encode() for one in studies)
    said["asked of the language model"] = b"".join(one.body for one in hospital.language.asked)
    said["webhook"] = b"".join(str((one.path, one.headers)).encode() + one.body for one in hospital.web["hook"].asked)
    said["research export"] = for_research(hospital.folder)
    said |= around(settings, logs)
    return Left(said, {**named_of(named), **received(hospital)})


async def came_in(hospital: Hospital, http: httpx.AsyncClient, hall) -> tuple[bytes, list[str]]:
    """A film by STOW-RS with its order by FHIR, and one that is fetched; returns what was answered, and the studies."""
    sent, kept = canary_film(4), canary_film(5)
    path = hospital.folder / "kept.dcm"
    path.write_bytes(dicom_bytes(kept))
    await asyncio.to_thread(archives.send, hospital.port, "ARCHIVE", [path])
    order = service_request(
        subject={"reference": "#who"},
        contained=[WHO],
        reasonCode=[{"text": INDICATION}],
        identifier=[typed("PLAC", "KNRYPLACER7272"), typed("ACSN", sent.AccessionNumber)],
    )
    answers = [
        await http.post("/fhir/ServiceRequest", json=order),
        await http.post("/fhir/Patient", json={**WHO, "gender": "Kanariengeschlecht"}),
        await http.post("/fhir/Patient", json={**WHO, "Kanarienfeld": "Ysolde"}),
        await http.post("/fhir", json={"resourceType": "Kanarienbündel", "Ysolde": 1}),
        await http.post("/fhir/Kanarienart", json=WHO),
        await http.post("/v1/fetch", json={"accession_number": kept.AccessionNumber}),
        await http.post("/v1/fetch", json={"accession_number": "KNRYACC*", "source": "Ysolde Kanarien"}),
    ]
    stored, broken = [await stow(http, data) for data in (dicom_bytes(sent), dicom_bytes(canary_film(6))[:700])]
    assert (stored.status_code, answers[0].status_code, answers[5].status_code) == (200, 201, 202)
    studies = [await settled(hall, str(one.StudyInstanceUID), 60) for one in (sent, kept)]
    assert {one.standing for one in studies} == {StudyStanding.ACCEPTED}
    return b"".join(one.content for one in [*answers[1:], broken]), [one.study_id for one in studies]


async def stow(http: httpx.AsyncClient, data: bytes) -> httpx.Response:
    body = b"--cut\r\nContent-Type: application/dicom\r\n\r\n" + data + b"\r\n--cut--\r\n"
    kind = 'multipart/related; type="application/dicom"; boundary=cut'
    return await http.post("/dicomweb/studies", content=body, headers={"content-type": kind})


def drafted_of(study):
    [image] = [instance.image for series in study.series for instance in series.instances]
    found = (
        finding(Label.EFFUSION, laterality=Laterality.LEFT, image_id=image.image_id),
        finding(Label.PNEUMONIA, Likelihood.ABSENT, image_id=image.image_id),
    )
    named = [one.model_copy(update={"finding_id": f"F{n}"}) for n, one in enumerate(found, start=1)]
    return draft(study.study_id, Facts(findings=tuple(named)))


async def asked(http: httpx.AsyncClient, studies: list[str]) -> bytes:
    told = b""
    for study in studies:
        path = f"/v1/studies/{study}/conversation"
        for question in (ASKED, "How large is it, and what would Thaddäus Kanarienarzt do?", "Explain it simply."):
            told += (await http.post(path, json={"question": question})).content
        told += (await http.get(path)).content
    return told


async def lived(http: httpx.AsyncClient, first: str, second: str) -> bytes:
    """Work, sign, correct and add to the first; reject the second. A person may write a name, and does."""
    base, said, refused_ = f"/v1/studies/{first}/report", [], []
    view = await http.get(base)
    named = {"sentence_id": "added.1", "text": "Ysolde Kanarienfürst was told by telephone."}
    edit = edit_of(view.json(), findings_1={"text": "Small effusion of Ysolde Kanarienfürst."}, added=[named])
    tag = view.headers["etag"]
    refused_.append(await http.put(base, json={**edit, "Kanarienfeld": "Ysolde"}, headers={"If-Match": tag}))
    refused_.append(await http.put(base, json=edit, headers={"If-Match": "Kanarien"}))
    for method, path, body in (
        ("PUT", "", edit),
        ("POST", "/sign", SIGNER),
        ("POST", "/correct", {**SIGNER, "reason": "wording"}),
        ("POST", "/addend", {**SIGNER, "text": "Discussed with Thaddäus Kanarienarzt."}),
    ):
        said.append(await http.request(method, f"{base}{path}", json=body, headers={"If-Match": tag}))
        tag = said[-1].headers.get("etag", tag)
    other = f"/v1/studies/{second}/report"
    tag = (await http.get(other)).headers["etag"]
    refused_.append(await http.post(f"{other}/reject", json={"reason": "Kanariengrund"}, headers={"If-Match": tag}))
    said.append(await http.post(f"{other}/reject", json={**SIGNER, "reason": "wrong_side"}, headers={"If-Match": tag}))
    assert [one.status_code for one in said] == [200] * 5, [one.text for one in said]
    assert all(one.status_code >= 400 for one in refused_)
    return b"".join(one.content for one in refused_)


async def bodies(http: httpx.AsyncClient, *paths: str) -> bytes:
    answers = [await http.get(path) for path in paths]
    assert {one.status_code for one in answers} == {200}
    return b"".join(one.content for one in answers)


async def refused(http: httpx.AsyncClient, study: str) -> bytes:
    """What a person or a program can get wrong with a name in it."""
    answers = [
        await http.get("/v1/studies/Kanarien-Ysolde/report"),
        await http.get(f"/v1/studies/{study}/report/Kanarien"),
        await http.get(f"/v1/studies/{study}/evidence/Kanarienbild.png"),
        await http.get("/v1/knowledge/Kanarien/Ysolde"),
        await http.get("/fhir/Patient/Kanarien-Ysolde"),
        await http.post(f"/v1/studies/{study}/conversation", json={"Kanarienfrage": "Ysolde"}),
        await http.post("/v1/mismatches/Kanarien/resolve", json={"decision": "Kanarien"}),
        await http.post("/dicomweb/studies/1.2.Kanarien", content=b"Ysolde", headers={"content-type": "kanarien/x"}),
        await http.get("/v1/studies?limit=Kanarien"),
    ]
    assert [one.status_code for one in answers if not 400 <= one.status_code < 500] == []
    return b"".join(one.content + str(dict(one.headers)).encode() for one in answers)


def audit_of(records: Records) -> bytes:
    links = [*records.audit.links()]
    assert {"sign", "correct", "addend", "reject", "send", "ask", str(Action.TRAINING_EXPORT)} <= {
        str(one.entry.action) for one in links
    }
    return "".join(
        one.model_dump_json() + audit_event(one).model_dump_json(exclude_none=True) for one in links
    ).encode()


def for_research(folder: Path) -> bytes:
    """``wetread deidentify`` of a file named after the patient: files, names of files, report, and what is printed.

    The Acquisition Number, which counts exposures, is none of the standard's table and stays.
    """
    (folder / "films").mkdir()
    (folder / "films" / FILE_NAME).write_bytes(dicom_bytes(canary_film(7)))
    done = CliRunner().invoke(wetread, ["deidentify", str(folder / "films"), "--out", str(folder / "out"), "--json"])
    assert done.exit_code == 0, done.output
    written = [path for path in (folder / "out").rglob("*") if path.is_file()]
    assert any(path.suffix == ".dcm" and dcmread(path).PatientIdentityRemoved == "YES" for path in written)
    held = b"".join(str(path.relative_to(folder)).encode() + path.read_bytes() for path in written)
    return held.replace(str(HEADER["AcquisitionNumber"]).encode(), b"") + done.output.encode()


def around(settings: Settings, logs: list) -> dict[str, bytes]:
    names = [path.name for root in (settings.originals, settings.store) for path in root.rglob("*")]
    return {
        "logs": json.dumps(logs, default=str, ensure_ascii=False).encode(),
        "metrics": generate_latest(),
        "queue and sessions": everything_in(settings.redis_url),
        "file names": " ".join(names).encode(),
    }


def named_of(forms: dict[str, bytes]) -> dict[str, bytes]:
    """The report that is in force, in every format; a PDF and a zip are read as their readers do."""
    return {f"report as {form}": content for form, content in forms.items() if form not in {"pdf", "dicom"}}


def received(hospital: Hospital) -> dict[str, bytes]:
    stored = [path.read_bytes() for path in (hospital.folder / "archive/images").rglob("*") if path.is_file()]
    ours = [data for data in stored if b"wetread" in data.lower()]
    return {
        "ris": "".join(hospital.ris.received).encode(),
        "pacs": b"".join(ours),
        "archive": b"".join(one.body for one in hospital.web["archive"].asked),
        "ehr": b"".join(one.body for one in hospital.web["ehr"].asked),
        "hook that wants the report": b"".join(one.body for one in hospital.web["open hook"].asked),
    }


async def test_no_canary_is_anywhere_but_where_patients_are_known(left: Left):
    assert {place: found for place, content in left.said.items() if (found := found_in(content))} == {}
    assert {place for place, content in left.said.items() if len(content) < 20} == set(), "there was something to see"


async def test_every_receiver_and_every_format_that_should_name_the_patient_does(left: Left):
    assert set(RECEIVERS) <= set(left.named)
    for place, content in left.named.items():
        assert {"kanarien", "440771"} <= set(found_in(content)), place
