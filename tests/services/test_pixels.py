"""A film is read once, checked, and looks the same to a network whatever its bit depth."""

from __future__ import annotations

import threading
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from services import pixels as module
from services import store as store_module
from services.contract import ImageReference
from services.errors import UnreadableArray
from services.pixels import Letterbox, Pixels, centre_crop, letterbox
from services.store import Store
from tests.services.tiny import put_image


def scene(rows: int = 500, columns: int = 410) -> npt.NDArray[np.float32]:
    """A smooth picture with a bright spot, in [0, 1]."""
    coarse = np.random.default_rng(2).random((12, 10), dtype=np.float32)
    picture = cv2.resize(coarse, (columns, rows), interpolation=cv2.INTER_LINEAR) * np.float32(0.8)
    cv2.circle(picture, (columns // 4, rows // 3), 12, 1.0, -1)
    return picture


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store", fsync=False)


@pytest.mark.parametrize("size", [64, 224, 256, 800])
def test_bit_depth_does_not_change_what_a_network_sees(size: int) -> None:
    films = [
        (scene() * 255).round().astype(np.uint8),
        (scene() * 4095).round().astype(np.uint16),
        (scene() * 65535).round().astype(np.uint16),
    ]
    grids = [letterbox(film, size)[0] for film in films]
    for grid in grids:
        assert (grid.shape, grid.dtype) == ((size, size), np.float32)
        assert (grid.min(), grid.max()) == (0.0, 1.0)
        assert np.abs(grid - grids[2]).max() < 0.006


def test_exposure_does_not_change_what_a_network_sees() -> None:
    bright, dark = (scene() * 60000).astype(np.uint16), (scene() * 9000 + 700).astype(np.uint16)
    assert np.abs(letterbox(bright, 256)[0] - letterbox(dark, 256)[0]).max() < 0.001


@pytest.mark.parametrize("shape", [(500, 410), (501, 407), (2499, 2047), (600, 1800), (37, 37)])
@pytest.mark.parametrize("size", [64, 128])
def test_fitting_averages_areas(shape: tuple[int, int], size: int) -> None:
    film = (scene(*shape) * 65535).astype(np.uint16)
    grid, place = letterbox(film, size)
    if place.rows > shape[0]:
        return
    area = cv2.resize(film.astype(np.float32), (place.columns, place.rows), interpolation=cv2.INTER_AREA)
    low, high = np.percentile(area, (0.5, 99.5))
    expected = np.clip((area - low) / (high - low), 0, 1)
    content = grid[place.top : place.top + place.rows, place.left : place.left + place.columns]
    assert np.abs(content - expected).max() < 0.03
    assert np.abs(content - expected).mean() < 0.003


def test_padding_is_zero_and_does_not_count_for_the_percentiles() -> None:
    grid, place = letterbox((scene(400, 100) * 255).astype(np.uint8), 200)
    assert (place.rows, place.columns, place.top, place.left) == (200, 50, 0, 75)
    assert not grid[:, :75].any()
    assert not grid[:, 125:].any()
    assert 0.3 < np.median(grid[:, 75:125]) < 0.7


def test_a_constant_image_is_flagged_and_all_zero() -> None:
    grid, place = letterbox(np.full((50, 40), 77, np.uint8), 32)
    assert place.constant
    assert not grid.any()


def test_a_one_pixel_wide_image_does_not_break() -> None:
    grid, place = letterbox(np.arange(3000, dtype=np.uint16)[:, None], 64)
    assert grid.shape == (64, 64)
    assert place.columns == 1


def test_a_place_in_the_grid_is_found_in_the_film_again() -> None:
    film = np.zeros((600, 400), np.uint8)
    film[90:150, 100:180] = 255
    grid, place = letterbox(film, 300)
    rows, columns = np.nonzero(grid > 0.5)
    box = place.box_to_image(columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
    assert box is not None
    assert (box.left, box.top, box.right, box.bottom) == pytest.approx((100, 90, 180, 150), abs=2.1)
    mask = place.mask_to_image(grid > 0.5)
    assert mask.shape == film.shape
    overlap = (mask.astype(bool) & (film > 0)).sum() / (mask.astype(bool) | (film > 0)).sum()
    assert overlap > 0.97
    assert place.to_grid(*place.to_image(12.0, 34.0)) == pytest.approx((12.0, 34.0))


def test_a_box_in_the_padding_is_no_box() -> None:
    _, place = letterbox(np.eye(100, 50, dtype=np.uint8), 100)
    assert place.box_to_image(0, 0, 20, 100) is None


def test_a_centre_crop_covers_the_film_with_zeros_outside() -> None:
    film = (scene(500, 300) * 255).astype(np.uint8)
    grid, place = centre_crop(film, 100, 0, 255)
    assert (place.rows, place.columns, place.left) == (167, 100, 0)
    covered = place.cover_image(np.ones((100, 100), np.uint8))
    assert covered.shape == (167, 100)
    assert (covered[:33].any(), covered[34:133].all(), covered[134:].any()) == (False, True, False)
    assert -1024 <= grid.min() < grid.max() <= 1024


def test_the_full_stored_range_is_used_not_that_of_the_film() -> None:
    film = (scene() * 1000).astype(np.uint16)
    grid, _ = centre_crop(film, 64, 0, 4095)
    assert grid.max() < -400


def test_colour_is_read_as_luminance() -> None:
    red = np.zeros((40, 40, 3), np.uint8)
    red[..., 0] = 200
    assert np.allclose(module.to_grey(red), 60, atol=1)


def test_one_read_and_one_preparation_for_all_specialists(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = Pixels(put_image(store.root, (scene() * 255).astype(np.uint8)), store)
    reads, fits = [], []
    really_open, really_fit = Store.open_image, module.letterbox
    monkeypatch.setattr(Store, "open_image", lambda s, r: reads.append(r) or really_open(s, r))
    monkeypatch.setattr(module, "letterbox", lambda image, size: fits.append(size) or really_fit(image, size))
    threads = [threading.Thread(target=pixels.letterbox, args=(size,)) for size in (64, 128) * 8]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(reads) == 1
    assert sorted(fits) == [64, 128]


def test_a_shared_grid_cannot_be_changed(store: Store) -> None:
    pixels = Pixels(put_image(store.root, (scene() * 255).astype(np.uint8)), store)
    grid, _ = pixels.letterbox(64)
    with pytest.raises(ValueError, match="read-only"):
        grid[0, 0] = 1
    with pytest.raises(ValueError, match="read-only"):
        pixels.array[0, 0] = 1


def test_bytes_are_hashed_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    reference = put_image(store.root, (scene() * 255).astype(np.uint8))
    Store(store.root).open_image(reference)
    monkeypatch.setattr(store_module.hashlib, "file_digest", lambda *_: pytest.fail("hashed again"))
    Store(store.root).open_image(reference)


def test_a_file_that_changed_is_refused(store: Store) -> None:
    reference = put_image(store.root, (scene() * 255).astype(np.uint8))
    store.open_image(reference)
    path = store.root / reference.location
    path.write_bytes(path.read_bytes()[:-1] + b"\x00")
    with pytest.raises(UnreadableArray, match="changed"):
        store.open_image(reference)


def test_a_name_that_is_not_the_hash_is_refused(store: Store) -> None:
    reference = put_image(store.root, (scene() * 255).astype(np.uint8))
    other = reference.model_copy(update={"sha256": "0" * 64})
    with pytest.raises(UnreadableArray, match="disagree"):
        store.open_image(other)


@pytest.mark.parametrize(
    "changes", [{"rows": 499}, {"dtype": "uint16"}, {"samples_per_pixel": 3}, {"columns": 500, "rows": 410}]
)
def test_an_array_that_is_not_as_described_is_refused(store: Store, changes: dict[str, object]) -> None:
    reference = put_image(store.root, (scene() * 255).astype(np.uint8))
    with pytest.raises(UnreadableArray):
        store.open_image(reference.model_copy(update=changes))


def outside(location: str) -> ImageReference:
    """A reference that did not pass validation, as if the contract had a hole."""
    fields = {"location": location, "sha256": Path(location).stem, "rows": 2, "columns": 2, "dtype": "uint8"}
    return ImageReference.model_construct(image_id="image-1", minimum_value=0, maximum_value=255, **fields)  # type: ignore[arg-type]


def test_a_reference_never_leaves_the_store(store: Store, tmp_path: Path) -> None:
    secret = tmp_path / "secret.npy"
    np.save(secret, np.zeros((2, 2), np.uint8))
    (store.root / "ab").mkdir(parents=True)
    (store.root / "ab" / "link.npy").symlink_to(secret)
    for location in ("../secret.npy", str(secret), "ab/../../secret.npy", "ab/link.npy"):
        with pytest.raises(UnreadableArray, match="leaves the store"):
            store.open_image(outside(location))
    with pytest.raises(ValueError, match="location"):
        ImageReference.model_validate(outside("../secret.npy").model_dump() | {"samples_per_pixel": 1})


@pytest.mark.parametrize("content", [b"", b"\x93NUMPY\x01\x00", b"not an array"])
def test_a_file_that_is_no_array_is_refused(store: Store, content: bytes) -> None:
    from hashlib import sha256

    name = sha256(content).hexdigest()
    (store.root / name[:2]).mkdir(parents=True)
    (store.root / name[:2] / f"{name}.npy").write_bytes(content)
    with pytest.raises(UnreadableArray, match="missing or not"):
        store.open_image(outside(f"{name[:2]}/{name}.npy"))


def test_a_pickle_is_never_opened(store: Store) -> None:
    import io
    from hashlib import sha256

    buffer = io.BytesIO()
    np.save(buffer, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    name = sha256(buffer.getvalue()).hexdigest()
    (store.root / name[:2]).mkdir(parents=True)
    (store.root / name[:2] / f"{name}.npy").write_bytes(buffer.getvalue())
    with pytest.raises(UnreadableArray):
        store.open_image(outside(f"{name[:2]}/{name}.npy"))


def test_a_mask_is_a_one_bit_picture_of_itself(store: Store) -> None:
    mask = np.zeros((30, 21), bool)
    mask[5:20, 3:9] = True
    reference = store.write_mask(mask)
    assert (reference.rows, reference.columns) == (30, 21)
    written = (store.root / reference.location).read_bytes()
    assert written[24] == 1  # PNG bit depth
    read = cv2.imdecode(np.frombuffer(written, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert np.array_equal(read > 0, mask)
    assert store.write_mask(mask.astype(np.float32)) == reference
    assert not list(store.root.rglob(".writing-*"))


def test_a_heat_map_keeps_its_values(store: Store) -> None:
    heat = np.linspace(-0.2, 1.2, 30 * 20, dtype=np.float32).reshape(30, 20)
    heat[0, 0] = np.nan
    reference = store.write_heat_map(heat)
    read = cv2.imread(str(store.root / reference.location), cv2.IMREAD_UNCHANGED)
    assert read.dtype == np.uint8
    assert read[0, 0] == 0
    assert np.abs(read[1:] / 255 - np.clip(heat[1:], 0, 1)).max() < 0.003


def test_a_letterbox_keeps_the_aspect() -> None:
    place = Letterbox(100, 500, 250, 100, 50, 0, 25)
    assert place.row_scale == place.column_scale == 0.2
