"""Which specialist reads which image, or a typed reason why none does.

Header (modality, body part, view) and pixels (the ``image_kind`` specialist) decide together. Only a
frontal chest radiograph reaches the chest specialists; a modality is a row of :data:`TABLE`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from services.contract import (
    Fact,
    ImageAssessment,
    ImageKind,
    ImageReference,
    Limitation,
    LimitationReason,
)

GATE_SERVICE = "classification"
"""The service whose ``image_kind`` specialist looks at every image first."""
CERTAIN = 0.60
"""Below this probability the gate has not decided, and a header has to say it instead."""
_SHOWN_APART = 3
"""So many images with the same reason are listed one by one; more are counted."""


class Row(NamedTuple):
    """One kind of image: what it is called, who reads it, or why nobody does."""

    kind: ImageKind
    spoken: str
    services: tuple[str, ...]
    reason: LimitationReason = LimitationReason.UNSUPPORTED_IMAGE


_UNSUPPORTED_VIEW = LimitationReason.UNSUPPORTED_VIEW
TABLE: tuple[Row, ...] = (
    Row(ImageKind.CHEST_FRONTAL, "a frontal chest radiograph", ("classification", "segmentation", "detection")),
    Row(ImageKind.CHEST_LATERAL, "a lateral or oblique radiograph", (), _UNSUPPORTED_VIEW),
    Row(ImageKind.OTHER_RADIOGRAPH, "a radiograph of another part of the body", ()),
    Row(ImageKind.CT, "a CT image", ()),
    Row(ImageKind.MR, "an MR image", ()),
    Row(ImageKind.ULTRASOUND, "an ultrasound image", ()),
    Row(ImageKind.FUNDUS, "a photograph of the eye", ()),
    Row(ImageKind.NOT_MEDICAL, "something other than a medical image", ()),
)
_ROWS = {row.kind: row for row in TABLE}
_EXPECTED = "Only frontal (PA or AP) chest radiographs are read."

MODALITIES: dict[str, ImageKind] = {
    "CT": ImageKind.CT,
    "PT": ImageKind.CT,
    "MR": ImageKind.MR,
    "US": ImageKind.ULTRASOUND,
    "IVUS": ImageKind.ULTRASOUND,
    "OP": ImageKind.FUNDUS,
    "OPT": ImageKind.FUNDUS,
    "OAM": ImageKind.FUNDUS,
    "MG": ImageKind.OTHER_RADIOGRAPH,
    "IO": ImageKind.OTHER_RADIOGRAPH,
    "PX": ImageKind.OTHER_RADIOGRAPH,
    "BMD": ImageKind.OTHER_RADIOGRAPH,
    "XA": ImageKind.OTHER_RADIOGRAPH,
    "RF": ImageKind.OTHER_RADIOGRAPH,
    "NM": ImageKind.NOT_MEDICAL,
    "SM": ImageKind.NOT_MEDICAL,
    "ES": ImageKind.NOT_MEDICAL,
    "GM": ImageKind.NOT_MEDICAL,
    "ECG": ImageKind.NOT_MEDICAL,
    "DOC": ImageKind.NOT_MEDICAL,
}
"""Modality (0008,0060) that settles the kind by itself; CR, DX, RG, OT, SC and XC do not."""
RADIOGRAPHS = frozenset({"CR", "DX", "RG", "DR"})
# fmt: off
OTHER_PARTS = frozenset({
    "ABDOMEN", "ANKLE", "ARM", "BREAST", "CLAVICLE", "COCCYX", "CSPINE", "ELBOW", "EXTREMITY", "EYE", "FEMUR", "FINGER",
    "FOOT", "FOREARM", "HAND", "HEAD", "HEEL", "HIP", "HUMERUS", "JAW", "KNEE", "LEG", "LSPINE", "MANDIBLE", "MAXILLA",
    "NECK", "PATELLA", "PELVIS", "SHOULDER", "SKULL", "SPINE", "SSPINE", "THUMB", "TOE", "TSPINE", "WRIST",
})
# fmt: on
"""Body Part Examined (0018,0015) that is not the chest (PS3.16 annex L)."""
CHEST_PARTS = ("CHEST", "THORAX", "LUNG")
FRONTAL_VIEWS = frozenset({"PA", "AP"})
# fmt: off
OTHER_VIEWS = frozenset({
    "LL", "RL", "LATERAL", "LAT", "LLD", "RLD", "LLO", "RLO", "LPO", "RPO", "LAO", "RAO", "OBLIQUE",
})
# fmt: on


class Assignment(Fact):
    """The images that one service reads."""

    service: str
    images: tuple[ImageReference, ...]


class Triage(Fact):
    """Who reads what, and what nobody reads."""

    assignments: tuple[Assignment, ...] = ()
    limitations: tuple[Limitation, ...] = ()

    @property
    def images(self) -> tuple[ImageReference, ...]:
        """The images that are read, in the order of the study."""
        return tuple(dict.fromkeys(image for assignment in self.assignments for image in assignment.images))

    @property
    def readings(self) -> dict[str, tuple[ImageReference, ...]]:
        """Service to the images that it reads."""
        return {assignment.service: assignment.images for assignment in self.assignments}

    @property
    def refused(self) -> bool:
        """True when no image is read although the gate could look at them all: sending again changes nothing."""
        unavailable = any(item.reason is LimitationReason.SPECIALIST_UNAVAILABLE for item in self.limitations)
        return not self.assignments and not unavailable

    @property
    def why(self) -> str:
        """Why images are not read, for the one who sent the study."""
        sentences = dict.fromkeys(limit.detail for limit in self.limitations)
        return " ".join(sentences) or f"The study holds no image that could be read. {_EXPECTED}"


class _Verdict(NamedTuple):
    services: tuple[str, ...]
    reason: LimitationReason | None = None
    sentence: str = ""


def needs_a_look(images: Sequence[ImageReference]) -> tuple[ImageReference, ...]:
    """Return the images whose header does not already say that nobody here reads them."""
    return tuple(image for image in images if _ROWS[kind_by_header(image) or ImageKind.CHEST_FRONTAL].services)


def triage(images: Sequence[ImageReference], looked: Sequence[ImageAssessment]) -> Triage:
    """Decide for each image who reads it.

    Parameters
    ----------
    images
        Every image of the study.
    looked
        What the gate sees in those that :func:`needs_a_look` named; one that is missing was not looked at.

    Returns
    -------
    Triage
        Assignments in the order of the table, and a typed limitation for each image that is not read.
    """
    seen = {assessment.image_id: assessment for assessment in looked}
    readings: dict[str, list[ImageReference]] = {}
    remarks: dict[tuple[LimitationReason, str], list[tuple[int, ImageReference]]] = {}
    for number, image in enumerate(images, start=1):
        verdict = _judge(image, seen.get(image.image_id))
        for service in verdict.services:
            readings.setdefault(service, []).append(image)
        if verdict.reason:
            remarks.setdefault((verdict.reason, verdict.sentence), []).append((number, image))
    return Triage(
        assignments=tuple(Assignment(service=name, images=tuple(read)) for name, read in readings.items()),
        limitations=tuple(
            limit for (reason, sentence), whom in remarks.items() for limit in _limits(reason, sentence, whom)
        ),
    )


def kind_by_header(image: ImageReference) -> ImageKind | None:
    """Return what the header alone settles, or ``None`` where it says nothing. Nothing is guessed."""
    modality = (image.modality or "").strip().upper()
    part = (image.body_part or "").strip().upper()
    view = (image.view_position or "").strip().upper()
    if modality in MODALITIES:
        return MODALITIES[modality]
    is_chest = any(word in part for word in CHEST_PARTS)
    if not is_chest and part.replace("-", "").replace(" ", "") in OTHER_PARTS:
        return ImageKind.OTHER_RADIOGRAPH
    if modality not in RADIOGRAPHS and not is_chest and not view:
        return None
    if set(view.split()) & OTHER_VIEWS:
        return ImageKind.CHEST_LATERAL
    if is_chest and view.split() and view.split()[0] in FRONTAL_VIEWS:
        return ImageKind.CHEST_FRONTAL
    return None


def _judge(image: ImageReference, look: ImageAssessment | None) -> _Verdict:
    said = kind_by_header(image)
    if said is not None and not _ROWS[said].services:
        return _refused(said, f"The header says that the image is {_ROWS[said].spoken}.")
    if look is None:
        return _unseen(said)
    if look.kind is not ImageKind.CHEST_FRONTAL and look.probability >= CERTAIN:
        return _refused(look.kind, _contrast(said, f"look like {_ROWS[look.kind].spoken}"))
    if not look.in_distribution:
        sentence = _contrast(said, "are unlike any image that the gate was trained on")
        return _Verdict((), LimitationReason.OUT_OF_DISTRIBUTION, f"{sentence} {_EXPECTED}")
    if look.kind is not ImageKind.CHEST_FRONTAL or look.probability < CERTAIN:
        sentence = _contrast(said, "do not clearly show a frontal chest radiograph")
        return _Verdict((), LimitationReason.OUT_OF_DISTRIBUTION, f"{sentence} {_EXPECTED}")
    return _Verdict(_ROWS[ImageKind.CHEST_FRONTAL].services)


def _refused(kind: ImageKind, sentence: str) -> _Verdict:
    return _Verdict((), _ROWS[kind].reason, f"{sentence} {_EXPECTED}")


def _unseen(said: ImageKind | None) -> _Verdict:
    """The gate gave no answer: a header that settles it is enough to read on, silence is not."""
    if said is ImageKind.CHEST_FRONTAL:
        sentence = "Its pixels were not checked: the gate did not answer, and the header alone was believed."
        return _Verdict(_ROWS[said].services, LimitationReason.SPECIALIST_UNAVAILABLE, sentence)
    sentence = "The gate that recognises the kind of image did not answer, and the header does not say it."
    return _Verdict((), LimitationReason.SPECIALIST_UNAVAILABLE, sentence)


def _contrast(said: ImageKind | None, pixels: str) -> str:
    if said is None:
        return f"The pixels {pixels}."
    return f"The header says that the image is {_ROWS[said].spoken}, but the pixels {pixels}."


def _limits(
    reason: LimitationReason, sentence: str, whom: Sequence[tuple[int, ImageReference]]
) -> tuple[Limitation, ...]:
    if len(whom) > _SHOWN_APART:
        first, last = whom[0][0], whom[-1][0]
        what = f"{len(whom)} images, numbers {first} to {last}"
        return (Limitation(what=what, reason=reason, detail=sentence, source="triage"),)
    return tuple(
        Limitation(what=f"image {number}", reason=reason, detail=sentence, source="triage", image_id=image.image_id)
        for number, image in whom
    )
