"""The command as a person or a script meets it, without any part running."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import pytest
from typer.testing import CliRunner

from orchestrator.cli import app
from orchestrator.cli.application import COMMANDS
from orchestrator.cli.draft import folders_for
from orchestrator.cli.examination import not_in_force
from orchestrator.cli.exit_codes import MEANING, Exit
from orchestrator.cli.sending import files_of
from orchestrator.cli.training import TRAINABLE
from services.contract import Limitation, LimitationReason, ServiceCard

ROOT = Path(__file__).resolve().parents[2]


def wetread(*arguments: str, run: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "WETREAD_RUN": str(run), "PYTHONPATH": str(ROOT), "COLUMNS": "120"}
    command = [sys.executable, "-c", "from orchestrator.cli import app; app()", *arguments]
    return subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)


def test_help_is_quick_and_loads_nothing_heavy(tmp_path):
    began = time.monotonic()
    answer = wetread("--help", run=tmp_path)
    assert answer.returncode == 0
    assert time.monotonic() - began < 8, "on a busy machine; alone it is well below a second"
    heavy = "{'torch', 'fastapi', 'numpy', 'pydicom', 'httpx'}"
    script = f"import sys, orchestrator.cli; print(sorted({heavy} & set(sys.modules)))"
    loaded = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "[]"


@pytest.mark.parametrize(
    "command", ["draft", "findings", "verify", "prompt", "doctor", "train", "evaluate", "up", "down", "status"]
)
def test_every_command_explains_its_exit_codes_and_speaks_json(command):
    told = CliRunner().invoke(app, [command, "--help"], env={"COLUMNS": "200"}).output
    assert "--json" in told
    words = " ".join(told.split())
    for code, meaning in MEANING.items():
        assert f"{int(code)} {meaning}" in words


def test_a_wrong_command_line_is_exit_code_two():
    assert CliRunner().invoke(app, ["draft", "/no/such/file.dcm"]).exit_code == Exit.USAGE
    assert CliRunner().invoke(app, ["diagnose"]).exit_code == Exit.USAGE


def test_status_of_what_does_not_run_is_exit_code_four(tmp_path):
    answer = wetread("status", "--json", run=tmp_path / "run")
    assert answer.returncode == Exit.UNAVAILABLE
    assert json.loads(answer.stdout)["exit_code"] == Exit.UNAVAILABLE
    assert "not running" in answer.stderr


def test_down_of_what_does_not_run_is_no_fault(tmp_path):
    answer = wetread("down", "--json", run=tmp_path / "run")
    assert answer.returncode == Exit.OK
    assert json.loads(answer.stdout) == {"was_running": False, "left_over_ended": 0, "still_there": []}


def test_a_file_that_is_no_draft_is_refused_with_what_was_expected(tmp_path):
    file = tmp_path / "draft.json"
    file.write_text('{"sections": []}')
    answer = wetread("verify", str(file), "--json", run=tmp_path)
    assert answer.returncode == Exit.REFUSED
    assert json.loads(answer.stdout)["expected"] == "draft.json as wetread writes it"


SCORES = {"Cardiomegaly": 0.95, "Edema": 0.3, "Consolidation": 0.05, "Atelectasis": 0.6, "Pleural Effusion": 0.2}


def test_the_prompt_of_scores_is_printed_as_chatcad_prints_it(tmp_path):
    file = tmp_path / "scores.json"
    file.write_text(json.dumps(SCORES))
    told = CliRunner().invoke(app, ["prompt", str(file), "--style", "p2"])
    assert (told.exit_code, told.stdout) == (0, "Network A's diagnosis prediction is Cardiomegaly, Atelectasis.\n")
    told = CliRunner().invoke(app, ["prompt", str(file), "--style", "p1", "--json"])
    assert json.loads(told.stdout)["text"].endswith("Atelectasis score: 0.600, Pleural Effusion score: 0.200.")
    assert CliRunner().invoke(app, ["prompt", str(file)]).exit_code == Exit.USAGE


@pytest.mark.parametrize("score", ["NaN", "-0.1", "1.5", "Infinity"])
def test_a_score_that_is_no_probability_is_refused_by_the_command(tmp_path, score):
    file = tmp_path / "scores.json"
    file.write_text(f'{{"Edema": {score}}}')
    told = CliRunner().invoke(app, ["prompt", str(file), "--style", "p3"])
    assert told.exit_code == Exit.REFUSED
    assert "between 0 and 1" in told.stderr


def test_the_prompt_of_a_draft_is_the_one_the_language_model_was_sent(tmp_path):
    from tests.orchestrator.small_clinic import draft
    from tests.orchestrator.test_prompt import FACTS, GOLDEN

    file = tmp_path / "draft.json"
    file.write_text(draft("study-1", FACTS).model_dump_json())
    told = CliRunner().invoke(app, ["prompt", str(file)])
    assert told.stdout == "--- user\n" + (GOLDEN / "draft_study_block.txt").read_text()
    profile = ROOT / "deploy" / "language" / "llama3_instruct.toml"
    told = CliRunner().invoke(app, ["prompt", str(file), "--profile", str(profile)])
    assert told.stdout.startswith("--- system\nYou phrase the findings")


def test_a_file_without_findings_has_no_prompt(tmp_path):
    file = tmp_path / "other.json"
    file.write_text('{"a": "b"}')
    told = CliRunner().invoke(app, ["prompt", str(file), "--json"])
    assert told.exit_code == Exit.REFUSED
    assert "a draft.json" in json.loads(told.stdout)["expected"]


def test_one_study_goes_where_it_is_told_and_several_get_a_folder_each(tmp_path):
    out = tmp_path / "out"
    assert folders_for([Path("a/film.dcm")], out) == {Path("a/film.dcm"): out}
    several = folders_for([Path("a/film.dcm"), Path("b/film.dcm"), Path("chest.png")], out)
    assert list(several.values()) == [out / "film", out / "film-2", out / "chest"]


def test_a_folder_is_sent_without_what_is_no_image_of_it(tmp_path):
    for name in ("b.dcm", "a/1.png", ".DS_Store", ".hidden/x.dcm", "DICOMDIR"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    assert files_of(tmp_path) == [tmp_path / "a/1.png", tmp_path / "b.dcm"]


def test_a_view_that_no_film_has_is_a_wrong_command_line(tmp_path):
    from orchestrator.cli.sending import order_of
    from orchestrator.cli.voice import Voice

    order = order_of(Voice(as_json=False), age_years=3.0, sex="F", view_position="PA")
    assert order is not None
    assert (order.age_years, order.sex, order.view_position) == (3.0, "F", "PA")
    assert order_of(Voice(as_json=False), age_years=None) is None
    with pytest.raises(Exception) as wrong:
        order_of(Voice(as_json=False), view_position="upside down")
    assert wrong.value.exit_code == Exit.USAGE


def test_the_readme_names_every_command():
    readme = (ROOT / "README.md").read_text()
    for command in COMMANDS:
        assert re.search(rf"^\| `(wetread [^`]*)?{command.__name__}\b|, `{command.__name__}`", readme, re.MULTILINE)


def test_the_table_of_exit_codes_in_the_readme_is_the_one_in_the_code():
    readme = (ROOT / "README.md").read_text()
    rows = dict(re.findall(r"^\| `?(\d)`? \| (.+?) \|$", readme, re.MULTILINE))
    assert rows == {str(int(code)): meaning for code, meaning in MEANING.items()}


def test_the_doctor_says_once_a_specialist_why_it_is_not_in_force():
    missing = tuple(
        Limitation(what=what, reason=LimitationReason.NO_WEIGHTS, detail="in no folder", source="chest_radiograph")
        for what in ("hernia", "pneumothorax")
    )
    card = ServiceCard(service="classification", version="1", specialists=(), unavailable=missing)
    (line,) = not_in_force(card)
    assert (line.name, line.detail) == (
        "classification: chest_radiograph",
        "in no folder; without it: hernia, pneumothorax",
    )


def test_only_what_is_on_the_list_can_be_trained(tmp_path):
    for action in ("train", "evaluate"):
        told = CliRunner().invoke(app, [action, "chest_radiograph", "--data", str(tmp_path), "--out", str(tmp_path)])
        assert told.exit_code == Exit.USAGE
        assert "compact_chest_radiograph" in told.stderr


def test_every_trainable_specialist_has_both_programs():
    for specialist in TRAINABLE:
        for action in ("train", "evaluate") if specialist.trained else ("evaluate",):
            assert find_spec(specialist.module(action)), specialist.name


def test_a_folder_without_films_is_refused_by_the_child_and_said_so(tmp_path):
    answer = wetread(
        "train", "compact_chest_radiograph", "--data", str(tmp_path), "--out", str(tmp_path / "run"), run=tmp_path
    )
    assert answer.returncode == Exit.REFUSED
    assert "chest_radiographs.csv" in answer.stderr
    missing = ("evaluate", "image_kind", "--data", str(tmp_path / "nowhere"), "--out", str(tmp_path / "out"), "--json")
    answer = wetread(*missing, run=tmp_path)
    assert answer.returncode == Exit.REFUSED
    assert json.loads(answer.stdout)["exit_code"] == Exit.REFUSED
