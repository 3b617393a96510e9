"""torchxrayvision's DenseNet-121 with a file in the official format, found in a folder of the site."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from services.classification.chest_radiograph import LABELS, SIZE, WEIGHTS, ChestRadiograph, op_scale
from services.contract import Label, Likelihood, LimitationReason, Presence, SpecialistResult, Subject, label_of
from services.errors import WeightsDamaged, WeightsForbidden, WeightsMissing
from services.pixels import Pixels
from services.settings import ServiceSettings
from services.store import Store
from services.torchvision_guard import guard_torchvision
from tests.services.tiny import put_image, settings_for

guard_torchvision()
import torchxrayvision as xrv  # noqa: E402 - torchvision's schemas must be declared first

OFFICIAL = xrv.models.model_urls[WEIGHTS]["weights_url"].rsplit("/", 1)[1]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of the site with random weights, saved as the official file is: a whole pickled network."""
    torch.manual_seed(3)
    network = xrv.models.DenseNet(num_classes=18, in_channels=1, **xrv.models.get_densenet_params("densenet121"))
    torch.nn.init.normal_(network.classifier.weight, std=1e-4)
    youden = torch.tensor(xrv.models.model_urls[WEIGHTS]["op_threshs"])
    network.classifier.bias.data = torch.logit(youden) + torch.linspace(-1.5, 3.0, 18)
    folder = tmp_path_factory.mktemp("site")
    torch.save(network, folder / OFFICIAL, _use_new_zipfile_serialization=False)
    return folder


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory, folder: Path) -> ServiceSettings:
    run = tmp_path_factory.mktemp("run")
    return settings_for(run, weights=folder, backend="torch", air_gapped=True, torchxrayvision_cache=run / "no-cache")


@pytest.fixture(scope="module")
def specialist(settings: ServiceSettings) -> ChestRadiograph:
    specialist = ChestRadiograph(settings)
    specialist.load()
    return specialist


@pytest.fixture
def film(tmp_path: Path) -> Pixels:
    image = np.random.default_rng(5).integers(0, 4096, (300, 260), np.uint16)
    return Pixels(put_image(tmp_path / "store", image, bits=12), Store(tmp_path / "store", fsync=False))


def scores(result: SpecialistResult) -> dict[Label, float]:
    return {label_of(one.code): one.evidence[0].score or 0.0 for one in result.findings}


def test_every_label_of_the_library_is_one_of_ours_in_its_order() -> None:
    assert list(LABELS) == xrv.models.model_urls[WEIGHTS]["labels"]
    assert len(set(LABELS.values())) == 18


def test_scores_are_those_of_the_library_itself(
    specialist: ChestRadiograph, film: Pixels, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch, "load", lambda path, **_: _load_without_restriction(path))
    library = xrv.models.DenseNet(weights=WEIGHTS, cache_dir=str(folder))
    grid, _ = film.xrv_input(SIZE)
    with torch.inference_mode():
        expected = library(torch.from_numpy(grid.copy())[None, None])[0].numpy()
    read = scores(specialist.analyze([film], Subject()))
    assert len(read) == 18
    np.testing.assert_allclose([read[LABELS[name]] for name in library.targets], expected, atol=1e-4)


_real_load = torch.load


def _load_without_restriction(path: str) -> object:
    return _real_load(path, map_location="cpu", weights_only=False)


def test_the_input_is_what_the_library_prepares(film: Pixels) -> None:
    full_range = xrv.datasets.normalize(np.asarray(film.array, np.float32), 4095)[None]
    expected = xrv.datasets.XRayResizer(SIZE, engine="cv2")(xrv.datasets.XRayCenterCrop()(full_range))[0]
    grid, _ = film.xrv_input(SIZE)
    assert np.abs(grid - expected).max() < 2.0  # of a range of 2048


def test_op_scale_is_the_op_norm_of_the_library() -> None:
    points = torch.tensor([0.07, 0.2, float("nan")])
    for p in (0.0, 0.03, 0.07, 0.2, 0.6, 1.0):
        expected = xrv.models.op_norm(torch.full((1, 3), p), points)[0].numpy()
        np.testing.assert_allclose(op_scale([p] * 3, points.numpy()), expected, atol=1e-6)


def test_likely_starts_at_the_published_point_of_80_percent_precision(specialist: ChestRadiograph) -> None:
    points = {label_of(one.code): one.operating_points for one in specialist.card().assesses}
    assert points[Label.ATELECTASIS] == {"absent": 0.5, "likely": pytest.approx(0.853, abs=5e-4)}
    assert points[Label.PNEUMONIA]["likely"] == pytest.approx(0.994, abs=5e-4)
    assert points[Label.LUNG_OPACITY]["likely"] == pytest.approx(0.759, abs=5e-4)


def test_words_follow_the_operating_points(specialist: ChestRadiograph, film: Pixels) -> None:
    result = specialist.analyze([film], Subject())
    for finding in result.findings:
        evidence = finding.evidence[0]
        assert evidence.score is not None
        likely = evidence.operating_points["likely"]
        expected = Presence.ABSENT if evidence.score < 0.5 else Presence.INDETERMINATE
        assert finding.presence is (Presence.PRESENT if evidence.score >= likely else expected)
        assert bool(evidence.regions) == (finding.likelihood is not Likelihood.ABSENT)
    assert {one.presence for one in result.findings} == set(Presence)


def test_a_head_that_was_never_trained_is_not_assessed(
    settings: ServiceSettings, film: Pixels, monkeypatch: pytest.MonkeyPatch
) -> None:
    points = list(xrv.models.model_urls[WEIGHTS]["op_threshs"])
    points[13] = float("nan")
    monkeypatch.setitem(xrv.models.model_urls[WEIGHTS], "op_threshs", points)
    specialist = ChestRadiograph(settings)
    specialist.load()
    result = specialist.analyze([film], Subject())
    assert [(one.what, one.reason) for one in result.limitations] == [("hernia", LimitationReason.UNTRAINED_LABEL)]
    assert Label.HERNIA not in scores(result)
    assert specialist.card().not_assessed == ("hernia",)


def test_a_child_gets_limitations_and_no_finding(specialist: ChestRadiograph, film: Pixels) -> None:
    result = specialist.analyze([film], Subject(age_years=4))
    assert result.findings == ()
    assert {one.reason for one in result.limitations} == {LimitationReason.OUT_OF_POPULATION}
    assert len(result.limitations) == 18


def test_the_same_film_gives_the_same_answer(specialist: ChestRadiograph, film: Pixels) -> None:
    first, second = (specialist.analyze([film], Subject()).model_dump_json() for _ in range(2))
    assert first == second


def test_the_card_says_where_the_weights_came_from(specialist: ChestRadiograph, folder: Path) -> None:
    card = specialist.card()
    assert card.weights.startswith("folder: ")
    assert card.algorithm.weights_sha256
    assert str(folder) not in card.model_dump_json()


@pytest.fixture
def other_folder(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "other").mkdir()
    yield tmp_path / "other"


def test_weights_of_another_shape_are_refused(settings: ServiceSettings, other_folder: Path) -> None:
    torch.save(xrv.models.DenseNet(num_classes=3), other_folder / OFFICIAL)
    with pytest.raises(WeightsDamaged, match="does not fit"):
        ChestRadiograph(settings.model_copy(update={"weights": other_folder})).load()


def test_without_the_file_the_specialist_is_not_in_force(settings: ServiceSettings, other_folder: Path) -> None:
    with pytest.raises(WeightsMissing):
        ChestRadiograph(settings.model_copy(update={"weights": other_folder})).load()


def test_a_clinical_deployment_refuses_the_research_weights(settings: ServiceSettings) -> None:
    with pytest.raises(WeightsForbidden):
        ChestRadiograph(settings.model_copy(update={"deployment": "clinical"})).load()
