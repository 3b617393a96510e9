"""Measure the compact classifier: ``python -m services.classification.evaluate_compact_chest_radiograph``.

Without ``--run`` the weights in force are measured on the test films of ``--data``. With it the networks of a
training run are calibrated on validation films, the heads that earned a place are kept, and ``--out`` becomes a folder
of weights: put it where ``WETREAD_WEIGHTS`` points, as ``compact_chest_radiograph``. Either way ``--out`` holds
``evaluation.json``, ``evaluation.md`` and a reliability plot a head; a model card is written from the same numbers.
"""

from __future__ import annotations

import argparse
import json
import logging
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file

from services import VERSION, weights
from services.classification.compact_card import card_text, tables
from services.classification.compact_chest_radiograph import FOLDER
from services.classification.efficient_network import EfficientNetwork
from services.classification.evaluation import Elsewhere, Row, elsewhere_of, rows_of, truth_of_head
from services.classification.figures import reliability
from services.classification.films import REFUSED, Film, UnusableData, read_films, read_grey
from services.classification.judging import Judged, hold, judge
from services.classification.reader import TOGETHER, HeadPlace, Reader, load_reader
from services.classification.recipe import Head, Recipe, bundled_recipes, read_recipe
from services.classification.reliability_plot import reliability_svg
from services.classification.squares import load_squares
from services.classification.terms import data_sets
from services.classification.train_compact_chest_radiograph import new_network
from services.manifest import Architecture, AssessedLabel, Manifest, described_file, write_manifest
from services.weights import record_self_test

log = logging.getLogger("evaluate_compact_chest_radiograph")

BEYOND_THIS_DATA = ("pneumothorax", "lung nodule", "lung mass", "pulmonary fibrosis", "hernia", "emphysema", "fracture")
NOT_ASSESSED = (*BEYOND_THIS_DATA, "pleural thickening", "cardiomegaly", "consolidation", "infiltration")
LIMITS = (
    "Trained and measured on films of one hospital for each label: another hospital's films will be read worse.",
    "The labels of adults were mined from text reports and are wrong for some films.",
    "Scores are probabilities at the share of ill people among the films they were made from; on a ward it is another.",
    "A film is never called normal: a low score for an abnormal film stays indeterminate.",
    "Nothing is said of people aged 6 to 15 years or below 1 year.",
)
SELF_TEST_SIDE = 192


class Measured:
    """What was measured: rows and the site effect of every head."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.elsewhere: list[Elsewhere] = []
        self.plots: dict[str, str] = {}

    def of(self, head: str) -> list[Row]:
        """Return the rows of one head, whole sets only."""
        return [row for row in self.rows if row.head == head and row.group == "all"]


def read_all(reader: Reader, data: Path, films: list[Film]) -> NDArray[np.float64]:
    """Return ``(films, heads)`` scores as served; nan where a film is no picture to read."""
    scores = np.full((len(films), len(reader.heads)), np.nan)
    for index, film in enumerate(films):
        try:
            reading = reader.read(read_grey(data / film.file), range(len(reader.heads)))
        except ValueError:
            log.warning("a film without contrast is left out")
            continue
        scores[index] = [reading.scores[head] for head in range(len(reader.heads))]
        if (index + 1) % 100 == 0:
            log.info("read %d of %d films", index + 1, len(films))
    return scores


def measure(reader: Reader, heads: list[tuple[Head, dict[str, float]]], data: Path, seed: int) -> Measured:
    """Measure heads, in the order of the reader's, on the test films of every set."""
    sets = {source for head, _ in heads for source in head.sets} | {
        film.source for film in read_films(data) if film.labels.get("no_finding")
    }
    films = [film for film in read_films(data) if film.split == "test" and film.frontal and film.source in sets]
    scores = read_all(reader, data, films)
    measured = Measured()
    for column, (head, points) in enumerate(heads):
        found = [row for row in rows_of(head, points, films, scores[:, column], seed)]
        measured.rows += found
        measured.elsewhere += elsewhere_of(head, points, films, scores[:, column])
        for row in (row for row in found if row.group == "all"):
            inside = np.array([film.source == row.source for film in films])
            truth = truth_of_head(head, films)
            asked = inside & np.isfinite(truth) & np.isfinite(scores[:, column])
            title = f"{head.name}, {row.source} test"
            bins = reliability(scores[asked, column], truth[asked] == 1)
            measured.plots[f"reliability-{head.name}-{row.source}.svg"] = reliability_svg(title, bins)
    return measured


def trained(run: Path, recipe: Recipe) -> EfficientNetwork:
    """Return the averaged network of a run, rounded as it will be stored."""
    network = new_network(recipe.model_copy(update={"imagenet": False}))
    state = torch.load(run / recipe.name / "checkpoint.pt", weights_only=False, map_location="cpu")["average"]
    network.load_state_dict({n: t.half().float() if t.is_floating_point() else t for n, t in state.items()})
    return network.eval()


def judge_run(
    run: Path, data: Path, recipes: tuple[Recipe, ...], seed: int
) -> tuple[dict[str, EfficientNetwork], list[Judged]]:
    """Return the networks of a run that read together, and what their candidates are worth on validation films."""
    first = recipes[0]
    networks = {recipe.name: trained(run, recipe) for recipe in recipes}
    squares = {recipe.name: load_squares(data, "val", recipe, run / recipe.name) for recipe in recipes}
    taught = load_squares(data, "train", first, run / first.name)
    held = hold(dict(networks), squares, recipes, seed)
    judged = [judge(head, first, taught, held, seed) for head in first.candidates]
    for one in judged:
        log.info("%s: validation %s, %s", one.head.name, one.validation, "earned" if one.earned else "dropped")
    return networks, judged


def release(run: Path, data: Path, out: Path, recipes: tuple[Recipe, ...], seed: int) -> None:
    """Calibrate, choose, measure once, and write the weights with their card."""
    groups: dict[str, tuple[Recipe, ...]] = {}
    for recipe in recipes:
        groups[recipe.together] = (*groups.get(recipe.together, ()), recipe)
    found = {
        TOGETHER.join(r.name for r in together): judge_run(run, data, together, seed) for together in groups.values()
    }
    networks = {name: network for own, _ in found.values() for name, network in own.items()}
    judged = [(names, one) for names, (_, all_of_them) in found.items() for one in all_of_them]
    places = tuple(HeadPlace(tuple(n.split(TOGETHER)), one.column, one.slope, one.offset) for n, one in judged)
    reader = Reader(networks, places, {recipe.name: (recipe.kept_side, recipe.side) for recipe in recipes})
    measured = measure(reader, [(one.head, one.points) for _, one in judged], data, seed)
    kept = [
        (name, one) for name, one in judged if one.earned and all(row.low > 0.5 for row in measured.of(one.head.name))
    ]
    lost = [one for _, one in judged if one not in [chosen for _, chosen in kept]]
    write_evaluation(measured, out)
    if not kept:
        log.warning("no head earned a place: there are tables and plots, and no weights")
        return
    manifest = write_weights(networks, (kept, lost), measured, recipes, out)
    dropped = {one.head.name: f"validation {one.validation}; " + _areas(measured, one.head.name) for one in lost}
    (out / "MODEL_CARD.md").write_text(card_text(manifest, dropped, _tried()))


def write_weights(
    networks: dict[str, EfficientNetwork],
    chosen: tuple[list[tuple[str, Judged]], list[Judged]],
    measured: Measured,
    recipes: tuple[Recipe, ...],
    folder: Path,
) -> Manifest:
    """Write a file of weights a network, with the outputs of the earned heads only, and ``manifest.json``."""
    kept, lost = chosen
    by_name = {recipe.name: recipe for recipe in recipes}
    folder.mkdir(parents=True, exist_ok=True)
    places: list[tuple[str, int]] = []
    used: list[str] = []
    for names in dict.fromkeys(names for names, _ in kept):
        columns = [one.column for owner, one in kept if owner == names]
        places += [(names, output) for output in range(len(columns))]
        for name in names.split(TOGETHER):
            used.append(name)
            state = {n: t.half() if t.is_floating_point() else t for n, t in networks[name].state_dict().items()}
            state["head.weight"], state["head.bias"] = state["head.weight"][columns], state["head.bias"][columns]
            save_file({n: t.contiguous() for n, t in state.items()}, folder / f"{name}.safetensors")
            (folder / f"{name}.safetensors").chmod(0o644)
    manifest = Manifest(
        id="compact_chest_radiograph",
        version=VERSION,
        architecture=Architecture(
            name="EfficientNetwork",
            parameters={
                "sides": tuple(by_name[name].side for name in used),
                "kept_sides": tuple(by_name[name].kept_side for name in used),
                "heads": tuple(one.head.name for _, one in kept),
                "networks": tuple(names for names, _ in places),
                "outputs": tuple(output for _, output in places),
                "slopes": tuple(one.slope for _, one in kept),
                "offsets": tuple(one.offset for _, one in kept),
            },
        ),
        files=tuple(described_file(folder / f"{name}.safetensors") for name in used),
        licence="Apache-2.0 for the weights; the terms of the data are named beside it",
        commercial_use=all(data.commercial for data in data_sets(recipes)),
        data=tuple(data.fact for data in data_sets(recipes)),
        labels=tuple(_assessed(one, measured) for _, one in kept),
        not_assessed=(*(f"{one.head.label} in {one.head.population.split(',')[0]}" for one in lost), *NOT_ASSESSED),
        limits=LIMITS,
        training_command="wetread train compact_chest_radiograph --data DATA --out RUN",
    )
    write_manifest(folder, manifest)
    reader = load_reader(weights.FoundWeights(manifest, folder, "folder", "just written"))
    test = record_self_test(reader.self_test, seed=20, shape=(2, SELF_TEST_SIDE, SELF_TEST_SIDE))
    manifest = manifest.model_copy(update={"self_test": test})
    write_manifest(folder, manifest)
    return manifest


def write_evaluation(measured: Measured, out: Path) -> None:
    """Write the tables and plots."""
    out.mkdir(parents=True, exist_ok=True)
    elsewhere = [vars(one) for one in measured.elsewhere]
    content = {"rows": [row.plain for row in measured.rows], "normal_films_elsewhere": elsewhere}
    (out / "evaluation.json").write_text(json.dumps(content, indent=1) + "\n")
    (out / "evaluation.md").write_text(tables(measured.rows, measured.elsewhere))
    for name, plot in measured.plots.items():
        (out / name).write_text(plot)
    for row in measured.rows:
        if row.group == "all":
            log.info("%s, %s: AUC %s, calibration error %.3f", row.head, row.source, row.spoken, row.calibration_error)


def measure_in_force(data: Path, out: Path, recipes: tuple[Recipe, ...], seed: int) -> None:
    """Measure the weights in force; nothing is chosen."""
    found = weights.find(FOLDER)
    known = {head.name: head for recipe in recipes for head in recipe.heads}
    names = found.manifest.architecture.parameters["heads"]
    assert isinstance(names, tuple)
    heads = [
        (known[str(name)], label.operating_points) for name, label in zip(names, found.manifest.labels, strict=True)
    ]
    write_evaluation(measure(load_reader(found), heads, data, seed), out)


def _assessed(one: Judged, measured: Measured) -> AssessedLabel:
    figures: dict[str, str] = {}
    for row in measured.of(one.head.name):
        figures[f"AUC, {row.source} test"] = row.spoken
        figures[f"AUC within view, {row.source} test"] = f"{row.area_within_view:.3f}"
        figures[f"calibration error, {row.source} test"] = row.calibration
        for name in one.points:
            figures[f"from {name}, {row.source} test"] = (
                f"sensitivity {row.sensitivity[name]:.3f}, specificity {row.specificity[name]:.3f}"
            )
    for other in measured.elsewhere:
        if other.head == one.head.name:
            figures[f"normal films of {other.source} called likely or present"] = f"{other.called:.3f} of {other.films}"
    figures["AUC within view, validation"] = one.validation
    figures["share of the films it was made from that show it"] = f"{one.prevalence:.2f}"
    return AssessedLabel(
        label=one.head.label,
        population=one.head.population,
        experimental=one.head.experimental,
        minimum_age_years=one.head.youngest,
        maximum_age_years=one.head.oldest,
        operating_points=one.points,
        figures=figures,
    )


def _areas(measured: Measured, head: str) -> str:
    return "; ".join(f"AUC, {row.source} test {row.spoken}" for row in measured.of(head))


def _tried() -> str:
    path = FOLDER.parents[1] / "recipes" / "TRIED.md"
    return path.read_text() if path.is_file() else ""


def main() -> None:
    """Read the command line; measure, or release a run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with chest_radiographs.csv")
    parser.add_argument("--out", type=Path, required=True, help="where tables, plots and weights are written")
    parser.add_argument("--run", type=Path, help="the --out of a training run that becomes weights")
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--resume", action="store_true", help="accepted for symmetry; an evaluation begins anew")
    parser.add_argument("--config", type=Path, help="a recipe (TOML); without it the bundled ones")
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    try:
        recipes = (read_recipe(given.config),) if given.config else bundled_recipes()
        if given.run:
            release(given.run, given.data, given.out, recipes, given.seed)
        else:
            measure_in_force(given.data, given.out, recipes, given.seed)
    except (UnusableData, FileNotFoundError) as error:
        parser.exit(REFUSED, f"{error}\n")


if __name__ == "__main__":
    main()
