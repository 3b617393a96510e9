"""``wetread evaluate burned_in``: drawn names found, and films without any that are taken to show some.

Text of several heights, contrasts and fonts is drawn at places by chance on films of the validation split, brought to
about the size they had, and on a bare phantom. A line counts as found where four fifths of its area lie in a box. An
alarm on an untouched film is listed, for a person to look whether text stands there: many public films do show some.
"""

from __future__ import annotations

import argparse
import csv
import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from deploy.identity_figures.free_text import Share, share_of
from orchestrator.burned_in import find_text
from services.contract import Fact

HEIGHTS = (10, 16, 28, 48)
"""Pixels of a capital letter on a film of about 1,000 rows."""
CONTRASTS = (40, 80, 160)
"""Grey levels of 255 above or below what the text stands on."""
TEXTS = ("DOE JANE 1957-03-04", "Mueller, Hans", "ID 00481234", "12.03.1961 M", "GARCIA LOPEZ", "St. Mary Hospital")
FONTS = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_COMPLEX)
ROWS = 960

Grey = NDArray[np.uint8]


class BurnedIn(Fact):
    """What the detector found and what it mistook."""

    found: Share
    by_height: dict[int, Share]
    by_contrast: dict[int, Share]
    alarms: dict[str, Share]
    """By set: films with an alarm, among those nothing was drawn on."""
    alarmed: tuple[str, ...]
    """Those films, to look at."""


def measure(films: Sequence[tuple[str, Path]], seed: int) -> BurnedIn:
    """Draw on every film, once a height, and look; look at the film itself too."""
    chance = random.Random(seed)
    hits: Counter[tuple[str, int]] = Counter()
    alarms: Counter[str] = Counter()
    alarmed = []
    for name, path in films:
        film = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        if film is None:
            continue
        alarms[f"{name} of"] += 1
        if find_text(film):
            alarms[name] += 1
            alarmed.append(f"{name}/{path.name}")
        scale = ROWS / film.shape[0]
        whole = np.asarray(cv2.resize(film, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC), np.uint8)
        for height in HEIGHTS:
            contrast = chance.choice(CONTRASTS)
            hit = drawn_and_found(whole, height, contrast, chance)
            for kind, value in (("height", height), ("contrast", contrast)):
                hits[f"{kind} of", value] += 1
                hits[kind, value] += hit
    found = {kind: sum(hits[kind, height] for height in HEIGHTS) for kind in ("height", "height of")}
    return BurnedIn(
        found=share_of(found["height"], found["height of"]),
        by_height={one: share_of(hits["height", one], hits["height of", one]) for one in HEIGHTS},
        by_contrast={one: share_of(hits["contrast", one], hits["contrast of", one]) for one in CONTRASTS},
        alarms={name: share_of(alarms[name], alarms[f"{name} of"]) for name in sorted({name for name, _ in films})},
        alarmed=tuple(alarmed),
    )


def drawn_and_found(film: Grey, height: int, contrast: int, chance: random.Random) -> bool:
    """Draw one line at a place by chance, and say whether the detector has it."""
    text, font, thickness = chance.choice(TEXTS), chance.choice(FONTS), max(1, height // 10)
    scale = cv2.getFontScaleFromHeight(font, height, thickness)
    (width, above), _ = cv2.getTextSize(text, font, scale, thickness)
    rows, columns = film.shape
    if width + 12 > columns:
        return drawn_and_found(np.pad(film, ((0, 0), (0, width + 12 - columns))), height, contrast, chance)
    left, base = chance.randint(4, columns - width - 6), chance.randint(above + 4, rows - 6)
    ground = float(np.median(film[base - above : base, left : left + width]))
    ink = ground + contrast if ground + contrast <= 255 else ground - contrast
    drawn = film.copy()
    cv2.putText(drawn, text, (left, base), font, scale, max(0.0, ink), thickness, cv2.LINE_AA)
    covered = np.zeros(film.shape, bool)
    for box in find_text(drawn):
        covered[int(box.top) : int(box.bottom), int(box.left) : int(box.right)] = True
    return bool(covered[base - above : base, left : left + width].mean() >= 0.8)


def films_in(data: Path, each: int, seed: int, split: str = "test") -> list[tuple[str, Path]]:
    """Return so many films of each set, by chance."""
    with (data / "chest_radiographs.csv").open(encoding="utf-8") as table:
        rows = [row for row in csv.DictReader(table) if row["keep"] == row["frontal"] == "1" and row["split"] == split]
    by_set: dict[str, list[Path]] = {}
    for row in rows:
        by_set.setdefault(row["set"], []).append(data / row["file"])
    chance = random.Random(seed)
    return [
        (name, path) for name in sorted(by_set) for path in chance.sample(by_set[name], min(each, len(by_set[name])))
    ]


def table_of(found: BurnedIn) -> Table:
    """Return the figures."""
    table = Table("burned-in text", "measured [95 %]")
    table.add_row("drawn lines found", str(found.found))
    for height, share in found.by_height.items():
        table.add_row(f"  {height} px high of {ROWS}", str(share))
    for contrast, share in found.by_contrast.items():
        table.add_row(f"  contrast {contrast} of 255", str(share))
    for name, share in found.alarms.items():
        table.add_row(f"films with an alarm, {name}", str(share))
    return table


def main() -> None:
    """Read the command line, measure, write ``burned_in.json`` and show the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--each", type=int, default=40, help="films of each set")
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    found = measure(films_in(chosen.data, chosen.each, chosen.seed), chosen.seed)
    chosen.out.mkdir(parents=True, exist_ok=True)
    (chosen.out / "burned_in.json").write_text(found.model_dump_json(indent=1) + "\n", encoding="utf-8")
    Console(width=120).print(table_of(found))


if __name__ == "__main__":
    main()
