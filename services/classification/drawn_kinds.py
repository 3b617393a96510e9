"""Pictures drawn to teach the gate what is not a frontal chest film: bones, slices, noise, pages, shapes.

Everything is drawn from a seed, so that a run can be repeated; nothing here is anybody's film.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

Random = np.random.Generator
Grey = NDArray[np.uint8]
Canvas = NDArray[np.float32]

SIDE = 192


def _grey(canvas: Canvas, random: Random, noise: float = 4.0) -> Grey:
    noisy = canvas + random.normal(0, random.uniform(0, noise), canvas.shape)
    return np.clip(noisy, 0, 255).astype(np.uint8)


def _empty(random: Random) -> Canvas:
    rows, columns = SIDE, int(SIDE * random.uniform(0.55, 1.4))
    if random.random() < 0.4:
        rows, columns = columns, rows
    return np.full((rows, columns), random.uniform(0, 25), np.float32)


def _soft(shape: Canvas, width: float) -> Canvas:
    """Return a shape with a round profile: bright in its middle, falling towards its edge."""
    distance = cv2.distanceTransform((shape > 0.5).astype(np.uint8), cv2.DIST_L2, 3)
    return np.asarray(np.sqrt(np.clip(distance / max(width, 1), 0, 1)), np.float32)


def _limb(canvas: Canvas, line: list[tuple[float, float]], width: float, strength: float, *, bone: bool) -> None:
    """Add one soft tissue or bone tube along a line to the canvas; bone has a bright rim."""
    mask = np.zeros_like(canvas)
    points = np.array(line, np.float32).round().astype(np.int32)
    cv2.polylines(mask, [points], False, 1.0, max(2, round(width)))
    for x, y in points[[0, -1]] if bone else []:
        cv2.ellipse(mask, (int(x), int(y)), (max(2, round(width * 0.8)), max(2, round(width * 0.6))), 0, 0, 360, 1, -1)
    profile = _soft(mask, width / 2)
    if bone:
        profile = 0.6 * profile + 0.5 * (mask - (profile > 0.6))
    canvas += strength * cv2.GaussianBlur(profile.astype(np.float32), (0, 0), 0.8)


def long_bones(random: Random) -> Grey:
    """Return an arm, a leg or a joint: one or two shafts in soft tissue."""
    canvas = _empty(random)
    rows, columns = canvas.shape
    angle, middle = random.normal(0, 0.25), np.array([columns, rows]) * random.uniform(0.4, 0.6, 2)
    along = np.array([np.sin(angle), np.cos(angle)]) * max(rows, columns)
    across = np.array([along[1], -along[0]]) / np.linalg.norm(along)
    width = min(rows, columns) * random.uniform(0.25, 0.6)
    _limb(canvas, [tuple(middle - along), tuple(middle + along)], width, random.uniform(40, 100), bone=False)
    gap = random.uniform(-0.25, 0.4)
    for side in (-1, 1) if random.random() < 0.5 else (0,):
        for start, end in ((-1.0, gap - 0.03), (gap + 0.03, 1.0)) if random.random() < 0.7 else ((-1.0, 1.0),):
            shift = across * side * width * random.uniform(0.15, 0.28)
            line = [tuple(middle + shift + along * start), tuple(middle + shift + along * end)]
            _limb(canvas, line, width * random.uniform(0.12, 0.3), random.uniform(60, 130), bone=True)
    return _grey(canvas, random)


def hand(random: Random) -> Grey:
    """Return a hand or a foot: five rays of short bones."""
    canvas = _empty(random)
    rows, columns = canvas.shape
    wrist = np.array([columns * 0.5, rows * random.uniform(0.75, 0.95)])
    reach = rows * random.uniform(0.12, 0.2)
    for ray in range(5):
        angle = (ray - 2) * random.uniform(0.12, 0.3) + random.normal(0, 0.04)
        step = np.array([np.sin(angle), -np.cos(angle)])
        place = wrist + step * reach * 0.6
        tip = place + step * reach * 3.6
        _limb(canvas, [tuple(wrist), tuple(tip)], rows * 0.085, random.uniform(30, 60), bone=False)
        for _ in range(4):
            length = reach * random.uniform(0.6, 1.1)
            _limb(canvas, [tuple(place), tuple(place + step * length)], rows * 0.03, random.uniform(60, 120), bone=True)
            place = place + step * length * 1.15
    return _grey(canvas, random)


def skull(random: Random) -> Grey:
    """Return a head: a bright ring with orbits, sinuses, a jaw."""
    canvas = _empty(random)
    rows, columns = canvas.shape
    middle = (int(columns * random.uniform(0.42, 0.58)), int(rows * random.uniform(0.35, 0.5)))
    axes = (int(columns * random.uniform(0.28, 0.42)), int(rows * random.uniform(0.28, 0.42)))
    head = np.zeros_like(canvas)
    cv2.ellipse(head, middle, axes, random.uniform(-20, 20), 0, 360, 1, -1)
    canvas += random.uniform(60, 110) * _soft(head, min(axes) * 0.3)
    cv2.ellipse(canvas, middle, axes, 0, 0, 360, float(random.uniform(150, 230)), int(random.integers(2, 7)))
    for side in (-1, 1) if random.random() < 0.6 else (1,):
        orbit = (int(middle[0] + side * axes[0] * 0.4), int(middle[1] + axes[1] * random.uniform(0.2, 0.5)))
        cv2.ellipse(canvas, orbit, (axes[0] // 4, axes[1] // 6), 0, 0, 360, float(random.uniform(20, 80)), -1)
    jaw = np.array([(-0.6, 0.6), (-0.4, 1.2), (0.4, 1.2), (0.6, 0.6)]) * axes + middle
    _limb(canvas, [tuple(point) for point in jaw], rows * 0.06, random.uniform(60, 110), bone=True)
    return _grey(cv2.GaussianBlur(canvas, (0, 0), random.uniform(0.6, 2)), random)


def pelvis(random: Random) -> Grey:
    """Return a pelvis or an abdomen: a broad grey body, a spine, two wings, two hips, some gas."""
    canvas = _empty(random)
    rows, columns = canvas.shape
    canvas += random.uniform(70, 120) * _soft(np.pad(np.ones((rows, columns - 8), np.float32), ((0, 0), (4, 4))), 40)
    middle = columns / 2
    _limb(canvas, [(middle, -9), (middle, rows * 0.55)], columns * 0.1, random.uniform(40, 80), bone=True)
    for side in (-1, 1) if random.random() < 0.75 else ():
        wing = [(0.08, 0.5), (0.3, 0.28), (0.4, 0.42), (0.28, 0.62), (0.1, 0.8)]
        line = [(middle + side * x * columns, y * rows) for x, y in wing]
        _limb(canvas, line, columns * 0.07, random.uniform(40, 90), bone=True)
        hip, knee = (middle + side * 0.28 * columns, rows * 0.66), (middle + side * 0.33 * columns, rows * 1.1)
        _limb(canvas, [hip, knee], columns * 0.09, random.uniform(50, 100), bone=True)
    for _ in range(int(random.integers(0, 9))):
        place = (int(random.uniform(0.15, 0.85) * columns), int(random.uniform(0.05, 0.7) * rows))
        axes = (int(random.integers(3, 18)), int(random.integers(3, 14)))
        gas = np.zeros_like(canvas)
        cv2.ellipse(gas, place, axes, random.uniform(0, 180), 0, 360, 1, -1)
        canvas -= random.uniform(15, 50) * cv2.GaussianBlur(gas, (0, 0), 2)
    return _grey(canvas, random)


def spine(random: Random) -> Grey:
    """Return a column of vertebrae, seen from the front or the side."""
    canvas = _empty(random)
    rows, columns = canvas.shape
    bend, tall = random.uniform(-0.25, 0.25), rows * random.uniform(0.07, 0.16)
    canvas += random.uniform(30, 90) * _soft(np.pad(np.ones((rows, columns - 40), np.float32), ((0, 0), (20, 20))), 30)
    for place in np.arange(-tall, rows + tall, tall):
        x = columns * (0.5 + bend * np.sin(place / rows * np.pi * 1.5))
        half = columns * random.uniform(0.09, 0.14)
        _limb(canvas, [(x - half, place), (x + half, place)], tall * 0.75, random.uniform(60, 110), bone=True)
    return _grey(canvas, random)


def slice_like(random: Random) -> Grey:
    """Return something like an axial slice: a body ellipse in air with organs, lungs or a skull ring in it."""
    canvas = np.zeros((SIDE, SIDE), np.float32)
    middle = (int(SIDE * random.uniform(0.45, 0.55)), int(SIDE * random.uniform(0.45, 0.55)))
    axes = (int(SIDE * random.uniform(0.3, 0.47)), int(SIDE * random.uniform(0.22, 0.42)))
    cv2.ellipse(canvas, middle, axes, random.uniform(-8, 8), 0, 360, float(random.uniform(90, 150)), -1)
    if random.random() < 0.6:
        cv2.ellipse(canvas, middle, axes, 0, 0, 360, float(random.uniform(60, 255)), int(random.integers(2, 8)))
    for side in (-1, 1):
        place = (int(middle[0] + side * axes[0] * random.uniform(0.4, 0.55)), int(middle[1] + random.normal(0, 6)))
        size = (int(axes[0] * random.uniform(0.15, 0.36)), int(axes[1] * random.uniform(0.2, 0.65)))
        cv2.ellipse(canvas, place, size, random.uniform(-25, 25), 0, 360, float(random.choice([8, 60, 170, 200])), -1)
    for _ in range(int(random.integers(2, 10))):
        organ = (np.array(middle) + np.array(axes) * random.uniform(-0.7, 0.7, 2)).astype(int)
        size = (int(random.integers(2, 20)), int(random.integers(2, 20)))
        cv2.ellipse(canvas, (int(organ[0]), int(organ[1])), size, 0, 0, 360, float(random.uniform(30, 220)), -1)
    back = (middle[0], int(middle[1] + axes[1] * 0.65))
    cv2.ellipse(
        canvas, back, (int(axes[0] * 0.13), int(axes[1] * 0.16)), 0, 0, 360, float(random.uniform(200, 255)), -1
    )
    if random.random() < 0.4:
        cv2.ellipse(canvas, (SIDE // 2, SIDE + 20), (SIDE // 2, 60), 0, 200, 340, float(random.uniform(60, 160)), 2)
    return _grey(cv2.GaussianBlur(canvas, (0, 0), random.uniform(0.5, 1.6)), random, 14)


def noise(random: Random) -> Grey:
    """Return one of several noises: white, speckled, blurred, striped, fractal, salt and pepper."""
    shape = (SIDE, int(SIDE * random.uniform(0.7, 1.3)))
    white = random.normal(0, 1, shape)
    kind = int(random.integers(0, 6))
    if kind == 1:
        white = cv2.GaussianBlur(white, (0, 0), random.uniform(0.5, 12))
    elif kind == 2:
        white = np.repeat(white[:1], shape[0], 0) if random.random() < 0.5 else np.repeat(white[:, :1], shape[1], 1)
    elif kind == 3:
        return _fractal(random, shape)
    elif kind == 4:
        white = (random.random(shape) < random.uniform(0.02, 0.5)).astype(float)
    elif kind == 5:
        white = random.random(shape) ** random.uniform(1, 6)
    span = white.max() - white.min() + 1e-6
    return np.asarray((white - white.min()) / span * 255).astype(np.uint8)


def _fractal(random: Random, shape: tuple[int, int]) -> Grey:
    """Return a cloud whose power falls with frequency, as natural scenes' does."""
    rows, columns = np.meshgrid(np.fft.fftfreq(shape[0]), np.fft.rfftfreq(shape[1]), indexing="ij")
    power = 1 / np.maximum(np.hypot(rows, columns), 1 / max(shape)) ** random.uniform(0.6, 2.2)
    cloud = np.fft.irfft2(power * np.exp(2j * np.pi * random.random(power.shape)), s=shape)
    return np.asarray((cloud - cloud.min()) / (np.ptp(cloud) + 1e-9) * 255).astype(np.uint8)


def blank(random: Random) -> Grey:
    """Return one grey, a slope, a step or a disc: nothing to see."""
    rows, columns = SIDE, int(SIDE * random.uniform(0.7, 1.3))
    y, x = np.mgrid[0:rows, 0:columns].astype(np.float32)
    kind, angle = int(random.integers(0, 4)), random.uniform(0, 6.28)
    slope = np.cos(angle) * x + np.sin(angle) * y
    if kind == 0:
        slope = np.full_like(x, random.uniform(0, 255)) + random.normal(0, random.uniform(0, 1.5), x.shape)
    elif kind == 1:
        slope = (slope > np.median(slope)).astype(np.float32)
    elif kind == 2:
        slope = np.hypot(x - columns * random.random(), y - rows * random.random())
    return _grey(((slope - slope.min()) / (np.ptp(slope) + 1e-6) * 255).astype(np.float32), random, 3)


def page(random: Random) -> Grey:
    """Return a page of text or a form: dark letters on paper, or light ones on a screen."""
    rows, columns = SIDE, int(SIDE * random.uniform(0.6, 1.5))
    canvas = np.full((rows, columns), int(random.integers(200, 256)), np.uint8)
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz ABCDEFGHIJ 0123456789.,:-"))
    size, line = float(random.uniform(0.2, 1.2)), int(random.integers(7, 30))
    for y in range(line, rows, line):
        text = "".join(random.choice(letters, int(random.integers(3, 60))))
        face, ink = int(random.integers(0, 8)), int(random.integers(0, 91))
        cv2.putText(canvas, text, (int(random.integers(0, 30)), y), face, size, ink, 1)
    if random.random() < 0.3:
        canvas = 255 - canvas
    return _grey(canvas.astype(np.float32), random)


def shapes(random: Random) -> Grey:
    """Return a drawing: lines, circles, polygons, bars."""
    canvas = _empty(random) + np.float32(random.uniform(0, 200))
    size = np.array(canvas.shape[::-1])
    for _ in range(int(random.integers(2, 25))):
        first, second = (random.random(2) * size).astype(int), (random.random(2) * size).astype(int)
        ink, thick = float(random.uniform(0, 255)), int(random.choice([-1, 1, 2, 5]))
        kind = int(random.integers(0, 4))
        if kind == 0:
            cv2.line(canvas, tuple(map(int, first)), tuple(map(int, second)), ink, abs(thick))
        elif kind == 1:
            cv2.rectangle(canvas, tuple(map(int, first)), tuple(map(int, second)), ink, thick)
        elif kind == 2:
            cv2.circle(canvas, tuple(map(int, first)), int(random.integers(3, 70)), ink, thick)
        else:
            points = (random.random((int(random.integers(3, 7)), 2)) * size).astype(np.int32)
            cv2.fillPoly(canvas, [points], ink)
    return _grey(canvas, random)


def eye_ground(random: Random) -> Grey:
    """Return something like a fundus photograph in grey: a bright disc with a cup and branching vessels."""
    canvas = np.zeros((SIDE, int(SIDE * random.uniform(1, 1.3))), np.float32)
    rows, columns = canvas.shape
    middle, radius = np.array([columns / 2, rows / 2]), rows * random.uniform(0.42, 0.55)
    cv2.circle(canvas, (columns // 2, rows // 2), int(radius), float(random.uniform(60, 140)), -1)
    disc = middle + radius * np.array([random.choice([-1, 1]) * random.uniform(0.2, 0.6), random.normal(0, 0.1)])
    canvas = np.asarray(cv2.GaussianBlur(canvas, (0, 0), 2), np.float32)
    for _ in range(int(random.integers(5, 12))):
        place, angle = disc.copy(), random.uniform(0, 6.28)
        for _ in range(20):
            angle += random.normal(0, 0.2)
            then = place + 8 * np.array([np.cos(angle), np.sin(angle)])
            if np.hypot(*(then - middle)) > radius:
                break
            cv2.line(canvas, tuple(map(int, place)), tuple(map(int, then)), float(random.uniform(20, 70)), 2)
            place = then
    cv2.circle(canvas, (int(disc[0]), int(disc[1])), int(radius * 0.15), float(random.uniform(190, 250)), -1)
    return _grey(cv2.GaussianBlur(canvas, (0, 0), 1), random)


RADIOGRAPHS: tuple[Callable[[Random], Grey], ...] = (long_bones, hand, skull, pelvis, spine)
NOTHING_MEDICAL: tuple[Callable[[Random], Grey], ...] = (noise, noise, blank, page, shapes)
