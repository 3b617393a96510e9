"""Whatever runs a network here agrees with eager fp32, and a crash of one candidate costs only that candidate."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from services import backend, backend_measurement
from services.backend import EAGER, WINOGRAD, Backend, Candidate, offer
from services.backend_choice import choose
from services.openvino_runner import MODEL, CompiledNetwork
from tests.services.tiny import settings_for

EXAMPLE = np.random.default_rng(0).random((1, 1, 48, 48), dtype=np.float32)
WEIGHTS = "a" * 64


class TwoHeads(torch.nn.Module):
    """A small network that answers a dictionary with a list in it, as detectors do."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.body = torch.nn.Sequential(torch.nn.Conv2d(1, 8, 3, padding=1), torch.nn.BatchNorm2d(8), torch.nn.ReLU())
        self.head = torch.nn.Linear(8, 3)

    def forward(self, images: torch.Tensor) -> dict[str, object]:
        features = self.body(images)
        return {"scores": self.head(features.mean((2, 3))), "maps": [features, features[:, :1] * 2]}


def expected(images: np.ndarray) -> list[np.ndarray]:
    with torch.inference_mode():
        answer = TwoHeads().eval()(torch.from_numpy(images))
    return [answer["scores"].numpy(), *(one.numpy() for one in answer["maps"])]


def assert_agrees(chosen: Backend, images: np.ndarray) -> None:
    for left, right in zip(chosen(images), expected(images), strict=True):
        np.testing.assert_allclose(left, right, atol=1e-4)


@pytest.mark.parametrize("name", ["auto", "torch", "openvino"])
def test_every_backend_agrees_with_eager_fp32(tmp_path: Path, name: str) -> None:
    chosen = offer(TwoHeads(), EXAMPLE, WEIGHTS, settings=settings_for(tmp_path, backend=name))
    assert name == "auto" or chosen.choice.chosen.startswith(name)
    assert_agrees(chosen, EXAMPLE)
    assert_agrees(chosen, np.random.default_rng(1).random((3, 1, 48, 48), dtype=np.float32))
    assert "torch fp32: " in chosen.described


def test_a_measurement_is_remembered_for_these_weights_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_for(tmp_path, backend="openvino")
    monkeypatch.setattr(backend_measurement, "crowded", lambda: False)
    first = offer(TwoHeads(), EXAMPLE, WEIGHTS, settings=settings)
    monkeypatch.setattr(backend_measurement, "probe", lambda *_: pytest.fail("measured again"))
    again = offer(TwoHeads(), EXAMPLE, WEIGHTS, settings=settings)
    assert again.choice == first.choice
    assert_agrees(again, EXAMPLE)
    with pytest.raises(pytest.fail.Exception, match="measured again"):
        offer(TwoHeads(), EXAMPLE, "b" * 64, settings=settings)


@pytest.mark.parametrize("still_busy", [True, False])
def test_a_choice_of_a_busy_machine_says_so_and_is_made_again_once_it_is_quiet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, still_busy: bool
) -> None:
    settings = settings_for(tmp_path, backend="openvino")
    monkeypatch.setattr(backend_measurement, "crowded", lambda: True)
    assert "measured while the machine was busy" in offer(TwoHeads(), EXAMPLE, WEIGHTS, settings=settings).described
    for module in (backend, backend_measurement):
        monkeypatch.setattr(module, "crowded", lambda: still_busy)
    again = offer(TwoHeads(), EXAMPLE, WEIGHTS, settings=settings)
    assert again.choice.crowded is still_busy
    assert ("busy" in again.described) is still_busy


def test_a_thread_that_has_to_wait_for_its_turn_sees_that_the_machine_is_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backend_measurement, "CROWDED", 0.5)
    assert backend_measurement.crowded()
    monkeypatch.setattr(backend_measurement, "CROWDED", 1e6)
    assert not backend_measurement.crowded()


def test_a_crash_in_openvino_costs_a_candidate_not_the_service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    crashing = tmp_path / "crashing-python"
    crashing.write_text("#!/bin/sh\nkill -SEGV $$\n")
    crashing.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(crashing))
    chosen = offer(TwoHeads(), EXAMPLE, WEIGHTS, settings=settings_for(tmp_path))
    assert chosen.choice.chosen == "torch fp32"
    assert "crashed in a child process (SIGSEGV)" in chosen.described
    assert_agrees(chosen, EXAMPLE)


def test_a_candidate_that_disagrees_is_refused_even_when_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = CompiledNetwork.__call__
    monkeypatch.setattr(CompiledNetwork, "__call__", lambda self, images: tuple(o + 1 for o in real(self, images)))
    chosen = offer(TwoHeads(), EXAMPLE, WEIGHTS, settings=settings_for(tmp_path, backend="openvino"))
    assert chosen.choice.chosen == "torch fp32"
    assert "differs from eager fp32" in chosen.described


def test_a_converted_network_that_was_damaged_is_not_used(tmp_path: Path) -> None:
    settings = settings_for(tmp_path, backend="openvino")
    offer(TwoHeads(), EXAMPLE, WEIGHTS, settings=settings)
    for path in (tmp_path / "run").rglob(MODEL):
        path.write_bytes(b"not a network")
    chosen = offer(TwoHeads(), EXAMPLE, WEIGHTS, settings=settings)
    assert chosen.choice.chosen == "torch fp32"
    assert_agrees(chosen, EXAMPLE)


def test_a_converted_network_with_other_weights_is_not_used(tmp_path: Path) -> None:
    settings = settings_for(tmp_path, backend="openvino")
    offer(TwoHeads(), EXAMPLE, WEIGHTS, settings=settings)
    for path in (tmp_path / "run").rglob("model.bin"):
        path.write_bytes(bytes(path.stat().st_size))
    for path in (tmp_path / "run").rglob("compiled"):
        shutil.rmtree(path)
    assert_agrees(offer(TwoHeads(), EXAMPLE, WEIGHTS, settings=settings), EXAMPLE)


def test_the_fastest_is_chosen_and_eager_torch_only_where_nothing_comes_near() -> None:
    eager = Candidate(name=EAGER, milliseconds=100.0, difference=0.0)
    for milliseconds, expected_name in ((30.0, "openvino f32"), (115.0, "openvino f32"), (130.0, EAGER)):
        openvino = Candidate(name="openvino f32", milliseconds=milliseconds, difference=1e-6)
        assert choose([eager, openvino], "auto") == expected_name
        assert choose([eager, openvino], "openvino") == "openvino f32"
    assert choose([eager], "openvino") == EAGER


def test_what_is_thrown_away_need_not_agree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = CompiledNetwork.__call__

    def spoilt_maps(self: CompiledNetwork, images: np.ndarray) -> tuple[np.ndarray, ...]:
        scores, *maps = real(self, images)
        return scores, *(one + 1 for one in maps)

    monkeypatch.setattr(CompiledNetwork, "__call__", spoilt_maps)
    settings = settings_for(tmp_path, backend="openvino")
    chosen = offer(TwoHeads(), EXAMPLE, WEIGHTS, served=lambda outputs: outputs[:1], settings=settings)
    assert chosen.choice.chosen == "openvino f32"


def test_a_heavy_network_is_rewritten_and_the_faster_form_is_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backend_measurement, "HEAVY_MS", 0.0)
    network = torch.nn.Sequential(torch.nn.Conv2d(1, 128, 3, padding=1), torch.nn.Conv2d(128, 128, 3, padding=1))
    with torch.inference_mode():
        answer = network.eval()(torch.from_numpy(EXAMPLE)).numpy()
    settings = settings_for(tmp_path, backend="openvino")
    chosen = offer(network, EXAMPLE, WEIGHTS, settings=settings)
    times = {one.name: one.milliseconds for one in chosen.choice.candidates}
    assert WINOGRAD in times
    monkeypatch.setattr(backend_measurement, "choose", lambda *_: WINOGRAD)
    for turn in range(2):  # measured, then remembered
        served = offer(network, EXAMPLE, "b" * 64, settings=settings)
        assert served.choice.chosen == WINOGRAD, turn
        np.testing.assert_allclose(served.one(EXAMPLE), answer, atol=1e-3)


@pytest.mark.parametrize(("gain", "batch"), [(0.0, 4), (1e9, 1)])
def test_a_batch_is_used_only_where_it_was_measured_to_be_faster(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gain: float, batch: int
) -> None:
    monkeypatch.setattr(backend_measurement, "BATCH_GAIN", gain)
    monkeypatch.setattr(backend_measurement, "HEAVY_MS", 1e9)
    chosen = offer(TwoHeads(), EXAMPLE, WEIGHTS, settings=settings_for(tmp_path, backend="openvino"))
    assert chosen.choice.batch == batch
    assert ("up to 4 images at once" in chosen.described) == (batch == 4)
    for images in (1, 4, 5):
        assert_agrees(chosen, np.random.default_rng(2).random((images, 1, 48, 48), dtype=np.float32))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_cuda_agrees_with_eager_fp32(tmp_path: Path) -> None:
    chosen = offer(TwoHeads(), EXAMPLE, WEIGHTS, settings=settings_for(tmp_path, backend="cuda"))
    assert chosen.choice.chosen == "cuda fp32"
    assert_agrees(chosen, EXAMPLE)
