"""Films drawn for the bench: nobody's, all different, in the transfer syntaxes that hospitals send."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pydicom
from pydicom.uid import UID, JPEG2000Lossless, JPEGLSLossless

from deploy.local.settings import ROOT

ROWS, COLUMNS = 2500, 2048
ABNORMALITIES = ("none", "effusion-left", "cardiomegaly", "consolidation-right")
SYNTAXES: dict[str, UID | None] = {"raw": None, "JPEG-LS": JPEGLSLossless, "JPEG 2000": JPEG2000Lossless}


def draw(folder: Path, count: int) -> list[Path]:
    """Draw films that differ, so that nothing is answered from a cache of the film before; with their truth."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{seed}.dcm" for seed in range(count)]
    for seed, path in enumerate(paths):
        truth = path.with_suffix(".npz")
        if not (path.exists() and truth.exists()):
            what = ["--abnormality", ABNORMALITIES[seed % len(ABNORMALITIES)], "--seed", str(seed)]
            command = [sys.executable, "-m", "tests.phantoms", str(path), *what, "--truth", str(truth)]
            subprocess.run(command, cwd=ROOT, check=True)
    return paths


def in_syntax(film: Path, name: str) -> Path:
    """Return the same film in another transfer syntax, written beside it."""
    syntax = SYNTAXES[name]
    if syntax is None:
        return film
    path = film.with_name(f"{film.stem}-{name.replace(' ', '')}.dcm")
    if not path.exists():
        dataset = pydicom.dcmread(film)
        dataset.compress(syntax)
        dataset.save_as(path)
    return path
