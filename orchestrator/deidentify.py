"""Across the line: a :class:`Study` goes in, a :class:`DeidentifiedStudy` comes out, and they share no type.

What passes is listed here, and nothing else does:

====================  ===================================================================================
pixels                by content address; images whose burned-in text nobody ruled out stay behind
image id              ``image-1``, ``image-2``, ...: the place in the study, never a UID
geometry              rows, columns, value range, VOI window, calibrated spacing
header words          modality, body part, view position, orientation, presentation intent: of the closed lists in
                      :mod:`orchestrator.vocabulary`, else nothing
age and sex           age in years, all above 89 as 90; F, M, O or nothing
indication, history,  masked (:mod:`orchestrator.masking`), or left out where that is not sure
observations
earlier examinations  findings in closed words, their text masked, dated by their distance in days
limitations           in our own words
====================  ===================================================================================

Dates, names, numbers, UIDs, descriptions, institutions, devices and private attributes do not pass.
Profile and options named after PS3.15 E: basic profile; retain patient characteristics (age and sex only);
clean descriptors (indication and history only); pixel data are not cleaned but refused.
"""

from __future__ import annotations

from orchestrator.earlier import earlier_of
from orchestrator.masking import mask_text
from orchestrator.study import DeidentifiedStudy, Instance, Study
from orchestrator.vocabulary import (
    BURNED_IN_UNLESS_DENIED,
    RADIOGRAPHY,
    body_part_term,
    modality_term,
    orientation_terms,
    view_position_term,
)
from services.contract import ImageReference, Limitation, LimitationReason, Subject

SOURCE = "deidentify"
SPACING_SOURCES = frozenset({"PixelSpacing", "ImagerPixelSpacing / EstimatedRadiographicMagnificationFactor"})
SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
"""Secondary Capture Image Storage, and the root of its multi-frame kin."""


def deidentify(study: Study) -> DeidentifiedStudy:
    """Return what everything below the line may know of a study."""
    instances = [instance for series in study.series for instance in series.instances]
    numbered = {instance.image.image_id: f"image-{number}" for number, instance in enumerate(instances, 1)}
    images: list[ImageReference] = []
    limitations = [_renamed(limitation, numbered) for limitation in study.limitations]
    for instance in instances:
        image_id = numbered[instance.image.image_id]
        if may_show_text(instance):
            limitations.append(_text_not_ruled_out(image_id))
        else:
            images.append(_image(instance.image, image_id))
    known = known_identifiers(study)
    texts = study.order.model_dump(include={"indication", "history", "observations"})
    earlier = earlier_of(study, known)
    masked = {name: mask_text(text, known) if text else None for name, text in texts.items()}
    limitations += [_left_out(name) for name, text in texts.items() if text and masked[name] is None]
    return DeidentifiedStudy(
        study_id=study.study_id,
        images=tuple(images),
        subject=_subject(study.subject),
        indication=masked["indication"],
        history=masked["history"],
        observations=masked["observations"],
        priors=earlier.priors,
        prior_texts=earlier.texts,
        limitations=tuple(limitations),
    )


def may_show_text(instance: Instance) -> bool:
    """Whether names may stand in the pixels (Burned In Annotation, PS3.3 C.7.6.1).

    ``YES`` means so; ``NO`` means not. Where nothing is said, ultrasound, secondary captures and *other* are
    taken to show text. A secondary capture that claims to be a radiograph is a digitised film and passes.
    """
    image = instance.image
    if image.burned_in_annotation is not None:
        return image.burned_in_annotation == "YES"
    captured = (instance.sop_class_uid or "").startswith(SECONDARY_CAPTURE) and image.modality not in RADIOGRAPHY
    return captured or image.modality in BURNED_IN_UNLESS_DENIED


def known_identifiers(study: Study) -> tuple[str, ...]:
    """Return every value that can name the patient or somebody around the patient."""
    patient, order = study.patient, study.order
    values = (
        patient.name,
        patient.patient_id,
        patient.issuer_of_patient_id,
        patient.birth_date,
        patient.address,
        patient.telephone,
        *patient.other_ids,
        order.accession_number,
        order.placer_order_number,
        order.filler_order_number,
        order.referring_physician,
        *study.identifiers,
    )
    return tuple(dict.fromkeys(value for value in values if value))


def _image(image: ImageReference, image_id: str) -> ImageReference:
    known = image.spacing_source in SPACING_SOURCES
    return ImageReference(
        image_id=image_id,
        location=image.location,
        sha256=image.sha256,
        rows=image.rows,
        columns=image.columns,
        samples_per_pixel=image.samples_per_pixel,
        dtype=image.dtype,
        minimum_value=image.minimum_value,
        maximum_value=image.maximum_value,
        window=image.window,
        spacing_mm=image.spacing_mm if known else None,
        spacing_source=image.spacing_source if known else None,
        modality=modality_term(image.modality),
        body_part=body_part_term(image.body_part),
        view_position=view_position_term(image.view_position),
        patient_orientation=orientation_terms(image.patient_orientation or ()),
        burned_in_annotation=image.burned_in_annotation,
        presentation_intent=image.presentation_intent,
    )


def _subject(subject: Subject) -> Subject:
    """Days and weeks of an infant's age are kept as years with one decimal, no finer."""
    age = subject.age_years
    return Subject(age_years=None if age is None else round(min(age, 90.0), 1), sex=subject.sex)


def _renamed(limitation: Limitation, numbered: dict[str, str]) -> Limitation:
    if limitation.image_id is None:
        return limitation
    return limitation.model_copy(update={"image_id": numbered.get(limitation.image_id)})


def _text_not_ruled_out(image_id: str) -> Limitation:
    return Limitation(
        what="an image that may show text",
        reason=LimitationReason.WITHHELD,
        detail="The image may show a name in its pixels, and its header does not rule that out; it was not read.",
        source=SOURCE,
        image_id=image_id,
    )


def _left_out(text: str) -> Limitation:
    return Limitation(
        what=text,
        reason=LimitationReason.WITHHELD,
        detail=f"The {text} was not used, because it could not be freed of identifiers with certainty.",
        source=SOURCE,
    )
