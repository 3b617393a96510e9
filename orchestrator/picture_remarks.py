"""What the gate's quality block means for an image: refused with what would be accepted, or used with a limit.

Each rule is a function on what the gate saw; used by :mod:`orchestrator.triage`.
"""

from __future__ import annotations

from typing import NamedTuple

from services.contract import Exposure, ImageQuality, ImageReference, LimitationReason, PictureState

POOR, LIMITED = LimitationReason.POOR_QUALITY, LimitationReason.LIMITED_QUALITY


class Remark(NamedTuple):
    """A typed reason, and one sentence that says what is wrong and what would be accepted."""

    reason: LimitationReason
    sentence: str


_REFUSED = {
    PictureState.BLANK: "The image shows nothing: one grey level only. Send the film as it was taken.",
    PictureState.TURNED_LEFT: "The pixels show a chest radiograph that lies on its side. Send it upright.",
    PictureState.TURNED_RIGHT: "The pixels show a chest radiograph that lies on its side. Send it upright.",
    PictureState.UPSIDE_DOWN: "The pixels show a chest radiograph upside down. Send it upright.",
    PictureState.CROPPED: "The pixels show a part of a chest radiograph only. Send the whole film.",
}
_INVERTED_UNREADABLE = (
    "Black and white are exchanged, and turned over it is not clearly a frontal chest radiograph. "
    "Send it with bone bright."
)


def refusal(quality: ImageQuality) -> Remark | None:
    """Return why a picture cannot be read as it lies; ``None`` where it can."""
    if quality.state is PictureState.INVERTED and not quality.readable_when_turned_over:
        return Remark(POOR, _INVERTED_UNREADABLE)
    sentence = _REFUSED.get(quality.state)
    return Remark(POOR, sentence) if sentence else None


def was_inverted(image: ImageReference, quality: ImageQuality) -> Remark | None:
    """An export with bone dark is turned over, and the reader is told."""
    if quality.state is not PictureState.INVERTED:
        return None
    return Remark(LIMITED, "It was sent with black and white exchanged, and was turned over before it was read.")


def exposure_is_poor(image: ImageReference, quality: ImageQuality) -> Remark | None:
    """What is faint is lost where grey levels are few or the picture is clipped."""
    if quality.exposure is Exposure.UNDER:
        return Remark(LIMITED, "It uses hardly any grey levels, as an under-exposed film does: what is faint is lost.")
    if quality.exposure is Exposure.CLIPPED:
        return Remark(LIMITED, "Much of it is pure white or pure black: what lies there cannot be seen.")
    return None


def view_disagrees(image: ImageReference, quality: ImageQuality) -> Remark | None:
    """The header's view is believed, and said to be doubtful where the pixels look otherwise."""
    said = (image.view_position or "").upper()
    if quality.view is None or said not in {"AP", "PA"} or said == quality.view:
        return None
    sentence = f"The header says {said}, but the pixels look like {quality.view}: the size of the heart is uncertain."
    return Remark(LIMITED, sentence)


def is_raw(image: ImageReference, quality: ImageQuality | None = None) -> Remark | None:
    """Presentation Intent Type (0008,0068) FOR PROCESSING: nobody was trained on raw data of a detector."""
    if image.presentation_intent != "FOR PROCESSING":
        return None
    return Remark(
        LIMITED, "Its header says that it is raw data made for processing. Send the film made for presentation."
    )


LIMITS = (was_inverted, exposure_is_poor, view_disagrees)
"""What does not keep an image from being read, but must be said beside the findings."""


def same_picture(one: ImageQuality | None, other: ImageQuality | None, most_bits: int = 1) -> bool:
    """Whether two fingerprints differ in at most ``most_bits`` of 64."""
    if one is None or other is None or one.fingerprint is None or other.fingerprint is None:
        return False
    return (int(one.fingerprint, 16) ^ int(other.fingerprint, 16)).bit_count() <= most_bits
