"""What runs a network here: chosen when it is loaded, by agreement with eager fp32 and by measured speed.

Candidates are eager torch (channels last), OpenVINO with static shapes (f32, and for a heavy network f32 with
:mod:`services.winograd`), each in bf16 too where the processor computes in it, and CUDA where there is one.
OpenVINO is compiled in a child process first: a crash there is recorded and costs a candidate, not the service.
Whether the winner is faster with several images at once is measured as well. What was measured is kept in the
run folder under the hash of the weights and the machine, so that the next start does not measure again.
"""

from __future__ import annotations

import copy
import hashlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import numpy as np
import numpy.typing as npt
import structlog
import torch
from pydantic import ValidationError

from services.batching import Batched
from services.contract import Fact
from services.openvino_runner import CompiledNetwork, convert, probe
from services.processor import computes_in_bf16, processor
from services.settings import ServiceSettings, read_settings
from services.torch_runner import FlatOutputs, torch_run
from services.torchvision_guard import guard_torchvision
from services.winograd import with_winograd

Floats = npt.NDArray[np.float32]
Outputs = tuple[Floats, ...]
Run = Callable[[Floats], Outputs]
Served = Callable[[Outputs], Outputs]

EAGER = "torch fp32"
NEAR = 1.2
"""Eager torch is chosen where everything else takes longer than this many times its time."""
TURNS = 5
LONGEST_RACE_S = 6.0
HEAVY_MS = 300.0
"""From here on a network is rewritten to multiply less, and below it batches are tried."""
BATCH, CUDA_BATCH = 4, 16
"""Images of the batch that is tried."""
BATCH_GAIN = 1.1
"""A batch is used where an image in it is this many times faster than alone."""
WINOGRAD = "openvino f32 winograd"

_MEASURING = threading.Lock()
"""One measurement at a time: two would slow each other down."""

log = structlog.get_logger()

guard_torchvision()  # before any network's library looks for torchvision, and finds it missing for good


class Candidate(Fact):
    """What was measured of one way to run the network."""

    name: str
    milliseconds: float | None = None
    difference: float | None = None
    """Largest difference from eager fp32 in what is served, as a part of its largest value."""
    refused: str | None = None


class Choice(Fact):
    """The candidate in force, and all that were measured."""

    chosen: str
    candidates: tuple[Candidate, ...]
    batch: int = 1
    """Most images of several readers that are run together."""
    reference: tuple[float, ...] = ()
    """Values at evenly spaced places of what eager fp32 answers to the example."""

    @property
    def described(self) -> str:
        """One line for the model card and ``wetread doctor``."""
        batch = f", up to {self.batch} images at once" if self.batch > 1 else ""
        return f"{self.chosen}{batch} ({'; '.join(_describe(candidate) for candidate in self.candidates)})"


@dataclass(frozen=True)
class Backend:
    """A network ready to run.

    Call it with ``(batch, channels, rows, columns)`` float32; it answers every output of the module, in
    the module's order, as float32 arrays. Several threads may call at once: see :mod:`services.batching`.
    """

    run: Run
    choice: Choice

    @property
    def described(self) -> str:
        return self.choice.described

    def __call__(self, images: Floats) -> Outputs:
        return self.run(images)

    def one(self, images: Floats) -> Floats:
        """Return the only (or first) output."""
        return self.run(images)[0]


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


def offer(
    module: torch.nn.Module,
    example: Floats,
    weights_sha256: str,
    *,
    tolerance: float = 1e-3,
    served: Served = lambda outputs: outputs,
    settings: ServiceSettings | None = None,
) -> Backend:
    """Return the fastest way to run a module on this machine that agrees with eager fp32.

    Parameters
    ----------
    module
        Takes one tensor; answers a tensor, or tuples, lists and dictionaries of them.
    example
        Input of the shape that will be served, ``(1, channels, rows, columns)`` float32.
    weights_sha256
        What the measurement is remembered under.
    tolerance
        Largest difference allowed in what is served, as a part of its largest value.
    served
        What becomes of the outputs (scores of logits); what is thrown away need not agree.
    """
    settings = settings or read_settings()
    torch.set_num_threads(settings.threads)
    folder = settings.run / "backends" / _key(module, example, weights_sha256, settings)
    question = Question(module, example, tolerance, served, folder, settings)
    eager = torch_run(module, "cpu")
    with _MEASURING:
        choice = _remembered(folder) or _measure(question, eager)
    backend = _start(question, eager, choice)
    log.info("backend_chosen", weights=weights_sha256[:12], backend=backend.described)
    return backend


def _measure(question: Question, eager: Run) -> Choice:
    """Try every candidate and keep what was found in the run folder."""
    asked = question.settings.backend
    if asked == "torch":
        return Choice(chosen=EAGER, candidates=(Candidate(name=EAGER),))
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
    chosen = _choose(measured, asked)
    choice = Choice(
        chosen=chosen,
        candidates=(*measured, *refused),
        batch=_batch(question, chosen, runs[chosen], times[chosen]),
        reference=_samples(question.served(reference)),
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


def _choose(measured: list[Candidate], asked: str) -> str:
    """Return the fastest candidate; eager torch only where nothing else comes near it.

    Torch's threads wait for each other where neighbours use the processor too, and OpenVINO's far less,
    so a small lead of torch on a quiet machine is none.
    """
    eager, *others = measured
    fastest = min(others, key=lambda one: one.milliseconds or 0.0, default=None)
    if fastest is None:
        return eager.name
    near = (fastest.milliseconds or 0.0) <= NEAR * (eager.milliseconds or 0.0)
    return fastest.name if near or asked != "auto" else eager.name


def _start(question: Question, eager: Run, choice: Choice) -> Backend:
    if choice.chosen == "cuda fp32" and torch.cuda.is_available():
        return Backend(Batched(torch_run(question.module, "cuda"), choice.batch), choice)
    if choice.chosen == "torch bf16":
        bf16 = torch_run(copy.deepcopy(question.module), "cpu", torch.bfloat16)
        return Backend(Batched(bf16, choice.batch), choice)
    if not choice.chosen.startswith("openvino"):
        return Backend(Batched(eager, choice.batch), choice)
    try:
        compiled = question.compiled(choice.chosen, choice.batch)
        samples = _samples(question.served(compiled(question.example)))
    except RuntimeError as error:
        log.warning("openvino_does_not_start", error=str(error).splitlines()[0][:200])
        samples = ()
    if not _agree(samples, choice.reference, question.tolerance):
        fallen = Candidate(name=choice.chosen, refused="does not start as it was measured; eager torch is used")
        choice = Choice(chosen=EAGER, candidates=(*choice.candidates, fallen))
        return Backend(Batched(eager, choice.batch), choice)
    return Backend(Batched(compiled, choice.batch), choice)


def _samples(outputs: Outputs) -> tuple[float, ...]:
    flat = np.concatenate([output.ravel() for output in outputs])
    return tuple(float(flat[place]) for place in np.unique(np.linspace(0, flat.size - 1, 64).astype(int)))


def _agree(samples: tuple[float, ...], reference: tuple[float, ...], tolerance: float) -> bool:
    """Whether a network that was measured before still answers the same; this also warms it up."""
    if not samples or len(samples) != len(reference):
        return False
    scale = max(1e-6, *(abs(value) for value in reference))
    return all(abs(a - b) <= 10 * tolerance * scale for a, b in zip(samples, reference, strict=True))


def _remembered(folder: Path) -> Choice | None:
    try:
        return Choice.model_validate_json((folder / "choice.json").read_bytes())
    except (OSError, ValidationError):
        return None


def _key(module: torch.nn.Module, example: Floats, weights_sha256: str, settings: ServiceSettings) -> str:
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else "no cuda"
    versions = [metadata.version(name) for name in ("torch", "openvino")]
    parts = [weights_sha256, type(module).__qualname__, str(example.shape), str(settings.threads), settings.backend]
    parts += [processor(), device, *versions]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:24]


def _describe(candidate: Candidate) -> str:
    if candidate.refused:
        return f"{candidate.name}: {candidate.refused}"
    if candidate.milliseconds is None:
        return f"{candidate.name}: as WETREAD_BACKEND asks, not measured"
    return f"{candidate.name}: {candidate.milliseconds:g} ms, difference {candidate.difference:.1e}"
