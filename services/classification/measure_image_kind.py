"""Measure a trained gate on the test part and write the bundled weights with their card.

``python -m services.classification.measure_image_kind --data DIR --run DIR [--volumes DIR] [--weights DIR]``
"""

from __future__ import annotations

import argparse
import json
import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file

from services import VERSION
from services.classification import train_image_kind as training
from services.classification.drawn_kinds import Grey
from services.classification.gate import Gate, load_gate, roughness
from services.classification.image_kind import FOLDER
from services.classification.image_kind_pools import Pool, gather
from services.classification.network import ResidualNetwork
from services.contract import ImageKind
from services.manifest import Architecture, DataSet, Manifest, described_file, read_manifest, write_manifest
from services.pixels import letterbox
from services.weights import record_self_test

log = logging.getLogger("measure_image_kind")
KINDS = training.KINDS

SPOILED: dict[str, Callable[[Grey], Grey]] = {
    "turned by 90 degrees": lambda film: np.ascontiguousarray(np.rot90(film)),
    "turned by 270 degrees": lambda film: np.ascontiguousarray(np.rot90(film, 3)),
    "turned by 180 degrees": lambda film: np.ascontiguousarray(np.rot90(film, 2)),
    "upside down": lambda film: np.ascontiguousarray(film[::-1]),
    "inverted": lambda film: 255 - film,
    "upper left quarter": lambda film: np.ascontiguousarray(film[: film.shape[0] // 2, : film.shape[1] // 2]),
    "mirrored": lambda film: np.ascontiguousarray(film[:, ::-1]),
}

DATA = (
    DataSet(name="NIH ChestX-ray14 (nih, nih64)", terms="no restriction on use; NIH Clinical Center; cite Wang 2017"),
    DataSet(name="kermany", terms="CC BY 4.0"),
    DataSet(name="tb_shenzhen", terms="public (NLM); cite Jaeger 2014; masks not used"),
    DataSet(name="jsrt", terms="research use; cite Shiraishi 2000"),
    DataSet(name="covid_ieee8023", terms="per image, among them CC BY-NC-SA and unknown"),
    DataSet(name="covid_gb_seg", terms="films of the sets it was drawn from; masks (CC BY 4.0) not used"),
    DataSet(name="covid_hannover", terms="CC BY 3.0"),
    DataSet(name="us_busi", terms="open; cite Al-Dhabyani 2020"),
    DataSet(name="fundus_drive_chase", terms="research use / CC BY 4.0"),
    DataSet(name="ct_msd_lung_patches", terms="CC BY-SA 4.0"),
    DataSet(name="dicom_samples (four of CT and MR)", terms="MIT"),
    DataSet(name="MR templates ICBM 2009, Colin 27, INIA19", terms="free for use with their notices"),
    DataSet(name="photographs of the scikit-image package", terms="CC0 and public domain"),
    DataSet(name="drawings of this project", terms="Apache-2.0"),
)
LIMITS = (
    "A mirrored frontal film is taken for a frontal film: situs inversus looks like that.",
    "Radiographs of other body parts were drawn, not taken; few real ones were seen in testing.",
    "CT and MR were learnt from few patients and from drawings.",
    "An animal's chest film is not known to it.",
    "This run was resumed: 900 steps under a schedule of 2400, then up to 1500 under one of 1500.",
)


def grids_of(pictures: list[Grey]) -> NDArray[np.float32]:
    """Return pictures as the network sees them, ``(pictures, side, side)``."""
    return np.stack([letterbox(picture, training.SIDE)[0] for picture in pictures])


@torch.inference_mode()
def features_of(gate_network: ResidualNetwork, grids: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return pooled features ``(pictures, features)``."""
    gate_network.eval()
    parts = [torch.from_numpy(grids[start : start + 64, None] - 0.5) for start in range(0, len(grids), 64)]
    return np.concatenate([gate_network.maps(part).mean(dim=(2, 3)).double().numpy() for part in parts])


def statistics_of(network: ResidualNetwork, train: list[Pool], held: list[Pool], seed: int) -> dict[str, torch.Tensor]:
    """Return mean, shrunk inverse covariance and limit of every kind.

    Every pool of a kind counts the same. The limit is the 99.5th percentile of validation pictures, varied as
    in training, with a margin of a tenth.
    """
    random = np.random.default_rng(seed)
    means, precisions, limits = [], [], []
    for kind in KINDS:
        known = features_of(network, grids_of(_varied(train, kind, 1500, random)))
        mean, spread = known.mean(0), np.cov(known.T)
        shrunk = 0.9 * spread + 0.1 * np.eye(len(spread)) * np.trace(spread) / len(spread)
        precision = np.linalg.inv(shrunk)
        fresh = features_of(network, grids_of(_varied(held if _has(held, kind) else train, kind, 800, random))) - mean
        distances = np.sqrt(np.einsum("nd,de,ne->n", fresh, precision, fresh))
        means.append(mean)
        precisions.append(precision)
        limits.append(1.1 * float(np.quantile(distances, 0.995)))
    return {
        "statistics.means": torch.tensor(np.stack(means), dtype=torch.float32),
        "statistics.precisions": torch.tensor(np.stack(precisions), dtype=torch.float32),
        "statistics.limits": torch.tensor(limits, dtype=torch.float32),
    }


def write_weights(run: Path, folder: Path, train: list[Pool], held: list[Pool], command: str) -> Gate:
    """Write ``model.safetensors`` and ``manifest.json`` of a finished run; return the gate as it will be served."""
    network = training.new_network()
    network.load_state_dict(torch.load(run / "checkpoint.pt", weights_only=False)["average"])
    stored = {
        name: tensor.half() if tensor.is_floating_point() else tensor for name, tensor in network.state_dict().items()
    }
    network.load_state_dict({name: tensor.float() for name, tensor in stored.items()})
    statistics = statistics_of(network, train, held, seed=20)
    folder.mkdir(parents=True, exist_ok=True)
    save_file({**stored, **statistics}, folder / "model.safetensors")
    chests = [picture for pool in held if pool.kind is ImageKind.CHEST_FRONTAL for picture in pool.pictures]
    grids = grids_of(chests)
    index = KINDS.index(ImageKind.CHEST_FRONTAL)
    sure = training.probabilities_of(network, grids)[:, index]
    parameters = {
        "widths": training.WIDTHS,
        "blocks": training.BLOCKS,
        "side": training.SIDE,
        "chest_probability": round(max(0.5, float(np.quantile(sure, 0.003))), 4),
        "roughness_limit": round(1.5 * max(roughness(grid) for grid in grids), 4),
    }
    manifest = Manifest(
        id="image_kind",
        version=VERSION,
        architecture=Architecture(name="ResidualNetwork", parameters=parameters),
        files=(described_file(folder / "model.safetensors"),),
        licence="Apache-2.0 for the weights as far as the terms of the data allow; see data",
        commercial_use=False,
        data=DATA,
        not_assessed=("any finding: the gate only says what an image is",),
        limits=LIMITS,
        training_command=command,
    )
    gate = load_gate(folder / "model.safetensors", manifest)
    test = record_self_test(gate.self_test, seed=20, shape=(2, training.SIDE, training.SIDE))
    write_manifest(folder, manifest.model_copy(update={"self_test": test}))
    return gate


def measure(gate: Gate, pools: list[Pool]) -> dict[str, dict[str, float | str]]:
    """Return, by pool, the share of the right kind and the share that would be read as a frontal chest film."""
    rows: dict[str, dict[str, float | str]] = {}
    for pool in pools:
        seen = [gate.look(grid, constant=not grid.any()) for grid in grids_of(pool.pictures)]
        accepted = [one.kind is ImageKind.CHEST_FRONTAL and one.acceptable for one in seen]
        right = [one.kind is pool.kind for one in seen]
        rows[f"{pool.kind}, {pool.name}"] = {
            "pictures": len(seen),
            "right": round(float(np.mean(right)), 4),
            "read_as_chest": round(float(np.mean(accepted)), 4),
        }
    return rows


def spoiled(pools: list[Pool]) -> list[Pool]:
    """Return the frontal films of the test part turned, inverted and mirrored."""
    films = [film for pool in pools if pool.kind is ImageKind.CHEST_FRONTAL for film in pool.pictures[:60]]
    kinds = dict.fromkeys(SPOILED, ImageKind.OTHER_RADIOGRAPH) | {"mirrored": ImageKind.CHEST_FRONTAL}
    return [
        Pool(f"frontal films {how}", kinds[how], [change(film) for film in films]) for how, change in SPOILED.items()
    ]


def card_text(rows: dict[str, dict[str, float | str]], manifest: Manifest) -> str:
    """Return ``MODEL_CARD.md`` from what was measured."""
    lines = [
        "# image_kind",
        "",
        "Says of every image what it is, and whether it is like the pictures the gate was trained on. Only an image",
        "taken for a frontal chest film reaches a chest specialist. Research software, not a medical device.",
        "",
        "## Measured on the test part",
        "",
        "| pictures | number | right kind | read as a frontal chest film |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| {name} | {row['pictures']} | {row['right']:.3f} | {row['read_as_chest']:.3f} |"
        for name, row in rows.items()
    ]
    lines += ["", "## Limits", "", *(f"- {limit}" for limit in manifest.limits)]
    lines += ["", "## Data and terms", "", *(f"- {data.name}: {data.terms}" for data in manifest.data)]
    lines += ["", "## Made by", "", f"`{manifest.training_command}`", ""]
    return "\n".join(lines)


def _varied(pools: list[Pool], kind: ImageKind, count: int, random: np.random.Generator) -> list[Grey]:
    chosen = [pool for pool in pools if pool.kind is kind]
    pictures = []
    for index in range(count):
        pool = chosen[index % len(chosen)]
        picture = pool.pictures[int(random.integers(len(pool.pictures)))]
        pictures.append(training.vary(picture, kind, random) if index % 2 else picture)
    return pictures


def _has(pools: list[Pool], kind: ImageKind) -> bool:
    return sum(len(pool.pictures) for pool in pools if pool.kind is kind) >= 30


def main() -> None:
    """Read the command line, write the weights, measure them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--run", type=Path, help="folder of the training run")
    parser.add_argument("--measure-only", action="store_true", help="measure the weights that are there already")
    parser.add_argument("--volumes", type=Path, help="folder with MR volumes, as in training")
    parser.add_argument("--weights", type=Path, default=FOLDER, help="where the weights are written")
    parser.add_argument("--drawn", type=int, default=60)
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    if given.measure_only:
        gate = load_gate(given.weights / "model.safetensors", read_manifest(given.weights))
    else:
        train = gather(given.data, "train", drawn=given.drawn, volumes=given.volumes)
        held = gather(given.data, "val", drawn=given.drawn // 2)
        command = "python -m services.classification.train_image_kind --data DATA --out RUN --volumes VOLUMES"
        gate = write_weights(given.run, given.weights, train, held, command)
    test = gather(given.data, "test", drawn=given.drawn // 2)
    rows = measure(gate, test + spoiled(test))
    (given.weights / "metrics.json").write_text(json.dumps(rows, indent=1) + "\n")
    (given.weights / "MODEL_CARD.md").write_text(card_text(rows, read_manifest(given.weights)))
    for name, row in rows.items():
        log.info("%s: %s", name, row)


if __name__ == "__main__":
    main()
