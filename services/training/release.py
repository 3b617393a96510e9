"""The folder that a finished run leaves: weights, manifest, figures, and a model card written from them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import torch
from safetensors.torch import save_file

from services.contract import Fact, Label
from services.heart_size import ADULT_FROM_YEARS, POPULATION
from services.manifest import Architecture, AssessedLabel, DataSet, Manifest, SelfTest, described_file, write_manifest
from services.training.run import best_step
from services.training.statistics import Figure

WEIGHTS_FILE = "model.safetensors"
RESEARCH_ONLY = "research use only, as the films they were learnt from"

JSRT = "JSRT with the outlines of van Ginneken et al."


def figure(figures: tuple[Figure, ...], name: str, films: str) -> Figure:
    """Return one figure of many.

    Raises
    ------
    KeyError
        If it was not measured.
    """
    return {(one.name, one.films): one for one in figures}[name, films]


class Trained(NamedTuple):
    """How a run went."""

    seed: int
    steps: int
    films: int
    validation: tuple[dict[str, float], ...]
    """Every measured validation on the way, on the validation films."""
    recipe: Fact


class Metrics(Fact):
    """What the run measured, and how it came about."""

    id: str
    version: str
    seed: int
    steps: int
    best_step: int
    training_films: int
    validation: tuple[dict[str, float], ...]
    """Every measured validation on the way, on the validation films."""
    recipe: tuple[str, ...] = ()
    """What was trained, as the lines of a recipe that ``--config`` reads."""
    figures: tuple[Figure, ...]
    """On films that neither training nor the choice of the best step has seen."""

    def figure(self, name: str, films: str) -> Figure:
        """Return one figure.

        Raises
        ------
        KeyError
            If it was not measured.
        """
        return figure(self.figures, name, films)


def metrics_of(manifest: Manifest, trained: Trained, figures: tuple[Figure, ...]) -> Metrics:
    """Return what ``metrics.json`` says about a run."""
    return Metrics(
        id=manifest.id,
        version=manifest.version,
        seed=trained.seed,
        steps=trained.steps,
        best_step=best_step(trained.validation),
        training_films=trained.films,
        validation=trained.validation,
        recipe=recipe_lines(trained.recipe),
        figures=figures,
    )


def recipe_lines(recipe: Fact) -> tuple[str, ...]:
    """Return a recipe as TOML; what is ``None`` is left out."""
    values = recipe.model_dump(mode="json", exclude_none=True)
    return tuple(f"{name} = {json.dumps(value)}" for name, value in values.items())


def save_weights(weights: dict[str, torch.Tensor], folder: Path) -> dict[str, torch.Tensor]:
    """Store weights in half precision, and return them as they will be loaded: single precision again."""
    folder.mkdir(parents=True, exist_ok=True)
    halves = {name: (w.half() if w.dtype.is_floating_point else w).contiguous() for name, w in weights.items()}
    save_file(halves, folder / WEIGHTS_FILE)
    (folder / WEIGHTS_FILE).chmod(0o644)
    return {name: w.float() if w.dtype.is_floating_point else w for name, w in halves.items()}


def write_metrics(folder: Path, metrics: Metrics) -> None:
    """Write ``metrics.json``."""
    (folder / "metrics.json").write_text(metrics.model_dump_json(indent=2) + "\n", encoding="utf-8")


@dataclass(frozen=True)
class Publication:
    """What is said of a set of weights beside what was measured."""

    id: str
    version: str
    title: str
    use: str
    citations: str
    architecture: Architecture
    label: Label
    data: tuple[DataSet, ...]
    limits: tuple[str, ...]
    module: str
    """The training, as ``python -m`` runs it."""
    tried: tuple[str, ...] = ()
    """Where an aim was missed: what was attempted, with its validation figure."""
    population: str = POPULATION
    experimental: bool = False


def publish(
    folder: Path,
    publication: Publication,
    trained: Trained,
    *,
    figures: tuple[Figure, ...],
    operating_points: dict[str, float],
    self_test: SelfTest,
) -> Manifest:
    """Write manifest, figures and model card beside the weights that already lie in ``folder``."""
    manifest = Manifest(
        id=publication.id,
        version=publication.version,
        architecture=publication.architecture,
        files=(described_file(folder / WEIGHTS_FILE),),
        licence=RESEARCH_ONLY,
        commercial_use=False,
        data=publication.data,
        labels=(
            AssessedLabel(
                label=publication.label,
                population=publication.population,
                experimental=publication.experimental,
                minimum_age_years=ADULT_FROM_YEARS,
                operating_points=operating_points,
                figures={f"{one.name}; {one.films}": one.text for one in figures},
            ),
        ),
        limits=publication.limits,
        self_test=self_test,
        training_command=f"python -m {publication.module} --data DIR --out DIR --seed {trained.seed} --config RECIPE",
    )
    metrics = metrics_of(manifest, trained, figures)
    write_manifest(folder, manifest)
    write_metrics(folder, metrics)
    write_model_card(folder, publication, manifest, metrics)
    return manifest


def set_of(manifest: Manifest) -> str:
    """Return which set weights were learnt from, as a training calls it: its attempts belong to no other weights."""
    name = manifest.data[0].name
    return "jsrt" if name == JSRT else name


def write_model_card(folder: Path, text: Publication, manifest: Manifest, metrics: Metrics) -> None:
    """Write ``MODEL_CARD.md`` from the manifest and the figures; nobody edits it by hand."""
    lines = [f"# {text.title}", "", f"`{manifest.id}` version {manifest.version}. {text.use}", "", "## Measured", ""]
    lines += ["| figure | films | value, 95 % interval by patient |", "|---|---|---|"]
    lines += [f"| {one.name} | {one.films} | {one.text} |" for one in metrics.figures]
    lines += ["", f"Trained {metrics.steps} steps on {metrics.training_films} films (seed {metrics.seed});"]
    lines += [f"the weights of step {metrics.best_step} did best on the validation films and are these.", ""]
    lines += ["## Trained on", ""]
    lines += [f"- {data.name}, {data.images} films: {data.terms}" for data in manifest.data]
    lines += ["", text.citations, "", "## Terms", "", manifest.licence, "", "## Limits", ""]
    lines += [f"- {limit}" for limit in manifest.limits]
    lines += [f"- Not assessed: {what}." for what in manifest.not_assessed]
    lines += ["", "## Tried", "", *(f"- {one}" for one in text.tried)] if text.tried else []
    lines += ["", "## Made by", "", f"    {manifest.training_command}", ""]
    lines += ["RECIPE holds:", "", *(f"    {line}" for line in metrics.recipe), ""]
    (folder / "MODEL_CARD.md").write_text("\n".join(lines), encoding="utf-8")
