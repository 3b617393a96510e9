"""``python -m deploy.bench [--films N] [--noisy]``: measure, print tables, write ``out/bench.json``.

Exit status: 0 every aim is kept; 5 one is not; 4 the machine was too noisy to say, and nothing is said.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from deploy.bench.control import Control, TooNoisy
from deploy.bench.films import draw
from deploy.bench.library import Library
from deploy.bench.line import WARM_UP, as_shipped, measure_line
from deploy.bench.networks import make_networks
from deploy.bench.overlap import overlap
from deploy.bench.ratios import (
    against_library,
    against_process,
    decoding,
    neighbour,
    outside,
    parity,
    preparation,
    saturated,
)
from deploy.bench.report import Bench, Ratio, show
from deploy.bench.served import Installation
from deploy.bench_language import measure as measure_speech
from deploy.local import control as local
from deploy.local.settings import ROOT
from deploy.local.state import Phase, State
from services.contract.profile import read_profile
from services.language.running import PROFILE

AIM_MISSED, NOISY = 5, 4
FIRST_LOOK = 8
"""Beats of the control before anything is started."""
AT_ONCE = 8
"""Studies that are sent at the same time."""
QUESTIONS = 128
"""Questions that the language model is asked."""


def main() -> int:
    """Measure, print, write; see the module for the exit status."""
    options = _options()
    os.environ |= {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "0"}
    control = Control()
    for _ in range(FIRST_LOOK):
        control.beat()
    try:
        if not options.noisy:
            control.refuse_noise()
        bench = measure(options.films, control)
        if not options.noisy:
            control.refuse_noise()
    except TooNoisy as noise:
        sys.stderr.write(f"No figures: {noise}\n")
        return NOISY
    show(bench)
    out = ROOT / "out"
    out.mkdir(exist_ok=True)
    (out / "bench.json").write_text(bench.model_dump_json(indent=2) + "\n")
    aims = [ratio.kept for ratio in bench.ratios]
    aims += [] if bench.line is None else [bench.line.whole.median_s <= bench.line.aim_s]
    return 0 if all(aims) else AIM_MISSED


def measure(films: int, control: Control) -> Bench:
    """Measure every ratio, and the line over so many films (none: leave it out)."""
    folder = local.folder_in_force().path.absolute() / "bench"
    drawn = draw(folder / "films", max(films + WARM_UP, 8))
    say("Making networks in the official formats ...")
    classifier = make_networks(folder / "networks", drawn[:2])
    library = Library(classifier, folder / "networks")
    ratios: list[Ratio] = []
    say("Starting two services; each measures what runs its network fastest ...")
    shutil.rmtree(folder / "services", ignore_errors=True)  # a choice measured on another day is not this run's
    with Installation(folder / "services", folder / "networks").running() as ours:
        images = [ours.decode(film) for film in drawn[:8]]
        say("Parity ...")
        ratios += parity(ours, library, drawn[2:6])
        say("One study after the other, the library's way and ours ...")
        ratios.append(against_library(ours, library, drawn[:4], control))
        say("HTTP against in process ...")
        ratios.append(against_process(ours, images[:2], control))
        say("Preparation ...")
        ratios += preparation(drawn[0], control)
        say("Saturated, and with a busy neighbour ...")
        ratios.append(saturated(ours, images, control))
        ratios.append(neighbour(ours, images[0], control))
        decoding_s = decoding(ours, drawn[0], control)
        backends = ours.backends()
    line = None
    if films:
        with as_shipped() as state:
            line = measure_line(state, drawn[: films + WARM_UP])
            ratios.append(outside(line, decoding_s))
            ratios += speech(state, drawn[:AT_ONCE], control)
    for _ in range(FIRST_LOOK):
        control.beat()
    return Bench(
        processor=_processor(),
        cores=os.cpu_count(),
        control_ms=tuple(round(1000 * seconds, 1) for seconds in control.seconds),
        control_spread=control.spread,
        trustworthy=_quiet(control),
        backends=backends,
        ratios=tuple(ratios),
        line=line,
    )


def speech(state: State, films: Sequence[Path], control: Control) -> list[Ratio]:
    """What phrasing costs; nothing where no language model runs here."""
    url = state.environment.get("WETREAD_LANGUAGE_URL")
    if not url or any(part.name == "language" and part.phase is Phase.OFF for part in state.parts):
        say("No language model runs here: what phrasing costs is left out.")
        return []
    say("The whole line against vision and language alone ...")
    overlapping = overlap(state, films, control)
    say("Report tokens a second ...")
    return [overlapping, *measure_speech(url, read_profile(PROFILE), QUESTIONS, control).ratios]


def say(what: str) -> None:
    """Tell whoever waits what is going on."""
    sys.stderr.write(what + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m deploy.bench", description="How fast this checkout is here.")
    parser.add_argument("--films", type=int, default=10, help="films from upload to draft; 0 leaves that out")
    parser.add_argument("--noisy", action="store_true", help="measure on a busy machine too; not to be quoted")
    return parser.parse_args()


def _quiet(control: Control) -> bool:
    try:
        control.refuse_noise()
    except TooNoisy:
        return False
    return True


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    return model or platform.machine()


if __name__ == "__main__":
    raise SystemExit(main())
