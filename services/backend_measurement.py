"""Measures every way to run a network: how near each comes to eager fp32, and how fast each is here.

A crash in OpenVINO happens in a child process, is recorded, and costs a candidate. Whether something else used the
processor meanwhile is measured too, because then the times are worth less.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from services.backend_choice import EAGER, WINOGRAD, Candidate, Choice, choose
from services.openvino_runner import CompiledNetwork, convert, probe
from services.processor import computes_in_bf16
from services.settings import ServiceSettings
from services.torch_runner import FlatOutputs, torch_run
from services.winograd import with_winograd

Floats = npt.NDArray[np.float32]
Outputs = tuple[Floats, ...]
Run = Callable[[Floats], Outputs]
Served = Callable[[Outputs], Outputs]

TURNS = 5
LONGEST_RACE_S = 6.0
HEAVY_MS = 300.0
"""From here on a network is rewritten to multiply less, and below it batches are tried."""
BATCH, CUDA_BATCH = 4, 16
"""Images of the batch that is tried."""
BATCH_GAIN = 1.1
"""A batch is used where an image in it is this many times faster than alone."""
CONTROL_S = 0.05
"""Of this thread's own computing, to see how long the clock on the wall takes for it."""
CROWDED = 1.25
"""From this many times its own time on, this thread had to wait for others."""


@dataclass(frozen=True)
class Question:
    """What is to be run, and how closely it must agree with eager fp32."""

    module: torch.nn.Module
    example: Floats
    tolerance: float
    served: Served
    folder: Path
    settings: ServiceSettings

    def difference(self, outputs: Outputs, reference: Outputs) -> float | None:
        """Return the largest difference in what is served; None where shapes differ or a value is not finite."""
        if [one.shape for one in outputs] != [one.shape for one in reference]:
            return None
        return _difference(self.served(outputs), self.served(reference))

    def folder_of(self, candidate: str) -> Path:
        """Return where OpenVINO's form of the network lies for a candidate."""
        return self.folder / "winograd" if candidate == WINOGRAD else self.folder

    def compiled(self, candidate: str, batch: int = 1) -> CompiledNetwork:
        """Compile an OpenVINO candidate; :class:`CompiledNetwork` says what it raises."""
        precision, threads = candidate.split(" ")[1], self.settings.threads
        return CompiledNetwork(self.folder_of(candidate), precision, threads, batch)


def crowded() -> bool:
    """Return whether something else uses the processor now: whether this thread has to wait for its turn."""
    began, end = time.perf_counter(), time.thread_time() + CONTROL_S
    while time.thread_time() < end:
        pass
    return time.perf_counter() - began > CROWDED * CONTROL_S


def measure(question: Question, eager: Run) -> Choice:
    """Try every candidate and keep what was found in the run folder."""
    asked = question.settings.backend
    if asked == "torch":
        return Choice(chosen=EAGER, candidates=(Candidate(name=EAGER),))
    waited = crowded()
    reference = eager(question.example)
    runs: dict[str, Run] = {EAGER: eager}
    refused: list[Candidate] = []
    if torch.cuda.is_available() and asked in {"auto", "cuda"}:
        runs["cuda fp32"] = torch_run(copy.deepcopy(question.module), "cuda")
    if computes_in_bf16() and asked == "auto":
        runs["torch bf16"] = torch_run(copy.deepcopy(question.module), "cpu", torch.bfloat16)
    if asked in {"auto", "openvino"}:
        refused += _add_openvino(question, runs)
    differences = _agreeing(question, reference, runs, refused)
    times = race(runs, question.example)
    if asked in {"auto", "openvino"} and min(times.values()) > HEAVY_MS:
        refused += _add_winograd(question, runs)
        differences |= _agreeing(question, reference, runs, refused)
        times |= race({name: runs[name] for name in (EAGER, WINOGRAD) if name in runs}, question.example)
    measured = [Candidate(name=name, milliseconds=times[name], difference=differences[name]) for name in runs]
    chosen = choose(measured, asked)
    choice = Choice(
        chosen=chosen,
        candidates=(*measured, *refused),
        batch=_batch(question, chosen, runs[chosen], times[chosen]),
        reference=samples_of(question.served(reference)),
        crowded=waited or crowded(),
    )
    question.folder.mkdir(parents=True, exist_ok=True)
    (question.folder / "choice.json").write_text(choice.model_dump_json(indent=2), encoding="utf-8")
    return choice


def _agreeing(
    question: Question, reference: Outputs, runs: dict[str, Run], refused: list[Candidate]
) -> dict[str, float]:
    """Return how far each candidate is from eager fp32; those too far go from ``runs`` to ``refused``."""
    differences = {name: question.difference(run(question.example), reference) for name, run in runs.items()}
    why = f"differs from eager fp32 by more than {question.tolerance:g}"
    for name, difference in differences.items():
        if difference is None or difference > question.tolerance:
            del runs[name]
            refused.append(Candidate(name=name, difference=difference, refused=why))
    return {name: differences[name] or 0.0 for name in runs}


def _add_openvino(question: Question, runs: dict[str, Run]) -> list[Candidate]:
    """Add what OpenVINO can run to ``runs``; return what it cannot, and why.

    The network is compiled here only after a child process has compiled and run it without a crash.
    """
    why = convert(FlatOutputs(question.module), torch.from_numpy(question.example), question.folder)
    if why:
        return [Candidate(name="openvino f32", refused=why)]
    refused = []
    for precision in ("f32", "bf16") if computes_in_bf16() else ("f32",):
        refused += _add_compiled(question, f"openvino {precision}", runs)
    return refused


def _add_winograd(question: Question, runs: dict[str, Run]) -> list[Candidate]:
    """Add the network with fewer multiplications, where it has convolutions to rewrite; as :func:`_add_openvino`."""
    example = torch.from_numpy(question.example)
    rewritten = with_winograd(question.module, example)
    if rewritten is None:
        return []
    why = convert(FlatOutputs(rewritten), example, question.folder_of(WINOGRAD))
    return [Candidate(name=WINOGRAD, refused=why)] if why else _add_compiled(question, WINOGRAD, runs)


def _add_compiled(question: Question, name: str, runs: dict[str, Run]) -> list[Candidate]:
    precision, threads = name.split(" ")[1], question.settings.threads
    why = probe(question.folder_of(name), question.example, precision, threads)
    try:
        if not why:
            runs[name] = question.compiled(name)
    except RuntimeError:
        why = "cannot be compiled"
    return [Candidate(name=name, refused=why)] if why else []


def _batch(question: Question, chosen: str, run: Run, milliseconds: float) -> int:
    """Return how many images are worth running together: a batch that is tried and faster an image, or one."""
    if milliseconds > HEAVY_MS:
        return 1  # it fills the processor by itself
    size = CUDA_BATCH if chosen.startswith("cuda") else BATCH
    images = np.repeat(question.example, size, axis=0)
    together = run
    if chosen.startswith("openvino"):
        if probe(question.folder_of(chosen), images, chosen.split(" ")[1], question.settings.threads):
            return 1
        together = question.compiled(chosen, size)
    apart = question.difference(together(images), run(images))
    if apart is None or apart > question.tolerance:
        return 1
    singly = _one_by_one(run)
    times = race({"one by one": singly, "together": together}, images)
    return size if times["one by one"] > BATCH_GAIN * times["together"] else 1


def _one_by_one(run: Run) -> Run:
    return lambda images: tuple(map(np.concatenate, zip(*(run(image[None]) for image in images), strict=True)))


def race(runs: dict[str, Run], example: Floats) -> dict[str, float]:
    """Return the fastest time of each candidate in ms.

    They take turns, so that a busy neighbour slows all of them down, and the fastest of several turns
    counts. Slow networks get fewer turns.
    """
    times: dict[str, list[float]] = {name: [] for name in runs}
    began = time.perf_counter()
    while min(map(len, times.values())) < TURNS and time.perf_counter() - began < LONGEST_RACE_S:
        for name, run in runs.items():
            started = time.perf_counter()
            run(example)
            times[name].append(time.perf_counter() - started)
    return {name: round(1000 * min(seconds), 1) for name, seconds in times.items()}


def _difference(outputs: Outputs, reference: Outputs) -> float | None:
    pairs = list(zip(outputs, reference, strict=True))
    scale = max(1e-6, *(float(np.abs(right).max(initial=0.0)) for right in reference))
    largest = max(float(np.abs(left - right).max(initial=0.0)) for left, right in pairs) / scale
    return largest if np.isfinite(largest) else None


def samples_of(outputs: Outputs) -> tuple[float, ...]:
    """Return values at evenly spaced places of all outputs, by which an answer is known again."""
    flat = np.concatenate([output.ravel() for output in outputs])
    return tuple(float(flat[place]) for place in np.unique(np.linspace(0, flat.size - 1, 64).astype(int)))
