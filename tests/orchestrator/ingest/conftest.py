"""A clinic's inbox: settings on a temporary folder, decoding processes, and one small film."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio

from orchestrator.ingest.assemble import assemble
from orchestrator.ingest.child import Children
from orchestrator.ingest.limits import IngestLimits
from orchestrator.ingest.received import OrderRequest, ReceivedFile
from orchestrator.ingest.store import Original
from orchestrator.settings import Settings
from orchestrator.study import Study
from tests.drawn.chest import Chest, draw_chest

TakeIn = Callable[..., Awaitable[Study]]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(store=tmp_path / "store", originals=tmp_path / "originals")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def children() -> AsyncIterator[Children]:
    async with Children(IngestLimits()) as children:
        yield children


@pytest.fixture
def take_in(settings: Settings, children: Children) -> TakeIn:
    """Return a function that takes in files given as bytes."""

    async def run(*contents: bytes, order: OrderRequest | None = None) -> Study:
        return await assemble([kept(settings, content) for content in contents], order, settings, children)

    return run


def kept(settings: Settings, content: bytes) -> ReceivedFile:
    original = Original(settings.originals)
    original.write(content)
    original.seal()
    return original.keep()


def pixels_of(settings: Settings, study: Study, number: int = 0) -> np.ndarray:
    images = [instance.image for series in study.series for instance in series.instances]
    return np.load(settings.store / images[number].location, mmap_mode="r")


@pytest.fixture(scope="session")
def film() -> Chest:
    return draw_chest(seed=1, rows=500, columns=410)


def shared_data() -> Path:
    """Return the folder of shared images, or skip."""
    root = Path(os.environ.get("WETREAD_DATA", Path(__file__).resolve().parents[4] / "shared" / "data"))
    if not root.is_dir():
        pytest.skip("the shared images are not here; set WETREAD_DATA to their folder")
    return root
