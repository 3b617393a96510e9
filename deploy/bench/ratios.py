"""Each ratio, measured: contestants take turns with the control, medians are compared."""

from __future__ import annotations

import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import numpy.typing as npt

from deploy.bench.control import Control, take_turns
from deploy.bench.films import SYNTAXES, in_syntax
from deploy.bench.library import CLASSIFIED, OUTLINED, Library, prepare
from deploy.bench.line import Line
from deploy.bench.report import Ratio
from deploy.bench.served import InProcess, Installation, all_at_once
from deploy.bench.trained import TrainedOutlines
from orchestrator.ingest.dicom import DicomImage
from orchestrator.ingest.limits import limits_from
from orchestrator.settings import Settings
from services.contract import ImageReference
from services.pixels import centre_crop

FASTER_THAN_LIBRARY = {"raw": 30.0, "JPEG-LS": 3.0, "JPEG 2000": 3.0}
IN_FLIGHT = 8


def parity(ours: Installation, library: Library, films: Sequence[Path]) -> list[Ratio]:
    """Scores, and the masks of a trained network, against eager fp32 with a library's own preparation."""
    differences, overlaps, trained = [], [], TrainedOutlines()
    for film in films:
        image = ours.decode(film)
        expected = library.scores(prepare(film, CLASSIFIED))
        scores = ours.scores(ours.ask("classification", image))
        differences += [abs(score - expected[name]) for name, score in scores.items()]
        drawn = trained.masks(film)
        overlaps += [dice(mask, drawn[name]) for name, mask in ours.trained_masks(image).items()]
    return [
        Ratio(name="parity: largest score difference", value=max(differences), aim=0.01, at_least=False),
        Ratio(name="parity: smallest mask Dice", value=min(overlaps), aim=0.995, at_least=True),
    ]


def dice(one: npt.NDArray[np.bool_], other: npt.NDArray[np.bool_]) -> float:
    """Return the Dice coefficient of two masks of one shape; two empty ones agree."""
    both = int(one.sum()) + int(other.sum())
    return 2 * int((one & other).sum()) / both if both else 1.0


def against_library(ours: Installation, library: Library, films: Sequence[Path], control: Control) -> Ratio:
    """One study after the other: the library's way against ours, from the file to scores and outlines."""
    turns = iter(range(1_000_000))
    times = take_turns(
        {
            "library": lambda: library.study(films[next(turns) % len(films)]),
            "ours": lambda: ours.study(films[next(turns) % len(films)]),
        },
        3,
        control,
    )
    return _faster("sequential eager fp32 service / ours", times["library"], times["ours"], 7.0)


def against_process(ours: Installation, images: Sequence[ImageReference], control: Control) -> Ratio:
    """Studies a second over HTTP against the same specialists called as functions."""
    bound = InProcess(ours.services)
    times = take_turns(
        {
            "in process": lambda: all_at_once(bound.ask_both, images, 2),
            "HTTP": lambda: all_at_once(ours.ask_both, images, 2),
        },
        3,
        control,
    )
    return _faster("studies a second, HTTP / in process", times["in process"], times["HTTP"], 0.85)


def preparation(film: Path, control: Control) -> list[Ratio]:
    """Decoding and resizing for both networks: the library decodes for each, we once for both."""
    return [_preparation(in_syntax(film, name), name, control) for name in SYNTAXES]


def _preparation(film: Path, name: str, control: Control) -> Ratio:
    limits = limits_from(Settings())

    def ours() -> None:
        image = DicomImage(film, limits)
        for side in (CLASSIFIED, OUTLINED):
            centre_crop(image.values, side, 0, image.highest)

    def library() -> None:
        for side in (CLASSIFIED, OUTLINED):
            prepare(film, side)

    times = take_turns({"library": library, "ours": ours}, 7, control)
    return _faster(f"preparation, {name}, library / ours", times["library"], times["ours"], FASTER_THAN_LIBRARY[name])


def outside(line: Line, decoding_s: float) -> Ratio:
    """Share of a study, upload to draft, that is neither decoding nor a model."""
    whole = line.whole.median_s
    left = max(whole - decoding_s - line.models_s, 0.0)
    made_of = {"whole": 1000 * whole, "decoding": 1000 * decoding_s, "models": 1000 * line.models_s}
    name = "time outside decoding and models, share of a study"
    return Ratio(name=name, value=left / whole, aim=0.06, at_least=False, made_of=made_of)


def decoding(ours: Installation, film: Path, control: Control) -> float:
    """Return the seconds one film takes from the file into the store, in a decoding child."""
    return take_turns({"decoding": lambda: ours.decode(film)}, 5, control)["decoding"]


def saturated(ours: Installation, images: Sequence[ImageReference], control: Control) -> Ratio:
    """Images a second with many in flight against one in flight, by the classification service."""
    many = [images[number % len(images)] for number in range(4 * IN_FLIGHT)]
    times = take_turns(
        {
            "one in flight": lambda: all_at_once(_classified(ours), many, 1),
            "saturated": lambda: all_at_once(_classified(ours), many, IN_FLIGHT),
        },
        5,
        control,
    )
    each = {name: seconds / len(many) for name, seconds in times.items()}
    return _faster("images a second, saturated / one in flight", each["one in flight"], each["saturated"], 1.5)


def neighbour(ours: Installation, image: ImageReference, control: Control) -> Ratio:
    """One image at a time with one core busy, against alone."""
    ask = _classified(ours)
    seconds: dict[str, list[float]] = {"alone": [], "with a neighbour": []}
    with _busy_core() as busy:
        for _ in range(7):
            control.beat()
            for name, number in (("alone", signal.SIGSTOP), ("with a neighbour", signal.SIGCONT)):
                busy.send_signal(number)
                began = time.perf_counter()
                for _ in range(3):
                    ask(image)
                seconds[name].append((time.perf_counter() - began) / 3)
            busy.send_signal(signal.SIGSTOP)
    medians = {name: statistics.median(each) for name, each in seconds.items()}
    value = medians["with a neighbour"] / medians["alone"]
    made_of = {name: 1000 * each for name, each in medians.items()}
    return Ratio(name="one busy neighbour core / alone", value=value, aim=2.5, at_least=False, made_of=made_of)


@contextmanager
def _busy_core() -> Iterator[subprocess.Popen[bytes]]:
    """A process that does nothing but keep one core busy; it begins stopped."""
    busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        os.kill(busy.pid, signal.SIGSTOP)
        yield busy
    finally:
        busy.kill()
        busy.wait()


def _classified(ours: Installation) -> Callable[[ImageReference], object]:
    return lambda image: ours.ask("classification", image)


def _faster(name: str, slow_s: float, fast_s: float, aim: float) -> Ratio:
    slow, _, fast = name.rpartition(", ")[2].partition(" / ")
    made_of = {slow: 1000 * slow_s, fast: 1000 * fast_s}
    return Ratio(name=name, value=slow_s / fast_s, aim=aim, at_least=True, made_of=made_of)
