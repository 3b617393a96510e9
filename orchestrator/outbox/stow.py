"""DICOMweb STOW-RS as a client (PS3.18 10.5): every object of a message in one request."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Iterable, Iterator

from orchestrator.errors import RefusedByReceiver, TryAgain
from orchestrator.outbox.address import Resolve, resolved
from orchestrator.outbox.letter import Letter
from orchestrator.outbox.tables import Allowed, StowRs
from orchestrator.outbox.web import Answer, Poster, expect_success

_FAILED, _REASON = "00081198", "00081197"


class StowCourier:
    """Stores the objects of a message at one DICOMweb origin."""

    def __init__(self, destination: StowRs, allowed: Allowed, resolve: Resolve = resolved) -> None:
        self._destination, self._poster = destination, Poster(destination, allowed, resolve)

    async def deliver(self, letter: Letter) -> str:
        """Store every object; returns how many.

        Raises
        ------
        TryAgain, RefusedByReceiver
            If one of them is not stored.
        """
        objects = (await asyncio.to_thread(letter.dicom, self._destination.objects)).values()
        if not objects:
            return "nothing to stand beside: no image of the study came as DICOM"
        boundary = hashlib.sha256(letter.release.key.encode()).hexdigest()
        headers = {
            "content-type": f'multipart/related; type="application/dicom"; boundary={boundary}',
            "accept": "application/dicom+json",
        }
        answer = await self._poster.post(
            f"{self._destination.url.rstrip('/')}/studies", _multipart(objects, boundary), headers
        )
        _expect_stored(answer)
        return f"{len(objects)} objects stored"

    async def close(self) -> None:
        await self._poster.close()


def _multipart(objects: Iterable[bytes], boundary: str) -> bytes:
    parts = (f"--{boundary}\r\nContent-Type: application/dicom\r\n\r\n".encode() + data + b"\r\n" for data in objects)
    return b"".join(parts) + f"--{boundary}--\r\n".encode()


def _expect_stored(answer: Answer) -> None:
    """200 says that all are stored; 202 and 409 say which are not, and why (PS3.18 10.5.3)."""
    reasons = list(_failures(answer.content)) if answer.status in {200, 202, 409} else []
    if any(reason & 0xFF00 == 0xA700 or reason == 0x0110 for reason in reasons):
        raise TryAgain(f"status {answer.status}, failure reason {reasons[0]:04X}H")
    if reasons:
        raise RefusedByReceiver(f"status {answer.status}, failure reason {reasons[0]:04X}H")
    expect_success(answer)


def _failures(content: bytes) -> Iterator[int]:
    try:
        told = json.loads(content)
        for one in (told[0] if isinstance(told, list) else told).get(_FAILED, {}).get("Value", []):
            yield int(one.get(_REASON, {}).get("Value", [0xC000])[0])
    except (ValueError, AttributeError, TypeError, LookupError):
        return  # an origin may answer in XML or with nothing; then its status alone speaks
