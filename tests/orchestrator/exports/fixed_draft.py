"""One fixed draft and its study, made by hand, with a drawn film behind it where pixels are wanted."""

from __future__ import annotations

import hashlib
import io
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from orchestrator.report import (
    Attempt,
    Author,
    DraftReport,
    Facts,
    LanguageModel,
    Problem,
    Provenance,
    Section,
    SectionName,
)
from orchestrator.study import Instance, Order, Patient, Series, Study
from services.contract import (
    Algorithm,
    ArrayReference,
    Box,
    Evidence,
    Finding,
    HeatMap,
    ImageReference,
    Label,
    Laterality,
    Likelihood,
    Limitation,
    LimitationReason,
    Line,
    Mask,
    Measurement,
    Presence,
    Region,
    Severity,
    Structure,
    Subject,
    coded,
)
from tests.orchestrator.report_parts import ALGORITHM, ANATOMY, said
from tests.phantoms import Abnormality, draw_chest

BOXES = Algorithm(name="chest_anatomy_boxes", version="0.1.0", weights_sha256="c" * 64)
IMAGE_ID = "image-1"
ROWS, COLUMNS = 640, 520


class Places(NamedTuple):
    """The film and the arrays of its evidence, as references."""

    film: ImageReference
    effusion: tuple[Region, ...]
    heart_lines: tuple[Region, ...]
    structures: tuple[tuple[Label, Laterality | None, Mask], ...]


def _reference(location: str, sha256: str) -> ImageReference:
    return ImageReference(
        image_id=IMAGE_ID,
        location=location,
        sha256=sha256,
        rows=ROWS,
        columns=COLUMNS,
        dtype="uint16",
        minimum_value=0,
        maximum_value=4095,
        spacing_mm=(0.6, 0.6),
        spacing_source="ImagerPixelSpacing",
        modality="DX",
        body_part="CHEST",
        view_position="PA",
    )


def places_by_hand() -> Places:
    """References that point nowhere, the same for ever: for the golden files."""
    digest = hashlib.sha256(b"film").hexdigest()
    lines = (Line(name="heart width", start=(180, 410), end=(380, 410)),
             Line(name="thorax width", start=(70, 470), end=(450, 470)))  # fmt: skip
    return Places(
        film=_reference(f"{digest[:2]}/{digest}.npy", digest),
        effusion=(Box(left=300, top=400, right=470, bottom=600),),
        heart_lines=lines,
        structures=(),
    )


def places_drawn(store: Path) -> Places:
    """A drawn film with a left effusion, its masks and a heat map, written into a store."""
    chest = draw_chest(Abnormality.EFFUSION_LEFT, seed=3, rows=ROWS, columns=COLUMNS, cardiothoracic_ratio=0.56)
    buffer = io.BytesIO()
    np.save(buffer, chest.pixels, allow_pickle=False)
    location, digest = _put(store, buffer.getvalue(), "npy")
    masks = {name: _mask(store, mask) for name, mask in chest.masks.items()}
    heat = cv2.GaussianBlur(chest.masks["abnormality"].astype(np.float32), (0, 0), 25)
    heat_map = HeatMap(array=_array(store, np.asarray(heat / heat.max() * 255, np.uint8)), method="Grad-CAM")
    rows, columns = np.nonzero(chest.masks["abnormality"])
    box = Box(left=columns.min(), top=rows.min(), right=columns.max() + 1, bottom=rows.max() + 1)
    named = (
        (Label.LUNG, Laterality.RIGHT, "right_lung"),
        (Label.LUNG, Laterality.LEFT, "left_lung"),
        (Label.HEART, None, "heart"),
        (Label.CLAVICLE, Laterality.RIGHT, "right_clavicle"),
        (Label.CLAVICLE, Laterality.LEFT, "left_clavicle"),
    )
    return Places(
        film=_reference(location, digest),
        effusion=(heat_map, box),
        heart_lines=_widths(chest.masks["heart"], chest.masks["right_lung"] | chest.masks["left_lung"]),
        structures=tuple((label, side, masks[name]) for label, side, name in named),
    )


def _widths(heart: np.ndarray, lungs: np.ndarray) -> tuple[Line, ...]:
    def widest(mask: np.ndarray, name: str) -> Line:
        spans = [(np.flatnonzero(row), at) for at, row in enumerate(mask) if row.any()]
        columns, row = max(spans, key=lambda span: span[0][-1] - span[0][0])
        return Line(name=name, start=(float(columns[0]), float(row)), end=(float(columns[-1]), float(row)))

    return widest(heart, "heart width"), widest(lungs, "thorax width")


def _put(store: Path, data: bytes, extension: str) -> tuple[str, str]:
    digest = hashlib.sha256(data).hexdigest()
    path = store / digest[:2] / f"{digest}.{extension}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return f"{digest[:2]}/{digest}.{extension}", digest


def _array(store: Path, grey: np.ndarray) -> ArrayReference:
    location, digest = _put(store, cv2.imencode(".png", grey)[1].tobytes(), "png")
    return ArrayReference(location=location, sha256=digest, rows=grey.shape[0], columns=grey.shape[1])


def _mask(store: Path, mask: np.ndarray) -> Mask:
    return Mask(array=_array(store, mask.astype(np.uint8) * 255))


def _evidence(algorithm: Algorithm, *regions: Region, score: float | None = None) -> Evidence:
    points = {"absent": 0.2, "present": 0.5, "likely": 0.8} if score is not None else {}
    return Evidence(image_id=IMAGE_ID, algorithm=algorithm, score=score, operating_points=points, regions=regions)


def _finding(
    finding_id: str, label: Label, likelihood: Likelihood, score: float, *regions: Region, **said_of_it: object
) -> Finding:
    presence = {
        Likelihood.ABSENT: Presence.ABSENT,
        Likelihood.INDETERMINATE: Presence.INDETERMINATE,
    }.get(likelihood, Presence.PRESENT)
    return Finding.model_validate(
        {
            "finding_id": finding_id,
            "code": coded(label),
            "presence": presence,
            "likelihood": likelihood,
            "evidence": (_evidence(ALGORITHM, *regions, score=score),),
            **said_of_it,
        }
    )


def draft(places: Places) -> DraftReport:
    """A mixed draft: sentences of the model and one of the plain list."""
    return DraftReport(
        draft_id="d-0001",
        study_id="s-0001",
        created_at=datetime(2026, 3, 2, 14, 5, 9, tzinfo=UTC),
        author=Author.MIXED,
        sections=_sections(),
        facts=_facts(places),
        provenance=_provenance(),
    )


def _sections() -> tuple[Section, ...]:
    plain = said("Cardiothoracic ratio 0.56.", "M1").model_copy(update={"author": "plain"})
    return (
        Section(
            name=SectionName.FINDINGS,
            sentences=(
                said("There is likely mild left pleural effusion.", "F1"),
                said("The heart is enlarged.", "F2"),
                said("Possible lung opacity.", "F3"),
                said("No pneumonia or tuberculosis.", "F4", "F5"),
                plain,
            ),
        ),
        Section(
            name=SectionName.IMPRESSION,
            sentences=(said("Likely mild left pleural effusion.", "F1"), said("Cardiomegaly.", "F2")),
        ),
    )


def _facts(places: Places) -> Facts:
    return Facts(
        findings=(
            _finding(
                "F1", Label.EFFUSION, Likelihood.LIKELY, 0.912, *places.effusion,
                laterality=Laterality.LEFT, severity=Severity.MILD,
            ),
            _finding("F2", Label.CARDIOMEGALY, Likelihood.PRESENT, 0.655, measurement_ids=("M1",)),
            _finding("F3", Label.LUNG_OPACITY, Likelihood.INDETERMINATE, 0.41),
            _finding("F4", Label.PNEUMONIA, Likelihood.ABSENT, 0.08, experimental=True, population="adults"),
            _finding("F5", Label.TUBERCULOSIS, Likelihood.ABSENT, 0.031),
        ),
        measurements=(
            Measurement(
                measurement_id="M1",
                name=coded(Label.CARDIOTHORACIC_RATIO),
                value=0.5621,
                unit="1",
                uncertainty=0.008,
                evidence=(_evidence(ANATOMY, *places.heart_lines),),
            ),
        ),
        structures=tuple(
            Structure(code=coded(label), laterality=side, evidence=_evidence(ANATOMY, mask))
            for label, side, mask in places.structures
        ),
        limitations=(
            _limited("pneumothorax", LimitationReason.UNTRAINED_LABEL, "the bundled network was not trained for it"),
            _limited("lung nodule", LimitationReason.UNTRAINED_LABEL, "the bundled network was not trained for it"),
            _limited("pneumonia in children", LimitationReason.OUT_OF_POPULATION, "the age is not known"),
        ),
        algorithms=(ALGORITHM, ANATOMY, BOXES),
    )  # fmt: skip


def _limited(what: str, reason: LimitationReason, detail: str) -> Limitation:
    return Limitation(what=what, reason=reason, detail=detail, source="chest_radiograph")


def _provenance() -> Provenance:
    problem = Problem(
        check="every_sentence_cites_what_exists",
        message="there is no finding F9",
        section=SectionName.FINDINGS,
        sentence=4,
    )
    return Provenance(
        software_version="0.1.0",
        prompt_id="draft",
        prompt_version="1",
        prompt_sha256="d" * 64,
        language_model=LanguageModel(
            profile="bundled", model="wetread-draft-12m", weights_sha256="e" * 64, server="vllm 0.32.0"
        ),
        algorithms=(ALGORITHM, ANATOMY, BOXES),
        operating_points_sha256="f" * 64,
        attempts=(Attempt(number=1, answer_sha256="1" * 64, problems=(problem,)),),
    )


def study(places: Places) -> Study:
    """An identified study; the person does not exist, and her name tries the escapes of HL7."""
    return Study(
        study_id="s-0001",
        study_instance_uid="1.2.826.0.1.3680043.8.498.1",
        study_datetime=datetime(2026, 3, 2, 13, 40, 0, tzinfo=UTC),
        patient=Patient(
            patient_id="SYN-4711",
            issuer_of_patient_id="WETREAD TEST",
            name="O'Neill&Byrne^Zoë^M^Dr^III",
            birth_date="19580417",
            sex="F",
        ),
        order=Order(
            accession_number="ACC-2026-17",
            placer_order_number="PL|88",
            referring_physician="Nowak^Piotr",
            requested_procedure="XR chest PA",
            indication="cough & fever | 3 days",
        ),
        subject=Subject(age_years=67, sex="F"),
        series=(
            Series(
                series_instance_uid="1.2.826.0.1.3680043.8.498.1.1",
                modality="DX",
                instances=(
                    Instance(
                        sop_instance_uid="1.2.826.0.1.3680043.8.498.1.1.1",
                        sop_class_uid="1.2.840.10008.5.1.4.1.1.1.1",
                        source=Path("originals/film"),
                        source_sha256="2" * 64,
                        image=places.film,
                    ),
                ),
            ),
        ),
    )


def anonymous_study(places: Places) -> Study:
    """The same film as a PNG that nobody named."""
    whole = study(places)
    instance = whole.series[0].instances[0].model_copy(update={"sop_class_uid": None})
    series = whole.series[0].model_copy(update={"instances": (instance,), "modality": None})
    return whole.model_copy(
        update={
            "patient": Patient(),
            "order": Order(),
            "subject": Subject(),
            "series": (series,),
            "study_datetime": None,
        }
    )
