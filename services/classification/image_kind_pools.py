"""The pictures that the gate network is trained and measured on, by kind and by source.

A pool is one source of one kind, in grey and small. A batch draws kinds first, then pools, then pictures, so
that a large set does not drown a small one. Only training reads this.
"""

from __future__ import annotations

import gzip
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.data import get_testdata_file

from services.classification import drawn_kinds
from services.classification.drawn_kinds import Grey
from services.classification.films import read_films, read_grey
from services.contract import ImageKind

log = logging.getLogger("image_kind_pools")

SIDE = 256
DICOM_SAMPLES: dict[str, dict[ImageKind, tuple[str, ...]]] = {
    "train": {
        ImageKind.CT: ("highdicom__ct_image", "pydicom-data__693_J2KR"),
        ImageKind.MR: ("pydicom__examples_overlay", "pydicom-data__emri_small"),
    },
    "test": {
        ImageKind.CHEST_FRONTAL: (
            "pydicom-data__RG1_J2KI",
            "presidio__0_ORIGINAL_compressed",
            "torchxrayvision__1.2.276.0.7230010.3.1.4.8323329.6904.1517875201.850819",
        ),
        ImageKind.CT: ("kcr2019d1__anon_apct", "pydicom-data__eCT_Supplemental"),
        ImageKind.MR: ("pydicom-data__MR2_J2KI",),
        ImageKind.OTHER_RADIOGRAPH: ("pydicom-data__RG3_J2KI", "highdicom__dx_image"),
        ImageKind.ULTRASOUND: (
            "pydicom__examples_jpeg2k",
            "pydicom__examples_rgb_color",
            "pydicom__examples_palette",
        ),
    },
}
"""So few that each is a class of its own: those named for testing are never trained on."""
PACKAGED: dict[ImageKind, tuple[str, ...]] = {
    ImageKind.CT: ("J2K_pixelrep_mismatch",),
    ImageKind.MR: ("MR_small",),
    ImageKind.ULTRASOUND: ("examples_ybr_color",),
}
"""Files that the pydicom package ships, of other machines than those named for testing; only trained on."""
HELD_OUT_PICTURES = ("astronaut", "coffee", "coins", "grass", "motorcycle", "text", "clock_motion", "logo")
"""Photographs of the scikit-image package that are only tested on."""


@dataclass(frozen=True)
class Pool:
    """Pictures of one source, all of one kind."""

    name: str
    kind: ImageKind
    pictures: list[Grey]
    views: tuple[int, ...] = ()
    """1 for AP, 0 for PA, a picture each; empty where a set holds one view only, so that it would tell the set."""


def gather(data: Path, split: str, *, drawn: int, volumes: Path | None = None) -> list[Pool]:
    """Return every pool of one split.

    Parameters
    ----------
    drawn
        Pictures to draw of each drawn kind; the seeds of the splits do not overlap.
    volumes
        A folder of MR volumes (``*.nii.gz``) to take slices of; only for training.
    """
    pools = [*_chest(data, split), *_tables(data, split), *_computed_tomography(data, split), *_samples(data, split)]
    pools += [*_drawn(split, drawn), *_phantoms(split, drawn), *_photographs(split)]
    if volumes and split == "train":
        pools += [Pool(path.name, ImageKind.MR, list(_slices(path))) for path in sorted(volumes.glob("*.nii.gz"))]
    for pool in pools:
        log.info("%s: %s from %s, %d pictures", split, pool.kind, pool.name, len(pool.pictures))
    return [pool for pool in pools if pool.pictures]


def small(picture: NDArray[np.generic]) -> Grey:
    """Return a picture in grey with its longer side at most ``SIDE``, its grey levels spread over uint8."""
    if picture.ndim == 3:
        picture = cv2.cvtColor(np.ascontiguousarray(picture[..., :3]), cv2.COLOR_RGB2GRAY)
    grey = picture.astype(np.float32)
    scale = SIDE / max(grey.shape)
    if scale < 1:
        size = (max(8, round(grey.shape[1] * scale)), max(8, round(grey.shape[0] * scale)))
        grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    low, high = np.percentile(grey, (0.1, 99.9))
    return np.asarray(np.clip((grey - low) / max(high - low, 1e-6) * 255, 0, 255), np.uint8)


def _chest(data: Path, split: str, most: int = 700) -> Iterator[Pool]:
    films = [film for film in read_films(data) if film.split == split]
    for source in sorted({film.source for film in films}):
        for kind, frontal in ((ImageKind.CHEST_FRONTAL, True), (ImageKind.CHEST_LATERAL, False)):
            every = [film for film in films if film.source == source and film.frontal == frontal]
            chosen = every[:: max(1, len(every) // most)][:most]
            said = tuple(int(film.view.startswith("AP")) for film in chosen)
            views = said if frontal and len(set(said)) == 2 else ()
            yield Pool(source, kind, [small(read_grey(data / film.file)) for film in chosen], views)


def _tables(data: Path, split: str) -> Iterator[Pool]:
    import csv

    for name, kind in (("us_busi", ImageKind.ULTRASOUND), ("fundus_drive_chase", ImageKind.FUNDUS)):
        with (data / name / f"{name}.csv").open(newline="") as table:
            rows = [row for row in csv.DictReader(table) if row.get("keep", "1") == "1"]
        wanted = {"train": ("train",), "val": ("val",), "test": ("test",)}[split]
        chosen = [row for row in rows if row["split"] in wanted]
        if name.startswith("fundus"):
            chosen = _fundus_split(rows, split)
        yield Pool(name, kind, [small(read_grey(data / row["file"])) for row in chosen])


def _fundus_split(rows: list[dict[str, str]], split: str) -> list[dict[str, str]]:
    """The set has no validation part: every fifth person of its training part is one."""
    people = sorted({row["patient_id"] for row in rows if row["split"] == "train"})
    held = set(people[::5])
    if split == "test":
        return [row for row in rows if row["split"] == "test"]
    return [row for row in rows if row["split"] == "train" and (row["patient_id"] in held) == (split == "val")]


def _computed_tomography(data: Path, split: str) -> Iterator[Pool]:
    with np.load(data / "ct_msd_lung_patches" / "msd_lung_patches.npz") as patches:
        name, part = {
            "train": ("val_images", slice(0, 100)),
            "val": ("val_images", slice(100, 130)),
            "test": ("test_images", slice(0, 130)),
        }[split]
        yield Pool("ct_msd_lung_patches", ImageKind.CT, [small(patch[0]) for patch in patches[name][part]])


def _samples(data: Path, split: str) -> Iterator[Pool]:
    for kind, names in DICOM_SAMPLES.get(split, {}).items():
        for name in names:
            yield Pool(name, kind, list(read_frames(data / "dicom_samples" / f"{name}.dcm")))
    for kind, names in PACKAGED.items() if split == "train" else ():
        for name in names:
            yield Pool(f"pydicom {name}", kind, list(read_frames(Path(str(get_testdata_file(f"{name}.dcm"))))))


def read_frames(path: Path) -> Iterator[Grey]:
    """Yield the frames of a DICOM file in grey, small, bone bright."""
    dataset = pydicom.dcmread(path)
    array = dataset.pixel_array
    if dataset.PhotometricInterpretation == "MONOCHROME1":
        array = array.max() - array
    several = array.ndim == 4 or (array.ndim == 3 and array.shape[-1] not in (3, 4))
    frames = array if several else array[None]
    yield from (small(frame) for frame in frames)


def _drawn(split: str, count: int) -> Iterator[Pool]:
    first = {"train": 0, "val": 1_000_000, "test": 2_000_000}[split]
    kinds = [(draw, ImageKind.OTHER_RADIOGRAPH) for draw in drawn_kinds.RADIOGRAPHS]
    kinds += [(draw, ImageKind.NOT_MEDICAL) for draw in dict.fromkeys(drawn_kinds.NOTHING_MEDICAL)]
    kinds += [(drawn_kinds.slice_like, ImageKind.CT), (drawn_kinds.eye_ground, ImageKind.FUNDUS)]
    for draw, kind in kinds:
        name = draw.__name__.replace("_", " ")
        pictures = [draw(np.random.default_rng(first + seed)) for seed in range(count)]
        yield Pool(f"drawn {name}", kind, pictures)


def _phantoms(split: str, count: int) -> Iterator[Pool]:
    """The drawings that the tests and the demonstration use, from other seeds than theirs."""
    from tests import phantoms

    first = {"train": 100_000, "val": 200_000, "test": 300_000}[split]
    seeds = range(first, first + count)
    abnormalities = list(phantoms.Abnormality)
    rows, columns = 400, 328
    chests = [
        phantoms.draw_chest(
            abnormalities[seed % len(abnormalities)], seed=seed, rows=rows, columns=columns, extent=(seed % 7) / 6
        ).pixels
        for seed in seeds
    ]
    yield Pool("drawn chest", ImageKind.CHEST_FRONTAL, [small(chest) for chest in chests])
    fewer = seeds[: max(1, count // 3)]
    lateral = [small(phantoms.draw_lateral(seed, rows, columns)) for seed in fewer]
    yield Pool("drawn lateral", ImageKind.CHEST_LATERAL, lateral)
    yield Pool(
        "drawn knee", ImageKind.OTHER_RADIOGRAPH, [small(phantoms.draw_knee(seed, rows, columns)) for seed in fewer]
    )
    yield Pool("drawn slice", ImageKind.CT, [small(np.clip(phantoms.draw_ct(seed, 256), -160, 240)) for seed in fewer])
    yield Pool("drawn slice, wide", ImageKind.CT, [small(phantoms.draw_ct(seed, 256)) for seed in fewer])
    yield Pool("drawn fundus", ImageKind.FUNDUS, [small(phantoms.draw_fundus(seed)) for seed in fewer])


def _photographs(split: str) -> Iterator[Pool]:
    """Photographs and plates that the scikit-image package ships; none for validation."""
    import skimage

    folder = Path(skimage.__file__).parent / "data"
    paths = sorted(path for path in folder.iterdir() if path.suffix in (".png", ".jpg") and path.stem != "retina")
    wanted = {"train": False, "test": True}.get(split)
    chosen = [path for path in paths if any(name in path.stem for name in HELD_OUT_PICTURES) == wanted]
    yield Pool("photographs", ImageKind.NOT_MEDICAL, [small(read_grey(path)) for path in chosen])


def _slices(path: Path, step: int = 6) -> Iterator[Grey]:
    """Yield slices in three planes of a NIfTI-1 volume, the outermost fifth left out."""
    content = gzip.decompress(path.read_bytes())
    shape = np.frombuffer(content, "<i2", 8, 40)[1:4]
    code, start = int(np.frombuffer(content, "<i2", 1, 70)[0]), int(np.frombuffer(content, "<f4", 1, 108)[0])
    dtype = {2: "u1", 4: "<i2", 8: "<i4", 16: "<f4", 64: "<f8", 512: "<u2"}[code]
    volume = np.frombuffer(content, dtype, int(np.prod(shape)), start).reshape(shape, order="F")
    for axis in range(3):
        for place in range(shape[axis] // 5, shape[axis] * 4 // 5, step):
            yield small(np.rot90(volume.take(place, axis)))
