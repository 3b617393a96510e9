"""Whether five outlines can be a chest at all: the second gate after triage.

A network draws lungs on a knee if it is asked to. What cannot be a chest is not measured.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from services.anatomy import HEART, LEFT_CLAVICLE, LEFT_LUNG, RIGHT_CLAVICLE, RIGHT_LUNG, AnatomicStructure
from services.segmentation.outlines import Mask, Outline, fill_holes, largest_piece

AREAS = {
    RIGHT_LUNG: (0.025, 0.45),
    LEFT_LUNG: (0.025, 0.45),
    HEART: (0.015, 0.35),
    RIGHT_CLAVICLE: (0.0005, 0.04),
    LEFT_CLAVICLE: (0.0005, 0.04),
}
"""Smallest and largest share of the film."""
SMALLER_LUNG = 0.30
"""The smaller lung has at least this share of the larger one's area."""
LARGEST_HOLES = 0.08
SMALLEST_MAIN_PIECE = 0.80
LARGEST_EDGE = 0.35
"""Share of a structure's height or width that may lie on the edge of the film."""
LARGEST_OVERLAP = 0.05
HEART_TO_THE_RIGHT = 0.0
"""How far the middle of the heart may lie to the patient's right of the thorax's middle, as a share of its width.

At this limit 1 of 85 films as they are was refused, and most mirrored ones, though not all."""
LUNGS = frozenset({RIGHT_LUNG, LEFT_LUNG})
LUNGS_AND_HEART = LUNGS | {HEART}


class Rule(StrEnum):
    """What was found wrong."""

    AREA = "area"
    BALANCE = "balance"
    ORDER = "order"
    HOLES = "holes"
    PIECES = "pieces"
    BORDER = "border"
    OVERLAP = "overlap"


@dataclass(frozen=True)
class Implausibility:
    """One broken rule, in words a radiologist understands."""

    rule: Rule
    structures: frozenset[AnatomicStructure]
    detail: str

    @property
    def spoils_the_heart(self) -> bool:
        """Whether the heart is not merely patchy, as on films of children and of the very ill, but no heart at all."""
        return HEART in self.structures and self.rule not in {Rule.PIECES, Rule.HOLES}


@dataclass(frozen=True)
class Verdict:
    """Everything that speaks against the outlines."""

    implausibilities: tuple[Implausibility, ...]

    @property
    def plausible(self) -> bool:
        """Whether this is a chest; a doubtful clavicle or a patchy heart spoils only itself."""
        return not any(one.structures & LUNGS or one.spoils_the_heart for one in self.implausibilities)

    @property
    def heart_is_measured(self) -> bool:
        """Whether the heart may be measured against the lungs."""
        return self.plausible and not self.doubts(HEART)

    def doubts(self, structure: AnatomicStructure) -> bool:
        """Whether a rule was broken by this structure."""
        return any(structure in one.structures for one in self.implausibilities)


Outlines = dict[AnatomicStructure, Outline]


def judge_outlines(outlines: tuple[Outline, ...]) -> Verdict:
    """Apply every rule of :data:`RULES`."""
    by_structure = {one.structure: one for one in outlines}
    return Verdict(tuple(wrong for rule in RULES for wrong in rule(by_structure)))


def areas_are_those_of_a_chest(outlines: Outlines) -> Iterator[Implausibility]:
    """No lung fills half a film, and none is a speck."""
    for structure, (smallest, largest) in AREAS.items():
        share = float(outlines[structure].raw.mean())
        if not smallest <= share <= largest:
            size = "too small" if share < smallest else "too large"
            yield _wrong(Rule.AREA, f"The outline of the {structure.name} is {size} for a chest film.", structure)


def lungs_are_of_like_size(outlines: Outlines) -> Iterator[Implausibility]:
    """Even beside a large effusion some lung remains."""
    areas = sorted(float(outlines[one].raw.mean()) for one in (RIGHT_LUNG, LEFT_LUNG))
    if areas[1] > 0 and areas[0] < SMALLER_LUNG * areas[1]:
        yield _wrong(Rule.BALANCE, "One lung outline is several times larger than the other.", RIGHT_LUNG, LEFT_LUNG)


def structures_lie_in_order(outlines: Outlines) -> Iterator[Implausibility]:
    """Right lung, heart, left lung from the picture's left to its right; clavicles above, heart below."""
    middle = {one: _middle(outline.mask) for one, outline in outlines.items()}
    right, left, heart = (middle[one] for one in (RIGHT_LUNG, LEFT_LUNG, HEART))
    if right is None or left is None or heart is None:
        return
    if not right[0] < heart[0] < left[0]:
        yield _wrong(Rule.ORDER, "The heart does not lie between the right and the left lung.", *LUNGS_AND_HEART)
    if heart[1] < (right[1] + left[1]) / 2:
        yield _wrong(Rule.ORDER, "The heart lies above the middle of the lungs.", HEART)
    lungs = np.flatnonzero((outlines[RIGHT_LUNG].mask | outlines[LEFT_LUNG].mask).any(axis=0))
    if heart[0] < (lungs[0] + lungs[-1]) / 2 - HEART_TO_THE_RIGHT * (lungs[-1] - lungs[0]):
        yield _wrong(
            Rule.ORDER, "The heart lies mostly to the patient's right; the film may be mirrored.", *LUNGS_AND_HEART
        )
    for clavicle, lung in ((RIGHT_CLAVICLE, right), (LEFT_CLAVICLE, left)):
        place = middle[clavicle]
        if place is not None and place[1] > lung[1]:
            yield _wrong(Rule.ORDER, f"The {clavicle.name} lies below the middle of its lung.", clavicle)


def outlines_have_no_holes(outlines: Outlines) -> Iterator[Implausibility]:
    """A lung with a large hole in it was not recognised as a whole."""
    for structure, outline in outlines.items():
        filled = fill_holes(outline.raw)
        if filled.any() and (filled & ~outline.raw).sum() > LARGEST_HOLES * filled.sum():
            yield _wrong(Rule.HOLES, f"The outline of the {structure.name} has large holes.", structure)


def outlines_are_in_one_piece(outlines: Outlines) -> Iterator[Implausibility]:
    """Scattered pieces are guesses."""
    for structure, outline in outlines.items():
        if largest_piece(outline.raw).sum() < SMALLEST_MAIN_PIECE * outline.raw.sum():
            yield _wrong(Rule.PIECES, f"The outline of the {structure.name} falls into several pieces.", structure)


def outlines_do_not_run_off_the_film(outlines: Outlines) -> Iterator[Implausibility]:
    """What the edge of the film cuts off cannot be measured."""
    for structure in (RIGHT_LUNG, LEFT_LUNG, HEART):
        mask = outlines[structure].mask
        height, width = max(1, int(mask.any(axis=1).sum())), max(1, int(mask.any(axis=0).sum()))
        sides = max(int(mask[:, 0].sum()), int(mask[:, -1].sum())) / height
        ends = max(int(mask[0].sum()), int(mask[-1].sum())) / width
        if max(sides, ends) > LARGEST_EDGE:
            yield _wrong(Rule.BORDER, f"The {structure.name} is cut off by the edge of the film.", structure)


def lungs_do_not_overlap(outlines: Outlines) -> Iterator[Implausibility]:
    """A pixel that is both right and left lung says that side was not recognised."""
    right, left = outlines[RIGHT_LUNG].raw, outlines[LEFT_LUNG].raw
    smaller = min(right.sum(), left.sum())
    if smaller > 0 and (right & left).sum() > LARGEST_OVERLAP * smaller:
        yield _wrong(Rule.OVERLAP, "The right and the left lung overlap.", RIGHT_LUNG, LEFT_LUNG)


RULES: tuple[Callable[[Outlines], Iterator[Implausibility]], ...] = (
    areas_are_those_of_a_chest,
    lungs_are_of_like_size,
    structures_lie_in_order,
    outlines_have_no_holes,
    outlines_are_in_one_piece,
    outlines_do_not_run_off_the_film,
    lungs_do_not_overlap,
)


def _wrong(rule: Rule, detail: str, *structures: AnatomicStructure) -> Implausibility:
    return Implausibility(rule, frozenset(structures), detail)


def _middle(mask: Mask) -> tuple[float, float] | None:
    """Return the ``(column, row)`` of the centroid."""
    rows, columns = np.nonzero(mask)
    return (float(columns.mean()), float(rows.mean())) if rows.size else None
