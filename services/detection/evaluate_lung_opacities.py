"""Measure the boxes of lung opacities on films that nobody trained on.

::

    python -m services.detection.evaluate_lung_opacities --data DIR --out DIR [--weights DIR]

Writes ``evaluation.md``, ``free-response.svg``, ``metrics.json`` and the model card of what serves. A mark is a hit
where it overlaps an outlined opacity by an IoU of .3 at least: nobody draws the edge of an opacity twice alike.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from services.contract import Box, Fact
from services.detection.evaluate_chest_anatomy_boxes import overlap
from services.detection.lung_opacities import WEIGHTS, LungOpacities, opacities_on_film
from services.detection.network import RetinaNetDetector, design_of
from services.detection.publication import opacity_publication
from services.pixels import letterbox
from services.training.command import ask_evaluation
from services.training.free_response import MarkedFilm, false_marks_a_film, figures_of, free_response_svg, marked
from services.training.opacity_films import OpacityFilm, read_normal, read_opacities
from services.training.release import Metrics, set_of, write_metrics, write_model_card
from services.training.statistics import Figure, mean_with_interval
from services.training.tables import Grey

ENOUGH = 0.3
"""Overlap (IoU) of a hit."""
ELSEWHERE = "tb_shenzhen"
"""Normal films of a hospital that taught this detector nothing."""


def places_of(parts: Grey) -> list[Box]:
    """Return the box around each opacity ``(rows, columns, n)``."""
    boxes = []
    for part in np.moveaxis(parts, -1, 0):
        rows, columns = np.flatnonzero(part.any(1)), np.flatnonzero(part.any(0))
        if rows.size:
            boxes.append(Box(left=columns[0], top=rows[0], right=columns[-1] + 1, bottom=rows[-1] + 1))
    return boxes


def mark_films(detector: RetinaNetDetector, size: int, films: list[OpacityFilm], name: str) -> list[MarkedFilm]:
    """Return what the detector marks on each film, held against its opacities."""
    read = []
    for film in films:
        marks = opacities_on_film(detector, *letterbox(film.pixels, size))
        places = places_of(film.parts)
        overlaps: npt.NDArray[np.float64] = np.array([[overlap(box, one) for one in places] for box, _ in marks])
        shaped = overlaps.reshape(len(marks), len(places))
        read.append(marked(name, film.patient_id, shaped, [score for _, score in marks], ENOUGH))
    return read


def normal_films(detector: RetinaNetDetector, size: int, data: Path) -> list[MarkedFilm]:
    """Return what it marks on normal films of another hospital."""
    return mark_films(detector, size, read_normal(data, ELSEWHERE, "test"), f"{ELSEWHERE} test, normal")


def evaluated(
    marks: list[MarkedFilm], points: dict[str, float], elsewhere: list[MarkedFilm], out: Path
) -> tuple[Figure, ...]:
    """Return the figures, and leave the table and the curve in ``out``."""
    name = marks[0].films
    figures = [*figures_of(marks, name)]
    for point, threshold in points.items():
        for films in (marks, elsewhere):
            figures += _at(point, threshold, films)
    lines = ["# Boxes of lung opacities", "", "| figure | films | value, 95 % interval by patient |", "|---|---|---|"]
    lines += [f"| {one.name} | {one.films} | {one.text} |" for one in figures]
    lines += ["", f"{sum(film.places for film in marks)} opacities on {len(marks)} films of {name}.", ""]
    (out / "evaluation.md").write_text("\n".join(lines), encoding="utf-8")
    (out / "free-response.svg").write_text(free_response_svg(f"Lung opacities, {name}", marks), encoding="utf-8")
    return tuple(figures)


def _at(point: str, threshold: float, films: list[MarkedFilm]) -> list[Figure]:
    """Return what happens at one operating point, film by film."""
    if not films:
        return []
    patients = [film.patient_id for film in films]
    false = [false_marks_a_film([film], threshold) for film in films]
    figures = [mean_with_interval(f"false marks a film from {point}", films[0].films, false, patients)]
    ill = [film for film in films if film.places]
    if ill:
        found = [float(np.mean([score >= threshold for score in film.hits])) for film in ill]
        shown = f"share of a film's opacities found from {point}"
        figures.append(mean_with_interval(shown, films[0].films, found, [film.patient_id for film in ill]))
    return figures


def main() -> None:
    """Measure what serves, and write table, curve and card."""
    asked = ask_evaluation(__doc__ or "", Fact)
    specialist = LungOpacities(asked.weights or WEIGHTS)
    specialist.load()
    manifest = specialist.in_force.manifest
    (label,) = manifest.labels
    test = read_opacities(asked.data, "test")
    marks = mark_films(specialist.detector, specialist.size, test.films, f"{test.name} test")
    elsewhere = normal_films(specialist.detector, specialist.size, asked.data)
    figures = evaluated(marks, label.operating_points, elsewhere, asked.out)
    metrics = Metrics.model_validate_json((specialist.in_force.folder / "metrics.json").read_bytes())
    metrics = metrics.model_copy(update={"figures": figures})
    write_metrics(asked.out, metrics)
    text = opacity_publication(design_of(manifest), 0, name=set_of(manifest))
    write_model_card(asked.out, replace(text, version=manifest.version), manifest, metrics)


if __name__ == "__main__":
    main()
