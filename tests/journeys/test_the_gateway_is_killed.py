"""The gateway dies without a word while films come in: what was acknowledged becomes its study, once."""

from __future__ import annotations

import asyncio
import random
import time

import pytest

from deploy.mutation import objects
from deploy.mutation.doors import Doors, open_doors
from deploy.mutation.peer import Hung, Peer
from orchestrator.records import Records
from orchestrator.records.arrivals import StudyStanding

pytestmark = pytest.mark.journey

STUDIES = 24
KILLS = 3


async def send_until_acknowledged(doors: Doors, number: int) -> None:
    """Send as a modality does: again and again until somebody says that it is stored."""
    film = objects.good_film(number)
    data_set = film[144 + int.from_bytes(film[140:144], "little") :]
    async with asyncio.timeout(240):
        while True:
            try:
                if set(await Peer(doors.host, doors.dicom).store([data_set])) <= {0, 0xB007}:
                    return
            except (OSError, Hung):
                pass
            await asyncio.sleep(0.1)


async def send_all(doors: Doors, chance: random.Random) -> None:
    async def kill_now_and_then() -> None:
        for _ in range(KILLS):
            await asyncio.sleep(chance.uniform(0.2, 1.5))
            await asyncio.to_thread(doors.kill_and_start_again, "gateway")

    killing = asyncio.create_task(kill_now_and_then())
    for start in range(0, STUDIES, 4):
        await asyncio.gather(*(send_until_acknowledged(doors, number) for number in range(start, start + 4)))
        await asyncio.sleep(chance.uniform(0, 0.6))
    await killing


def test_nothing_acknowledged_is_lost_and_nothing_is_doubled():
    with open_doors() as doors:
        asyncio.run(send_all(doors, random.Random(5)))
        records = Records.open(f"sqlite:///{doors.folder}/wetread.db")
        deadline = time.monotonic() + 120
        while records.arrivals.counts() != {StudyStanding.ACCEPTED: STUDIES} and time.monotonic() < deadline:
            time.sleep(0.2)
        assert records.arrivals.counts() == {StudyStanding.ACCEPTED: STUDIES}
        uids = [records.study(record.study_id).study_instance_uid for record in records.latest(200)]
        assert sorted(uids) == sorted(f"2.25.2{number}" for number in range(STUDIES))
        records.close()
