"""Damaged files through C-STORE, STOW-RS and upload, and damaged streams at the DICOM port."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager

import httpx

from deploy.mutation import objects
from deploy.mutation.damage import BYTE_MUTATIONS
from deploy.mutation.doors import Doors
from deploy.mutation.peer import RELEASE, SYNTAX, Hung, Peer, associate_request, store_request
from deploy.mutation.tally import Tally

TOGETHER = 10
"""Cases that share an association or a request."""
AT_A_TIME = 6
ANSWER_S = 60.0
Send = Callable[["Campaign", range], Awaitable[None]]


class Campaign:
    """One run against one set of doors."""

    def __init__(self, doors: Doors, seed: int, client: httpx.AsyncClient) -> None:
        self.doors, self.seed, self.client = doors, seed, client
        self.tally = Tally()
        self.peer = Peer(doors.host, doors.dicom)

    async def run(self, count: int, ways: tuple[Send, ...]) -> Tally:
        """Send so many cases, in turn through every door, several at a time."""
        turns = iter(enumerate(_batches(count)))
        await asyncio.gather(*(self._work(turns, ways) for _ in range(AT_A_TIME)))
        await self._good_film(count)
        self.tally.deaths += self.doors.dead()
        return self.tally

    async def _work(self, turns: Iterator[tuple[int, range]], ways: tuple[Send, ...]) -> None:
        for number, batch in turns:
            if self.doors.dead():
                return
            try:
                await ways[number % len(ways)](self, batch)
            except (Hung, httpx.TimeoutException):
                self.tally.hung.append(f"{ways[number % len(ways)].__name__}:{batch.start}")
            except httpx.TransportError as error:
                self.tally.answers[f"cut off ({type(error).__name__})"] += 1
            self.tally.sent += len(batch)
            if number % 20 == 0:
                await self._good_film(number)

    async def _good_film(self, number: int) -> None:
        """Between the damaged files a good one must be taken, at each door."""
        film = objects.good_film(number)
        try:
            (status,) = await self.peer.store([_data_set(film)])
            uploaded = await self.client.post("/v1/studies", files=[("files", ("0", film))])
            if status not in {0, 0xB007} or uploaded.status_code != 202:
                self.tally.unserved.append(f"{number}:{status}:{uploaded.status_code}")
        except (Hung, httpx.HTTPError) as error:
            self.tally.unserved.append(f"{number}:{type(error).__name__}")

    def note(self, door: str, answer: httpx.Response, batch: range) -> None:
        """Count an answer."""
        self.tally.answers[f"{door} {answer.status_code}"] += 1
        if answer.status_code >= 500:
            self.tally.server_errors.append(f"{door}:{batch.start}")


async def by_store(campaign: Campaign, batch: range) -> None:
    """Damaged data sets on one association; each must get a response."""
    data_sets = [_data_set(objects.case(number, campaign.seed)) for number in batch]
    for status in await campaign.peer.store(data_sets, SYNTAX):
        campaign.tally.answers["c-store no response" if status is None else f"c-store {status:04X}"] += 1


async def by_stow(campaign: Campaign, batch: range) -> None:
    """Damaged files as the parts of one request."""
    files = [objects.case(number, campaign.seed) for number in batch]
    parts = [b"--cut\r\nContent-Type: application/dicom\r\n\r\n" + file + b"\r\n" for file in files]
    headers = {"content-type": 'multipart/related; type="application/dicom"; boundary=cut'}
    body = b"".join(parts) + b"--cut--\r\n"
    campaign.note("stow", await campaign.client.post("/dicomweb/studies", content=body, headers=headers), batch)


async def by_upload(campaign: Campaign, batch: range) -> None:
    """Damaged files as one upload."""
    files = [("files", (str(number), objects.case(number, campaign.seed))) for number in batch]
    campaign.note("upload", await campaign.client.post("/v1/studies", files=files), batch)


async def by_stream(campaign: Campaign, batch: range) -> None:
    """Damaged streams at the DICOM port; each must be answered or ended."""
    whole = associate_request() + store_request(1, _data_set(objects.good_film(0))) + RELEASE
    for number in batch:
        chance = random.Random(f"stream {campaign.seed} {number}")
        stream = whole
        for _ in range(chance.randint(1, 4)):
            stream = chance.choice(BYTE_MUTATIONS)(stream, chance) or b"\x00"
        campaign.tally.answers[f"stream {await campaign.peer.say(stream)}"] += 1


async def pictures_by_upload(campaign: Campaign, batch: range) -> None:
    """Damaged pictures and archives, one upload each: beside good ones a bad one would be passed over."""
    for number in batch:
        files = [("files", ("0", objects.picture_case(number, campaign.seed)))]
        campaign.note("upload", await campaign.client.post("/v1/studies", files=files), range(number, number + 1))


DICOM: tuple[Send, ...] = (by_store, by_stow, by_upload, by_stream)
PICTURES: tuple[Send, ...] = (pictures_by_upload,)


@asynccontextmanager
async def campaign(doors: Doors, seed: int) -> AsyncIterator[Campaign]:
    """Open a campaign."""
    async with httpx.AsyncClient(base_url=doors.api, timeout=ANSWER_S, trust_env=False) as client:
        yield Campaign(doors, seed, client)


def _batches(count: int) -> Iterator[range]:
    return (range(start, min(start + TOGETHER, count)) for start in range(0, count, TOGETHER))


def _data_set(file: bytes) -> bytes:
    """Return what follows the file meta information, or all of it where that is damaged."""
    begins = 144 + int.from_bytes(file[140:144], "little")
    return file[begins:] if file[128:132] == b"DICM" and begins < len(file) else file
