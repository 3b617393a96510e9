"""Films, real or drawn, and what stands against a film: noise, a blank picture, and the film inverted."""

from __future__ import annotations

import csv
import itertools
import random
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import pydicom

from deploy.local.settings import ROOT
from orchestrator.ingest.received import OrderRequest

KINDS = ("noise", "blank", "inverted")
ASSESSED = ("pneumonia", "edema", "tuberculosis", "cardiomegaly")
"""Columns of the table that a bundled specialist says something about."""
AGES_YEARS = {"kermany": 3.0, "tb_shenzhen": 40.0, "nih": 40.0}
"""An age of each set's people; the table has none, and without one most labels stay open."""
SPARE = 4
"""More films a set than are needed, for those that the gate refuses."""
_ABNORMAL = ("none", "effusion-left", "cardiomegaly", "consolidation-right")
_RATIOS = ("0.42", "0.47", "0.58", "0.64")


class Film(NamedTuple):
    """A picture to send, with what its reference says of it."""

    name: str
    path: Path
    patient: str = ""
    findings: frozenset[str] = frozenset()
    order: OrderRequest | None = None

    def differs_from(self, other: Film) -> bool:
        """Whether it is another patient's, and its reference names other findings."""
        return self.patient != other.patient and self.findings != other.findings


def real_series(data: Path, count: int, seed: int) -> dict[str, list[Film]]:
    """Return ``count`` test films and some to spare, a set each; with and without findings take turns."""
    with (data / "chest_radiographs.csv").open(encoding="utf-8") as table:
        rows = [row for row in csv.DictReader(table) if row["keep"] == row["frontal"] == "1" and row["split"] == "test"]
    random.Random(seed).shuffle(rows)
    each = -(-count // len(AGES_YEARS)) + SPARE
    return {name: _by_turns((row for row in rows if row["set"] == name), data)[:each] for name in AGES_YEARS}


def _by_turns(rows: Iterable[dict[str, str]], data: Path) -> list[Film]:
    films = [_film(row, data) for row in rows if row["no_finding"] == "1" or any(row[one] == "1" for one in ASSESSED)]
    ill = [film for film in films if film.findings]
    well = [film for film in films if not film.findings]
    return [film for both in zip(ill, well, strict=False) for film in both]


def _film(row: dict[str, str], data: Path) -> Film:
    view = row["view"] if row["view"] in {"PA", "AP"} else None
    order = OrderRequest.model_validate({"age_years": AGES_YEARS[row["set"]], "view_position": view})
    findings = frozenset(name for name in ASSESSED if row[name] == "1")
    return Film(row["file"], data / row["file"], row["patient_id"], findings, order)


def drawn_series(folder: Path, count: int) -> dict[str, list[Film]]:
    """Draw ``count`` films of drawn people, four kinds by turns."""
    films = []
    for number, kind, ratio in zip(range(count), itertools.cycle(_ABNORMAL), itertools.cycle(_RATIOS), strict=False):
        path = folder / f"film-{number}.dcm"
        command = [sys.executable, "-m", "tests.phantoms", str(path), "--seed", str(number), "--rows", "1024"]
        subprocess.run([*command, "--columns", "1024", "--abnormality", kind, "--ratio", ratio], cwd=ROOT, check=True)
        films.append(Film(path.name, path, str(number), frozenset({kind})))
    return {"drawn": films}


def spoilt(film: Film, kind: str, folder: Path) -> Film:
    """Write what stands against a film, of its size and with its order."""
    grey = grey_of(film.path)
    if kind == "inverted":
        pixels = 255 - grey
    elif kind == "blank":
        pixels = np.full_like(grey, 128)
    else:
        pixels = np.random.default_rng(len(film.name)).integers(0, 256, grey.shape, np.uint8)
    path = folder / f"{kind}-{film.name.replace('/', '-')}.png"
    cv2.imwrite(str(path), pixels)
    return Film(f"{kind} of {film.name}", path, film.patient, frozenset(), film.order)


def grey_of(path: Path) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    """Return the 8-bit pixels of a film, 0 to 255."""
    if path.suffix == ".dcm":
        pixels = pydicom.dcmread(path).pixel_array
        return np.asarray(cv2.normalize(pixels, None, 0, 255, cv2.NORM_MINMAX), np.uint8)
    return np.asarray(cv2.imread(str(path), cv2.IMREAD_GRAYSCALE), np.uint8)
