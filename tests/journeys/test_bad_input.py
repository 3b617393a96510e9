"""What is cut off, mislabelled, empty, a bomb, or two gigabytes: a clear refusal within five seconds.

Memory stays bounded, the service goes on, and nothing is lost.
"""

from __future__ import annotations

import functools
import select
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple
from urllib.parse import urlsplit

import httpx
import pytest

from tests.drawn.bombs import BOMBS, zip_of
from tests.journeys.clinic import Clinic
from tests.journeys.conftest import Stack
from tests.journeys.measured import Watched
from tests.phantoms import chest_dicom, draw_knee, jpeg_bytes

pytestmark = pytest.mark.journey

FIVE_SECONDS = 5.0
"""By the clock on the wall. A machine that others keep busy may have another try: one answer in time is needed."""
TRIES = 3
MB = 1_000_000
LITTLE = 100 * MB
"""What the API may grow by over an upload of any size."""
BOUNDED = 700 * MB
"""What the API and its decoding children may grow by over any file."""
TWO_GIGABYTES = 2 * 1024**3
LIMIT = 512 * MB
HEAD = b'--x\r\nContent-Disposition: form-data; name="files"; filename="film"\r\n\r\n'


@functools.cache
def film() -> bytes:
    return chest_dicom("effusion-left", seed=1)


BAD = {
    "nothing at all": (lambda: b"", 422),
    "cut off before its pixels": (lambda: film()[:700], 415),
    "cut off in the pixels": (lambda: film()[: len(film()) // 2], 422),
    "cut off JPEG": (lambda: jpeg_bytes(draw_knee())[:5000], 422),
    "text": (lambda: b"Patient has no findings.\n" * 50, 415),
    "PDF": (lambda: b"%PDF-1.7\n" + bytes(5000), 415),
    "program": (lambda: b"\x7fELF" + bytes(5000), 415),
    "zip of nothing but text": (lambda: zip_of(("readme.txt", b"nothing here")), 415),
    "cut off zip": (lambda: zip_of(("film.dcm", film()))[:100_000], 422),
    **{name: (make, 413) for name, make in BOMBS.items()},
}


@pytest.fixture
def clinic(whole_stack: Stack) -> Clinic:
    return whole_stack.clinic


@pytest.fixture
def api_pid(whole_stack: Stack) -> int:
    pid = whole_stack.state.part("orchestrator").pid
    assert pid is not None
    return pid


def assert_clear(answer: httpx.Response, status: int) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["type"].startswith("urn:wetread:problem:")
    assert problem["detail"]
    assert problem["expected"], "it says what would be right"
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_refused_with_its_reason(clinic: Clinic, api_pid: int, stack: Stack, name: str):
    make, status = BAD[name]
    content = make()
    known = len(clinic.http.get("/v1/studies?limit=200").json()["studies"])
    seconds: list[float] = []
    with Watched(api_pid) as watched:
        while not seconds or (min(seconds) >= FIVE_SECONDS and len(seconds) < TRIES):
            began = time.monotonic()
            answer = clinic.post(content)
            seconds.append(time.monotonic() - began)
            assert_clear(answer, status)
    assert min(seconds) < FIVE_SECONDS
    assert watched.grown_bytes < BOUNDED
    assert len(clinic.http.get("/v1/studies?limit=200").json()["studies"]) == known
    assert nothing_half_done(stack)


def nothing_half_done(stack: Stack) -> bool:
    """No unfinished file is left in the identified zone or in the store."""
    folders = [stack.folder.path / name / ".incoming" for name in ("originals", "store")]
    return not [left for folder in folders if folder.exists() for left in folder.iterdir()]


def test_while_bad_files_come_others_are_served_and_nothing_is_lost(clinic: Clinic, whole_stack: Stack):
    """Four senders of rubbish at once; before, during and after, good films are accepted and drafted."""
    before = clinic.send(film())
    during = []
    with bombarded(whole_stack.api, senders=4) as answers, still_ready(whole_stack.api):
        while len(answers) < 12:
            during.append(clinic.send(film()))
            time.sleep(0.5)
    after = clinic.send(film())
    clinic.wait_for(before, *during, after)
    clinic.assert_drafted_once(before, *during, after)
    assert set(answers) <= {413, 415, 422}


@contextmanager
def bombarded(address: str, senders: int) -> Iterator[list[int]]:
    """Send bad files without pause while the context is open; yields the status of every answer so far."""
    contents = [BAD[name][0]() for name in ("png 30000 x 30000", "deflated data set", "zip", "cut off in the pixels")]
    statuses: list[int] = []
    over = threading.Event()

    def send(content: bytes) -> None:
        sender = Clinic(address)
        while not over.is_set():
            statuses.append(sender.post(content).status_code)
        sender.close()

    threads = [threading.Thread(target=send, args=(contents[n % len(contents)],)) for n in range(senders)]
    for thread in threads:
        thread.start()
    try:
        yield statuses
    finally:
        over.set()
        for thread in threads:
            thread.join()


@contextmanager
def still_ready(address: str) -> Iterator[None]:
    """Ask ``/readyz`` all the while; it says yes every time."""
    said: list[int] = []
    over = threading.Event()

    def ask() -> None:
        with httpx.Client(base_url=address, timeout=60, trust_env=False) as client:
            said.append(client.get("/readyz").status_code)
            while not over.wait(0.2):
                said.append(client.get("/readyz").status_code)

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
    assert said
    assert set(said) == {200}


class Sent(NamedTuple):
    """What became of a body that was sent piece by piece."""

    answer: bytes
    bytes_sent: int
    seconds: float
    """From the byte that passed the limit, or from the header where the length was declared."""


def send_two_gigabytes(address: str, declared: bool) -> Sent:
    """Send a body of zeros until somebody answers; no more than one piece of it is ever held here."""
    where = urlsplit(address)
    length = f"Content-Length: {TWO_GIGABYTES}" if declared else "Transfer-Encoding: chunked"
    head = f"POST /v1/studies HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=x\r\n{length}\r\n\r\n"
    zeros = bytes(1 << 20)
    piece = zeros if declared else b"%x\r\n%b\r\n" % (len(zeros), zeros)
    first = HEAD if declared else b"%x\r\n%b\r\n" % (len(HEAD), HEAD)
    with socket.create_connection((where.hostname, where.port), timeout=60) as opened:
        opened.sendall(head.encode() + first)
        sent, began = 0, time.monotonic()
        while sent < TWO_GIGABYTES and not select.select([opened], [], [], 0.2 if declared else 0)[0]:
            opened.sendall(piece)
            sent += len(zeros)
            if sent <= LIMIT and not declared:
                began = time.monotonic()
        answer = opened.recv(1 << 16)
        seconds = time.monotonic() - began
        while b"}" not in answer:
            answer += opened.recv(1 << 16)
        return Sent(answer, sent, seconds)


@pytest.mark.parametrize("declared", [True, False], ids=["of declared length", "of no declared length"])
def test_two_gigabytes_are_refused(clinic: Clinic, api_pid: int, stack: Stack, declared: bool):
    study_id = clinic.send(film())
    with Watched(api_pid) as watched, still_ready(stack.api):
        for _ in range(TRIES):
            sent = send_two_gigabytes(stack.api, declared)
            if sent.seconds < FIVE_SECONDS:
                break
    assert sent.answer.startswith(b"HTTP/1.1 413 ")
    assert b"application/problem+json" in sent.answer
    assert b"more than 512 MB in one upload" in sent.answer
    assert sent.seconds < FIVE_SECONDS
    assert sent.bytes_sent < (16 * MB if declared else LIMIT + 64 * MB)
    assert watched.grown_bytes < LITTLE
    assert nothing_half_done(stack)
    clinic.wait_for(study_id)
    clinic.assert_drafted_once(study_id)


def test_a_sender_that_never_looks_up_still_reads_why_it_was_refused(clinic: Clinic):
    """An ordinary client sends everything first and reads afterwards; the answer must not be lost on the way."""

    def body() -> Iterator[bytes]:
        yield HEAD + bytes((1 << 20) - len(HEAD))
        for _ in range((TWO_GIGABYTES >> 20) - 1):
            yield bytes(1 << 20)

    headers = {"content-type": "multipart/form-data; boundary=x", "content-length": str(TWO_GIGABYTES)}
    assert_clear(clinic.http.post("/v1/studies", content=body(), headers=headers), 413)
