"""One training run: seeded, with progress, early measured validation, and a checkpoint it goes on from."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

import structlog
import torch

from services.training.schedule import learning_rate

log = structlog.get_logger()

State = dict[str, torch.Tensor]


class Progress(TypedDict):
    """Everything that a run needs to go on; random numbers come from (seed, step) and need no saving."""

    step: int
    network: State
    average: State
    optimizer: dict[str, object]
    validation: list[dict[str, float]]


@dataclass(frozen=True)
class Plan:
    """How long a run is, how fast it learns, and where it keeps its checkpoint."""

    out: Path
    steps: int
    peak_rate: float
    validate_every: int = 300
    until: int | None = None
    """Stop after this step of the schedule; without it the schedule runs to its end."""
    keep: float = 0.995
    """Share of the running average of the weights that each step keeps."""


def fit(
    network: torch.nn.Module,
    loss_of: Callable[[int], torch.Tensor],
    validate: Callable[[State], dict[str, float]],
    plan: Plan,
) -> State:
    """Run every step that is still missing.

    Parameters
    ----------
    network
        Trained in place.
    loss_of
        From the number of a step to the loss of its batch; must not depend on anything but the step.
    validate
        From the averaged weights to figures on the validation films; ``mean`` chooses the best.

    Returns
    -------
    State
        The averaged weights that did best on the validation films, also left in ``best.pt``.
    """
    plan.out.mkdir(parents=True, exist_ok=True)
    optimizer = torch.optim.AdamW(network.parameters(), lr=plan.peak_rate, weight_decay=1e-4)
    progress = _load(plan.out / "checkpoint.pt")
    if progress is None:
        progress = _start(network)
    else:
        network.load_state_dict(progress["network"])
        optimizer.load_state_dict(progress["optimizer"])
    start, began, end = progress["step"], time.monotonic(), plan.until or plan.steps
    for step in range(start, end):
        loss = _step(network, optimizer, loss_of, step, plan)
        _blend(progress["average"], network, min(plan.keep, (step + 1) / (step + 10)))
        if (step + 1) % 50 == 0:
            pace = (time.monotonic() - began) / (step + 1 - start)
            log.info("step", step=step + 1, of=plan.steps, loss=round(loss, 4), seconds_a_step=round(pace, 3))
        if (step + 1) % plan.validate_every == 0 or step + 1 == end:
            _validate(progress, step + 1, validate, plan)
            progress |= {"step": step + 1, "network": network.state_dict(), "optimizer": optimizer.state_dict()}
            _save(progress, plan.out / "checkpoint.pt")
    best: State = torch.load(plan.out / "best.pt", map_location="cpu", weights_only=True)
    return best


def read_validation(out: Path) -> tuple[dict[str, float], ...]:
    """Return every validation of the run that lies in ``out``."""
    progress = _load(out / "checkpoint.pt")
    return tuple(progress["validation"]) if progress else ()


def best_step(history: tuple[dict[str, float], ...]) -> int:
    """Return the last step whose validation was the best so far."""
    best = max((past["mean"] for past in history), default=0.0)
    return int(max((past["step"] for past in history if past["mean"] >= best), default=0.0))


def _step(
    network: torch.nn.Module,
    optimizer: torch.optim.Optimizer,
    loss_of: Callable[[int], torch.Tensor],
    step: int,
    plan: Plan,
) -> float:
    for group in optimizer.param_groups:
        group["lr"] = learning_rate(step, plan.steps, plan.peak_rate)
    loss = loss_of(step)
    optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
    optimizer.step()
    return float(loss.detach())


def _validate(progress: Progress, step: int, validate: Callable[[State], dict[str, float]], plan: Plan) -> None:
    figures = validate(progress["average"])
    log.info("validation", step=step, **{name: round(value, 4) for name, value in figures.items()})
    if figures["mean"] >= max((past["mean"] for past in progress["validation"]), default=float("-inf")):
        torch.save(progress["average"], plan.out / "best.pt")
    progress["validation"].append(figures | {"step": float(step)})


def _start(network: torch.nn.Module) -> Progress:
    average = {name: value.clone() for name, value in network.state_dict().items()}
    return Progress(step=0, network={}, average=average, optimizer={}, validation=[])


def _blend(average: State, network: torch.nn.Module, keep: float) -> None:
    """Move the running average of the weights towards the network, in place."""
    with torch.no_grad():
        for name, value in network.state_dict().items():
            if value.dtype.is_floating_point:
                average[name].mul_(keep).add_(value, alpha=1 - keep)
            else:
                average[name].copy_(value)


def _save(progress: Progress, path: Path) -> None:
    partial = path.with_suffix(".partial")
    torch.save(dict(progress), partial)
    partial.replace(path)


def _load(path: Path) -> Progress | None:
    if not path.exists():
        return None
    loaded: Progress = torch.load(path, map_location="cpu", weights_only=True)
    return loaded
