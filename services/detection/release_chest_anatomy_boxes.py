"""The manifest and the model card of the bundled boxes, written from what was measured."""

from __future__ import annotations

from pathlib import Path

import torch

from services.contract import Label
from services.detection.chest_anatomy_boxes import UNCERTAINTY, scores_of_coarsest_level
from services.detection.measure_chest_anatomy_boxes import RATIO_ERROR, TEST
from services.detection.network import ANCHORS, BLOCKS, PYRAMID_WIDTH, SIZE, WIDTHS, RetinaNetDetector
from services.heart_size import ADULT_FROM_YEARS, POPULATION
from services.manifest import Architecture, AssessedLabel, DataSet, Manifest, described_file, write_manifest
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
from services.weights import Floats, record_self_test

VERSION = "1.0.0"
SELF_TEST_SEED = 2017
LIMITS = (
    "Learnt from adult PA films of one collection, film digitised in the 1990s; other populations are unproven.",
    "Children: boxes are drawn, but no ratio is given.",
    "One box of each structure is kept; a film that shows more or fewer of them is not understood.",
    "The ratio is there to be held against the outlines'; no size of the heart is judged from it.",
)
CITATIONS = (
    "Cite: Shiraishi J et al., Development of a digital image database for chest radiographs with and without a lung "
    "nodule, AJR 2000;174:71-74 (films). van Ginneken B, Stegmann MB, Loog M, Segmentation of anatomical structures in "
    "chest radiographs using supervised methods, Med Image Anal 2006;10:19-40 (outlines, which the boxes enclose)."
)
USE = "Boxes right and left lung, heart and both clavicles on a frontal chest film, and a cardiothoracic ratio."


def release(folder: Path, detector: RetinaNetDetector, figures: tuple[Figure, ...], trained: Trained) -> None:
    """Write manifest, figures and card beside the weights that already lie in ``folder``."""
    manifest = _manifest(folder, detector, figures, trained)
    metrics = metrics_of(manifest, trained, figures)
    write_manifest(folder, manifest)
    write_metrics(folder, metrics)
    write_model_card(folder, CardText("Boxes of the chest", USE, CITATIONS), manifest, metrics)


def _manifest(folder: Path, detector: RetinaNetDetector, figures: tuple[Figure, ...], trained: Trained) -> Manifest:
    def scores(grids: Floats) -> Floats:
        with torch.inference_mode():
            return scores_of_coarsest_level(tuple(one.numpy() for one in detector.network(torch.from_numpy(grids))))

    return Manifest(
        id="chest-anatomy-boxes",
        version=VERSION,
        architecture=Architecture(
            name="monai.apps.detection.RetinaNetDetector",
            parameters={
                "blocks": BLOCKS,
                "widths": WIDTHS,
                "pyramid_width": PYRAMID_WIDTH,
                "anchors": tuple(side for anchor in ANCHORS for side in anchor),
                "size": SIZE,
            },
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
                label=Label.CARDIOTHORACIC_RATIO,
                population=POPULATION,
                minimum_age_years=ADULT_FROM_YEARS,
                operating_points={UNCERTAINTY: figure(figures, RATIO_ERROR, TEST).value},
                figures={f"{one.name}; {one.films}": one.text for one in figures},
            ),
        ),
        limits=LIMITS,
        self_test=record_self_test(scores, SELF_TEST_SEED, (1, 1, SIZE, SIZE), tolerance=0.01),
        training_command=(
            "python -m services.detection.train_chest_anatomy_boxes "
            f"--data DIR --out DIR --steps {trained.steps} --seed {trained.seed}"
        ),
    )
