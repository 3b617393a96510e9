"""Which pictures a draft has: one for each finding and measurement with a place, one for the anatomy of an image."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import cycle
from typing import NamedTuple

from orchestrator.release import Told
from orchestrator.report import Facts
from services.contract import Evidence, HeatMap, Laterality, Line, Mask, Presence, Region, Structure
from services.contract.phrasing import label_text, number_text

Colour = tuple[int, int, int]

SKY, ORANGE, GREEN, YELLOW, VERMILION, PURPLE = (
    (86, 180, 233),
    (230, 159, 0),
    (0, 200, 140),
    (240, 228, 66),
    (240, 94, 35),
    (215, 120, 190),
)
"""After Okabe and Ito: told apart with any colour vision, and light enough for a dark film."""
HEAT: Colour = (252, 175, 40)
"""The legend's square for a heat map: the middle of its own colours."""
_CYCLE = (SKY, ORANGE, GREEN, YELLOW, VERMILION, PURPLE)
_ANATOMY: dict[tuple[str, Laterality | None], Colour] = {
    ("lung", Laterality.RIGHT): SKY,
    ("lung", Laterality.LEFT): GREEN,
    ("heart", None): VERMILION,
    ("clavicle", Laterality.RIGHT): YELLOW,
    ("clavicle", Laterality.LEFT): ORANGE,
}


class Mark(NamedTuple):
    """One region to draw, its colour and its words in the legend."""

    region: Region
    colour: Colour
    words: str


class Picture(NamedTuple):
    """What is drawn over one image; it shows the pixels that a fact rests on."""

    name: str
    """File name without its extension: ``F1-pleural-effusion``."""
    fact_id: str | None
    """The finding or measurement shown; None for the anatomy."""
    title: str
    image_id: str
    marks: tuple[Mark, ...]


def pictures_of(draft: Told) -> tuple[Picture, ...]:
    """Return the pictures of a draft in the order of its facts.

    An absent finding has no picture: there is no place where it is not.
    """
    facts = draft.facts
    pictures = [*_finding_pictures(facts), *_measurement_pictures(facts), *_anatomy_pictures(facts)]
    return tuple(_with_distinct_names(pictures))


def _finding_pictures(facts: Facts) -> Iterator[Picture]:
    for finding in facts.findings:
        if finding.presence is Presence.ABSENT:
            continue
        name = label_text(finding.code)
        said = ", ".join(str(word) for word in (finding.likelihood, finding.laterality, finding.severity) if word)
        title = f"{finding.finding_id}  {name} ({said})"
        yield from _by_image(finding.finding_id, name, title, finding.evidence, facts)


def _measurement_pictures(facts: Facts) -> Iterator[Picture]:
    for measurement in facts.measurements:
        name = label_text(measurement.name)
        side = f"{measurement.laterality} " if measurement.laterality else ""
        title = f"{measurement.measurement_id}  {side}{name} {number_text(measurement)}"
        yield from _by_image(measurement.measurement_id, name, title, measurement.evidence, facts)


def _by_image(fact_id: str, name: str, title: str, evidence: Iterable[Evidence], facts: Facts) -> Iterator[Picture]:
    regions: dict[str, list[Region]] = {}
    for one in evidence:
        regions.setdefault(one.image_id, []).extend(one.regions)
    for image_id, drawn in regions.items():
        marks = tuple(_marks(drawn, facts))
        if marks:
            yield Picture(f"{fact_id}-{_slug(name)}", fact_id, title, image_id, marks)


def _marks(regions: Iterable[Region], facts: Facts) -> Iterator[Mark]:
    """The outline or box of a structure has its name and colour; the rest takes the next colour of the cycle."""
    colours = cycle(_CYCLE)
    for region in regions:
        structure = next((one for one in facts.structures if region in one.evidence.regions), None)
        if isinstance(region, HeatMap):
            yield Mark(region, HEAT, f"heat map, {region.method}")
        elif structure is not None:
            kind = "outline" if isinstance(region, Mask) else "box"
            yield Mark(region, colour_of(structure), f"{structure_name(structure)}, {kind}")
        else:
            yield Mark(region, next(colours), _words(region))


def _words(region: Region) -> str:
    if isinstance(region, Line):
        return region.name
    return "outline" if isinstance(region, Mask) else "box"


def structure_name(structure: Structure) -> str:
    """Return a structure with its side: ``right lung``."""
    name = label_text(structure.code)
    return f"{structure.laterality} {name}" if structure.laterality else name


def colour_of(structure: Structure) -> Colour:
    """Return the colour that a structure has in every picture."""
    return _ANATOMY.get((label_text(structure.code), structure.laterality), PURPLE)


def _anatomy_pictures(facts: Facts) -> Iterator[Picture]:
    marks: dict[str, list[Mark]] = {}
    for structure in facts.structures:
        drawn = [
            Mark(region, colour_of(structure), structure_name(structure))
            for region in structure.evidence.regions
            if not isinstance(region, HeatMap)
        ]
        marks.setdefault(structure.evidence.image_id, []).extend(drawn)
    for image_id, drawn in marks.items():
        if drawn:
            yield Picture("anatomy", None, "Anatomy as outlined", image_id, tuple(drawn))


def _with_distinct_names(pictures: Iterable[Picture]) -> Iterator[Picture]:
    seen: dict[str, int] = {}
    for picture in pictures:
        seen[picture.name] = seen.get(picture.name, 0) + 1
        again = seen[picture.name]
        yield picture if again == 1 else picture._replace(name=f"{picture.name}-{again}")


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40] or "finding"
