"""Received files to one :class:`~orchestrator.study.Study`: unpack, decode, group, and say what was not used."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence

from orchestrator.errors import RefusedInput, TooLarge, UnreadableImage, UnsupportedImage
from orchestrator.ingest.child import Children, remove, scratch_folder
from orchestrator.ingest.decoded import Answer, Decoded, Job
from orchestrator.ingest.grouping import study_of
from orchestrator.ingest.kind import Kind, kind_of
from orchestrator.ingest.limits import IngestLimits, limits_from
from orchestrator.ingest.received import OrderRequest, ReceivedFile
from orchestrator.settings import Settings
from orchestrator.study import Study
from services.contract import Limitation, LimitationReason

SOURCE = "ingest"
Read = tuple[ReceivedFile, Decoded]


async def assemble(
    files: Sequence[ReceivedFile],
    order: OrderRequest | None,
    settings: Settings,
    children: Children | None = None,
    study_id: str | None = None,
) -> Study:
    """Return the study that the files make.

    Parameters
    ----------
    files
        Files of one study: DICOM, PNG, JPEG, or zips of these. The same bytes twice count once.
    order
        The order that came beside them; it fills what the header leaves empty.
    children
        Decoding processes kept ready; without them each file waits for one to start.
    study_id
        Ours, random; made here when not given.

    Raises
    ------
    UnreadableImage, UnsupportedImage, TooLarge
        If no file can be used: the kind of the first that could not. Beside files that can be used, one
        that cannot becomes a limitation of the study.
    RefusedInput
        If the files belong to more than one study.
    """
    limits = limits_from(settings)
    if children is None:
        async with Children(limits) as own:
            return await assemble(files, order, settings, own, study_id)
    desk = _Desk(settings, limits, children)
    members = await desk.members(files)
    read = await desk.read(members)
    if not read:
        raise desk.refusals[0] if desk.refusals else UnreadableImage("no file came; expected at least one image")
    return study_of(read, order, study_id or secrets.token_hex(16), tuple(desk.limitations()))


class _Desk:
    """One upload being worked on."""

    def __init__(self, settings: Settings, limits: IngestLimits, children: Children) -> None:
        self._settings, self._limits, self._children = settings, limits, children
        self._passed_over = 0
        self.refusals: list[RefusedInput] = []

    async def members(self, files: Sequence[ReceivedFile]) -> list[ReceivedFile]:
        """Return the files with every zip replaced by what is in it, each content once."""
        found: dict[str, ReceivedFile] = {}
        files_left, bytes_left = self._limits.upload_files, self._limits.upload_bytes
        for file in files:
            if await asyncio.to_thread(_kind, file) is not Kind.ZIP:
                found.setdefault(file.sha256, file)
                continue
            members = await self._unpack(file, files_left, bytes_left)
            files_left -= len(members)
            bytes_left -= sum(member.size_bytes for member in members)
            found.update({member.sha256: member for member in members})
        if len(found) > self._limits.upload_files:
            raise TooLarge(f"more than {self._limits.upload_files} files in one upload")
        return list(found.values())

    async def read(self, files: Sequence[ReceivedFile]) -> list[Read]:
        """Return every file that can be decoded; the others are remembered as refusals."""
        answers = await asyncio.gather(*(self._decode(file) for file in files))
        return [(file, decoded) for file, decoded in zip(files, answers, strict=True) if decoded is not None]

    def limitations(self) -> list[Limitation]:
        """Say what came and was not used."""
        said = [_limitation(refusal) for refusal in self.refusals]
        if self._passed_over:
            detail = f"{self._passed_over} of the files in the zip are no images and were passed over."
            said.append(_limit("files that came with the study", LimitationReason.UNSUPPORTED_IMAGE, detail))
        return said

    async def _unpack(self, file: ReceivedFile, files_left: int, bytes_left: int) -> tuple[ReceivedFile, ...]:
        answer = await self._ask("unpack", file, files_left, bytes_left)
        self._passed_over += answer.skipped
        if not answer.members:
            self.refusals.append(UnsupportedImage("the zip holds no DICOM, PNG or JPEG file"))
        return answer.members or ()

    async def _decode(self, file: ReceivedFile) -> Decoded | None:
        try:
            return (await self._ask("decode", file)).decoded
        except RefusedInput as refusal:
            self.refusals.append(refusal)
            return None

    async def _ask(self, task: str, file: ReceivedFile, files_left: int = 1, bytes_left: int = 1) -> Answer:
        root = self._settings.store if task == "decode" else self._settings.originals
        scratch = await asyncio.to_thread(scratch_folder, root)
        try:
            return await self._children.ask(
                Job(
                    task="decode" if task == "decode" else "unpack",
                    path=file.path.absolute(),
                    sha256=file.sha256,
                    root=root.absolute(),
                    scratch=scratch.absolute(),
                    files_left=max(files_left, 0),
                    bytes_left=max(bytes_left, 0),
                    limits=self._limits,
                )
            )
        finally:
            await asyncio.to_thread(remove, scratch)


def _kind(file: ReceivedFile) -> Kind:
    with file.path.open("rb") as opened:
        return kind_of(opened.read(256))


def _limitation(refusal: RefusedInput) -> Limitation:
    reason = (
        LimitationReason.UNSUPPORTED_IMAGE
        if isinstance(refusal, UnsupportedImage | TooLarge)
        else LimitationReason.POOR_QUALITY
    )
    return _limit("a file that came with the study", reason, f"A file could not be used: {refusal}.")


def _limit(what: str, reason: LimitationReason, detail: str) -> Limitation:
    return Limitation(what=what, reason=reason, detail=detail, source=SOURCE)
