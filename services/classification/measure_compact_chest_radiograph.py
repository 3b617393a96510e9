"""Measure a trained classifier, keep the heads that earned their place, and write the bundled weights.

``python -m services.classification.measure_compact_chest_radiograph --data DIR --run DIR [--weights DIR]``

Calibration, operating points and the choice of heads come from validation films; every figure of the card from
test films, drawn again by patient for its interval.
"""

from __future__ import annotations

import argparse
import json
import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file

from services import VERSION
from services.classification import train_compact_chest_radiograph as training
from services.classification.compact_card import card_text, figures_of
from services.classification.compact_chest_radiograph import FOLDER
from services.classification.figures import area_within, interval, operating_points, platt
from services.classification.heads import CANDIDATES, HEADS, Head
from services.classification.linear_floor import linear_scores
from services.classification.network import ResidualNetwork
from services.classification.reader import load_reader
from services.classification.train_compact_chest_radiograph import Squares
from services.contract import Label
from services.manifest import Architecture, AssessedLabel, DataSet, Manifest, described_file, write_manifest
from services.weights import record_self_test

log = logging.getLogger("measure_compact_chest_radiograph")

CHANCE_MARGIN = 0.60
"""Lower bound, within view, that an experimental head needs beside being better than the linear model.

A head that is not experimental needs a lower bound above the floor that is known for its set. On test films
every head needs one above .5: a head can lose its place there and never win one.
"""
ADULT_YEARS = 16
DATA = (
    DataSet(name="kermany", terms="CC BY 4.0", images=5503),
    DataSet(
        name="NIH ChestX-ray14 (nih)", terms="no restriction on use; NIH Clinical Center; cite Wang 2017", images=948
    ),
    DataSet(name="NIH ChestX-ray14 at 64 px (nih64)", terms="as nih", images=763),
    DataSet(name="tb_shenzhen", terms="public (NLM); cite Jaeger 2014; masks not used", images=502),
)
BEYOND_THIS_DATA = ("pneumothorax", "lung nodule", "lung mass", "pulmonary fibrosis", "hernia", "emphysema", "fracture")
NOT_ASSESSED = (*BEYOND_THIS_DATA, "pleural thickening", "cardiomegaly", "consolidation", "infiltration")
LIMITS = (
    "Trained and measured on films of one hospital for each label: another hospital's films will be read worse.",
    "The labels of adults were mined from text reports and are wrong for some films.",
    "Scores are calibrated where present and absent are equally common; they are no probability of disease.",
    "A film is never called normal: a low score for an abnormal film stays indeterminate.",
    "Nothing is said of people aged 6 to 15 years or below 1 year.",
    "This run was resumed: 400 steps at 144 px under a longer schedule, the rest, up to 2200, at 112 px.",
)


@dataclass(frozen=True)
class Judged:
    """One head on validation films, and whether it earned a place."""

    head: Head
    column: int
    slope: float
    offset: float
    points: dict[str, float]
    validation: str
    earned: bool


def judge(head: Head, training_films: Squares, held: Squares, logits: NDArray[np.float64], seed: int) -> Judged:
    """Calibrate a head and compare it with a linear model on the same validation films."""
    column = HEADS.index(head)
    known = ~np.isnan(held.truth[:, column])
    truth, own = held.truth[known, column] == 1, logits[known, column]
    strata = np.array([f"{film.source} {film.view}" for film in held.films])[known]
    patients = [film.patient for film, inside in zip(held.films, known, strict=True) if inside]
    taught = ~np.isnan(training_films.truth[:, column])
    balance = training.weights_of(training_films.films, training_films.truth)[taught, column]
    linear = linear_scores(
        training_films.pixels[taught], training_films.truth[taught, column] == 1, balance, held.pixels[known]
    )
    mine, floor = area_within(own, truth, strata), area_within(linear, truth, strata)
    low, high = interval(lambda drawn: area_within(own[drawn], truth[drawn], strata[drawn]), patients, seed)
    slope, offset = platt(own, truth)
    scores, elsewhere = _probable(own, slope, offset), strangers(head, held, logits[:, column])
    return Judged(
        head=head,
        column=column,
        slope=round(slope, 5),
        offset=round(offset, 5),
        points=_spoken(head, operating_points(scores, truth, _probable(elsewhere, slope, offset))),
        validation=f"{mine:.3f} [{low:.3f}, {high:.3f}], linear model {floor:.3f}",
        earned=bool(low >= head.floor or (head.experimental and low >= CHANCE_MARGIN and mine > floor)),
    )


def strangers(head: Head, held: Squares, logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the logits of adults' normal films from hospitals that did not teach the head."""
    normal = [
        film.source not in (*head.sets, "kermany") and film.labels.get("no_finding", False) for film in held.films
    ]
    return logits[np.array(normal) & (head.youngest >= ADULT_YEARS)]


def pruned(network: ResidualNetwork, judged: list[Judged]) -> ResidualNetwork:
    """Return the network with the outputs of the earned heads only, rounded as it will be stored."""
    state = network.state_dict()
    rows = [one.column for one in judged]
    state["head.weight"], state["head.bias"] = state["head.weight"][rows], state["head.bias"][rows]
    kept = ResidualNetwork(training.WIDTHS, training.BLOCKS, len(rows))
    kept.load_state_dict({n: t.half().float() if t.is_floating_point() else t for n, t in state.items()})
    return kept


def write_weights(
    network: ResidualNetwork, judged: list[Judged], figures: dict[str, dict[str, str]], folder: Path
) -> Manifest:
    """Write ``model.safetensors`` and ``manifest.json``."""
    folder.mkdir(parents=True, exist_ok=True)
    stored = {n: t.half() if t.is_floating_point() else t for n, t in network.state_dict().items()}
    save_file(stored, folder / "model.safetensors")
    earned = {one.head.name for one in judged}
    lost = (head for head in HEADS if head.name in CANDIDATES and head.name not in earned)
    manifest = Manifest(
        id="compact_chest_radiograph",
        version=VERSION,
        architecture=Architecture(
            name="ResidualNetwork",
            parameters={
                "widths": training.WIDTHS,
                "blocks": training.BLOCKS,
                "side": training.SIDE,
                "heads": tuple(one.head.name for one in judged),
                "slopes": tuple(one.slope for one in judged),
                "offsets": tuple(one.offset for one in judged),
            },
        ),
        files=(described_file(folder / "model.safetensors"),),
        licence="Apache-2.0 for the weights; the terms of the data are named beside it",
        commercial_use=True,
        data=DATA,
        labels=tuple(_assessed(one, figures[one.head.name]) for one in judged),
        not_assessed=(*(f"{head.label} in {head.population.split(',')[0]}" for head in lost), *NOT_ASSESSED),
        limits=LIMITS,
        training_command="python -m services.classification.train_compact_chest_radiograph --data DATA --out RUN",
    )
    reader = load_reader(folder / "model.safetensors", manifest)
    test = record_self_test(reader.self_test, seed=20, shape=(2, training.SIDE, training.SIDE))
    manifest = manifest.model_copy(update={"self_test": test})
    write_manifest(folder, manifest)
    return manifest


def better_than_chance(figures: dict[str, str]) -> bool:
    """Return whether every interval of an area on test films lies above .5."""
    return all(float(value.split("[")[1].split(",")[0]) > 0.5 for name, value in figures.items() if "[" in value)


def _areas(figures: dict[str, str]) -> list[str]:
    return [f"{name} {value}" for name, value in figures.items() if name.startswith("AUC")]


def _spoken(head: Head, points: dict[str, float]) -> dict[str, float]:
    """Leave out ``absent`` for the film as a whole: this network never says that a film is normal."""
    return {name: point for name, point in points.items() if head.label is not Label.ABNORMAL_FILM or name != "absent"}


def _probable(logits: NDArray[np.float64], slope: float, offset: float) -> NDArray[np.float64]:
    return np.asarray(1 / (1 + np.exp(-(slope * logits + offset))))


def _assessed(one: Judged, figures: dict[str, str]) -> AssessedLabel:
    return AssessedLabel(
        label=one.head.label,
        population=one.head.population,
        experimental=one.head.experimental,
        minimum_age_years=one.head.youngest,
        maximum_age_years=one.head.oldest,
        operating_points=one.points,
        figures={**figures, "AUC within view, validation": one.validation},
    )


def main() -> None:
    """Read the command line, judge the heads, write what was earned."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--run", type=Path, required=True, help="folder of the training run")
    parser.add_argument("--weights", type=Path, default=FOLDER, help="where the weights are written")
    parser.add_argument("--seed", type=int, default=20)
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    taught = training.load_squares(given.data, "train", training.KEPT_SIDE, given.run)
    held = training.load_squares(given.data, "val", training.SIDE, given.run)
    test = training.load_squares(given.data, "test", training.SIDE, given.run)
    network = training.new_network()
    network.load_state_dict(torch.load(given.run / "checkpoint.pt", weights_only=False)["average"])
    logits = training.logits_of(network, held.pixels)
    judged = [judge(head, taught, held, logits, given.seed) for head in HEADS if head.name in CANDIDATES]
    for one in judged:
        log.info("%s: validation %s, %s", one.head.name, one.validation, "earned" if one.earned else "dropped")
    scores = training.logits_of(network, test.pixels)
    figures = {
        one.head.name: figures_of(
            one.head, one.points, test, _probable(scores[:, one.column], one.slope, one.offset), given.seed
        )
        for one in judged
    }
    kept = [one for one in judged if one.earned and better_than_chance(figures[one.head.name])]
    manifest = write_weights(pruned(network, kept), kept, figures, given.weights)
    dropped = {
        one.head.name: f"validation {one.validation}; " + "; ".join(_areas(figures[one.head.name]))
        for one in judged
        if one not in kept
    }
    metrics = {"test": {one.head.name: figures[one.head.name] for one in kept}, "dropped": dropped}
    (given.weights / "metrics.json").write_text(json.dumps(metrics, indent=1) + "\n")
    (given.weights / "MODEL_CARD.md").write_text(card_text(manifest, dropped))
    log.info("%s", json.dumps(metrics, indent=1))


if __name__ == "__main__":
    main()
