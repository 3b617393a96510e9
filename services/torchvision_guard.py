"""Let torchvision be imported where its compiled library does not fit the installed torch.

PyPI's torchvision is built for CUDA. Beside a CPU build of torch its library cannot load, and then
``import torchvision`` stops at ``operator torchvision::nms does not exist``. Declaring the schemas of the
two operators that torchvision describes at import is enough for every model of this project: none of them
calls torchvision's own operators. Where the library loads, nothing is touched.
"""

from __future__ import annotations

import functools
import importlib.util
import sys
from dataclasses import dataclass
from pathlib import Path

import torch

_SCHEMAS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)


@dataclass(frozen=True)
class TorchvisionGuard:
    """What was found, and whether operator schemas had to be declared."""

    declared: bool
    why: str


_declarations: list[torch.library.Library] = []
"""A declaration lasts as long as its library object."""


@functools.cache
def guard_torchvision() -> TorchvisionGuard:
    """Declare ``torchvision::nms`` and ``torchvision::qnms`` if, and only if, the compiled library cannot load.

    Call it before the first import of torchvision, torchxrayvision or a transformers model. Later calls
    answer what the first one found.
    """
    if "torchvision" in sys.modules:
        return TorchvisionGuard(False, "torchvision was imported before; nothing to declare")
    found = importlib.util.find_spec("torchvision")
    if found is None or not found.submodule_search_locations:
        return TorchvisionGuard(False, "torchvision is not installed")
    library = next(Path(found.submodule_search_locations[0]).glob("_C*.so"), None)
    reason = "torchvision has no compiled library" if library is None else _why_it_cannot_load(library)
    if reason is None:
        return TorchvisionGuard(False, "torchvision's compiled library loads")
    declaration = torch.library.Library("torchvision", "DEF")  # type: ignore[no-untyped-call]
    for schema in _SCHEMAS:
        declaration.define(schema)  # type: ignore[no-untyped-call]
    _declarations.append(declaration)
    return TorchvisionGuard(True, f"{reason}; declared the schemas of nms and qnms")


def _why_it_cannot_load(library: Path) -> str | None:
    try:
        torch.ops.load_library(str(library))  # type: ignore[no-untyped-call]
    except OSError:
        return "torchvision's compiled library does not fit this build of torch"
    return None
