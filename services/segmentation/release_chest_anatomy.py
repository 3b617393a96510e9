"""The manifest and the model card of the bundled outlines, written from what was measured."""

from __future__ import annotations

from pathlib import Path

from services.contract import Label
from services.heart_size import ADULT_FROM_YEARS, POPULATION, operating_points
from services.manifest import Architecture, AssessedLabel, DataSet, Manifest, described_file, write_manifest
from services.segmentation.measure_chest_anatomy import RATIO_ERROR, TEST, Run
from services.segmentation.network import CHANNELS, RESIDUAL_UNITS, SIZE
from services.training.release import (
    WEIGHTS_FILE,
    CardText,
    Trained,
    figure,
    metrics_of,
    write_metrics,
    write_model_card,
)
from services.training.statistics import Figure
from services.weights import record_self_test

VERSION = "1.0.0"
SELF_TEST_SEED = 2006
LIMITS = (
    "Learnt from adult PA films of one collection, film digitised in the 1990s; other populations are unproven.",
    "Children: outlines are drawn, but no ratio and no heart size are given.",
    "AP or unstated view: the ratio is given, the size of the heart is not judged.",
    "A lung behind the heart or under a large effusion is not part of the outline.",
    "A mirrored film, or a heart on the right, is refused where the heart is seen right of the middle: most, not all.",
    "The operating points of the heart's size come from the error of the ratio, not from labelled hearts.",
)
CITATIONS = (
    "Cite: Shiraishi J et al., Development of a digital image database for chest radiographs with and without a lung "
    "nodule, AJR 2000;174:71-74 (films). van Ginneken B, Stegmann MB, Loog M, Segmentation of anatomical structures in "
    "chest radiographs using supervised methods, Med Image Anal 2006;10:19-40 (outlines)."
)
USE = "Outlines right and left lung, heart and both clavicles on a frontal chest film, and the cardiothoracic ratio."


def release(folder: Path, run: Run, figures: tuple[Figure, ...], trained: Trained) -> None:
    """Write manifest, figures and card beside the weights that already lie in ``folder``."""
    manifest = _manifest(folder, run, figures, trained)
    metrics = metrics_of(manifest, trained, figures)
    write_manifest(folder, manifest)
    write_metrics(folder, metrics)
    write_model_card(folder, CardText("Outlines of the chest", USE, CITATIONS), manifest, metrics)


def _manifest(folder: Path, run: Run, figures: tuple[Figure, ...], trained: Trained) -> Manifest:
    error = figure(figures, RATIO_ERROR, TEST)
    return Manifest(
        id="chest-anatomy",
        version=VERSION,
        architecture=Architecture(
            name="monai.networks.nets.UNet",
            parameters={"channels": CHANNELS, "num_res_units": RESIDUAL_UNITS, "norm": "instance", "size": SIZE},
        ),
        files=(described_file(folder / WEIGHTS_FILE),),
        licence="research use only, as the films they were learnt from",
        commercial_use=False,
        data=(
            DataSet(
                name="JSRT with the outlines of van Ginneken et al.",
                terms="research use; cite Shiraishi 2000 and van Ginneken 2006",
                images=trained.films,
            ),
        ),
        labels=(
            AssessedLabel(
                label=Label.CARDIOMEGALY,
                population=POPULATION,
                minimum_age_years=ADULT_FROM_YEARS,
                operating_points=operating_points(error.value),
                figures={f"{one.name}; {one.films}": one.text for one in figures},
            ),
        ),
        limits=LIMITS,
        self_test=record_self_test(run, SELF_TEST_SEED, (1, 1, SIZE, SIZE), tolerance=0.01),
        training_command=(
            "python -m services.segmentation.train_chest_anatomy "
            f"--data DIR --out DIR --steps {trained.steps} --seed {trained.seed}"
        ),
    )
