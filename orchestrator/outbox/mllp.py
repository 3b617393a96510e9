"""HL7 v2 over MLLP as a client: frames out, acknowledgements in, matched by MSA-2 in whatever order they come.

Original mode waits for one acknowledgement, enhanced mode (MSH-15, MSH-16) for the commit, and for the application's
where it is asked for (HL7 v2.5.1 chapter 2.9). ``AA`` and ``CA`` take the message. ``AE`` and ``CE`` find a fault in
its content: sending it again cannot help. ``AR`` and ``CR`` refuse for another reason, for which the standard names a
system that is down: tried again, unless the error code (table 0357, 200 to 203) says that such messages are not taken.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import NamedTuple

from orchestrator.errors import RefusedByReceiver, TryAgain
from orchestrator.exports.hl7v2 import control_id
from orchestrator.outbox.address import Resolve, pinned, resolved, tls_context
from orchestrator.outbox.letter import Letter
from orchestrator.outbox.tables import Allowed, Mllp

_START, _END = b"\x0b", b"\x1c\r"
_LONGEST_ANSWER = 1_000_000
_NOT_TAKEN_AT_ALL = {"200", "201", "202", "203"}
_TAKEN, _FAULTY, _REFUSED = {"AA", "CA"}, {"AE", "CE"}, {"AR", "CR"}


class Acknowledgement(NamedTuple):
    """What an ACK says: MSA-1, MSA-2, and the first error code (ERR-3.1) where there is one."""

    code: str
    control_id: str
    error: str | None


class MllpCourier:
    """One connection to one receiver, kept open, with as many messages on it as the destination allows."""

    def __init__(self, destination: Mllp, allowed: Allowed, resolve: Resolve = resolved) -> None:
        self._destination, self._allowed, self._resolve = destination, allowed, resolve
        self._tls = tls_context(destination.tls) if destination.tls else None
        self._connecting = asyncio.Lock()
        self._line: _Line | None = None

    async def deliver(self, letter: Letter) -> str:
        """Send one message and wait until the receiver has taken it; returns how it said so.

        Raises
        ------
        TryAgain, RefusedByReceiver
            If it has not.
        """
        style = self._destination.style
        message = await asyncio.to_thread(letter.oru, style)
        line = await self._connected()
        to_the_end = style.application_acknowledgement == "AL"
        return await line.exchange(control_id(letter.release), message, to_the_end, self._destination.timeout_s)

    async def close(self) -> None:
        """Hang up."""
        if self._line is not None:
            self._line.hang_up("the connection was closed")

    async def _connected(self) -> _Line:
        async with self._connecting:
            if self._line is None or self._line.is_down:
                self._line = await self._connect()
            return self._line

    async def _connect(self) -> _Line:
        there = self._destination
        address = await asyncio.to_thread(pinned, there.host, there.port, self._allowed, self._resolve)
        name = (there.tls.server_name or there.host) if there.tls else None
        try:
            async with asyncio.timeout(there.timeout_s):
                streams = await asyncio.open_connection(address, there.port, ssl=self._tls, server_hostname=name)
        except (OSError, TimeoutError) as error:
            raise TryAgain(f"no connection ({type(error).__name__})") from error
        return _Line(*streams)


class _Line:
    """An open connection: who waits for which acknowledgement."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._waiting: dict[str, asyncio.Queue[Acknowledgement | TryAgain]] = {}
        self._heard = 0
        self.is_down = False
        self._listening = asyncio.create_task(self._listen())

    async def exchange(self, control: str, message: bytes, to_the_end: bool, timeout_s: float) -> str:
        answers: asyncio.Queue[Acknowledgement | TryAgain] = asyncio.Queue()
        self._waiting[control] = answers
        heard = self._heard
        try:
            async with asyncio.timeout(timeout_s):
                self._writer.write(_START + message + _END)
                await self._writer.drain()
                return await _taken(answers, to_the_end)
        except TimeoutError as error:
            if self._heard == heard:
                self.hang_up("another message was not acknowledged in time")
            raise TryAgain("not acknowledged in time") from error
        except OSError as error:
            self.hang_up("the connection broke")
            raise TryAgain(f"the connection broke ({type(error).__name__})") from error
        finally:
            self._waiting.pop(control, None)

    def hang_up(self, why: str) -> None:
        """End the connection; whoever waits on it is told."""
        self.is_down = True
        self._listening.cancel()
        self._writer.close()
        for answers in self._waiting.values():
            answers.put_nowait(TryAgain(why))

    async def _listen(self) -> None:
        try:
            while frame := await self._frame():
                self._heard += 1
                said = parse_acknowledgement(frame)
                if said.control_id in self._waiting:  # one for a message that was given up comes too late
                    self._waiting[said.control_id].put_nowait(said)
            self.hang_up("the receiver hung up")
        except (OSError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            self.hang_up("the receiver answered what is no acknowledgement, or hung up")

    async def _frame(self) -> bytes:
        """Return what stands in the next frame; nothing where the other side ended the connection."""
        frame = b""
        with suppress(asyncio.IncompleteReadError):
            await self._reader.readuntil(_START)
            while not frame.endswith(_END):
                frame += await self._reader.readuntil(_END[-1:])
                if len(frame) > _LONGEST_ANSWER:
                    raise ValueError("longer than any acknowledgement")
            return frame[: -len(_END)]
        return b""


async def _taken(answers: asyncio.Queue[Acknowledgement | TryAgain], to_the_end: bool) -> str:
    """Wait for the acknowledgement that decides; a commit alone does not where the application's was asked for."""
    while True:
        said = await answers.get()
        if isinstance(said, TryAgain):
            raise said
        told = f"{said.code} {said.error or ''}".strip()
        if said.code in _FAULTY or (said.code in _REFUSED and said.error in _NOT_TAKEN_AT_ALL):
            raise RefusedByReceiver(told)
        if said.code in _REFUSED:
            raise TryAgain(told)
        if said.code == "AA" or not to_the_end:
            return told


def parse_acknowledgement(frame: bytes) -> Acknowledgement:
    """Return what an acknowledgement says.

    Raises
    ------
    ValueError
        If it is none.
    """
    segments = frame.decode("utf-8", "replace").replace("\n", "\r").split("\r")
    if not segments[0].startswith("MSH") or len(segments[0]) < 5:
        raise ValueError("no MSH")
    field, component = segments[0][3], segments[0][4]
    rows = {row.partition(field)[0]: row.split(field) for row in reversed(segments)}
    msa = [*rows.get("MSA", []), "", "", ""]
    code, control = msa[1].strip().upper(), msa[2].strip()
    if code not in _TAKEN | _FAULTY | _REFUSED:
        raise ValueError("no MSA-1 that we know")
    error = [*rows.get("ERR", []), "", "", "", ""][3].partition(component)[0]
    return Acknowledgement(code, control, error if error.isdigit() else None)
