"""A drawn film with the draft that a perfect reader would make of it: every region is known to the pixel."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from orchestrator.progress import StudyStatus
from orchestrator.records import Records
from orchestrator.report import DraftReport, Facts
from orchestrator.rules.urgency import urgency_of
from services.contract import (
    Algorithm,
    ArrayReference,
    Box,
    Evidence,
    Finding,
    HeatMap,
    ImageAssessment,
    ImageKind,
    Label,
    Laterality,
    Likelihood,
    Limitation,
    LimitationReason,
    Line,
    Mask,
    Measurement,
    Presence,
    Severity,
    SpecialistResult,
    Structure,
    coded,
)
from tests.drawn.chest import Chest
from tests.orchestrator.small_clinic import draft, look, result
from tests.phantoms import Abnormality, dicom_bytes, draw_chest, radiograph_dataset

READER = Algorithm(name="chest_radiograph", version="1.2.0", weights_sha256="c" * 64)
ANATOMY = Algorithm(name="chest_anatomy", version="0.3.0", weights_sha256="a" * 64)
BOXES = Algorithm(name="chest_anatomy_boxes", version="0.2.0", weights_sha256="b" * 64)
POINTS = {"absent": 0.2, "present": 0.5, "likely": 0.8}
ROWS, COLUMNS = 1250, 1024


class DrawnStudy(NamedTuple):
    """A film as a file, and what is in it."""

    film: bytes
    chest: Chest


def draw_study(
    seed: int = 1, rows: int = ROWS, columns: int = COLUMNS, calibrated: bool = False, **header
) -> DrawnStudy:
    """Draw a film with a left pleural effusion."""
    chest = draw_chest(Abnormality.EFFUSION_LEFT, seed=seed, rows=rows, columns=columns)
    dataset = radiograph_dataset(chest.pixels, seed=seed, **header)
    if calibrated:
        dataset.PixelSpacing, dataset.PixelSpacingCalibrationType = dataset.ImagerPixelSpacing, "FIDUCIAL"
    return DrawnStudy(dicom_bytes(dataset), chest)


def keep_drawn_draft(
    records: Records,
    study_id: str,
    store: Path,
    chest: Chest,
    revision: int = 1,
    seen: tuple[ImageAssessment, ...] = (),
) -> DraftReport:
    """Record what the perfect reader says of the film, as the worker would; ``seen`` is what the gate saw."""
    facts = drawn_facts(store, chest)
    made = draft(study_id, facts).model_copy(update={"urgency": urgency_of(facts)})
    assert records.keep_draft(made, revision, StudyStatus.DRAFTED, drawn_results(facts, seen))
    return made


def drawn_results(facts: Facts, seen: tuple[ImageAssessment, ...] = ()) -> tuple[SpecialistResult, ...]:
    gate = result("image_kind", images=seen or (look(ImageKind.CHEST_FRONTAL),))
    return (gate, result("chest_radiograph", *facts.findings))


def drawn_facts(store: Path, chest: Chest) -> Facts:
    masks = {name: _put(store, mask) for name, mask in chest.masks.items()}
    effusion = Evidence(
        image_id="image-1",
        algorithm=READER,
        score=0.93,
        operating_points=POINTS,
        regions=(Mask(array=masks["abnormality"]),),
    )
    opacity = Evidence(
        image_id="image-1", algorithm=READER, score=0.41, operating_points=POINTS, regions=(_heat(store, chest),)
    )
    return Facts(
        findings=(
            _finding(
                "F1", Label.EFFUSION, Likelihood.LIKELY, effusion, laterality=Laterality.LEFT, severity=Severity.SEVERE
            ),
            _finding("F2", Label.LUNG_OPACITY, Likelihood.INDETERMINATE, opacity),
            _finding("F3", Label.PNEUMOTHORAX, Likelihood.ABSENT, _scored(0.04)),
            _finding("F4", Label.PNEUMONIA, Likelihood.ABSENT, _scored(0.11), experimental=True),
        ),
        measurements=(_ratio(chest),),
        structures=tuple(_structures(masks)),
        limitations=tuple(
            Limitation(what=what, reason=reason, detail=detail, source="chest_radiograph")
            for what, reason, detail in (
                ("lung nodule", LimitationReason.NO_WEIGHTS, "No weights for it are installed."),
                ("fracture", LimitationReason.NO_WEIGHTS, "No weights for it are installed."),
                ("lung height", LimitationReason.NOT_CALIBRATED, "Nobody has calibrated the spacing of this film."),
            )
        ),
        algorithms=(READER, ANATOMY, BOXES),
    )


def _finding(finding_id: str, label: Label, likelihood: Likelihood, evidence: Evidence, **more) -> Finding:
    presence = {Likelihood.LIKELY: Presence.PRESENT, Likelihood.ABSENT: Presence.ABSENT}
    return Finding(
        finding_id=finding_id,
        code=coded(label),
        presence=presence.get(likelihood, Presence.INDETERMINATE),
        likelihood=likelihood,
        population="adults",
        evidence=(evidence,),
        **more,
    )


def _scored(score: float) -> Evidence:
    return Evidence(image_id="image-1", algorithm=READER, score=score, operating_points=POINTS)


def _ratio(chest: Chest) -> Measurement:
    heart = chest.masks["heart"]
    lungs = chest.masks["left_lung"] | chest.masks["right_lung"]
    lines = (_widest("heart", heart), _widest("thorax", lungs))
    return Measurement(
        measurement_id="M1",
        name=coded(Label.CARDIOTHORACIC_RATIO),
        value=round(chest.cardiothoracic_ratio, 3),
        unit="1",
        uncertainty=0.009,
        evidence=(Evidence(image_id="image-1", algorithm=ANATOMY, regions=lines),),
    )


def _widest(name: str, mask: np.ndarray) -> Line:
    columns = np.flatnonzero(mask.any(axis=0))
    row = float(np.flatnonzero(mask.any(axis=1)).mean())
    return Line(name=name, start=(float(columns[0]), row), end=(float(columns[-1] + 1), row))


def _structures(masks: dict[str, ArrayReference]):
    for name, reference in masks.items():
        side, _, organ = name.rpartition("_")
        if organ in {"lung", "heart", "clavicle"}:
            evidence = Evidence(image_id="image-1", algorithm=ANATOMY, regions=(Mask(array=reference),))
            yield Structure(code=coded(Label(organ)), laterality=Laterality(side) if side else None, evidence=evidence)


def _heat(store: Path, chest: Chest) -> HeatMap:
    blurred = cv2.GaussianBlur(chest.masks["right_lung"].astype(np.float32), (0, 0), 60)
    grid = cv2.resize(blurred / blurred.max() * 255, (64, 80), interpolation=cv2.INTER_AREA).astype(np.uint8)
    return HeatMap(array=_put_array(store, grid), method="Grad-CAM")


def _put(store: Path, mask: np.ndarray) -> ArrayReference:
    return _put_array(store, mask.astype(np.uint8) * 255)


def _put_array(store: Path, array: np.ndarray) -> ArrayReference:
    data = cv2.imencode(".png", array)[1].tobytes()
    sha256 = hashlib.sha256(data).hexdigest()
    path = store / sha256[:2] / f"{sha256}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return ArrayReference(
        location=f"{sha256[:2]}/{sha256}.png", sha256=sha256, rows=array.shape[0], columns=array.shape[1]
    )


__all__ = ["Box", "DrawnStudy", "draw_study", "keep_drawn_draft"]
