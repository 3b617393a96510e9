"""A MONAI bundle in the layout of ``lung_nodule_ct_detection`` loads from a local folder, and only as described.

The bundle is made here as MONAI makes one: its own parser builds the network from the configuration, with random
weights and a small ResNet.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from services.contract import LimitationReason, Subject
from services.detection.bundle import CHECKPOINT, CONFIGURATION, read_bundle
from services.detection.describe_bundle import describe
from services.detection.lung_nodule_ct import NOT_CONNECTED, LungNoduleCt
from services.errors import WeightsDamaged, WeightsMissing
from services.pixels import Pixels
from services.store import Store
from tests.services.tiny import put_image, settings_for

NETS = "monai.networks.nets"
CONFIG: dict[str, object] = {
    "imports": ["$import glob", "$import os"],
    "device": "$torch.device('cuda:0' if torch.cuda.is_available() else 'cpu')",
    "spatial_dims": 3,
    "num_classes": 1,
    "infer_patch_size": [32, 32, 32],
    "size_divisible": [16, 16, 8],
    "returned_layers": [1, 2],
    "base_anchor_shapes": [[6, 8, 4], [8, 6, 5], [10, 10, 6]],
    "anchor_generator": {
        "_target_": "monai.apps.detection.utils.anchor_utils.AnchorGeneratorWithAnchorShape",
        "feature_map_scales": "$[2**l for l in range(len(@returned_layers) + 1)]",
        "base_anchor_shapes": "@base_anchor_shapes",
    },
    "backbone": f"${NETS}.resnet10(spatial_dims=3,n_input_channels=1,conv1_t_stride=[2,2,1],conv1_t_size=[7,7,7])",
    "feature_extractor": "$monai.apps.detection.networks.retinanet_network."
    "resnet_fpn_feature_extractor(@backbone,3,False,@returned_layers,None)",
    "network_def": {
        "_target_": "monai.apps.detection.networks.retinanet_network.RetinaNet",
        "spatial_dims": "@spatial_dims",
        "num_classes": "@num_classes",
        "num_anchors": 3,
        "feature_extractor": "@feature_extractor",
        "size_divisible": "@size_divisible",
    },
    "detector_ops": [
        "$@detector.set_target_keys(box_key='box', label_key='label')",
        "$@detector.set_box_selector_parameters("
        "score_thresh=0.01,topk_candidates_per_level=900,nms_thresh=0.25,detections_per_img=200)",
    ],
}


@pytest.fixture(scope="module")
def network() -> torch.nn.Module:
    """The network as MONAI itself builds it from the configuration."""
    from monai.bundle import ConfigParser

    torch.manual_seed(1)
    parser = ConfigParser(CONFIG)
    built: torch.nn.Module = parser.get_parsed_content("network_def")
    return built.eval()


@pytest.fixture(scope="module")
def bundle(network: torch.nn.Module, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site") / "lung_nodule_ct_detection"
    (folder / "configs").mkdir(parents=True)
    (folder / "models").mkdir()
    (folder / CONFIGURATION).write_text(json.dumps(CONFIG))
    torch.save({"model": network.state_dict()}, folder / CHECKPOINT)
    describe(folder, "0.6.9", "Apache-2.0", "LUNA16: CC BY 3.0", commercial_use=True)
    return folder


@pytest.fixture(scope="module")
def specialist(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> LungNoduleCt:
    loaded = LungNoduleCt(settings=settings_for(tmp_path_factory.mktemp("run"), weights=bundle.parent))
    loaded.load()
    return loaded


def test_the_network_answers_what_monais_own_answers(specialist: LungNoduleCt, network: torch.nn.Module) -> None:
    volume = np.random.default_rng(0).random((1, 1, 32, 32, 16), dtype=np.float32)
    with torch.inference_mode():
        theirs = network(torch.from_numpy(volume))["classification"][-1].sigmoid().numpy()
    assert np.abs(specialist.answer(volume) - theirs).max() < 1e-6


def test_what_the_configuration_says_is_in_force(bundle: Path) -> None:
    read = read_bundle(bundle)
    assert read.design.shapes == ((6, 8, 4), (8, 6, 5), (10, 10, 6))
    assert read.design.anchor_scales == (1, 2, 4)
    assert read.design.size_divisible == (16, 16, 8)
    assert (read.selection.score_thresh, read.selection.detections_per_img) == (0.01, 200)


def test_the_published_layout_is_understood_too(bundle: Path, tmp_path: Path) -> None:
    """An earlier release writes numbers where the present one writes references, and a deeper network."""
    folder = tmp_path / "lung_nodule_ct_detection"
    (folder / "configs").mkdir(parents=True)
    earlier = CONFIG | {
        "backbone": f"${NETS}.resnet.resnet50(spatial_dims=3,n_input_channels=1,"
        "conv1_t_stride=[2,2,1],conv1_t_size=[7,7,7])",
        "feature_extractor": "$x.resnet_fpn_feature_extractor(@backbone,3,False,[1,2],None)",
        "anchor_generator": {"feature_map_scales": [1, 2, 4], "base_anchor_shapes": [[6, 8, 4], [8, 6, 5]]},
        "network_def": {"spatial_dims": 3, "num_classes": 1, "size_divisible": [16, 16, 8]},
    }
    (folder / CONFIGURATION).write_text(json.dumps(earlier))
    design = read_bundle(folder).design
    assert (design.block, design.blocks, design.returned_layers) == ("bottleneck", (3, 4, 6, 3), (1, 2))


def test_boxes_of_a_volume_lie_in_it_also_where_it_is_larger_than_a_patch(specialist: LungNoduleCt) -> None:
    volume = np.random.default_rng(2).uniform(-1000, 300, (40, 32, 32)).astype(np.float32)
    found = specialist.detect(volume)
    assert found.boxes.shape == (len(found.scores), 6)
    assert (found.boxes >= 0).all()
    assert (found.boxes[:, 3:] <= volume.shape).all()
    assert ((found.scores >= 0) & (found.scores <= 1)).all()


def test_an_image_is_said_not_to_be_read(specialist: LungNoduleCt, tmp_path: Path) -> None:
    image = Pixels(put_image(tmp_path, np.zeros((64, 64), np.uint16)), Store(tmp_path, fsync=False))
    said = specialist.analyze([image], Subject())
    assert [(one.reason, one.detail) for one in said.limitations] == [
        (LimitationReason.UNSUPPORTED_IMAGE, NOT_CONNECTED)
    ]
    assert NOT_CONNECTED in specialist.card().limits
    assert specialist.card().assesses == ()


def test_without_the_folder_there_are_no_weights(tmp_path: Path) -> None:
    with pytest.raises(WeightsMissing):
        LungNoduleCt(settings=settings_for(tmp_path)).load()


@pytest.mark.parametrize("file", [CONFIGURATION, CHECKPOINT])
def test_a_bundle_that_was_touched_is_refused(bundle: Path, tmp_path: Path, file: str) -> None:
    folder = tmp_path / bundle.name
    shutil.copytree(bundle, folder)
    (folder / file).write_bytes((folder / file).read_bytes() + b" ")
    with pytest.raises(WeightsDamaged, match="SHA-256"):
        LungNoduleCt(settings=settings_for(tmp_path, weights=tmp_path)).load()


def test_a_configuration_cannot_run_anything(bundle: Path, tmp_path: Path) -> None:
    folder = tmp_path / bundle.name
    (folder / "configs").mkdir(parents=True)
    proof = tmp_path / "was-run"
    evil = CONFIG | {"backbone": f"$__import__('pathlib').Path('{proof}').touch() or resnet10(spatial_dims=3)"}
    (folder / CONFIGURATION).write_text(json.dumps(evil))
    with pytest.raises(WeightsDamaged):
        read_bundle(folder)
    assert not proof.exists()
