"""Ways to run a network, what was measured of each, and which one is in force."""

from __future__ import annotations

from services.contract import Fact

EAGER = "torch fp32"
WINOGRAD = "openvino f32 winograd"
NEAR = 1.2
"""Eager torch is chosen where everything else takes longer than this many times its time."""


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
    crowded: bool = False
    """Something else used the processor while it was measured: the times are worth less."""

    @property
    def described(self) -> str:
        """One line for the model card and ``wetread doctor``."""
        batch = f", up to {self.batch} images at once" if self.batch > 1 else ""
        crowded = "; measured while the machine was busy" if self.crowded else ""
        return f"{self.chosen}{batch} ({'; '.join(_describe(candidate) for candidate in self.candidates)}{crowded})"


def choose(measured: list[Candidate], asked: str) -> str:
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


def _describe(candidate: Candidate) -> str:
    if candidate.refused:
        return f"{candidate.name}: {candidate.refused}"
    if candidate.milliseconds is None:
        return f"{candidate.name}: as WETREAD_BACKEND asks, not measured"
    return f"{candidate.name}: {candidate.milliseconds:g} ms, difference {candidate.difference:.1e}"
