"""torchxrayvision's PSPNet with a file in the official format, found in a folder of the site."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
import torch

from services.backend import Backend, Choice
from services.contract import Label, Laterality, LimitationReason, Mask, Subject, coded
from services.errors import WeightsDamaged
from services.official_weights import FoundFile
from services.pixels import Pixels
from services.segmentation.chest_anatomy_pspnet import SIZE, TARGETS, URL, ChestAnatomyPspnet, _Loaded
from services.settings import ServiceSettings
from services.store import Store
from services.torchvision_guard import guard_torchvision
from tests.services.tiny import put_image, settings_for

guard_torchvision()
from torchxrayvision.baseline_models.chestx_det import PSPNet  # noqa: E402 - schemas must be declared first
from torchxrayvision.baseline_models.chestx_det.ptsemseg.pspnet import pspnet  # noqa: E402


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of the site with random weights, saved as the official file is: tensors behind ``module.``."""
    torch.manual_seed(1)
    state = OrderedDict((f"module.{name}", tensor) for name, tensor in pspnet(14).state_dict().items())
    folder = tmp_path_factory.mktemp("site")
    torch.save(state, folder / URL.rsplit("/", 1)[1])
    return folder


@pytest.fixture
def settings(tmp_path: Path, folder: Path) -> ServiceSettings:
    return settings_for(
        tmp_path, weights=folder, backend="torch", air_gapped=True, torchxrayvision_cache=tmp_path / "no-cache"
    )


@pytest.fixture
def film(tmp_path: Path) -> Pixels:
    image = np.random.default_rng(5).integers(0, 256, (600, 400), np.uint8)
    return Pixels(put_image(tmp_path / "store", image), Store(tmp_path / "store", fsync=False))


def test_the_structures_are_those_of_the_library() -> None:
    assert list(TARGETS) == PSPNet.targets


def test_probabilities_are_those_of_the_library_itself(
    settings: ServiceSettings, film: Pixels, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At a quarter of the size, which takes a sixteenth of the time."""
    monkeypatch.setattr("torchxrayvision.utils.fix_resolution", lambda images, *_: images)
    specialist = ChestAnatomyPspnet(settings)
    specialist.load()
    library = PSPNet(cache_dir=str(folder))
    grid, _ = film.xrv_input(SIZE // 4)
    with torch.inference_mode():
        expected = torch.sigmoid(library(torch.from_numpy(grid.copy())[None, None])).numpy()
    loaded = specialist._in_force()
    np.testing.assert_allclose(loaded.backend.one(grid[None, None]), expected, atol=1e-3)
    assert specialist.card().weights.startswith("folder: ")
    assert specialist.card().algorithm.weights_sha256


def outlined(film: Pixels, **boxes: tuple[int, int, int, int]) -> ChestAnatomyPspnet:
    """Return a specialist whose network outlines these boxes (left, top, right, bottom) in any film."""
    probabilities = np.zeros((1, len(TARGETS), SIZE, SIZE), np.float32)
    for name, (left, top, right, bottom) in boxes.items():
        probabilities[0, TARGETS.index(name.replace("_", " ")), top:bottom, left:right] = 0.9
    specialist = ChestAnatomyPspnet()
    backend = Backend(lambda _: (probabilities,), Choice(chosen="drawn by hand", candidates=()))
    found = FoundFile(Path("none"), "folder: none", "0" * 64)
    specialist._loaded = _Loaded(backend, found)
    return specialist


CHEST = {
    "Right_Lung": (60, 100, 220, 420),
    "Left_Lung": (290, 100, 450, 420),
    "Heart": (200, 260, 360, 430),
    "Right_Clavicle": (80, 70, 220, 95),
    "Left_Clavicle": (290, 70, 430, 95),
}


def test_kept_structures_cover_the_whole_film(film: Pixels) -> None:
    result = outlined(film, **CHEST).analyze([film], Subject())
    assert {(one.code, one.laterality) for one in result.structures} == {
        (coded(Label.LUNG), Laterality.RIGHT),
        (coded(Label.LUNG), Laterality.LEFT),
        (coded(Label.HEART), None),
        (coded(Label.CLAVICLE), Laterality.RIGHT),
        (coded(Label.CLAVICLE), Laterality.LEFT),
    }
    region = result.structures[0].evidence.regions[0]
    assert isinstance(region, Mask)
    assert (region.array.rows, region.array.columns) == (768, 512)
    assert (film.store.root / region.array.location).is_file()
    assert result.limitations == ()


def test_a_mirrored_film_gets_no_sides(film: Pixels) -> None:
    mirrored = {name: (SIZE - right, top, SIZE - left, bottom) for name, (left, top, right, bottom) in CHEST.items()}
    result = outlined(film, **mirrored).analyze([film], Subject())
    assert {one.laterality for one in result.structures} == {None}
    assert [one.reason for one in result.limitations] == [LimitationReason.IMPLAUSIBLE_RESULT]


def test_a_structure_that_is_not_found_is_a_limitation(film: Pixels) -> None:
    without_heart = {name: box for name, box in CHEST.items() if name != "Heart"}
    result = outlined(film, **without_heart).analyze([film], Subject())
    assert coded(Label.HEART) not in {one.code for one in result.structures}
    assert [(one.what, one.reason) for one in result.limitations] == [("heart", LimitationReason.IMPLAUSIBLE_RESULT)]


def test_another_file_is_refused(settings: ServiceSettings, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    torch.save({"module.a": torch.zeros(1)}, tmp_path / "other" / URL.rsplit("/", 1)[1])
    with pytest.raises(WeightsDamaged, match="does not fit"):
        ChestAnatomyPspnet(settings.model_copy(update={"weights": tmp_path / "other"})).load()
