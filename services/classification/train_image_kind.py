"""Train the gate network: ``python -m services.classification.train_image_kind --data DIR --out DIR``.

One network with three questions: what a picture is, how a frontal chest film lies in it, and whether it was taken AP.
Seeded; writes ``checkpoint.pt``, from which ``--resume`` goes on. ``python -m
services.classification.evaluate_image_kind --run OUT`` then measures it on the test part and writes weights.
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
from services.classification.efficient_network import EfficientNetwork, begin_from_imagenet
from services.classification.gate import AP, FIRST_STATE, KINDS, OUTPUTS, STATES, as_input
from services.classification.image_kind_pools import Pool, gather
from services.classification.learning import follow, set_rate
from services.contract import ImageKind, PictureState
from services.pixels import letterbox

log = logging.getLogger("train_image_kind")

SIDE = 128
FROZEN = 5
"""First blocks that stay as ImageNet made them."""
SHARES = {
    ImageKind.CHEST_FRONTAL: 12,
    ImageKind.CHEST_LATERAL: 3,
    ImageKind.OTHER_RADIOGRAPH: 4,
    ImageKind.CT: 4,
    ImageKind.MR: 3,
    ImageKind.ULTRASOUND: 4,
    ImageKind.FUNDUS: 1,
    ImageKind.NOT_MEDICAL: 6,
}
"""Pictures of each kind in a batch."""
TURNED = 0.5
"""Share of frontal chest films that lie on their side, upside down, are inverted or cut out."""
WINDOWED = 1.1
"""How far the greys of CT and MR are varied: they come under any window, and with padding far below air."""
PEAK = 8e-4
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
        gamma = WINDOWED if kind in (ImageKind.CT, ImageKind.MR) else 0.6
        picture = augmentation.vary_grey(picture, random, gamma=gamma)
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


def spoil(picture: Grey, state: PictureState, random: np.random.Generator) -> Grey:
    """Return a frontal chest film as it must not be read: turned, upside down, inverted or a part."""
    if state in QUARTERS:
        turned = np.rot90(picture, QUARTERS[state])
        mirrored = state is PictureState.UPSIDE_DOWN and random.random() < 0.5
        return np.ascontiguousarray(turned[:, ::-1] if mirrored else turned)
    if state is PictureState.INVERTED:
        return 255 - picture
    rows, columns = (int(side * random.uniform(0.25, 0.5)) for side in picture.shape)
    top, left = random.integers(0, picture.shape[0] - rows), random.integers(0, picture.shape[1] - columns)
    return np.ascontiguousarray(picture[top : top + rows, left : left + columns])


QUARTERS = {PictureState.TURNED_LEFT: 1, PictureState.UPSIDE_DOWN: 2, PictureState.TURNED_RIGHT: 3}
"""Quarter turns against the clock."""
SPOILED = (*QUARTERS, PictureState.INVERTED, PictureState.CROPPED)
NOT_ASKED = -100
"""What a picture does not answer: the way that anything but a frontal film lies, the view of most."""


def draw(pools: list[Pool], random: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Return one batch: letterboxed pictures; kind, state and view of each, ``NOT_ASKED`` where it has none."""
    by_kind = {kind: [pool for pool in pools if pool.kind is kind] for kind in KINDS}
    images, truth = [], []
    for kind, count in SHARES.items():
        for _ in range(count):
            choice = by_kind[kind]
            pool = choice[int(random.integers(len(choice)))]
            place = int(random.integers(len(pool.pictures)))
            picture, state, view = vary(pool.pictures[place], kind, random), NOT_ASKED, NOT_ASKED
            if kind is ImageKind.CHEST_FRONTAL:
                state, view = 0, pool.views[place] if pool.views else NOT_ASKED
                if random.random() < TURNED:
                    way = SPOILED[int(random.integers(len(SPOILED)))]
                    picture, state = spoil(picture, way, random), STATES.index(way)
            images.append(letterbox(picture, SIDE)[0])
            truth.append((KINDS.index(kind), state, view))
    return torch.from_numpy(as_input(np.stack(images))), torch.tensor(truth)


def loss_of(logits: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    """Return the cross-entropy of kind and state with a little smoothing, and that of the view."""
    kind = torch.nn.functional.cross_entropy(logits[:, : len(KINDS)], truth[:, 0], label_smoothing=0.02)
    states = logits[:, FIRST_STATE : FIRST_STATE + len(STATES)]
    state = torch.nn.functional.cross_entropy(states, truth[:, 1], label_smoothing=0.02, ignore_index=NOT_ASKED)
    asked = truth[:, 2] != NOT_ASKED
    if not asked.any():
        return kind + state
    view = torch.nn.functional.binary_cross_entropy_with_logits(logits[asked, AP], truth[asked, 2].float())
    return kind + state + 0.5 * view


def new_network() -> EfficientNetwork:
    """Return a gate network before its first step."""
    return EfficientNetwork(OUTPUTS, dropout=0.2)


@torch.inference_mode()
def logits_of(network: EfficientNetwork, grids: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return ``(pictures, outputs)`` of letterboxed grids ``(pictures, SIDE, SIDE)`` in [0, 1]."""
    network.eval()
    parts = [torch.from_numpy(as_input(grids[start : start + 64])) for start in range(0, len(grids), 64)]
    return np.concatenate([network(part).double().numpy() for part in parts])


def train(data: Path, out: Path, volumes: Path | None, *, steps: int, drawn: int, seed: int, resume: bool) -> None:
    """Train with a falling rate; the averaged weights are kept."""
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    pools = gather(data, "train", drawn=drawn, volumes=volumes)
    held = gather(data, "val", drawn=20)
    grids = np.stack([letterbox(picture, SIDE)[0] for pool in held for picture in pool.pictures[:100]])
    truth = np.array([KINDS.index(pool.kind) for pool in held for _ in pool.pictures[:100]])
    network = new_network()
    if begin_from_imagenet(network):
        network.freeze(FROZEN)
    network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    average = copy.deepcopy(network)
    optimiser = torch.optim.AdamW((p for p in network.parameters() if p.requires_grad), lr=PEAK, weight_decay=0.05)
    start = 0
    if resume and (out / "checkpoint.pt").exists():
        state = torch.load(out / "checkpoint.pt", weights_only=False)
        for name, part in (("network", network), ("average", average), ("optimiser", optimiser)):
            part.load_state_dict(state[name])
        start = state["step"]
        log.info("going on from step %d", start)
    clock = time.monotonic()
    for step in range(start, steps):
        network.train()
        set_rate(optimiser, PEAK, step, steps)
        images, answers = draw(pools, np.random.default_rng((seed, step)))
        loss = loss_of(network(images), answers)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(network.parameters(), 2.0)
        optimiser.step()
        follow(average, network, min(0.99, (step + 1) / (step + 10)))
        if (step + 1) % 25 == 0:
            pace = (time.monotonic() - clock) / (step + 1 - start)
            log.info("step %d of %d, loss %.3f, %.2f s a step", step + 1, steps, loss.item(), pace)
        if (step + 1) % 100 == 0 or step + 1 == steps:
            found = logits_of(average, grids)[:, : len(KINDS)].argmax(1)
            right = {str(kind): float((found == truth)[truth == index].mean()) for index, kind in enumerate(KINDS)}
            log.info("validation, share of the right kind: %s", json.dumps(right))
            parts: dict[str, torch.nn.Module | torch.optim.Optimizer] = {
                "network": network,
                "average": average,
                "optimiser": optimiser,
            }
            kept = {name: part.state_dict() for name, part in parts.items()}
            torch.save({**kept, "step": step + 1}, out / "checkpoint.part")
            (out / "checkpoint.part").replace(out / "checkpoint.pt")


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
    parser.add_argument("--config", type=Path, help="TOML with steps and drawn, instead of those options")
    parser.add_argument("--steps", type=int, default=420)
    parser.add_argument("--drawn", type=int, default=240, help="pictures of each drawn kind")
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint in --out")
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    given.out.mkdir(parents=True, exist_ok=True)
    train(
        given.data, given.out, given.volumes, steps=given.steps, drawn=given.drawn, seed=given.seed, resume=given.resume
    )


if __name__ == "__main__":
    main()
