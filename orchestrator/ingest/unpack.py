"""The members of a zip, each into the originals under its SHA-256.

No name of a member is ever used for a path, so nothing can be written elsewhere; names are not kept.
Directories, archives within the archive and what is not an image by its first bytes are passed over.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator

from orchestrator.errors import TooLarge, UnreadableImage, UnsupportedImage
from orchestrator.ingest.decoded import Job
from orchestrator.ingest.kind import Kind, kind_of
from orchestrator.ingest.received import ReceivedFile
from orchestrator.ingest.store import Original

CHUNK = 1 << 20


def unpack(job: Job) -> tuple[tuple[ReceivedFile, ...], int]:
    """Return the members that may be images, and how many were passed over.

    Raises
    ------
    TooLarge
        If there are too many members, or they unpack to too much: as declared, and again while unpacking.
    UnreadableImage
        If the zip is damaged.
    UnsupportedImage
        If it is encrypted or compressed in a way that is not read here.
    """
    try:
        with zipfile.ZipFile(job.path) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            _refuse_declared(members, job)
            return _extract(archive, members, job)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, KeyError, OverflowError) as error:
        raise UnreadableImage("the zip file is cut off or damaged") from error
    except (NotImplementedError, RuntimeError) as error:
        raise UnsupportedImage("an encrypted zip, or one with a compression other than deflate") from error


def _refuse_declared(members: list[zipfile.ZipInfo], job: Job) -> None:
    if len(members) > job.files_left:
        raise TooLarge(f"more than {job.limits.upload_files} files in one upload")
    total, packed = sum(m.file_size for m in members), sum(m.compress_size for m in members)
    if total > job.bytes_left:
        raise TooLarge("the zip file unpacks to more than the limits allow")
    if total > job.limits.free_inflated_bytes and total > job.limits.inflation_ratio * max(packed, 1):
        raise TooLarge("the zip file unpacks to many times its size")


def _extract(
    archive: zipfile.ZipFile, members: list[zipfile.ZipInfo], job: Job
) -> tuple[tuple[ReceivedFile, ...], int]:
    kept: list[ReceivedFile] = []
    left, skipped = job.bytes_left, 0
    for member in members:
        original = Original(job.root, job.scratch)
        try:
            head = b""
            for chunk in _chunks(archive, member, left):
                head = head or chunk[:256]
                original.write(chunk)
            left -= original.size_bytes
            if kind_of(head) in {Kind.OTHER, Kind.ZIP} or original.size_bytes == 0:
                skipped += 1
                continue
            original.seal()
            kept.append(original.keep())
        finally:
            original.close()
    return tuple(kept), skipped


def _chunks(archive: zipfile.ZipFile, member: zipfile.ZipInfo, left: int) -> Iterator[bytes]:
    with archive.open(member) as stream:
        while chunk := stream.read(CHUNK):
            left -= len(chunk)
            if left < 0:
                raise TooLarge("the zip file unpacks to more than the limits allow")
            yield chunk
