"""An upload, streamed to disk while it is counted and hashed.

Nothing is held in memory but the chunk at hand, and nothing is written beyond the limits: a body that
declares too much is refused before it is read, one that grows too much as soon as it does.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import ClientDisconnect, Request

from orchestrator.errors import RefusedInput, TooLarge, UnreadableImage, UnsupportedImage, UploadStalled
from orchestrator.ingest.limits import IngestLimits, limits_from
from orchestrator.ingest.received import OrderRequest, ReceivedFile, read_order
from orchestrator.ingest.store import Original
from orchestrator.settings import Settings

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

OVERHEAD_BYTES = 1_000_000
"""Boundaries and part headers that a body may hold besides its files."""


async def receive(request: Request, settings: Settings) -> tuple[list[ReceivedFile], OrderRequest | None]:
    """Return the files of one upload, on disk and synced, and the order that came with them.

    Raises
    ------
    TooLarge
        If the body, a count or the order is beyond the limits; said before the body is read where its
        length was declared.
    UnsupportedImage
        If the body is not multipart/form-data.
    UnreadableImage
        If the body is malformed, cut off, or holds no file.
    InvalidOrder
        If the order is malformed.
    UploadStalled
        If the sender stops in the middle.
    """
    limits = limits_from(settings)
    parts = Parts(_boundary(request), settings.originals, limits)
    try:
        await _feed(parts, request, limits)
        return await asyncio.to_thread(parts.finish)
    finally:
        parts.close()


class Parts:
    """The parts of a multipart body, as they come."""

    EXPECTED = "expected at least one part named files"

    def __init__(self, boundary: bytes, originals: Path, limits: IngestLimits) -> None:
        self._originals, self._limits = originals, limits
        self._files: list[Original] = []
        self._order: bytearray | None = None
        self._open: Original | bytearray | None = None
        self._name = self._value = b""
        self._headers: dict[bytes, bytes] = {}
        self._bytes = self._body = 0
        self._complete = False
        callbacks: MultipartCallbacks = {
            "on_part_begin": self._begin,
            "on_header_field": lambda data, start, end: self._field(data[start:end]),
            "on_header_value": lambda data, start, end: self._header(data[start:end]),
            "on_header_end": self._header_ends,
            "on_headers_finished": self._headers_end,
            "on_part_data": lambda data, start, end: self._data(data[start:end]),
            "on_part_end": self._end,
            "on_end": self._all,
        }
        self._parser = MultipartParser(boundary, callbacks)

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes of the body."""
        self._body += len(chunk)
        if self._body > self._limits.upload_bytes + OVERHEAD_BYTES:
            raise _too_many_bytes(self._limits)
        try:
            self._parser.write(chunk)
        except MultipartParseError as error:
            raise UnreadableImage("the body is not well-formed multipart") from error

    def sealed(self) -> list[Original]:
        """Return the files that came, synced to disk and not yet kept."""
        if not self._complete:
            raise UnreadableImage("the upload ends in the middle of a part; send it again")
        if not self._files:
            raise UnreadableImage(f"the upload holds no file; {self.EXPECTED}")
        return self._files

    def finish(self) -> tuple[list[ReceivedFile], OrderRequest | None]:
        """Return what came."""
        files = self.sealed()
        order = None if self._order is None else read_order(bytes(self._order))
        return [file.keep() for file in files], order

    def close(self) -> None:
        """Remove what was not kept: nothing of a refused upload stays on disk."""
        for file in self._files:
            file.close()

    def _begin(self) -> None:
        self._headers = {}

    def _field(self, data: bytes) -> None:
        self._name += data

    def _header(self, data: bytes) -> None:
        self._value += data

    def _header_ends(self) -> None:
        self._headers[self._name.lower()] = self._value
        self._name = self._value = b""

    def _headers_end(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        name = options.get(b"name")
        if name == b"order":
            self._open = bytearray()
        elif name in {b"files", b"file"}:
            self._open_file()
        else:
            raise RefusedInput("an unknown part in the upload; expected parts named files and at most one named order")

    def _open_file(self) -> None:
        if len(self._files) >= self._limits.upload_files:
            raise TooLarge(f"more than {self._limits.upload_files} files in one upload")
        self._open = Original(self._originals)
        self._files.append(self._open)

    def _data(self, data: bytes) -> None:
        if isinstance(self._open, Original):
            self._bytes += len(data)
            if self._bytes > self._limits.upload_bytes:
                raise _too_many_bytes(self._limits)
            self._open.write(data)
        elif self._open is not None:
            if len(self._open) + len(data) > self._limits.order_bytes:
                raise TooLarge(f"the order is larger than {self._limits.order_bytes} bytes")
            self._open.extend(data)

    def _end(self) -> None:
        if isinstance(self._open, Original):
            self._open.seal()
        elif self._open is not None:
            self._order = self._open
        self._open = None

    def _all(self) -> None:
        self._complete = True


class RelatedParts(Parts):
    """The parts of a multipart/related body (RFC 2387, PS3.18 8.6.1.2): every one is a DICOM file."""

    EXPECTED = "expected at least one part of type application/dicom"

    def _headers_end(self) -> None:
        kind, _ = parse_options_header(self._headers.get(b"content-type", b"application/dicom"))
        if kind != b"application/dicom":
            raise UnsupportedImage("a part is not application/dicom; other media types are not taken")
        self._open_file()


@asynccontextmanager
async def received_related(request: Request, settings: Settings) -> AsyncIterator[list[Original]]:
    """Give the files of a multipart/related body, synced to disk; those not kept are removed at the end.

    Raises
    ------
    TooLarge, UnsupportedImage, UnreadableImage, UploadStalled
        As :func:`receive` does.
    """
    kind, options = parse_options_header(request.headers.get("content-type"))
    wanted = kind == b"multipart/related" and options.get(b"type", b"application/dicom") == b"application/dicom"
    if not wanted or request.headers.get("content-encoding", "identity") != "identity":
        raise UnsupportedImage('the body is not multipart/related; type="application/dicom", not compressed')
    limits = limits_from(settings)
    parts = RelatedParts(_checked(options.get(b"boundary", b"")), settings.originals, limits)
    try:
        await _feed(parts, request, limits)
        yield await asyncio.to_thread(parts.sealed)
    finally:
        parts.close()


async def _feed(parts: Parts, request: Request, limits: IngestLimits) -> None:
    _refuse_declared_length(request, limits)
    async for chunk in _chunks(request, limits.idle_s):
        await asyncio.to_thread(parts.feed, chunk)


def _boundary(request: Request) -> bytes:
    kind, options = parse_options_header(request.headers.get("content-type"))
    if kind != b"multipart/form-data":
        raise UnsupportedImage("the body is not multipart/form-data; send the files as parts named files")
    return _checked(options.get(b"boundary", b""))


def _checked(boundary: bytes) -> bytes:
    if not 0 < len(boundary) <= 200:
        raise UnsupportedImage("the content type names no boundary, or one that is too long")
    return boundary


def _refuse_declared_length(request: Request, limits: IngestLimits) -> None:
    declared = request.headers.get("content-length", "0")
    if not declared.isdigit() or int(declared) > limits.upload_bytes + OVERHEAD_BYTES:
        raise _too_many_bytes(limits)


def _too_many_bytes(limits: IngestLimits) -> TooLarge:
    return TooLarge(f"more than {limits.upload_bytes // 1_000_000} MB in one upload")


async def _chunks(request: Request, idle_s: float) -> AsyncIterator[bytes]:
    stream = request.stream()
    while True:
        try:
            yield await asyncio.wait_for(anext(stream), idle_s)
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise UploadStalled(f"nothing came for {idle_s:g} s; send the study again") from None
        except ClientDisconnect as error:
            raise UploadStalled("the sender went away in the middle of the upload; send the study again") from error
