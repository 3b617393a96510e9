"""Does a draft depend on its image? ``python -m deploy.language_figures.dependence --pairs N``, on an own installation.

A drawn film is drafted beside what it must not read like: noise, a blank picture, itself inverted, and a film with
other findings. The set of claims must change. The whole line is used, from the upload to the checked draft.
"""

from __future__ import annotations

import argparse
import itertools
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import pydicom

from deploy.local import control
from deploy.local.settings import ROOT
from deploy.local.state import RunFolder
from orchestrator.cli.api import Api
from orchestrator.errors import RefusedInput
from orchestrator.report import DraftReport
from services.contract import Fact
from services.contract.phrasing import finding_line, measurement_line

KINDS = ("noise", "blank", "inverted", "another film")
_ABNORMAL = ("none", "effusion-left", "cardiomegaly", "consolidation-right")
_RATIOS = ("0.42", "0.47", "0.58", "0.64")


class Dependence(Fact):
    """How many pairs of images gave other claims, by what stood against the film."""

    pairs: dict[str, int]
    changed: dict[str, int]

    @property
    def share(self) -> float:
        """Share of all pairs whose claims differ."""
        return sum(self.changed.values()) / sum(self.pairs.values())


def films(folder: Path, count: int) -> Iterator[tuple[str, Path, Path]]:
    """Draw ``count`` pairs: what stands against the film, the film, and the other picture."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, kind in zip(range(count), itertools.cycle(KINDS), strict=False):
        turn = number // len(KINDS)
        film = _drawn(
            folder / f"film-{turn}.dcm", turn, "--abnormality", _ABNORMAL[turn % 4], "--ratio", _RATIOS[turn % 4]
        )
        if kind == "inverted":
            other = _inverted(film, folder / f"inverted-{turn}.png")
        elif kind == "another film":
            there = (turn + 2) % 4
            other = _drawn(
                folder / f"other-{turn}.dcm", 1000 + turn, "--abnormality", _ABNORMAL[there], "--ratio", _RATIOS[there]
            )
        else:
            other = _drawn(folder / f"{kind}-{turn}.dcm", turn, "--picture", kind)
        yield kind, film, other


def claims_of(api: Api, path: Path) -> frozenset[str]:
    """Return what a draft says was found and measured; a refusal says nothing was."""
    try:
        study_id = api.upload([path], None)
    except RefusedInput:
        return frozenset({"refused"})
    for _ in api.follow(study_id):
        pass
    draft = DraftReport.model_validate_json(api.draft(study_id))
    cited = {citation.id for sentence in draft.sentences for citation in sentence.citations}
    said = {finding_line(one).partition("] ")[2] for one in draft.facts.findings if one.finding_id in cited}
    return frozenset(
        said
        | {measurement_line(one).partition("] ")[2] for one in draft.facts.measurements if one.measurement_id in cited}
    )


def measure(api: Api, folder: Path, count: int) -> Dependence:
    """Draft every pair and compare."""
    pairs, changed = dict.fromkeys(KINDS, 0), dict.fromkeys(KINDS, 0)
    known: dict[Path, frozenset[str]] = {}
    for kind, film, other in films(folder, count):
        for path in (film, other):
            if path not in known:
                known[path] = claims_of(api, path)
        pairs[kind] += 1
        changed[kind] += known[film] != known[other]
    return Dependence(pairs=pairs, changed=changed)


def _drawn(path: Path, seed: int, *how: str) -> Path:
    if not path.exists():
        command = [sys.executable, "-m", "tests.phantoms", str(path), "--seed", str(seed), "--rows", "1024"]
        subprocess.run([*command, "--columns", "1024", *how], cwd=ROOT, check=True)
    return path


def _inverted(film: Path, out: Path) -> Path:
    pixels = pydicom.dcmread(film).pixel_array
    scaled = cv2.normalize(pixels, None, 0, 255, cv2.NORM_MINMAX).astype("uint8")
    cv2.imwrite(str(out), 255 - scaled)
    return out


def main() -> int:
    """Start an installation, measure, write; 0 when every pair differs, else 5."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=200)
    parser.add_argument("--out", type=Path, default=ROOT / "out" / "dependence.json")
    chosen = parser.parse_args()
    folder = RunFolder(control.folder_in_force().path / "dependence")
    os.environ["WETREAD_RUN"] = str(folder.path)
    os.environ.pop("WETREAD_PORT", None)
    try:
        state = control.up(folder, together=True, progress=lambda state: None)
        assert state.api_url is not None
        found = measure(Api(state.api_url), folder.path / "films", chosen.pairs)
    finally:
        control.down(folder)
    chosen.out.parent.mkdir(parents=True, exist_ok=True)
    chosen.out.write_text(found.model_dump_json(indent=1) + "\n", encoding="utf-8")
    sys.stdout.write(f"{found.share:.1%} of the pairs differ: {found.changed} of {found.pairs}\n")
    return 0 if found.share == 1.0 else 5


if __name__ == "__main__":
    sys.exit(main())
