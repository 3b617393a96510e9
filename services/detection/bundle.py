"""A MONAI bundle of a RetinaNet, such as ``lung_nodule_ct_detection``, read from a folder without running any of it.

A bundle's ``configs/inference.json`` is a program: MONAI evaluates its ``$`` expressions. Here only the plain values
that a RetinaNet needs are read out of it, and ``models/model.pt`` is read as tensors and nothing else. The folder has a
``manifest.json`` of this house beside them (:mod:`services.detection.describe_bundle` writes it), so that what is
loaded is what somebody looked at.
"""

from __future__ import annotations

import ast
import json
import pickle
import re
from pathlib import Path

import torch
from pydantic import ValidationError

from services.contract import Fact
from services.detection.network import Design
from services.errors import WeightsDamaged

CONFIGURATION, CHECKPOINT = "configs/inference.json", "models/model.pt"
BLOCKS = {
    10: ("basic", (1, 1, 1, 1)),
    18: ("basic", (2, 2, 2, 2)),
    34: ("basic", (3, 4, 6, 3)),
    50: ("bottleneck", (3, 4, 6, 3)),
}
"""The ResNets that MONAI names, by their depth."""
WIDTHS = (64, 128, 256, 512)
PYRAMID_WIDTH = 256
"""Of MONAI's ``resnet_fpn_feature_extractor``."""


class Selection(Fact):
    """Which of a network's boxes are kept."""

    score_thresh: float = 0.02
    topk_candidates_per_level: int = 1000
    nms_thresh: float = 0.22
    detections_per_img: int = 300


class Bundle(Fact):
    """What a bundle says of its network."""

    design: Design
    selection: Selection
    patch: tuple[int, ...]
    """Sides of the part of a volume that the network sees at once, voxels."""


def read_bundle(folder: Path) -> Bundle:
    """Read the network that a bundle describes.

    Raises
    ------
    WeightsDamaged
        If it describes no RetinaNet in the way MONAI's bundles do.
    """
    try:
        values = json.loads((folder / CONFIGURATION).read_text(encoding="utf-8"))
        return _bundle(values)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, SyntaxError, ValidationError) as error:
        raise WeightsDamaged(
            f"{CONFIGURATION} of {folder.name} does not describe a MONAI RetinaNet on a ResNet ({type(error).__name__})"
        ) from error


def read_checkpoint(folder: Path) -> dict[str, torch.Tensor]:
    """Read the tensors of ``models/model.pt``: a state, or one under the name ``model``.

    Raises
    ------
    WeightsDamaged
        If it holds anything else.
    """
    try:
        loaded = torch.load(folder / CHECKPOINT, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, pickle.UnpicklingError) as error:
        raise WeightsDamaged(f"{CHECKPOINT} of {folder.name} holds more than tensors, or is no checkpoint") from error
    state = loaded.get("model", loaded) if isinstance(loaded, dict) else None
    if not isinstance(state, dict) or not all(isinstance(value, torch.Tensor) for value in state.values()):
        raise WeightsDamaged(f"{CHECKPOINT} of {folder.name} is not the state of a network")
    return state


def _bundle(values: dict[str, object]) -> Bundle:
    network, anchors = _table(values["network_def"]), _table(values["anchor_generator"])
    depth, stem = _backbone(str(values["backbone"]))
    block, blocks = BLOCKS[depth]
    returned = _returned_layers(str(values["feature_extractor"]), values)
    shapes = _plain(anchors["base_anchor_shapes"], values)
    if not isinstance(shapes, list):
        raise TypeError("the anchors are no list")
    scales = _plain(anchors["feature_map_scales"], values)
    if isinstance(scales, str):  # a formula: MONAI's bundles double the scale with each level
        scales = [2**level for level in range(len(returned) + 1)]
    design = Design.model_validate(
        {
            "spatial_dims": _plain(network["spatial_dims"], values),
            "block": block,
            "blocks": blocks,
            "widths": WIDTHS,
            "returned_layers": returned,
            "pyramid_width": PYRAMID_WIDTH,
            "stem": stem["conv1_t_size"],
            "stem_stride": stem["conv1_t_stride"],
            "classes": _plain(network["num_classes"], values),
            "anchors": [side for shape in shapes for side in shape],
            "anchor_scales": scales,
            "size_divisible": _plain(network["size_divisible"], values),
        }
    )
    patch = values["infer_patch_size"]
    return Bundle.model_validate({"design": design, "selection": _selection(values), "patch": patch})


def _table(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise TypeError("a table was expected")
    return value


def _plain(value: object, values: dict[str, object]) -> object:
    """Follow ``@name`` to a plain value of the top level."""
    return values[value[1:]] if isinstance(value, str) and value.startswith("@") else value


def _backbone(expression: str) -> tuple[int, dict[str, object]]:
    """Read ``$monai.networks.nets.resnet50(spatial_dims=3,...)`` without running it."""
    call = ast.parse(expression.removeprefix("$"), mode="eval").body
    named = re.search(r"resnet(\d+)\(", expression)
    if not isinstance(call, ast.Call) or named is None:
        raise ValueError("the backbone is no ResNet")
    arguments = {str(one.arg): ast.literal_eval(one.value) for one in call.keywords}
    return int(named[1]), arguments


def _returned_layers(expression: str, values: dict[str, object]) -> tuple[int, ...]:
    listed = re.search(r"\[[\d,\s]+\]", expression)
    found = ast.literal_eval(listed[0]) if listed else values["returned_layers"]
    if not isinstance(found, list):
        raise TypeError("the returned layers are no list")
    return tuple(int(layer) for layer in found)


def _selection(values: dict[str, object]) -> Selection:
    operations = " ".join(map(str, values.get("detector_ops", ())))  # type: ignore[call-overload]
    found = re.search(r"set_box_selector_parameters\(([^)]*)\)", operations)
    pairs = re.findall(r"(\w+)=([\d.]+)", found[1]) if found else []
    return Selection.model_validate({name: float(number) for name, number in pairs})
