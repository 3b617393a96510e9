"""Kill -9 of any process in mid-study, with the real services and the real vLLM: nothing is lost, nothing doubled.

The instant is exact: a recorder in front of each part kills just before a request is passed on.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import httpx
import pytest

from deploy.local import control, processes
from orchestrator.report import Author, DraftReport
from services.contract import Finding, LimitationReason
from tests.conftest import wait_until
from tests.journeys.clinic import Clinic, said
from tests.journeys.conftest import Stack, open_real_line
from tests.journeys.line import Line, kill
from tests.phantoms import chest_dicom

pytestmark = [pytest.mark.journey, pytest.mark.kills_real_parts]

ANALYZE, PHRASE = b"POST /v1/analyze", b"POST /v1/chat/completions"
GATE = b'"specialists":["image_kind"]'
READ = b'"specialists":null'
INSTANTS = {
    "asking the gate": ("classification", GATE),
    "asking the segmentation": ("segmentation", READ),
    "asking for words": ("language", PHRASE),
}
LANGUAGE_GONE = LimitationReason.LANGUAGE_MODEL_UNAVAILABLE


@pytest.fixture(scope="module")
def module_line(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    with open_real_line(stack, tmp_path_factory.mktemp("line")) as opened:
        yield opened


@pytest.fixture
def line(module_line: Line, stack: Stack) -> Iterator[Line]:
    stack.wait_until_ready(patience_s=900)
    yield module_line
    module_line.kill_workers()


@pytest.fixture(scope="module")
def clinic(module_line: Line) -> Clinic:
    return Clinic(module_line.api_url)


@pytest.fixture(scope="module")
def film() -> bytes:
    return chest_dicom("cardiomegaly", seed=1)


@pytest.fixture(scope="module")
def whole(module_line: Line, clinic: Clinic, film: bytes) -> DraftReport:
    """The draft of the film when nothing is killed."""
    module_line.start_worker()
    report = clinic.drafted(film)
    module_line.kill_workers()
    assert report.author is not Author.PLAIN_LIST
    return report


@pytest.mark.parametrize("instant", INSTANTS)
def test_a_worker_killed_while(line: Line, clinic: Clinic, film: bytes, whole: DraftReport, instant: str):
    part, request = INSTANTS[instant]
    worker = line.start_worker()
    line.services[part].once_at(request, lambda: kill(worker))
    study_id = clinic.send(film)
    worker.wait(240)
    line.start_worker()
    clinic.wait_for(study_id)
    clinic.assert_drafted_once(study_id)
    assert said(clinic.draft(study_id)) == said(whole)


@pytest.mark.parametrize("instant", INSTANTS)
def test_redis_killed_while(line: Line, clinic: Clinic, film: bytes, whole: DraftReport, instant: str):
    part, request = INSTANTS[instant]
    line.start_worker()
    line.services[part].once_at(request, line.redis.kill)
    study_id = clinic.send(film)
    line.redis.wait_until_dead()
    during = clinic.send(film)
    line.redis.start()
    clinic.wait_for(study_id, during)
    clinic.assert_drafted_once(study_id, during)
    assert {said(clinic.draft(one)) for one in (study_id, during)} == {said(whole)}


@pytest.mark.parametrize("instant", INSTANTS)
def test_the_api_killed_while(line: Line, clinic: Clinic, film: bytes, whole: DraftReport, instant: str):
    part, request = INSTANTS[instant]
    line.start_worker()
    line.services[part].once_at(request, lambda: kill(line.api))
    study_id = clinic.send(film)
    line.api.wait(240)
    line.start_api()
    clinic.wait_for(study_id)
    clinic.assert_drafted_once(study_id)
    assert said(clinic.draft(study_id)) == said(whole)


def test_the_api_killed_in_the_middle_of_an_upload_has_acknowledged_nothing(line: Line, clinic: Clinic, film: bytes):
    before = clinic.http.get("/v1/studies").json()["studies"]

    def half() -> Iterator[bytes]:
        head = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\n'
        yield head + film[: len(film) // 2]
        kill(line.api)
        yield film[len(film) // 2 :]

    with pytest.raises(httpx.TransportError):
        clinic.http.post("/v1/studies", content=half(), headers={"content-type": "multipart/form-data; boundary=x"})
    line.start_api()
    assert clinic.http.get("/v1/studies").json()["studies"] == before
    line.start_worker()
    study_id = clinic.send(film)
    clinic.wait_for(study_id)
    clinic.assert_drafted_once(study_id)


def test_vllm_killed_while_it_is_asked_for_words(line: Line, stack: Stack, clinic: Clinic, film: bytes, whole):
    """The draft comes at once, is the plain list, and says so; the same study is phrased again once vLLM is back."""
    line.start_worker()
    pid = stack.state.part("language").pid
    line.services["language"].once_at(PHRASE, lambda: stack.kill("language"))
    study_id = clinic.send(film)
    clinic.wait_for(study_id)
    clinic.assert_drafted_once(study_id)
    report = clinic.draft(study_id)
    assert report.author is Author.PLAIN_LIST
    assert LANGUAGE_GONE in {limit.reason for limit in report.facts.limitations}
    assert report.facts.findings == whole.facts.findings
    assert all(sentence.author == "plain" for sentence in report.sentences)
    assert "plain list of findings, no text of a language model" in clinic.get(study_id, "draft/text").decode()
    stack.wait_until_ready("language", unlike=pid, patience_s=900)
    assert said(clinic.drafted(film)) == said(whole)


def while_killed(line: Line, stack: Stack, clinic: Clinic, film: bytes, part: str, request: bytes) -> DraftReport:
    """Return the draft of a film whose study finds one service dying, and wait until that is back."""
    line.start_worker()
    pid = stack.state.part(part).pid
    line.services[part].once_at(request, lambda: stack.kill(part))
    study_id = clinic.send(film)
    clinic.wait_for(study_id)
    clinic.assert_drafted_once(study_id)
    text = clinic.get(study_id, "draft/text").decode()
    assert "Not assessed" in text
    stack.wait_until_ready(part, unlike=pid, patience_s=900)
    return clinic.draft(study_id)


@pytest.mark.parametrize("part", ["classification", "segmentation", "detection"])
def test_a_service_killed_while_it_reads(line, stack, clinic, film, whole, part):
    """What it would have assessed is listed as not assessed, and no sentence denies it."""
    report = while_killed(line, stack, clinic, film, part, READ)
    lost = [limit for limit in report.facts.limitations if limit.reason is LimitationReason.SPECIALIST_UNAVAILABLE]
    assert lost
    kept = {finding.code.value for finding in report.facts.findings}
    gone = [finding for finding in whole.facts.findings if finding.code.value not in kept]
    assert {finding.code.value for finding in gone} <= {limit.code.value for limit in lost if limit.code}
    assert not [finding for finding in gone if names(finding, report)]


def test_the_gate_killed_while_it_looks_says_that_the_pixels_were_not_checked(line, stack, clinic, film, whole):
    report = while_killed(line, stack, clinic, film, "classification", GATE)
    lost = {limit.what for limit in report.facts.limitations if limit.reason is LimitationReason.SPECIALIST_UNAVAILABLE}
    assert lost
    assert {one.code for one in report.facts.findings} <= {one.code for one in whole.facts.findings}


def names(finding: Finding, report: DraftReport) -> bool:
    return finding.code.meaning.lower() in said(report)


def test_the_supervisor_brings_back_what_was_killed_under_three_studies(stack: Stack, film: bytes):
    """Queue, worker and API die one after the other while studies run, as they do on a bad day."""
    stack.wait_until_ready(patience_s=900)
    clinic, sent = stack.clinic, []
    for part in ("worker", "redis", "orchestrator"):
        sent.append(clinic.send(film))
        clinic.wait_until_past(sent[-1], "triage")
        pid = stack.kill(part)
        stack.wait_until_ready(part, unlike=pid, patience_s=600)
        stack.wait_until_ready("redis", "orchestrator", "worker", patience_s=600)
    clinic.wait_for(*sent)
    clinic.assert_drafted_once(*sent)


def test_after_a_killed_supervisor_down_leaves_no_process_and_up_loses_no_study(stack: Stack, film: bytes):
    """vLLM's engine, the decoding children, everything goes; then the study in the middle is drafted, once."""
    stack.wait_until_ready(patience_s=900)
    study_id = stack.clinic.send(film)
    stack.clinic.wait_until_past(study_id, "triage")
    killed = stack.state
    os.kill(killed.supervisor_pid, signal.SIGKILL)
    wait_until(lambda: not processes.lives(killed.supervisor_pid, killed.supervisor_start), "it does not die")
    ended = control.down(stack.folder)
    assert not ended.was_running
    assert ended.still_there == ()
    assert processes.marked(stack.folder.mark) == []
    control.up(stack.folder, together=False, progress=lambda state: None)
    stack.clinic.wait_for(study_id)
    stack.clinic.assert_drafted_once(study_id)
