"""What runs a network here: chosen when it is loaded, by agreement with eager fp32 and by measured speed.

Candidates are eager torch (channels last), OpenVINO (f32, and bf16 where the processor computes in it) and
CUDA where there is one. OpenVINO is compiled in a child process first: a crash there is recorded and costs
a candidate, not the service. What was measured is kept in the run folder under the hash of the weights and
the machine, so that the next start does not measure again.
"""

from __future__ import annotations

import copy
import hashlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import numpy as np
import numpy.typing as npt
import structlog
import torch
from pydantic import ValidationError

from services.contract import Fact
from services.openvino_runner import CompiledNetwork, convert, probe
from services.processor import computes_in_bf16, processor
from services.settings import ServiceSettings, read_settings
from services.torchvision_guard import guard_torchvision

Floats = npt.NDArray[np.float32]
Outputs = tuple[Floats, ...]
Run = Callable[[Floats], Outputs]

EAGER = "torch fp32"
NEAR = 1.2
"""Eager torch is chosen where everything else takes longer than this many times its time."""
TURNS = 5
LONGEST_RACE_S = 6.0

_MEASURING = threading.Lock()
"""One measurement at a time: two would slow each other down."""

log = structlog.get_logger()

guard_torchvision()  # before any network's library looks for torchvision, and finds it missing for good


class Candidate(Fact):
    """What was measured of one way to run the network."""

    name: str
    milliseconds: float | None = None
    difference: float | None = None
    """Largest difference from eager fp32, as a part of the largest output."""
    refused: str | None = None


class Choice(Fact):
    """The candidate in force, and all that were measured."""

    chosen: str
    candidates: tuple[Candidate, ...]
    reference: tuple[float, ...] = ()
    """Values at evenly spaced places of what eager fp32 answers to the example."""

    @property
    def described(self) -> str:
        """One line for the model card and ``wetread doctor``."""
        return f"{self.chosen} ({'; '.join(_describe(candidate) for candidate in self.candidates)})"


@dataclass(frozen=True)
class Backend:
    """A network ready to run.

    Call it with ``(batch, channels, rows, columns)`` float32; it answers every output of the module, in
    the module's order, as float32 arrays.
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
    folder: Path
    settings: ServiceSettings


def offer(
    module: torch.nn.Module,
    example: Floats,
    weights_sha256: str,
    *,
    tolerance: float = 1e-3,
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
        Largest difference allowed, as a part of the largest output.
    """
    settings = settings or read_settings()
    torch.set_num_threads(settings.threads)
    folder = settings.run / "backends" / _key(module, example, weights_sha256, settings)
    question = Question(module, example, tolerance, folder, settings)
    eager = torch_run(module, "cpu")
    with _MEASURING:
        choice = _remembered(folder) or _measure(question, eager)
    backend = _start(question, eager, choice)
    log.info("backend_chosen", weights=weights_sha256[:12], backend=backend.described)
    return backend


def torch_run(module: torch.nn.Module, device: str) -> Run:
    """Return eager fp32 inference of a module, channels last."""
    network = module.eval().to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]

    def run(images: Floats) -> Outputs:
        tensor = torch.from_numpy(np.require(images, np.float32, ("C", "W"))).to(device)
        if tensor.ndim == 4:
            tensor = tensor.contiguous(memory_format=torch.channels_last)
        with torch.inference_mode():
            return tuple(output.float().cpu().contiguous().numpy() for output in flatten(network(tensor)))

    return run


def flatten(output: object) -> Iterator[torch.Tensor]:
    """Yield the tensors of a module's output in order."""
    if isinstance(output, torch.Tensor):
        yield output
    elif isinstance(output, dict):
        for value in output.values():
            yield from flatten(value)
    elif isinstance(output, list | tuple):
        for value in output:
            yield from flatten(value)
    else:
        raise TypeError(f"a module answers tensors, not {type(output).__name__}")


class _Flat(torch.nn.Module):
    """A module whose output is a flat tuple, which is what OpenVINO can convert."""

    def __init__(self, module: torch.nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return tuple(flatten(self.module(images)))


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
    if asked in {"auto", "openvino"}:
        refused += _add_openvino(question, runs)
    differences = {name: _difference(run(question.example), reference) for name, run in runs.items()}
    for name, difference in differences.items():
        if difference is None or difference > question.tolerance:
            del runs[name]
            why = f"differs from eager fp32 by more than {question.tolerance:g}"
            refused.append(Candidate(name=name, difference=difference, refused=why))
    measured = [
        Candidate(name=name, milliseconds=milliseconds, difference=differences[name])
        for name, milliseconds in race(runs, question.example).items()
    ]
    choice = Choice(chosen=_choose(measured, asked), candidates=(*measured, *refused), reference=_samples(reference))
    question.folder.mkdir(parents=True, exist_ok=True)
    (question.folder / "choice.json").write_text(choice.model_dump_json(indent=2), encoding="utf-8")
    return choice


def _add_openvino(question: Question, runs: dict[str, Run]) -> list[Candidate]:
    """Add what OpenVINO can run to ``runs``; return what it cannot, and why.

    The network is compiled here only after a child process has compiled and run it without a crash.
    """
    why = convert(_Flat(question.module), torch.from_numpy(question.example), question.folder)
    if why:
        return [Candidate(name="openvino f32", refused=why)]
    refused = []
    for precision in ("f32", "bf16") if computes_in_bf16() else ("f32",):
        name = f"openvino {precision}"
        why = probe(question.folder, question.example, precision, question.settings.threads)
        try:
            if not why:
                runs[name] = CompiledNetwork(question.folder, precision, question.settings.threads)
        except RuntimeError:
            why = "cannot be compiled"
        if why:
            refused.append(Candidate(name=name, refused=why))
    return refused


def race(runs: dict[str, Run], example: Floats) -> dict[str, float]:
    """Return the fastest time of each candidate in ms.

    They take turns, so that a busy neighbour slows all of them down, and the fastest of several turns
    counts. Slow networks get fewer turns.
    """
    times: dict[str, list[float]] = {name: [] for name in runs}
    began = time.perf_counter()
    while len(times[EAGER]) < TURNS and time.perf_counter() - began < LONGEST_RACE_S:
        for name, run in runs.items():
            started = time.perf_counter()
            run(example)
            times[name].append(time.perf_counter() - started)
    return {name: round(1000 * min(seconds), 1) for name, seconds in times.items()}


def _difference(outputs: Outputs, reference: Outputs) -> float | None:
    """Largest difference as a part of the largest output; None where shapes differ or a value is not finite."""
    if [one.shape for one in outputs] != [one.shape for one in reference]:
        return None
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
    kind, precision = choice.chosen.split(" ")
    if kind == "cuda" and torch.cuda.is_available():
        return Backend(torch_run(question.module, "cuda"), choice)
    if kind != "openvino":
        return Backend(eager, choice)
    try:
        compiled = CompiledNetwork(question.folder, precision, question.settings.threads)
        samples = _samples(compiled(question.example))
    except RuntimeError as error:
        log.warning("openvino_does_not_start", error=str(error).splitlines()[0][:200])
        samples = ()
    if not _agree(samples, choice.reference, question.tolerance):
        fallen = Candidate(name=choice.chosen, refused="does not start as it was measured; eager torch is used")
        return Backend(eager, Choice(chosen=EAGER, candidates=(*choice.candidates, fallen)))
    return Backend(compiled, choice)


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
