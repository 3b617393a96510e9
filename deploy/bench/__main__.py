"""``python -m deploy.bench [--films N] [--noisy]``: measure, print tables, write ``out/bench.json``.

Exit status: 0 every aim is kept; 5 one is not; 4 the machine was too noisy to say, and nothing is said.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import sys
from pathlib import Path

from deploy.bench.control import Control, TooNoisy
from deploy.bench.films import draw
from deploy.bench.library import Library
from deploy.bench.line import WARM_UP, measure_line
from deploy.bench.networks import make_networks
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
from deploy.local import control as local
from deploy.local.settings import ROOT

AIM_MISSED, NOISY = 5, 4
FIRST_LOOK = 8
"""Beats of the control before anything is started."""


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
    line = measure_line(drawn[: films + WARM_UP]) if films else None
    if line is not None:
        ratios.append(outside(line, decoding_s))
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
