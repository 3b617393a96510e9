"""What runs a network here: chosen when it is loaded, by agreement with eager fp32 and by measured speed.

Candidates are eager torch (channels last), OpenVINO (f32, and bf16 where the processor computes in it) and
CUDA where there is one. OpenVINO is compiled in a child process first: a crash there is recorded and costs
a candidate, not the service. What was measured is kept in the run folder under the hash of the weights and
the machine, so that the next start does not measure again.
"""

from __future__ import annotations

import hashlib
import platform
import threading
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
from services.openvino_runner import CompiledNetwork, convert, probe, timed
from services.settings import ServiceSettings, read_settings

Floats = npt.NDArray[np.float32]
Outputs = tuple[Floats, ...]
Run = Callable[[Floats], Outputs]

WORTH_IT = 1.15
"""How many times faster than eager torch another candidate must be to be chosen."""

_MEASURING = threading.Lock()
"""One measurement at a time: two would slow each other down."""

log = structlog.get_logger()


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
        return Choice(chosen="torch fp32", candidates=(Candidate(name="torch fp32"),))
    reference, milliseconds = timed(eager, question.example)
    candidates = [Candidate(name="torch fp32", milliseconds=milliseconds, difference=0.0)]
    if torch.cuda.is_available() and asked in {"auto", "cuda"}:
        outputs, milliseconds = timed(torch_run(question.module, "cuda"), question.example)
        candidates.append(_judged("cuda fp32", milliseconds, outputs, reference, question.tolerance))
        question.module.to("cpu")
    if asked in {"auto", "openvino"}:
        candidates += _measure_openvino(question, reference)
    chosen = _choose(candidates, asked)
    choice = Choice(chosen=chosen, candidates=tuple(candidates), reference=_samples(reference))
    question.folder.mkdir(parents=True, exist_ok=True)
    (question.folder / "choice.json").write_text(choice.model_dump_json(indent=2), encoding="utf-8")
    return choice


def _measure_openvino(question: Question, reference: Outputs) -> list[Candidate]:
    refused = convert(_Flat(question.module), torch.from_numpy(question.example), question.folder)
    if refused:
        return [Candidate(name="openvino f32", refused=refused)]
    candidates = []
    for precision in ("f32", "bf16") if computes_in_bf16() else ("f32",):
        name = f"openvino {precision}"
        probed = probe(question.folder, question.example, precision, question.settings.threads)
        if isinstance(probed, str):
            candidates.append(Candidate(name=name, refused=probed))
        else:
            candidates.append(_judged(name, probed.milliseconds, probed.outputs, reference, question.tolerance))
    return candidates


def _judged(name: str, milliseconds: float, outputs: Outputs, reference: Outputs, tolerance: float) -> Candidate:
    difference = _difference(outputs, reference)
    agrees = difference is not None and difference <= tolerance
    refused = None if agrees else f"differs from eager fp32 by more than {tolerance:g}"
    return Candidate(name=name, milliseconds=round(milliseconds, 1), difference=difference, refused=refused)


def _difference(outputs: Outputs, reference: Outputs) -> float | None:
    """Largest difference as a part of the largest output; None where shapes differ or a value is not finite."""
    if [one.shape for one in outputs] != [one.shape for one in reference]:
        return None
    pairs = list(zip(outputs, reference, strict=True))
    scale = max(1e-6, *(float(np.abs(right).max(initial=0.0)) for right in reference))
    largest = max(float(np.abs(left - right).max(initial=0.0)) for left, right in pairs) / scale
    return largest if np.isfinite(largest) else None


def _choose(candidates: list[Candidate], asked: str) -> str:
    usable = [one for one in candidates if one.refused is None and one.milliseconds is not None]
    eager, others = usable[0], usable[1:]
    fastest = min(others, key=lambda one: one.milliseconds or 0.0, default=None)
    if fastest is None or asked == "torch":
        return eager.name
    worth = (eager.milliseconds or 0.0) >= WORTH_IT * (fastest.milliseconds or 0.0)
    return fastest.name if worth or asked != "auto" else eager.name


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
        return Backend(eager, Choice(chosen="torch fp32", candidates=(*choice.candidates, fallen)))
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


def processor() -> str:
    """Return the model and instruction sets of the processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return "\n".join(dict.fromkeys(line for line in lines if line.startswith(("model name", "flags"))))


def computes_in_bf16() -> bool:
    """Whether the processor has bf16 arithmetic; without it bf16 is emulated and slow."""
    return any(flag in processor() for flag in ("avx512_bf16", "amx_bf16"))


def _describe(candidate: Candidate) -> str:
    if candidate.refused:
        return f"{candidate.name}: {candidate.refused}"
    if candidate.milliseconds is None:
        return f"{candidate.name}: as WETREAD_BACKEND asks, not measured"
    return f"{candidate.name}: {candidate.milliseconds:g} ms, difference {candidate.difference:.1e}"
