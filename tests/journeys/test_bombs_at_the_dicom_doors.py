"""What is made to do harm, at every DICOM door: answered in two seconds, in little memory, while others are served."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import httpx
import numpy as np
import pytest

from deploy.mutation import objects
from deploy.mutation.doors import Doors, open_doors
from deploy.mutation.peer import Peer
from tests.drawn.bombs import BOMBS
from tests.drawn.orthanc_2026 import FILES, gzip_bomb, palette_index_beyond_its_table
from tests.journeys.measured import Watched

pytestmark = pytest.mark.journey

TWO_SECONDS = 2.0
"""By the clock on the wall. A machine that others keep busy may have another try: one answer in time is needed."""
TRIES = 3
MB = 1_000_000
BOUNDED = 300 * MB
"""What a door and its children may grow by."""
HARMFUL = {**BOMBS, **FILES}
RELATED = {"content-type": 'multipart/related; type="application/dicom"; boundary=cut'}


@pytest.fixture(scope="module")
def doors() -> Iterator[Doors]:
    with open_doors() as opened:
        yield opened


@pytest.fixture(scope="module")
def content_of() -> Callable[[str], bytes]:
    made: dict[str, bytes] = {}
    return lambda name: made.setdefault(name, HARMFUL[name]())


def client_of(doors: Doors) -> httpx.Client:
    return httpx.Client(base_url=doors.api, timeout=60, trust_env=False)


def assert_answered(doors: Doors, part: str, send: Callable[[], bool]) -> None:
    """Send something harmful; it must be answered, and a good film beside it taken, in time and in little memory."""
    seconds: list[float] = []
    with Watched(doors.processes[part].pid) as watched:
        while not seconds or (min(seconds) >= TWO_SECONDS and len(seconds) < TRIES):
            began = time.monotonic()
            assert send()
            assert good_film_is_taken(doors)
            seconds.append(time.monotonic() - began)
    assert not doors.dead()
    assert watched.grown_bytes <= BOUNDED, f"{watched.grown_bytes / MB:.0f} MB"
    assert min(seconds) < TWO_SECONDS, seconds


def good_film_is_taken(doors: Doors) -> bool:
    film = objects.good_film(time.monotonic_ns())
    data_set = film[144 + int.from_bytes(film[140:144], "little") :]
    return asyncio.run(Peer(doors.host, doors.dicom).store([data_set]))[0] in {0, 0xB007}


@pytest.mark.parametrize("name", HARMFUL)
def test_by_c_store(doors: Doors, content_of, name: str):
    content = content_of(name)
    syntax, data_set = "1.2.840.10008.1.2.1", content
    if content[128:132] == b"DICM":
        begins = 144 + int.from_bytes(content[140:144], "little")
        data_set = content[begins:] or content
        if name == "deflated data set":
            syntax = "1.2.840.10008.1.2.1.99"
    peer = Peer(doors.host, doors.dicom)
    assert_answered(doors, "gateway", lambda: asyncio.run(peer.store([data_set], syntax))[0] is not None)


@pytest.mark.parametrize("name", HARMFUL)
def test_by_stow(doors: Doors, content_of, name: str):
    body = b"--cut\r\nContent-Type: application/dicom\r\n\r\n" + content_of(name) + b"\r\n--cut--\r\n"
    with client_of(doors) as client:
        stow = lambda: client.post("/dicomweb/studies", content=body, headers=RELATED).status_code < 500  # noqa: E731
        assert_answered(doors, "api", stow)


@pytest.mark.parametrize("name", FILES)
def test_by_upload(doors: Doors, content_of, name: str):
    files = [("files", ("0", content_of(name)))]
    statuses = {202} if name == "CVE-2026-5445" else {413, 415, 422}
    with client_of(doors) as client:
        assert_answered(doors, "api", lambda: client.post("/v1/studies", files=files).status_code in statuses)


def test_a_palette_index_beyond_its_table_shows_nothing_but_the_table(doors: Doors):
    """CVE-2026-5445: what stands in memory behind the table must not appear in the picture."""
    with client_of(doors) as client:
        client.post("/v1/studies", files=[("files", ("0", palette_index_beyond_its_table()))]).raise_for_status()
    stored = [np.load(path) for path in (doors.folder / "store").rglob("*.npy")]
    pictures = [array for array in stored if array.shape == (64, 48) and array.dtype == np.uint8]
    assert pictures
    assert [np.unique(picture).tolist() for picture in pictures] == [[0x77]] * len(pictures)


@pytest.mark.parametrize("path", ["/dicomweb/studies", "/v1/studies"])
def test_a_compressed_body_is_never_inflated(doors: Doors, path: str):
    """CVE-2026-5438."""
    bomb, headers = gzip_bomb(), {**RELATED, "content-encoding": "gzip"}
    with client_of(doors) as client:
        refused = lambda: client.post(path, content=bomb, headers=headers).status_code == 415  # noqa: E731
        assert_answered(doors, "api", refused)


@pytest.mark.parametrize("path", ["/dicomweb/studies", "/v1/studies"])
def test_a_declared_length_of_four_gigabytes_takes_no_memory(doors: Doors, path: str):
    """CVE-2026-5440."""
    where = urlsplit(doors.api)
    kind = RELATED["content-type"] if "dicomweb" in path else "multipart/form-data; boundary=cut"
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\nContent-Length: 4294967290\r\n\r\n--cut\r\n"

    def refused() -> bool:
        with socket.create_connection((where.hostname, where.port), timeout=30) as opened:
            opened.sendall(head.encode())
            return opened.recv(4096).startswith(b"HTTP/1.1 413 ")

    assert_answered(doors, "api", refused)
