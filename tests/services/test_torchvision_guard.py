"""The guard acts only where the compiled library of torchvision cannot load, and says so."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def run(code: str) -> subprocess.CompletedProcess[str]:
    """Run code in a fresh process: what torch has been told cannot be taken back in this one."""
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )


COUNTING = """
import torch
defined = []
really = torch.library.Library.define
torch.library.Library.define = lambda self, schema, *a, **k: (defined.append(schema), really(self, schema, *a, **k))[1]
from services.torchvision_guard import guard_torchvision
"""


def test_torchvision_imports_behind_the_guard() -> None:
    done = run(
        COUNTING
        + """
guard = guard_torchvision()
declared = list(defined)
import torchvision, torchxrayvision
assert guard.declared == bool(declared), guard
assert guard_torchvision() is guard
print(guard.why)
"""
    )
    assert done.returncode == 0, done.stderr
    assert "torchvision" in done.stdout


def test_a_library_that_loads_is_left_alone() -> None:
    done = run(
        COUNTING
        + """
torch.ops.load_library = lambda path: None
guard = guard_torchvision()
assert not guard.declared and not defined, guard
print(guard.why)
"""
    )
    assert done.returncode == 0, done.stderr
    assert "loads" in done.stdout


def test_a_library_that_does_not_fit_is_declared_for() -> None:
    done = run(
        COUNTING
        + """
def misfit(path):
    raise OSError("undefined symbol")
torch.ops.load_library = misfit
guard = guard_torchvision()
assert guard.declared and len(defined) == 2, guard
import torchvision.ops
"""
    )
    if "duplicate" in done.stderr.lower():
        pytest.skip("torchvision's own library loads here and declares the same operators")
    assert done.returncode == 0, done.stderr


def test_networks_can_be_imported_in_any_order() -> None:
    """MONAI remembers for good that torchvision could not be imported, and a detector then cannot be built."""
    done = run(
        """
import services.segmentation.network
from services.detection.network import Design, build_network
build_network(Design())
"""
    )
    assert done.returncode == 0, done.stderr
