"""Which specialist reads which image: used, used with limits, or refused with what would be accepted.

Header (modality, body part, view, presentation intent) and pixels (the ``image_kind`` specialist) decide together. Only
a frontal chest radiograph reaches the chest specialists; a modality is a row of :data:`orchestrator.kinds.TABLE`.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from orchestrator.kinds import MODALITIES, ROWS, TABLE, kind_by_header
from orchestrator.picture_remarks import LIMITS, Remark, is_raw, refusal, same_picture
from services.contract import (
    Fact,
    ImageAssessment,
    ImageKind,
    ImageReference,
    Limitation,
    LimitationReason,
    PictureState,
)

__all__ = [
    "GATE_SERVICE",
    "TABLE",
    "Assignment",
    "Decision",
    "Triage",
    "Use",
    "kind_by_header",
    "needs_a_look",
    "triage",
]

GATE_SERVICE = "classification"
"""The service whose ``image_kind`` specialist looks at every image first."""
CERTAIN = 0.60
"""Below this probability the gate has not decided, and a header has to say it instead."""
_SHOWN_APART = 3
"""So many images with the same reason are listed one by one; more are counted."""
ACCEPTED = "Only frontal (PA or AP) chest radiographs are read."


class Assignment(Fact):
    """The images that one service reads."""

    service: str
    images: tuple[ImageReference, ...]


class Use(StrEnum):
    """What becomes of an image."""

    USED = "used"
    USED_WITH_LIMITS = "used_with_limits"
    REFUSED = "refused"


class Decision(Fact):
    """What becomes of one image, and why."""

    image_id: str
    use: Use
    reasons: tuple[LimitationReason, ...] = ()
    sentences: tuple[str, ...] = ()
    """One for each reason, in words for the one who sent it."""
    turn_over: bool = False
    """Black and white are to be exchanged before anyone reads it."""


class Triage(Fact):
    """Who reads what, and what nobody reads."""

    assignments: tuple[Assignment, ...] = ()
    limitations: tuple[Limitation, ...] = ()
    decisions: tuple[Decision, ...] = ()
    """One an image, in the order of the study."""

    @property
    def images(self) -> tuple[ImageReference, ...]:
        """The images that are read, in the order of the study."""
        return tuple(dict.fromkeys(image for assignment in self.assignments for image in assignment.images))

    @property
    def readings(self) -> dict[str, tuple[ImageReference, ...]]:
        """Service to the images that it reads."""
        return {assignment.service: assignment.images for assignment in self.assignments}

    @property
    def to_turn_over(self) -> tuple[ImageReference, ...]:
        """The images that are read with black and white exchanged."""
        wanted = {decision.image_id for decision in self.decisions if decision.turn_over}
        return tuple(image for image in self.images if image.image_id in wanted)

    @property
    def refused(self) -> bool:
        """True when no image is read although the gate could look at them all: sending again changes nothing."""
        unavailable = any(item.reason is LimitationReason.SPECIALIST_UNAVAILABLE for item in self.limitations)
        return not self.assignments and not unavailable

    @property
    def why(self) -> str:
        """Why images are not read, for the one who sent the study."""
        sentences = dict.fromkeys(limit.detail for limit in self.limitations)
        return " ".join(sentences) or f"The study holds no image that could be read. {ACCEPTED}"

    def reading_instead(self, images: Sequence[ImageReference]) -> Triage:
        """Return the same plan with other pixels for some of its images."""
        others = {image.image_id: image for image in images}
        assignments = tuple(
            one.model_copy(update={"images": tuple(others.get(image.image_id, image) for image in one.images)})
            for one in self.assignments
        )
        return self.model_copy(update={"assignments": assignments})


class _Verdict(NamedTuple):
    services: tuple[str, ...]
    remarks: tuple[Remark, ...] = ()
    turn_over: bool = False

    @property
    def use(self) -> Use:
        if not self.services:
            return Use.REFUSED
        return Use.USED_WITH_LIMITS if self.remarks else Use.USED


def needs_a_look(images: Sequence[ImageReference]) -> tuple[ImageReference, ...]:
    """Return the images that the gate is shown: all but those whose modality says that nobody here reads them.

    A radiograph is looked at whatever its header says of body part and view, so that a header that disagrees with the
    pixels is said so.
    """
    return tuple(image for image in images if (image.modality or "").strip().upper() not in MODALITIES)


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
        Assignments in the order of the table, a decision an image, and a typed limitation for each image that is not
        read or is read with a limit.
    """
    seen = {assessment.image_id: assessment for assessment in looked}
    readings: dict[str, list[ImageReference]] = {}
    remarks: dict[Remark, list[tuple[int, ImageReference]]] = {}
    decisions: list[Decision] = []
    used: list[tuple[int, ImageReference]] = []
    for number, image in enumerate(images, start=1):
        verdict = _judge(image, seen.get(image.image_id))
        if verdict.services:
            verdict = _unless_seen_before(image, verdict, used, seen)
        if verdict.services:
            used.append((number, image))
        for service in verdict.services:
            readings.setdefault(service, []).append(image)
        for remark in verdict.remarks:
            remarks.setdefault(remark, []).append((number, image))
        decisions.append(
            Decision(
                image_id=image.image_id,
                use=verdict.use,
                reasons=tuple(remark.reason for remark in verdict.remarks),
                sentences=tuple(remark.sentence for remark in verdict.remarks),
                turn_over=verdict.turn_over,
            )
        )
    return Triage(
        assignments=tuple(Assignment(service=name, images=tuple(read)) for name, read in readings.items()),
        limitations=tuple(limit for remark, whom in remarks.items() for limit in _limits(remark, whom)),
        decisions=tuple(decisions),
    )


def _judge(image: ImageReference, look: ImageAssessment | None) -> _Verdict:
    said = kind_by_header(image)
    if said is not None and not ROWS[said].services:
        return _refused_by_header(said, look)
    if look is None:
        return _unseen(said)
    if remark := _why_not(said, look):
        return _Verdict((), (remark,))
    turn_over = bool(look.quality and look.quality.readable_when_turned_over)
    return _Verdict(ROWS[ImageKind.CHEST_FRONTAL].services, _limits_of(image, look), turn_over)


def _why_not(said: ImageKind | None, look: ImageAssessment) -> Remark | None:
    """Return why the pixels keep an image from being read; ``None`` where they do not."""
    chest, quality = look.kind is ImageKind.CHEST_FRONTAL, look.quality
    if quality and (chest or quality.state is PictureState.BLANK) and (remark := refusal(quality)):
        return remark
    if not chest and look.probability >= CERTAIN:
        return _refusal_of(look.kind, _contrast(said, f"look like {ROWS[look.kind].spoken}"))
    if quality and quality.readable_when_turned_over and chest:
        return None
    if look.in_distribution and chest and look.probability >= CERTAIN:
        return None
    unlike = "are unlike any image that the gate was trained on"
    sentence = _contrast(said, unlike if not look.in_distribution else "do not clearly show a frontal chest radiograph")
    return Remark(LimitationReason.OUT_OF_DISTRIBUTION, f"{sentence} {ACCEPTED}")


def _limits_of(image: ImageReference, look: ImageAssessment) -> tuple[Remark, ...]:
    raw = is_raw(image)
    found = [rule(image, look.quality) for rule in LIMITS] if look.quality else []
    return tuple(remark for remark in (raw, *found) if remark)


def _refused_by_header(said: ImageKind, look: ImageAssessment | None) -> _Verdict:
    """The header decides; where the pixels look like a film that would be read, it is said."""
    sentence = f"The header says that the image is {ROWS[said].spoken}"
    if look is not None and look.kind is ImageKind.CHEST_FRONTAL and look.in_distribution:
        sentence += ", but the pixels look like a frontal chest radiograph; correct the header and send it again"
    return _Verdict((), (_refusal_of(said, sentence + "."),))


def _refusal_of(kind: ImageKind, sentence: str) -> Remark:
    return Remark(ROWS[kind].reason, f"{sentence} {ACCEPTED}")


def _unseen(said: ImageKind | None) -> _Verdict:
    """The gate gave no answer: a header that settles it is enough to read on, silence is not."""
    unavailable = LimitationReason.SPECIALIST_UNAVAILABLE
    if said is ImageKind.CHEST_FRONTAL:
        sentence = "Its pixels were not checked: the gate did not answer, and the header alone was believed."
        return _Verdict(ROWS[said].services, (Remark(unavailable, sentence),))
    sentence = "The gate that recognises the kind of image did not answer, and the header does not say it."
    return _Verdict((), (Remark(unavailable, sentence),))


def _unless_seen_before(
    image: ImageReference,
    verdict: _Verdict,
    used: Sequence[tuple[int, ImageReference]],
    seen: dict[str, ImageAssessment],
) -> _Verdict:
    """The very same pixels are read once; what only looks the same is read, and said so."""
    for number, earlier in used:
        if earlier.sha256 == image.sha256:
            sentence = f"Its pixels are those of image {number}, which is read. Send each film once."
            return _Verdict((), (Remark(LimitationReason.DUPLICATE, sentence),))
    mine = seen.get(image.image_id)
    for number, earlier in used:
        other = seen.get(earlier.image_id)
        if mine and other and same_picture(mine.quality, other.quality):
            remark = Remark(LimitationReason.DUPLICATE, f"It looks like image {number} once more; both are read.")
            return verdict._replace(remarks=(*verdict.remarks, remark))
    return verdict


def _contrast(said: ImageKind | None, pixels: str) -> str:
    if said is None:
        return f"The pixels {pixels}."
    return f"The header says that the image is {ROWS[said].spoken}, but the pixels {pixels}."


def _limits(remark: Remark, whom: Sequence[tuple[int, ImageReference]]) -> tuple[Limitation, ...]:
    reason, sentence = remark
    if len(whom) > _SHOWN_APART:
        first, last = whom[0][0], whom[-1][0]
        what = f"{len(whom)} images, numbers {first} to {last}"
        return (Limitation(what=what, reason=reason, detail=sentence, source="triage"),)
    return tuple(
        Limitation(what=f"image {number}", reason=reason, detail=sentence, source="triage", image_id=image.image_id)
        for number, image in whom
    )
