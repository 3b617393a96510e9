"""Ask the specialist services, all at once, and never fail because one of them did.

A service that is down, too slow or answers badly becomes one :class:`Limitation` for each thing it
would have assessed. It never becomes "normal", and never an exception.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import httpx
from pydantic import ValidationError

from orchestrator.cards import CardShelf, spoken
from orchestrator.errors import SpecialistUnavailable
from services.contract import (
    AnalyzeRequest,
    AnalyzeResponse,
    Evidence,
    ImageReference,
    Limitation,
    LimitationReason,
    ServiceCard,
    SpecialistResult,
    Subject,
)

WRITING_SERVICE = "reporting"
"""The service that writes a text about an image; a site turns it on."""
_CARD_AGE_S = 60.0
_RETRY_AFTER_S = 0.25
_LOADING_S = 20.0
"""How long a service that still loads its weights (503) is waited for."""
_IMAGES_PER_REQUEST = 64
_CONNECTION_LOST = (httpx.ConnectError, httpx.ConnectTimeout, httpx.RemoteProtocolError)


class Service(NamedTuple):
    """One specialist service."""

    name: str
    url: str


class _NoAnswer(Exception):
    """Why there is no answer, as a radiologist should read it."""


class Specialists:
    """The services, spoken to over HTTP (:mod:`services.contract`)."""

    def __init__(
        self, services: Sequence[Service], shelf: CardShelf, deadline_s: float, client: httpx.AsyncClient
    ) -> None:
        self.services = {service.name: service for service in services}
        self._shelf = shelf
        self._deadline_s = deadline_s
        self._client = client
        self._card_read_at: dict[str, float] = {}

    async def consult(
        self,
        readings: Mapping[str, Sequence[ImageReference]],
        subject: Subject,
        specialists: tuple[str, ...] | None = None,
    ) -> AnalyzeResponse:
        """Ask each service about its images, concurrently.

        Parameters
        ----------
        readings
            Service name to the images it should read.
        subject
            Age and sex, nothing that names a person.
        specialists
            Names to run; ``None`` runs what is on by default.

        Returns
        -------
        AnalyzeResponse
            What was answered, in the order of ``readings``, and a limitation for each thing that was not.
        """
        requests = [
            (
                self.services[name],
                AnalyzeRequest(
                    images=tuple(images[start : start + _IMAGES_PER_REQUEST]),
                    subject=subject,
                    specialists=specialists,
                    deadline_s=self._deadline_s,
                ),
            )
            for name, images in readings.items()
            for start in range(0, len(images), _IMAGES_PER_REQUEST)
        ]
        answers = await asyncio.gather(*(self._ask(service, request) for service, request in requests))
        return AnalyzeResponse(
            results=tuple(result for answer in answers for result in answer.results),
            limitations=tuple(limit for answer in answers for limit in answer.limitations),
        )

    def writers_of(self, images: Sequence[ImageReference]) -> dict[str, Sequence[ImageReference]]:
        """Return what the reporting service reads: every image that is read, where a site has turned it on."""
        return {WRITING_SERVICE: images} if images and WRITING_SERVICE in self.services else {}

    async def check(self, name: str) -> None:
        """Raise :class:`SpecialistUnavailable` unless the service says that it is ready."""
        try:
            answer = await self._client.get(f"{self.services[name].url}/readyz", timeout=2.0)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise SpecialistUnavailable(f"the {name} service does not answer") from error
        if answer.status_code != httpx.codes.OK:
            raise SpecialistUnavailable(f"the {name} service is not ready (status {answer.status_code})")

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _ask(self, service: Service, request: AnalyzeRequest) -> AnalyzeResponse:
        try:
            async with asyncio.timeout(request.deadline_s + 1.0):
                answer, _ = await asyncio.gather(self._analyze(service, request), self._refresh_card(service))
                return answer
        except TimeoutError:
            why = f"The {service.name} service did not answer within {self._deadline_s:g} seconds."
        except _NoAnswer as no_answer:
            why = str(no_answer)
        return AnalyzeResponse(results=(), limitations=self._unavailable(service, request, why))

    async def _analyze(self, service: Service, request: AnalyzeRequest) -> AnalyzeResponse:
        body = request.model_dump_json()
        try:
            answer = await self._once_loaded(service, body)
        except httpx.TimeoutException as error:
            raise TimeoutError from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise _NoAnswer(f"The {service.name} service did not answer.") from error
        if answer.status_code != httpx.codes.OK:
            raise _NoAnswer(f"The {service.name} service refused to answer (status {answer.status_code}).")
        try:
            response = AnalyzeResponse.model_validate_json(answer.content)
        except ValidationError as error:
            raise _NoAnswer(f"The {service.name} service gave an answer that cannot be used.") from error
        if not _speaks_of(response.results, {image.image_id for image in request.images}):
            raise _NoAnswer(f"The {service.name} service spoke of an image it was not asked about.")
        return response

    async def _once_loaded(self, service: Service, body: str) -> httpx.Response:
        """One retry where the connection failed; patience with a service that has only just started."""
        give_up_at = time.monotonic() + min(_LOADING_S, self._deadline_s)
        try:
            answer = await self._post(service, body)
        except _CONNECTION_LOST:
            await asyncio.sleep(_RETRY_AFTER_S)
            answer = await self._post(service, body)
        while answer.status_code == httpx.codes.SERVICE_UNAVAILABLE and time.monotonic() < give_up_at:
            await asyncio.sleep(_RETRY_AFTER_S)
            answer = await self._post(service, body)
        return answer

    async def _post(self, service: Service, body: str) -> httpx.Response:
        return await self._client.post(
            f"{service.url}/v1/analyze",
            content=body,
            headers={"content-type": "application/json"},
            timeout=httpx.Timeout(self._deadline_s, connect=2.0),
        )

    async def _refresh_card(self, service: Service) -> None:
        """Read the card now and then while the service is up, for when it is not."""
        if time.monotonic() - self._card_read_at.get(service.name, -_CARD_AGE_S) < _CARD_AGE_S:
            return
        try:
            answer = await self._client.get(f"{service.url}/v1/card", timeout=5.0)
            card = ServiceCard.model_validate_json(answer.content)
        except (httpx.HTTPError, httpx.InvalidURL, ValidationError):
            return
        self._card_read_at[service.name] = time.monotonic()
        self._shelf.keep(service.name, card)

    def _unavailable(self, service: Service, request: AnalyzeRequest, why: str) -> tuple[Limitation, ...]:
        lost = dict.fromkeys(self._shelf.assessed_by(service.name, request.specialists))
        limits = tuple(
            Limitation(
                what=spoken(code),
                code=code,
                reason=LimitationReason.SPECIALIST_UNAVAILABLE,
                detail=why,
                source=specialist,
            )
            for specialist, code in lost
        )
        return limits or (
            Limitation(
                what=f"what the {service.name} service assesses",
                reason=LimitationReason.SPECIALIST_UNAVAILABLE,
                detail=why,
                source=service.name,
            ),
        )


def _speaks_of(results: Sequence[SpecialistResult], asked: set[str]) -> bool:
    evidence: list[Evidence] = []
    for result in results:
        evidence.extend(item for finding in result.findings for item in finding.evidence)
        evidence.extend(item for measurement in result.measurements for item in measurement.evidence)
        evidence.extend(structure.evidence for structure in result.structures)
    seen = {item.image_id for item in evidence}
    seen |= {image.image_id for result in results for image in result.images}
    seen |= {text.image_id for result in results for text in result.texts}
    return seen <= asked
