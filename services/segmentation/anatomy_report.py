"""From five outlines to structures, measurements and the size of the heart, or to why there are none.

Every specialist that outlines a chest reports through this module, so that plausibility, view and age are
judged by the same rules whatever the network.
"""

from __future__ import annotations

from functools import partial

from services.anatomy import CHEST_STRUCTURES, HEART, LEFT_LUNG, RIGHT_LUNG, AnatomicStructure
from services.chest_reader import Reader, Reading
from services.contract import (
    Evidence,
    Finding,
    ImageReference,
    Label,
    Likelihood,
    Limitation,
    LimitationReason,
    Line,
    Mask,
    Measurement,
    Region,
    Structure,
    Subject,
    coded,
)
from services.heart_size import POPULATION, judge, uncertainty_of
from services.operating_points import presence_of
from services.pixels import Pixels
from services.segmentation.cardiothoracic import MeasuredRatio, cardiothoracic_ratio, lung_height
from services.segmentation.outlines import Outline
from services.segmentation.plausibility import LUNGS_AND_HEART, Verdict, judge_outlines

NOT_A_CHEST = "The outlines cannot be those of a whole chest, so nothing is measured; what failed: {rules}."
NO_HEART = "The outline of the heart is in doubt, so its size is not judged; what failed: {rules}."
NOT_CALIBRATED = "Nobody calibrated this film, so no length is given in millimetres{instead}."
INSTEAD = "; the right lung is {ratio:.2f} times as high as the left"


def report_anatomy(image: Pixels, outlines: tuple[Outline, ...], subject: Subject, reader: Reader) -> Reading:
    """Report one film; implausible anatomy gives limitations and nothing else."""
    verdict = judge_outlines(outlines)
    doubts = _doubts(verdict, reader, image.image_id)
    if not verdict.plausible:
        return Reading(limitations=doubts)
    structures = tuple(_structure(image, one, reader) for one in outlines if not verdict.doubts(one.structure))
    masks = {one.structure: one for one in outlines}
    heights, uncalibrated = _heights(image.reference, masks, reader)
    film = (image.reference.rows, image.reference.columns)
    measured = cardiothoracic_ratio(masks[RIGHT_LUNG].mask, masks[LEFT_LUNG].mask, masks[HEART].mask, film)
    if measured is None or not verdict.heart_is_measured:
        return Reading(structures, heights, (), (*doubts, *uncalibrated))
    view, limited = image.reference.view_position, partial(reader.limited, image.image_id, Label.CARDIOMEGALY)
    size = judge(measured.value, reader.operating_points, view, subject.age_years, limited)
    evidence = _ratio_evidence(measured, structures, reader, image.image_id)
    ratios = (_ratio(measured, evidence, reader),) if size.ratio_counts else ()
    findings = (_finding(size.likelihood, ratios, evidence, reader),) if size.likelihood else ()
    return Reading(structures, (*ratios, *heights), findings, (*doubts, *uncalibrated, *size.limitations))


def _doubts(verdict: Verdict, reader: Reader, image_id: str) -> tuple[Limitation, ...]:
    """Each broken rule as a limitation; where lungs or heart are in doubt, the size of the heart is not judged."""
    reason = LimitationReason.IMPLAUSIBLE_RESULT
    doubts = tuple(
        reader.limited(image_id, f"outline of {_names(one.structures)}", reason, one.detail)
        for one in verdict.implausibilities
    )
    if verdict.heart_is_measured:
        return doubts
    rules = ", ".join(
        dict.fromkeys(str(one.rule) for one in verdict.implausibilities if one.structures & LUNGS_AND_HEART)
    )
    heart = reader.limited(
        image_id, Label.CARDIOMEGALY, reason, (NO_HEART if verdict.plausible else NOT_A_CHEST).format(rules=rules)
    )
    return (*doubts, heart)


def _names(structures: frozenset[AnatomicStructure]) -> str:
    return ", ".join(one.name for one in CHEST_STRUCTURES if one in structures)


def _structure(image: Pixels, outline: Outline, reader: Reader) -> Structure:
    region = Mask(array=image.write_mask(outline.mask))
    evidence = Evidence(image_id=image.image_id, algorithm=reader.algorithm, score=outline.score, regions=(region,))
    return Structure(code=coded(outline.structure.label), laterality=outline.structure.laterality, evidence=evidence)


def _ratio_evidence(
    measured: MeasuredRatio, structures: tuple[Structure, ...], reader: Reader, image_id: str
) -> Evidence:
    heart: tuple[Region, ...] = tuple(
        region for one in structures if one.code == coded(Label.HEART) for region in one.evidence.regions
    )
    return Evidence(
        image_id=image_id,
        algorithm=reader.algorithm,
        score=min(1.0, measured.value),
        operating_points=reader.operating_points,
        regions=(*measured.lines, *heart),
    )


def _ratio(measured: MeasuredRatio, evidence: Evidence, reader: Reader) -> Measurement:
    return Measurement(
        measurement_id=f"{reader.specialist}-cardiothoracic-ratio-{evidence.image_id}",
        name=coded(Label.CARDIOTHORACIC_RATIO),
        value=round(measured.value, 4),
        unit="1",
        uncertainty=round(uncertainty_of(reader.operating_points), 4),
        evidence=(evidence,),
    )


def _finding(likelihood: Likelihood, ratios: tuple[Measurement, ...], evidence: Evidence, reader: Reader) -> Finding:
    return Finding(
        finding_id=f"{reader.specialist}-cardiomegaly-{evidence.image_id}",
        code=coded(Label.CARDIOMEGALY),
        presence=presence_of(likelihood),
        likelihood=likelihood,
        population=POPULATION,
        measurement_ids=tuple(one.measurement_id for one in ratios),
        evidence=(evidence,),
    )


def _heights(
    film: ImageReference, masks: dict[AnatomicStructure, Outline], reader: Reader
) -> tuple[tuple[Measurement, ...], tuple[Limitation, ...]]:
    """Heights of both lungs in mm, or the limitation that nobody calibrated the film."""
    shape = (film.rows, film.columns)
    measured = {lung: lung_height(masks[lung].mask, lung.name, shape) for lung in (RIGHT_LUNG, LEFT_LUNG)}
    found = {lung: height for lung, height in measured.items() if height is not None}
    if film.spacing_mm is None or film.spacing_source is None:
        instead = INSTEAD.format(ratio=found[RIGHT_LUNG].pixels / found[LEFT_LUNG].pixels) if len(found) == 2 else ""
        detail = NOT_CALIBRATED.format(instead=instead)
        return (), (reader.limited(film.image_id, Label.LUNG_HEIGHT, LimitationReason.NOT_CALIBRATED, detail),)
    spacing = film.spacing_mm[0]
    return tuple(_height(one.pixels * spacing, one.line, lung, film, reader) for lung, one in found.items()), ()


def _height(
    millimetres: float, line: Line, lung: AnatomicStructure, film: ImageReference, reader: Reader
) -> Measurement:
    return Measurement(
        measurement_id=f"{reader.specialist}-{lung.name.replace(' ', '-')}-height-{film.image_id}",
        name=coded(Label.LUNG_HEIGHT),
        value=round(millimetres, 1),
        unit="mm",
        calibration=film.spacing_source,
        laterality=lung.laterality,
        evidence=(Evidence(image_id=film.image_id, algorithm=reader.algorithm, regions=(line,)),),
    )
