"""What an evaluation leaves in its folder: every film's numbers, figures by set with intervals, tables and plots."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from services.training.plots import agreement_svg, spread_svg
from services.training.statistics import Figure, mean_with_interval


class FilmFigures(NamedTuple):
    """What was measured on one film."""

    films: str
    """On which films, such as ``jsrt test``."""
    patient_id: str
    values: dict[str, float]
    """By the name of the figure, such as ``Dice, heart``."""
    pairs: Mapping[str, tuple[float, float]] = MappingProxyType({})
    """Of a measurement: what people's outlines say, and what the network says."""


def figures_of(measured: Sequence[FilmFigures]) -> tuple[Figure, ...]:
    """Return the mean of every figure on every set, with its interval by patient, in the order of measuring."""
    names = dict.fromkeys((film.films, name) for film in measured for name in film.values)
    figures = []
    for films, name in names:
        mine = [film for film in measured if film.films == films and name in film.values]
        values = [film.values[name] for film in mine]
        figures.append(mean_with_interval(name, films, values, [film.patient_id for film in mine]))
    return tuple(figures)


def write_evaluation(folder: Path, title: str, measured: Sequence[FilmFigures], spread: Sequence[str]) -> None:
    """Write ``evaluation.md``, ``films.csv`` and the plots.

    Parameters
    ----------
    spread
        Beginnings of the names of figures that are plotted film by film, a plot each.
    """
    folder.mkdir(parents=True, exist_ok=True)
    figures = figures_of(measured)
    lines = [f"# {title}", "", "| figure | films | mean, 95 % interval by patient |", "|---|---|---|"]
    lines += [f"| {one.name} | {one.films} | {one.text} |" for one in figures]
    (folder / "evaluation.md").write_text("\n".join([*lines, ""]), encoding="utf-8")
    with (folder / "films.csv").open("w", newline="", encoding="utf-8") as table:
        writer = csv.writer(table)
        writer.writerow(("films", "patient_id", "figure", "value"))
        for film in measured:
            writer.writerows(
                (film.films, film.patient_id, name, round(value, 5)) for name, value in film.values.items()
            )
    for start in spread:
        _write_plot(folder, start, lambda name, start=start: name.startswith(start), measured)  # type: ignore[misc]
    for name in dict.fromkeys(name for film in measured for name in film.pairs):
        pairs = np.array([film.pairs[name] for film in measured if name in film.pairs])
        (folder / f"{_file(name)}.svg").write_text(agreement_svg(name, pairs), encoding="utf-8")


def _write_plot(folder: Path, title: str, wanted: Callable[[str], bool], measured: Sequence[FilmFigures]) -> None:
    rows: dict[str, list[float]] = {}
    for film in measured:
        for name, value in film.values.items():
            if wanted(name):
                rows.setdefault(f"{name.removeprefix(title).strip(', ')}, {film.films}", []).append(value)
    if rows:
        (folder / f"{_file(title)}.svg").write_text(spread_svg(title, rows), encoding="utf-8")


def _file(name: str) -> str:
    return "-".join("".join(letter if letter.isalnum() else " " for letter in name.lower()).split())
