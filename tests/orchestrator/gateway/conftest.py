"""A gateway that listens on a free port, in the test's own process, and the peers that talk to it."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest

from orchestrator.gateway.__main__ import open_hall
from orchestrator.gateway.hall import Hall
from orchestrator.gateway.listeners import open_listeners
from orchestrator.records.arrivals import ArrivingStudy, StudyStanding
from orchestrator.settings import Settings
from tests.drawn.dicom import dicom_bytes, radiograph_dataset

QUIET_S = 0.3
Run = Callable[..., Awaitable[tuple[int, str]]]


@asynccontextmanager
async def gateway(settings: Settings, folder: Path, tables: str) -> AsyncIterator[Hall]:
    """Open the listeners that a hospital's file asks for."""
    folder.mkdir(exist_ok=True)
    (folder / "hospital.toml").write_text(f"{tables}\n[arrivals]\nquiet_s = {QUIET_S}\n")
    settings = settings.model_copy(update={"hospital": folder / "hospital.toml"})
    async with open_hall(settings) as hall, open_listeners(hall):
        yield hall


@pytest.fixture
async def hall(settings: Settings, tmp_path: Path) -> AsyncIterator[Hall]:
    async with gateway(settings, tmp_path / "hospital", "[dicom]\nport = 0\n") as opened:
        yield opened


def film(seed: int = 0, **attributes: object):
    """A small radiograph, other pixels for every seed."""
    pixels = np.random.default_rng(seed).integers(0, 4095, (96, 80)).astype(np.uint16)
    return radiograph_dataset(pixels, seed=seed, **attributes)


def write_film(folder: Path, name: str = "film.dcm", seed: int = 0, **attributes: object) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(dicom_bytes(film(seed, **attributes)))
    return folder / name


async def settled(hall: Hall, study_key: str, patience_s: float = 20.0) -> ArrivingStudy:
    """Wait until a study that came object by object has become one, or was refused."""
    async with asyncio.timeout(patience_s):
        while True:
            study = hall.records.arrivals.study(study_key)
            if study is not None and study.standing in {StudyStanding.ACCEPTED, StudyStanding.REFUSED}:
                return study
            await asyncio.sleep(0.05)


async def run(program: str, *arguments: object, patience_s: float = 60.0) -> tuple[int, str]:
    """Run a DICOM program that is not ours; a person without it sees a skip, CI has it."""
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed (Debian: dcmtk)")
    process = await asyncio.create_subprocess_exec(
        program, *map(str, arguments), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    try:
        said, _ = await asyncio.wait_for(process.communicate(), patience_s)
    finally:
        if process.returncode is None:
            process.kill()
    return int(process.returncode or 0), said.decode(errors="replace")
