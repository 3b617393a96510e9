"""Measure outlines of lungs, heart and clavicles against people's, on films that training has not seen.

::

    python -m services.segmentation.evaluate_chest_anatomy --data DIR --out DIR [--weights FOLDER]

``DIR`` of ``--data`` holds your own ``films.csv`` (see :mod:`services.training.outlined`) or the public sets. Into
``--out`` go ``evaluation.md`` (Dice, 95 % surface distance, cardiothoracic ratio, by set, with intervals by patient),
``films.csv`` with every film's numbers, plots, and ``MODEL_CARD.md`` with the measured figures in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt
import torch
from monai.metrics import compute_hausdorff_distance

from services.anatomy import CHEST_STRUCTURES
from services.contract import Fact
from services.pixels import letterbox
from services.segmentation.cardiothoracic import cardiothoracic_ratio
from services.segmentation.chest_anatomy import WEIGHTS, ChestAnatomy
from services.segmentation.network import design_of
from services.segmentation.outlines import FINENESS, LUNG_FIELD, Mask, Outline, Probabilities, outlines_from
from services.segmentation.publication import publication
from services.training.command import ask_evaluation
from services.training.evaluation import FilmFigures, figures_of, write_evaluation
from services.training.lung_fields import LungFilm, read_adults, read_children, read_shenzhen
from services.training.outlined import OutlinedFilm, read_outlined
from services.training.release import Metrics, set_of, write_metrics, write_model_card
from services.weights import Floats

RATIO_ERROR = "cardiothoracic ratio, mean absolute error"
RATIO_BIAS = "cardiothoracic ratio, mean error"
RATIO = "cardiothoracic ratio"
SHENZHEN = "tb_shenzhen test, a hospital never trained on"
CHILDREN, ADULTS = "kermany_lungs, held-out children", "covid_ieee8023 test"


class Network(NamedTuple):
    """A network that outlines, whoever runs it."""

    run: Callable[[Floats], Probabilities]
    """``(1, 1, size, size)`` -> ``(1, outputs, size, size)``, all in [0, 1]."""
    size: int


def planes_of(network: Network, pixels: npt.NDArray[np.uint8]) -> Probabilities:
    """Return ``(outputs, rows, columns)`` probabilities that cover the whole film."""
    grid, place = letterbox(pixels, network.size)
    return np.stack([place.cover_image(plane) for plane in network.run(grid[None, None])[0]])


def outline_film(network: Network, pixels: npt.NDArray[np.uint8]) -> tuple[Outline, ...]:
    """Return the outlines of one film as the specialist draws them."""
    return outlines_from(planes_of(network, pixels))


def fitted(found: Mask, truth: Mask) -> Mask:
    """Return an outline of any grid on the grid of the truth."""
    return np.asarray(cv2.resize(found.astype(np.uint8), truth.shape[::-1], interpolation=cv2.INTER_NEAREST) > 0)


def dice(found: Mask, truth: Mask) -> float:
    """Return the Dice coefficient of an outline of any grid with the truth ``(rows, columns)``."""
    drawn = fitted(found, truth)
    return float(2 * (drawn & truth).sum() / max(1, drawn.sum() + truth.sum()))


def surface_distance(found: Mask, truth: Mask, spacing: float) -> float:
    """Return the 95 % Hausdorff distance of two outlines; the film's diagonal where one of them is empty.

    Parameters
    ----------
    spacing
        Side of a pixel of ``truth``; the distance has its unit.
    """
    drawn = fitted(found, truth)
    if not drawn.any() or not truth.any():
        return float(np.hypot(*truth.shape) * spacing)
    pair = (torch.from_numpy(one)[None, None] for one in (drawn, truth))
    return float(compute_hausdorff_distance(*pair, include_background=True, percentile=95, spacing=spacing))


def measure_film(network: Network, film: OutlinedFilm, films: str, *, distances: bool = True) -> FilmFigures:
    """Measure every structure of one film and its ratio (an error of 1 where there is none)."""
    outlines = outline_film(network, film.pixels)
    truths = [film.masks[..., i] > 0 for i in range(len(CHEST_STRUCTURES))]
    values = {f"Dice, {one.structure.name}": dice(one.mask, truth) for one, truth in zip(outlines, truths, strict=True)}
    if distances:
        unit, spacing = ("mm on the film", film.spacing_mm) if film.spacing_mm else ("px", 1.0)
        for one, truth in zip(outlines, truths, strict=True):
            name = f"95 % surface distance, {one.structure.name}, {unit}"
            values[name] = surface_distance(one.mask, truth, spacing)
    measured = cardiothoracic_ratio(outlines[0].mask, outlines[1].mask, outlines[2].mask, film.masks.shape[:2])
    error = measured.value - film.cardiothoracic_ratio if measured else 1.0
    values |= {RATIO_ERROR: abs(error), RATIO_BIAS: error}
    pairs = {RATIO: (film.cardiothoracic_ratio, measured.value)} if measured else {}
    return FilmFigures(films, film.patient_id, values, pairs)


def measure(network: Network, data: Path) -> list[FilmFigures]:
    """Measure the five structures on the split ``test``, and lungs wherever else they are outlined."""
    own = read_outlined(data, "test")
    measured = [measure_film(network, film, f"{own.name} test") for film in own.films]
    for film in read_shenzhen(data):
        right, left = outline_film(network, film.pixels)[:2]
        measured.append(
            FilmFigures(SHENZHEN, film.patient_id, {"Dice, both lungs": dice(right.mask | left.mask, film.lungs)})
        )
    return [
        *measured,
        *_fields(network, read_children(data, "held out"), CHILDREN),
        *_fields(network, read_adults(data, "test"), ADULTS),
    ]


def field_dice(network: Network, film: LungFilm) -> float | None:
    """Return the Dice of the lung field, or ``None`` where the network has no such output."""
    planes = planes_of(network, film.pixels)
    if len(planes) <= LUNG_FIELD:
        return None
    plane = planes[LUNG_FIELD]
    fine = cv2.resize(plane, (plane.shape[1] * FINENESS, plane.shape[0] * FINENESS), interpolation=cv2.INTER_LINEAR)
    return dice(np.asarray(fine >= 0.5), film.lungs)


def _fields(network: Network, films: list[LungFilm], name: str) -> Iterator[FilmFigures]:
    for film in films:
        overlap = field_dice(network, film)
        if overlap is not None:
            yield FilmFigures(name, film.patient_id, {"Dice, lung field with the part behind the heart": overlap})


def main() -> None:
    """Measure what serves, and write tables, plots and card."""
    asked = ask_evaluation(__doc__ or "", Fact)
    folder = asked.weights or WEIGHTS
    specialist = ChestAnatomy(folder)
    specialist.load()
    measured = measure(Network(specialist.answer, specialist.size), asked.data)
    write_evaluation(asked.out, "Outlines of the chest", measured, ("Dice", "95 % surface distance"))
    manifest = specialist.in_force.manifest
    metrics = Metrics.model_validate_json((specialist.in_force.folder / "metrics.json").read_bytes())
    metrics = metrics.model_copy(update={"figures": figures_of(measured)})
    write_metrics(asked.out, metrics)
    text = replace(publication(design_of(manifest), 0, name=set_of(manifest)), version=manifest.version)
    write_model_card(asked.out, text, manifest, metrics)


if __name__ == "__main__":
    main()
