"""A watched folder: what stands still is taken once and moved where a person sees what became of it."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from orchestrator.records.arrivals import StudyStanding
from tests.drawn.dicom import dicom_bytes, png_bytes
from tests.orchestrator.gateway.conftest import film, gateway, settled


@pytest.fixture
async def hall(settings, tmp_path):
    async with gateway(
        settings, tmp_path / "hospital", f'[folder]\npath = "{tmp_path}/in"\nstable_s = 0.3\n'
    ) as opened:
        yield opened


async def moved(folder, name: str) -> str:
    """Wait until a file is in ``done`` or ``failed``, and say in which."""
    async with asyncio.timeout(20):
        while True:
            for where in ("done", "failed"):
                if (folder / where / name).exists():
                    return where
            await asyncio.sleep(0.05)


async def test_a_film_is_taken_moved_and_becomes_a_study(hall, tmp_path):
    (tmp_path / "in" / "Doe^John.dcm").write_bytes(dicom_bytes(film()))
    assert await moved(tmp_path / "in", "Doe^John.dcm") == "done"
    assert (await settled(hall, film().StudyInstanceUID)).standing is StudyStanding.ACCEPTED


async def test_a_picture_is_a_study_by_itself(hall, tmp_path):
    (tmp_path / "in" / "film.png").write_bytes(png_bytes(np.full((90, 70), 900, np.uint16)))
    assert await moved(tmp_path / "in", "film.png") == "done"
    async with asyncio.timeout(20):
        while not hall.records.latest(10):
            await asyncio.sleep(0.05)


async def test_what_nothing_reads_goes_where_it_is_seen(hall, tmp_path):
    (tmp_path / "in" / "letter.txt").write_text("Dear colleague")
    assert await moved(tmp_path / "in", "letter.txt") == "failed"


async def test_a_file_that_still_grows_is_left_alone(hall, tmp_path):
    content = dicom_bytes(film())
    with (tmp_path / "in" / "slow.dcm").open("wb") as slow:
        for at in range(0, len(content), len(content) // 8 + 1):
            slow.write(content[at : at + len(content) // 8 + 1])
            slow.flush()
            await asyncio.sleep(0.1)
            assert not list((tmp_path / "in").glob("*/slow.dcm"))
    assert await moved(tmp_path / "in", "slow.dcm") == "done"
    assert len(hall.records.arrivals.objects(film().StudyInstanceUID)) == 1
