"""Disposable processes that touch untrusted bytes, and the parent's view of them.

One program (:mod:`orchestrator.ingest.decode`) has the codecs imported and forks a child for every file, so
that a job neither waits for imports nor shares a process with another. A child that dies, is killed by its
limits, or answers nothing sensible is a typed error. Time is bounded on the processor's clock, so that a
file made to be slow is refused in seconds and a film on a busy machine is not.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType

from pydantic import ValidationError

from orchestrator.errors import RefusedInput, TooLarge, Unavailable, UnreadableImage, UnsupportedImage
from orchestrator.ingest.decoded import Answer, Job
from orchestrator.ingest.limits import IngestLimits
from orchestrator.ingest.store import INCOMING

PROGRAM = "orchestrator.ingest.decode"
READY = b"ready\n"
START_S = 60.0
"""A child that is not ready by then will never be."""
ANSWER_BYTES = 4_000_000
GRACE_S = 1.0
"""How much longer than a child's own clock its parent waits."""
ERRORS: dict[str, type[RefusedInput]] = {
    "TooLarge": TooLarge,
    "UnsupportedImage": UnsupportedImage,
    "UnreadableImage": UnreadableImage,
}


class Children:
    """The decoding program and its children, for as long as the context is open.

    One belongs to one event loop::

        async with Children(limits) as children:
            answer = await children.ask(job)
    """

    def __init__(self, limits: IngestLimits) -> None:
        self._limits = limits
        self._turn = asyncio.Semaphore(limits.children)
        self._program: subprocess.Popen[bytes] | None = None
        self._channel: socket.socket | None = None

    async def __aenter__(self) -> Children:
        self._start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._stop()

    async def ask(self, job: Job) -> Answer:
        """Return the answer of a fresh process.

        Raises
        ------
        RefusedInput
            The kind the process named, or that its death tells of.
        Unavailable
            If no process can be started.
        """
        async with self._turn:
            reader, writer = await self._child()
            try:
                answer = await self._converse(reader, writer, job)
            finally:
                writer.close()
        if answer.error is not None:
            raise ERRORS[answer.error](answer.message)
        return answer

    async def _child(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Return a connection to a child that is ready; the program is started again if it died."""
        for _ in range(2):
            ours, theirs = socket.socketpair()
            with theirs, contextlib.suppress(OSError):
                socket.send_fds(self._running(), [b"j"], [theirs.fileno()])
            reader, writer = await asyncio.open_connection(sock=ours, limit=ANSWER_BYTES)
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(START_S):
                    if await reader.readline() == READY:
                        return reader, writer
            writer.close()
            self._stop()
        raise Unavailable("the decoding process does not start; try python -m orchestrator.ingest.decode")

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, job: Job) -> Answer:
        loop = asyncio.get_running_loop()
        began = loop.time()
        said = b""
        with contextlib.suppress(OSError, TimeoutError, ValueError):
            async with asyncio.timeout(self._limits.wall_clock_s + GRACE_S):
                writer.write(job.model_dump_json().encode() + b"\n")
                said = await reader.readline()
        if not said and loop.time() - began >= self._limits.wall_clock_s:
            raise TooLarge(f"decoding takes longer than {self._limits.wall_clock_s:g} s")
        try:
            return Answer.model_validate_json(said)
        except ValidationError:
            raise UnreadableImage("the file cannot be decoded; it is damaged or not what it says it is") from None

    def _running(self) -> socket.socket:
        if self._channel is None or self._program is None or self._program.poll() is not None:
            self._stop()
            self._start()
        assert self._channel is not None
        return self._channel

    def _start(self) -> None:
        self._channel, theirs = socket.socketpair()
        with theirs:
            self._program = subprocess.Popen(
                [sys.executable, "-m", PROGRAM, str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
            )

    def _stop(self) -> None:
        """End the program; a child at work ends by its own clock."""
        if self._channel is not None:
            self._channel.close()
        if self._program is not None:
            self._program.kill()
            self._program.wait()
        self._channel = self._program = None


def scratch_folder(root: Path) -> Path:
    """Return a new folder for unfinished files, on the same file system as ``root``."""
    incoming = root / INCOMING
    incoming.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(dir=incoming))


def remove(folder: Path) -> None:
    """Remove a scratch folder and what a killed process left in it."""
    shutil.rmtree(folder, ignore_errors=True)
