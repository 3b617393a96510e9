"""The files that torchxrayvision publishes: found in a folder, in the library's own cache, or downloaded.

The library downloads to its cache at first use. Here the same file is looked for first in
``WETREAD_WEIGHTS``, a download is never tried where ``WETREAD_AIR_GAPPED`` is set, and where there is no
way out the attempt ends within seconds, once per start.
"""

from __future__ import annotations

import hashlib
import io
import pickle
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from urllib.parse import urlsplit

from services.downloads import download
from services.errors import WeightsDamaged, WeightsForbidden, WeightsMissing
from services.settings import ServiceSettings


@dataclass(frozen=True)
class OfficialFile:
    """One published file and its terms."""

    url: str
    licence: str
    commercial_use: bool

    @property
    def name(self) -> str:
        return Path(urlsplit(self.url).path).name


@dataclass(frozen=True)
class FoundFile:
    """A published file on this machine."""

    path: Path
    described: str
    """``folder: ...`` or ``hub: ...`` as a model card and ``wetread doctor`` say it."""
    sha256: str


def find_official(file: OfficialFile, settings: ServiceSettings) -> FoundFile:
    """Return a published file, downloading it where that is allowed.

    Raises
    ------
    WeightsMissing
        If it is nowhere and cannot be downloaded.
    WeightsForbidden
        If its terms do not allow this deployment.
    """
    if settings.deployment == "clinical" and not file.commercial_use:
        raise WeightsForbidden(f"the terms of these weights ({file.licence}) do not cover clinical use")
    site = settings.weights / file.name if settings.weights else None
    if site and site.is_file():
        return _found(site, "folder: the official file lies in the folder of WETREAD_WEIGHTS")
    cached = settings.torchxrayvision_cache.expanduser() / file.name
    if cached.is_file():
        return _found(cached, "hub: the official file, from torchxrayvision's own cache")
    if settings.air_gapped:
        raise WeightsMissing(f"{file.name} is in no folder, and nothing is downloaded in an air-gapped deployment")
    download(file.url, cached)
    return _found(cached, "hub: the official file, downloaded at this start")


def _found(path: Path, described: str) -> FoundFile:
    with path.open("rb") as opened:
        return FoundFile(path, described, hashlib.file_digest(opened, "sha256").hexdigest())


class _ModuleUnpickler(pickle.Unpickler):
    """Read a pickled torch module, and nothing else: a pickle can otherwise run any code."""

    def find_class(self, module: str, name: str) -> object:
        import torch

        found: object = super().find_class(module, name) if module.split(".", maxsplit=1)[0] in _PACKAGES else None
        if isinstance(found, type) and issubclass(found, torch.nn.Module):
            return found
        if (module, name) in _PARTS or (module == "torch" and name.endswith("Storage")):
            return super().find_class(module, name)
        raise pickle.UnpicklingError("the file asks for something other than a network")


_PACKAGES = {"torch", "torchvision", "torchxrayvision"}
_PARTS = {
    ("collections", "OrderedDict"),
    ("torch._utils", "_rebuild_parameter"),
    ("torch._utils", "_rebuild_tensor"),
    ("torch._utils", "_rebuild_tensor_v2"),
    ("torch.nn.parameter", "Parameter"),
    ("builtins", "set"),
    ("__builtin__", "set"),
}


def _network_pickle() -> ModuleType:
    """Return a stand-in for :mod:`pickle` whose only reader is :class:`_ModuleUnpickler`."""
    restricted = ModuleType("network_pickle")
    restricted.Unpickler = _ModuleUnpickler  # type: ignore[attr-defined]
    restricted.load = lambda file, **_: _ModuleUnpickler(file).load()  # type: ignore[attr-defined]
    restricted.loads = lambda data, **_: _ModuleUnpickler(io.BytesIO(data)).load()  # type: ignore[attr-defined]
    restricted.UnpicklingError = pickle.UnpicklingError  # type: ignore[attr-defined]
    return restricted


def read_pickled_network(found: FoundFile) -> dict[str, object]:
    """Return the weights of a file that holds a whole pickled network, as torchxrayvision publishes them.

    Raises
    ------
    WeightsDamaged
        If it is damaged, or holds anything but a network.
    """
    import torch

    try:
        network = torch.load(found.path, map_location="cpu", weights_only=False, pickle_module=_network_pickle())
        for module in network.modules():  # files older than torch 1.6 lack this attribute
            vars(module).setdefault("_non_persistent_buffers_set", set())
        state: dict[str, object] = network.state_dict()
    except (pickle.UnpicklingError, RuntimeError, EOFError, AttributeError, OSError, KeyError, ValueError) as error:
        raise WeightsDamaged(f"{found.path.name} is not the official file ({type(error).__name__})") from error
    return state


def read_state(found: FoundFile) -> dict[str, object]:
    """Return the weights of a file that holds tensors by name.

    Raises
    ------
    WeightsDamaged
        If it is damaged, or holds anything but tensors.
    """
    import torch

    try:
        state: dict[str, object] = torch.load(found.path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, OSError, ValueError) as error:
        raise WeightsDamaged(f"{found.path.name} is not the official file ({type(error).__name__})") from error
    return state
