"""Files in torchxrayvision's official formats, made here: the real weights are the publisher's to give.

Speed does not depend on the weights; parity does. So the random networks are made to answer something: their
normalisations see drawn films, and the PSPNet's last layer is fitted to the drawn lungs and hearts.
"""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import torch

from deploy.bench.library import CLASSIFIED, DENSENET, OUTLINED, prepare
from services.torchvision_guard import guard_torchvision

guard_torchvision()

import torchxrayvision as xrv  # noqa: E402 - torchvision's schemas must be declared first
from torchxrayvision.baseline_models.chestx_det.ptsemseg.pspnet import pspnet  # noqa: E402

CLASSIFIER_FILE = str(xrv.models.model_urls[DENSENET]["weights_url"]).rsplit("/", 1)[1]
OUTLINER_FILE = "pspnet_chestxray_best_model_4.pth"
DRAWN = {4: "left_lung", 5: "right_lung", 8: "heart"}
"""Outputs of the PSPNet that are fitted, and what they are called in a drawing's truth."""
STRUCTURES = 14
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of the colours of ImageNet, as the library prepares the PSPNet's input."""
STEEPNESS = 12.0
"""Logits at a border rise from -6 to 6 between outside and inside."""


def make_networks(folder: Path, films: list[Path]) -> torch.nn.Module:
    """Write both files into a folder where they are not there yet, and return the classifier."""
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    classifier = _classifier(films)
    if not (folder / CLASSIFIER_FILE).exists():
        torch.save(classifier, folder / CLASSIFIER_FILE, _use_new_zipfile_serialization=False)
    if not (folder / OUTLINER_FILE).exists():
        torch.manual_seed(1)
        state = _outliner(films).state_dict()
        torch.save(OrderedDict((f"module.{name}", value) for name, value in state.items()), folder / OUTLINER_FILE)
    return classifier


def _classifier(films: list[Path]) -> torch.nn.Module:
    network = xrv.models.DenseNet(num_classes=18, in_channels=1, **xrv.models.get_densenet_params("densenet121"))
    _see(network, np.concatenate([prepare(film, CLASSIFIED) for film in films]))
    points = torch.tensor(xrv.models.model_urls[DENSENET]["op_threshs"])
    network.classifier.bias.data = torch.logit(points) + torch.linspace(-1.5, 3.0, len(points))
    return network.eval()  # type: ignore[no-any-return]


def _outliner(films: list[Path]) -> torch.nn.Module:
    network = pspnet(STRUCTURES)
    prepared = np.concatenate([prepare(film, OUTLINED) for film in films])
    mean, deviation = (torch.tensor(values).view(1, 3, 1, 1) for values in (MEAN, DEVIATION))
    colour = (((torch.from_numpy(prepared) + 1024) / 2048).repeat(1, 3, 1, 1) - mean) / deviation
    _see(network, colour.numpy())
    kept: list[torch.Tensor] = []
    hook = network.cbr_final.register_forward_hook(lambda _, __, output: kept.append(output))
    with torch.inference_mode():
        network.eval()(colour)
    hook.remove()
    _fit_last_layer(network.classification, kept[0].numpy(), films)
    return network  # type: ignore[no-any-return]


def _see(network: torch.nn.Module, images: npt.NDArray[np.float32]) -> None:
    """Take the statistics of every normalisation from these images."""
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = None
    with torch.no_grad():
        network.train()(torch.from_numpy(images))
    network.eval()


def _fit_last_layer(last: torch.nn.Conv2d, features: npt.NDArray[np.float32], films: list[Path]) -> None:
    """Fit the 1 x 1 convolution by ridge regression to what was drawn."""
    side = features.shape[2]
    drawn = np.stack([_truth(film, side) for film in films])  # (films, structures, side, side)
    seen = features.transpose(0, 2, 3, 1).reshape(-1, features.shape[1]).astype(np.float64)
    wanted = drawn.transpose(0, 2, 3, 1).reshape(-1, len(DRAWN)) - 0.5
    centre = seen.mean(axis=0)
    seen -= centre
    gram = seen.T @ seen
    fitted = np.linalg.solve(gram + 1e-3 * np.trace(gram) / len(gram) * np.eye(len(gram)), seen.T @ wanted)
    for number, output in enumerate(DRAWN):
        weights = STEEPNESS * fitted[:, number]
        last.weight.data[output, :, 0, 0] = torch.from_numpy(weights.astype(np.float32))
        assert last.bias is not None
        last.bias.data[output] = float(STEEPNESS * wanted[:, number].mean() - weights @ centre)


def _truth(film: Path, side: int) -> npt.NDArray[np.float64]:
    with np.load(film.with_suffix(".npz")) as truth:
        masks = [np.asarray(truth[name], np.float32) for name in DRAWN.values()]
    return np.stack([cv2.resize(_centre(mask), (side, side), interpolation=cv2.INTER_AREA) for mask in masks])


def _centre(mask: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    rows, columns = mask.shape
    side = min(rows, columns)
    top, left = rows // 2 - side // 2, columns // 2 - side // 2
    return mask[top : top + side, left : left + side]
