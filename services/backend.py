"""What runs a network here: chosen when it is loaded, by agreement with eager fp32 and by measured speed.

Candidates are eager torch (channels last), OpenVINO with static shapes (f32, and for a heavy network f32 with
:mod:`services.winograd`), each in bf16 too where the processor computes in it, and CUDA where there is one
(:mod:`services.backend_measurement`). What was measured is kept in the run folder under the hash of the weights and
the machine, so that the next start does not measure again: unless it was measured on a busy machine that is quiet now.
"""

from __future__ import annotations

import copy
import hashlib
import threading
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import structlog
import torch
from pydantic import ValidationError

from services.backend_choice import EAGER, WINOGRAD, Candidate, Choice
from services.backend_measurement import Floats, Outputs, Question, Run, Served, crowded, measure, samples_of
from services.batching import Batched
from services.processor import processor
from services.settings import ServiceSettings, read_settings
from services.torch_runner import torch_run
from services.torchvision_guard import guard_torchvision

__all__ = ["EAGER", "WINOGRAD", "Backend", "Candidate", "Choice", "Floats", "Outputs", "offer"]

_MEASURING = threading.Lock()
"""One measurement at a time: two would slow each other down."""

log = structlog.get_logger()

guard_torchvision()  # before any network's library looks for torchvision, and finds it missing for good


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
        choice = _remembered(folder) or measure(question, eager)
    backend = _start(question, eager, choice)
    log.info("backend_chosen", weights=weights_sha256[:12], backend=backend.described)
    return backend


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
        samples = samples_of(question.served(compiled(question.example)))
    except RuntimeError as error:
        log.warning("openvino_does_not_start", error=str(error).splitlines()[0][:200])
        samples = ()
    if not _agree(samples, choice.reference, question.tolerance):
        fallen = Candidate(name=choice.chosen, refused="does not start as it was measured; eager torch is used")
        choice = Choice(chosen=EAGER, candidates=(*choice.candidates, fallen))
        return Backend(Batched(eager, choice.batch), choice)
    return Backend(Batched(compiled, choice.batch), choice)


def _agree(samples: tuple[float, ...], reference: tuple[float, ...], tolerance: float) -> bool:
    """Whether a network that was measured before still answers the same; this also warms it up."""
    if not samples or len(samples) != len(reference):
        return False
    scale = max(1e-6, *(abs(value) for value in reference))
    return all(abs(a - b) <= 10 * tolerance * scale for a, b in zip(samples, reference, strict=True))


def _remembered(folder: Path) -> Choice | None:
    """Return what was measured before; nothing where a busy machine measured it and it is quiet now."""
    try:
        choice = Choice.model_validate_json((folder / "choice.json").read_bytes())
    except (OSError, ValidationError):
        return None
    return None if choice.crowded and not crowded() else choice


def _key(module: torch.nn.Module, example: Floats, weights_sha256: str, settings: ServiceSettings) -> str:
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else "no cuda"
    versions = [metadata.version(name) for name in ("torch", "openvino")]
    parts = [weights_sha256, type(module).__qualname__, str(example.shape), str(settings.threads), settings.backend]
    parts += [processor(), device, *versions]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:24]
