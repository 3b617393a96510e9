"""From the command line to a checked draft, the way a newcomer does it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from deploy.local import control, processes
from deploy.local.settings import ROOT
from deploy.local.state import RunFolder
from orchestrator.report import DraftReport
from tests.journeys.conftest import Stack
from tests.phantoms import Picture, chest_dicom, picture_bytes

pytestmark = pytest.mark.journey
FILES = {"draft.json", "draft.txt", "draft.pdf", "oru.hl7", "fhir.json", "dicom/report.dcm"}


def wetread(*arguments: object, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from orchestrator.cli import app; app()", *map(str, arguments)]
    return subprocess.run(
        command,
        cwd=ROOT,
        env={**environment, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("films") / "phantom.dcm"
    path.write_bytes(chest_dicom("cardiomegaly", seed=7))
    return path


def every_sentence_cites_what_exists(report: DraftReport) -> bool:
    known = {one.finding_id for one in report.facts.findings} | {
        one.measurement_id for one in report.facts.measurements
    }
    return all(
        sentence.citations and all(citation.id in known for citation in sentence.citations)
        for sentence in report.sentences
    )


def test_a_film_becomes_a_draft_with_every_file(whole_stack: Stack, film: Path, tmp_path: Path):
    answer = wetread("draft", film, "--out", tmp_path, "--json", environment=whole_stack.environment)
    assert answer.returncode == 0, answer.stderr
    told = json.loads(answer.stdout)["studies"][0]
    assert told["status"] == "drafted"
    assert set(told["files"]) >= FILES
    assert all((tmp_path / name).stat().st_size > 0 for name in told["files"])
    report = DraftReport.model_validate_json((tmp_path / "draft.json").read_bytes())
    assert report.sentences
    assert every_sentence_cites_what_exists(report)
    assert {stage["stage"] for stage in told["stages"]} == {stage.stage for stage in report.stages}


def test_the_evidence_can_be_looked_at(whole_stack: Stack, film: Path, tmp_path: Path):
    assert wetread("draft", film, "--out", tmp_path, environment=whole_stack.environment).returncode == 0
    pictures = list((tmp_path / "evidence").glob("*.png"))
    assert pictures
    for picture in pictures:
        with Image.open(picture) as opened:
            assert opened.size > (100, 100)


def test_a_written_draft_passes_its_checks_and_a_changed_one_does_not(whole_stack: Stack, film: Path, tmp_path: Path):
    assert wetread("draft", film, "--out", tmp_path, environment=whole_stack.environment).returncode == 0
    written = tmp_path / "draft.json"
    assert wetread("verify", written, environment=whole_stack.environment).returncode == 0
    draft = json.loads(written.read_text())
    draft["sections"][0]["sentences"][0]["text"] = "There is a large right pneumothorax."
    written.write_text(json.dumps(draft))
    answer = wetread("verify", written, "--json", environment=whole_stack.environment)
    assert answer.returncode == 5
    assert json.loads(answer.stdout)["problems"]


def test_a_refused_file_does_not_stop_the_others(whole_stack: Stack, film: Path, tmp_path: Path):
    broken, knee = tmp_path / "broken.dcm", tmp_path / "knee.dcm"
    broken.write_bytes(film.read_bytes()[:4000])
    knee.write_bytes(picture_bytes(Picture.KNEE, ".dcm"))
    lines = tmp_path / "findings.jsonl"
    answer = wetread("findings", broken, film, knee, "--jsonl", lines, "--json", environment=whole_stack.environment)
    assert answer.returncode == 0, answer.stderr
    said = [json.loads(line) for line in lines.read_text().splitlines()]
    assert [one["file"] for one in said] == [str(broken), str(film), str(knee)]
    assert [one["status"] for one in said] == ["refused", "read", "refused"]
    assert said[1]["scores"]
    ratio_left_out = [one for one in said[1]["limitations"] if one["what"] == "cardiothoracic ratio"]
    assert said[1]["measurements"] or ratio_left_out, "a ratio is measured, or it is said why not"
    assert not said[2].get("findings")
    assert said[2]["limitations"]


def test_findings_leave_no_pixels_behind(whole_stack: Stack, tmp_path: Path):
    film = tmp_path / "other.dcm"
    film.write_bytes(chest_dicom("effusion-left", seed=11))
    before = set((whole_stack.folder.path / "store").glob("??/*.npy"))
    assert (
        wetread("findings", film, "--jsonl", tmp_path / "x.jsonl", environment=whole_stack.environment).returncode == 0
    )
    assert set((whole_stack.folder.path / "store").glob("??/*.npy")) == before


def test_up_says_what_already_runs(whole_stack: Stack):
    answer = wetread("up", "--json", environment=whole_stack.environment)
    assert answer.returncode == 0
    told = json.loads(answer.stdout)
    assert told["complete"]
    assert told["api"] == whole_stack.api


def test_doctor_says_which_weights_are_in_force_and_why(whole_stack: Stack):
    answer = wetread("doctor", "--json", environment=whole_stack.environment)
    observed = json.loads(answer.stdout)["observations"]
    specialists = [one for one in observed if one["about"] == "Specialists" and one["state"] == "ok"]
    assert {one["name"].split(":")[0] for one in specialists} == {"classification", "segmentation", "detection"}
    assert all("weights" in one["detail"] and "back-end" in one["detail"] for one in specialists)


def test_without_vllm_the_parts_still_come_up_and_a_crash_leaves_nothing(film: Path, tmp_path: Path):
    folder = RunFolder(tmp_path / "run")
    environment = {**os.environ, "WETREAD_RUN": str(folder.path), "WETREAD_LANGUAGE_PYTHON": str(tmp_path / "none")}
    try:
        up = wetread("up", "--together", "--json", environment=environment)
        assert up.returncode == 0, up.stderr
        told = json.loads(up.stdout)
        assert {part["name"]: part["phase"] for part in told["parts"]}["language"] == "off"
        assert not told["complete"]
        answer = wetread("draft", film, "--out", tmp_path / "out", environment=environment)
        assert answer.returncode == 0, answer.stderr
        report = DraftReport.model_validate_json((tmp_path / "out/draft.json").read_bytes())
        assert report.author == "plain_list"
        assert {one.reason for one in report.facts.limitations} >= {"language_model_unavailable"}
        state = control.status(folder)
        assert state is not None
        os.kill(state.supervisor_pid, signal.SIGKILL)
    finally:
        down = wetread("down", "--json", environment=environment)
    assert down.returncode == 0
    assert json.loads(down.stdout)["still_there"] == []
    assert processes.marked(folder.mark) == []
