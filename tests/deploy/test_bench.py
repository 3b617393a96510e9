"""What the bench says, and when it says nothing. No figure of the machine that runs the tests is judged here."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from deploy.bench import __main__ as bench
from deploy.bench.control import Control, TooNoisy, take_turns
from deploy.bench.films import SYNTAXES, in_syntax
from deploy.bench.library import CLASSIFIED, prepare
from deploy.bench.line import Line, Row
from deploy.bench.ratios import dice, outside
from deploy.bench.report import Bench, Ratio, show
from orchestrator.ingest.dicom import DicomImage
from orchestrator.ingest.limits import limits_from
from orchestrator.settings import Settings
from services.pixels import centre_crop
from tests.phantoms import chest_dicom


def line(whole_s: float, models_s: float) -> Line:
    row = Row(stage="upload to draft", median_s=whole_s, slowest_s=whole_s)
    return Line(films=10, whole=row, aim_s=6.0, stages=(row,), specialists=(), models_s=models_s)


def test_a_machine_that_changes_its_pace_is_refused() -> None:
    control = Control()
    control.seconds = [0.020] * 8 + [0.031] * 4
    with pytest.raises(TooNoisy, match="from 20 to 31 ms"):
        control.refuse_noise()
    control.seconds = [0.020, 0.021, 0.022] * 4
    control.refuse_noise()


def test_a_refusal_prints_no_figure_and_ends_with_its_own_status(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    paces = iter([0.02, 0.09] * 100)
    monkeypatch.setattr(Control, "beat", lambda self: self.seconds.append(next(paces)))
    monkeypatch.setattr(bench, "measure", lambda *_: pytest.fail("measured on a noisy machine"))
    monkeypatch.setattr("sys.argv", ["bench"])
    assert bench.main() == bench.NOISY
    said = capsys.readouterr()
    assert said.out == ""
    assert "the machine does other work" in said.err


def test_the_control_beats_before_every_contestant() -> None:
    control, ran = Control(), []
    times = take_turns({"one": lambda: ran.append("one"), "other": lambda: ran.append("other")}, 3, control)
    assert len(control.seconds) == 6
    assert ran == ["one", "other"] * 4
    assert set(times) == {"one", "other"}


def test_an_aim_that_is_missed_is_said() -> None:
    ratios = (
        Ratio(name="faster", value=6.9, aim=7.0, at_least=True, made_of={"library": 690.0, "ours": 100.0}),
        Ratio(name="parity", value=0.002, aim=0.01, at_least=False),
    )
    said = io.StringIO()
    result = Bench(
        processor="a processor",
        cores=2,
        control_ms=(20.0, 21.0),
        control_spread=1.05,
        trustworthy=False,
        backends={"chest_radiograph": "openvino f32"},
        ratios=ratios,
        line=line(2.0, 1.5),
    )
    show(result, Console(file=said, width=160, highlight=False))
    rows = {row.split()[0]: row for row in said.getvalue().splitlines() if row.strip()}
    assert "NOT kept" in rows["faster"]
    assert "NOT" not in rows["parity"]
    assert "not to be quoted" in said.getvalue()
    assert Bench.model_validate_json(result.model_dump_json()) == result


def test_what_is_outside_is_neither_decoding_nor_a_model() -> None:
    ratio = outside(line(whole_s=2.0, models_s=1.5), decoding_s=0.4)
    assert ratio.value == pytest.approx(0.05)
    assert ratio.kept


def test_dice_of_two_outlines() -> None:
    one, other = np.zeros((4, 4), bool), np.zeros((4, 4), bool)
    assert dice(one, other) == 1.0
    one[:2], other[:1] = True, True
    assert dice(one, other) == pytest.approx(2 / 3)


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_one_decode_prepares_what_the_library_prepares(tmp_path: Path, syntax: str) -> None:
    """The bench compares the speed of two ways to the same input; here they are the same, in every syntax."""
    film = tmp_path / "film.dcm"
    film.write_bytes(chest_dicom(seed=3))
    sent = in_syntax(film, syntax)
    image = DicomImage(sent, limits_from(Settings()))
    ours, _ = centre_crop(image.values, CLASSIFIED, 0, image.highest)
    expected = prepare(sent, CLASSIFIED)[0, 0]
    assert np.abs(ours - expected).mean() < 4  # of a range of 2048; skimage blurs before it samples
