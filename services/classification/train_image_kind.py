"""Train the gate network: ``python -m services.classification.train_image_kind --data DIR --out DIR``.

Seeded; writes ``checkpoint.pt`` and goes on from it. ``python -m services.classification.measure_image_kind``
then measures it on the test part and writes the bundled weights.
"""

from __future__ import annotations

import argparse
import copy
import json
import logging
import time
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from services.classification import augmentation
from services.classification.drawn_kinds import Grey
from services.classification.image_kind_pools import Pool, gather
from services.classification.network import ResidualNetwork, follow, set_rate
from services.contract import ImageKind
from services.pixels import letterbox

log = logging.getLogger("train_image_kind")

SIDE = 128
WIDTHS, BLOCKS = (16, 32, 64, 96), (1, 1, 1, 1)
KINDS = tuple(ImageKind)
SHARES = {
    ImageKind.CHEST_FRONTAL: 12,
    ImageKind.CHEST_LATERAL: 4,
    ImageKind.OTHER_RADIOGRAPH: 6,
    ImageKind.CT: 3,
    ImageKind.MR: 2,
    ImageKind.ULTRASOUND: 2,
    ImageKind.FUNDUS: 2,
    ImageKind.NOT_MEDICAL: 5,
}
"""Pictures of each kind in a batch."""
TURNED = 0.3
"""Share of other radiographs that are frontal chest films lying on their side, upside down, inverted or cut out."""
PEAK = 3e-3
"""Highest learning rate."""


def vary(picture: Grey, kind: ImageKind, random: np.random.Generator) -> Grey:
    """Return a variation of a picture as another machine, archive or operator would have made it."""
    turns = 180 if kind in (ImageKind.NOT_MEDICAL, ImageKind.CT, ImageKind.ULTRASOUND, ImageKind.FUNDUS) else 25
    degrees = 7 if kind is ImageKind.CHEST_FRONTAL else turns
    if random.random() < 0.7:
        picture = _moved(picture, random.uniform(-degrees, degrees), random)
    if kind is not ImageKind.CHEST_FRONTAL and random.random() < 0.5:
        picture = picture[:, ::-1]
    if random.random() < 0.8:
        picture = augmentation.vary_grey(picture, random, gamma=0.6)
    if random.random() < 0.3:
        picture = _bordered(picture, random)
    if random.random() < 0.3:
        picture = augmentation.add_noise(picture, random, most=12)
    if random.random() < 0.3:
        picture = augmentation.compress(np.ascontiguousarray(picture), random)
    if random.random() < 0.15:
        picture = augmentation.cut_holes(picture, random)
    if random.random() < 0.2:
        levels = int(random.choice([8, 16, 32, 64]))
        picture = (picture // (256 // levels) * (256 // levels)).astype(np.uint8)
    return np.ascontiguousarray(picture)


def spoil(picture: Grey, random: np.random.Generator) -> Grey:
    """Return a frontal chest film that must not be read as one: turned, upside down, inverted or a part."""
    way = int(random.integers(0, 6))
    if way < 3:
        return np.ascontiguousarray(np.rot90(picture, way + 1))
    if way == 3:
        return np.ascontiguousarray(picture[::-1])
    if way == 4:
        return 255 - picture
    rows, columns = (int(side * random.uniform(0.2, 0.42)) for side in picture.shape)
    top, left = random.integers(0, picture.shape[0] - rows), random.integers(0, picture.shape[1] - columns)
    return np.ascontiguousarray(picture[top : top + rows, left : left + columns])


def draw(pools: list[Pool], random: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Return one batch: letterboxed pictures and the index of their kind."""
    by_kind = {kind: [pool for pool in pools if pool.kind is kind] for kind in KINDS}
    images, truth = [], []
    for kind, count in SHARES.items():
        for _ in range(count):
            spoiled = kind is ImageKind.OTHER_RADIOGRAPH and random.random() < TURNED
            choice = by_kind[ImageKind.CHEST_FRONTAL if spoiled else kind]
            pool = choice[int(random.integers(len(choice)))]
            picture = pool.pictures[int(random.integers(len(pool.pictures)))]
            picture = vary(picture, ImageKind.CHEST_FRONTAL if spoiled else kind, random)
            images.append(letterbox(spoil(picture, random) if spoiled else picture, SIDE)[0])
            truth.append(KINDS.index(kind))
    return torch.from_numpy(np.stack(images)[:, None] - 0.5), torch.tensor(truth)


def loss_of(logits: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    """Return the cross-entropy with a little smoothing."""
    return torch.nn.functional.cross_entropy(logits, truth, label_smoothing=0.02)


def new_network() -> ResidualNetwork:
    """Return an untrained gate network."""
    return ResidualNetwork(WIDTHS, BLOCKS, len(KINDS), dropout=0.1)


@torch.inference_mode()
def probabilities_of(network: ResidualNetwork, grids: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return ``(pictures, kinds)`` of letterboxed grids ``(pictures, SIDE, SIDE)`` in [0, 1]."""
    network.eval()
    parts = [torch.from_numpy(grids[start : start + 64, None] - 0.5) for start in range(0, len(grids), 64)]
    return np.concatenate([network(part).softmax(1).double().numpy() for part in parts])


def train(data: Path, out: Path, volumes: Path | None, *, steps: int, drawn: int, seed: int) -> None:
    """Train with a falling rate; the averaged weights are kept."""
    torch.manual_seed(seed)
    pools = gather(data, "train", drawn=drawn, volumes=volumes)
    held = gather(data, "val", drawn=20)
    grids = np.stack([letterbox(picture, SIDE)[0] for pool in held for picture in pool.pictures[:150]])
    truth = np.array([KINDS.index(pool.kind) for pool in held for _ in pool.pictures[:150]])
    network = new_network()
    average = copy.deepcopy(network)
    optimiser = torch.optim.AdamW(network.parameters(), lr=2e-3, weight_decay=0.02)
    start = 0
    if (out / "checkpoint.pt").exists():
        state = torch.load(out / "checkpoint.pt", weights_only=False)
        for name, part in (("network", network), ("average", average), ("optimiser", optimiser)):
            part.load_state_dict(state[name])
        start = state["step"]
        log.info("going on from step %d", start)
    clock = time.monotonic()
    for step in range(start, steps):
        network.train()
        set_rate(optimiser, PEAK, step, steps)
        images, kinds = draw(pools, np.random.default_rng((seed, step)))
        loss = loss_of(network(images), kinds)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        follow(average, network, min(0.995, (step + 1) / (step + 10)))
        if (step + 1) % 50 == 0:
            pace = (time.monotonic() - clock) / (step + 1 - start)
            log.info("step %d of %d, loss %.3f, %.2f s a step", step + 1, steps, loss.item(), pace)
        if (step + 1) % 150 == 0 or step + 1 == steps:
            found = probabilities_of(average, grids).argmax(1)
            right = {str(kind): float((found == truth)[truth == index].mean()) for index, kind in enumerate(KINDS)}
            log.info("validation, share of the right kind: %s", json.dumps(right))
            parts = {"network": network, "average": average, "optimiser": optimiser}
            state = {name: part.state_dict() for name, part in parts.items()}  # type: ignore[attr-defined]
            torch.save({**state, "step": step + 1}, out / "checkpoint.pt")


def _moved(picture: Grey, degrees: float, random: np.random.Generator) -> Grey:
    rows, columns = picture.shape
    matrix = cv2.getRotationMatrix2D((columns / 2, rows / 2), degrees, float(np.exp(random.uniform(-0.15, 0.2))))
    matrix[:, 2] += random.uniform(-0.06, 0.06, 2) * (columns, rows)
    size = (max(16, int(columns * np.exp(random.uniform(-0.15, 0.15)))), rows)
    matrix[0] *= size[0] / columns
    fill = float(random.choice([0, 0, 0, 255, random.uniform(0, 255)]))
    return np.asarray(cv2.warpAffine(picture, matrix, size, borderValue=fill), np.uint8)


def _bordered(picture: Grey, random: np.random.Generator) -> Grey:
    """Return the picture within black or white bars, as collimation, paper or a screen shot leave them."""
    widths = [int(side * random.choice([0, random.uniform(0, 0.18)])) for side in (*picture.shape, *picture.shape)]
    fill = float(random.choice([0, 0, 255]))
    framed = cv2.copyMakeBorder(
        np.ascontiguousarray(picture), widths[0], widths[2], widths[1], widths[3], cv2.BORDER_CONSTANT, value=fill
    )
    return np.asarray(framed, np.uint8)


def main() -> None:
    """Read the command line and train."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with chest_radiographs.csv and the other sets")
    parser.add_argument("--out", type=Path, required=True, help="folder for the checkpoint")
    parser.add_argument("--volumes", type=Path, help="folder with MR volumes (*.nii.gz) to take slices of")
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--drawn", type=int, default=240, help="pictures of each drawn kind")
    parser.add_argument("--seed", type=int, default=20)
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    given.out.mkdir(parents=True, exist_ok=True)
    train(given.data, given.out, given.volumes, steps=given.steps, drawn=given.drawn, seed=given.seed)


if __name__ == "__main__":
    main()
