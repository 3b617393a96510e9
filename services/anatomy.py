"""The five structures of a frontal chest film that the bundled networks outline or box.

Sides are the patient's. On a PA or AP film the patient's right is on the picture's left.
"""

from __future__ import annotations

from typing import NamedTuple

from services.contract import Label, Laterality


class AnatomicStructure(NamedTuple):
    """One channel of a mask network, one class of a box network."""

    name: str
    label: Label
    laterality: Laterality | None


RIGHT_LUNG = AnatomicStructure("right lung", Label.LUNG, Laterality.RIGHT)
LEFT_LUNG = AnatomicStructure("left lung", Label.LUNG, Laterality.LEFT)
HEART = AnatomicStructure("heart", Label.HEART, None)
RIGHT_CLAVICLE = AnatomicStructure("right clavicle", Label.CLAVICLE, Laterality.RIGHT)
LEFT_CLAVICLE = AnatomicStructure("left clavicle", Label.CLAVICLE, Laterality.LEFT)

CHEST_STRUCTURES: tuple[AnatomicStructure, ...] = (RIGHT_LUNG, LEFT_LUNG, HEART, RIGHT_CLAVICLE, LEFT_CLAVICLE)
"""In the order of the bits of the jsrt masks, of the network's channels and of every figure reported."""
