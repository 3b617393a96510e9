"""The frame every specialist stands in: HTTP, queues, deadlines, metrics, and faults as limitations.

A specialist that raises, is late or has no weights becomes a :class:`Limitation`. It never becomes
"normal", and it never stops the others.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus

import structlog
from fastapi import FastAPI, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import ValidationError

from services import VERSION
from services.body_limit import BodyLimit
from services.contract import (
    AnalyzeRequest,
    AnalyzeResponse,
    Limitation,
    LimitationReason,
    ModelCard,
    Readiness,
    ServiceCard,
    SpecialistResult,
    SpecialistState,
    Subject,
)
from services.counters import Counters
from services.desk import Desk, Desks
from services.errors import NotReady, SpecialistError, UnsupportedImage, WeightsError
from services.logs import log_to_stderr
from services.pixels import Pixels
from services.problems import documented, speak_problems
from services.settings import ServiceSettings, SpecialistSwitch, read_settings, read_switches
from services.specialist import Specialist
from services.store import Store

__all__ = ["Room", "Specialist", "create_app"]

log = structlog.get_logger()

Answer = SpecialistResult | tuple[Limitation, ...]


def create_app(service: str, specialists: Sequence[Specialist], settings: ServiceSettings | None = None) -> FastAPI:
    """Return the HTTP application of a service.

    Parameters
    ----------
    service
        ``classification``, ``segmentation`` or ``detection``; also its table in ``specialists.toml``.
    specialists
        In the order in which results are answered.
    settings
        Read from the environment when not given.

    Raises
    ------
    Misconfigured
        If a setting or ``specialists.toml`` is wrong.
    """
    settings = settings or read_settings()
    log_to_stderr()
    room = Room(service, specialists, settings)
    app = FastAPI(
        title=f"wetread {service}",
        version=VERSION,
        description="Specialists that read de-identified images by reference. Research software, not a medical device.",
        lifespan=room.lifespan,
    )
    app.state.room = room
    app.add_middleware(BodyLimit, largest_bytes=settings.body_limit_bytes, longest_s=settings.body_timeout_s)
    speak_problems(app)
    _add_routes(app, room)
    return app


def _add_routes(app: FastAPI, room: Room) -> None:
    @app.post("/v1/analyze", responses=documented(400, 404, 408, 413, 422, 500, 503), tags=["reading"])
    async def analyze(request: AnalyzeRequest) -> AnalyzeResponse:
        """Read images by reference; what could not be assessed comes back as limitations."""
        return await room.analyze(request)

    @app.get("/v1/card", responses=documented(503), tags=["reading"])
    async def card() -> ServiceCard:
        """What the specialists in force accept and assess, how well, and under which terms."""
        return room.card()

    @app.get("/livez", tags=["operation"])
    async def livez() -> dict[str, str]:
        """The process answers."""
        return {"status": "alive"}

    @app.get("/readyz", responses={503: {"model": Readiness}}, tags=["operation"])
    async def readyz(response: Response) -> Readiness:
        """Every specialist is loaded, or known not to be in force."""
        readiness = room.readiness()
        response.status_code = HTTPStatus.OK if readiness.ready else HTTPStatus.SERVICE_UNAVAILABLE
        return readiness

    @app.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}}, tags=["operation"])
    async def metrics() -> Response:
        """Counters and histograms in Prometheus' text format."""
        return Response(generate_latest(room.counters.registry), media_type=CONTENT_TYPE_LATEST)


class Room:
    """A service without its HTTP: its specialists, its store, its counters."""

    def __init__(self, service: str, specialists: Sequence[Specialist], settings: ServiceSettings) -> None:
        switches = read_switches(settings.specialists, service, tuple(one.name for one in specialists))
        self.service = service
        self.store = Store(settings.store, fsync=settings.fsync)
        self.counters = Counters(service)
        self.desks = Desks(
            tuple(Desk(one, switches.get(one.name, SpecialistSwitch(on=one.on_by_default))) for one in specialists)
        )

    @asynccontextmanager
    async def lifespan(self, _: object) -> AsyncIterator[None]:
        """Load the specialists in the background, each in its own thread, while ``/livez`` already answers."""
        for desk in self.desks:
            desk.thread.submit(self._load, desk)
        yield
        for desk in self.desks:
            desk.thread.shutdown(wait=False, cancel_futures=True)

    async def analyze(self, request: AnalyzeRequest) -> AnalyzeResponse:
        """Ask every wanted specialist at once.

        Raises
        ------
        NotReady
            While weights are still being loaded.
        UnknownSpecialist
            If the request names a specialist this service does not have.
        UnreadableArray
            If an image is missing, damaged or not as described.
        """
        deadline = time.monotonic() + request.deadline_s
        try:
            response = await self._ask_all(request, deadline)
        except SpecialistError as error:
            self.counters.analyses.labels(str(error.status)).inc()
            raise
        self.counters.analyses.labels("200").inc()
        for limitation in (*response.limitations, *(one for result in response.results for one in result.limitations)):
            self.counters.limitations.labels(limitation.reason).inc()
        return response

    async def _ask_all(self, request: AnalyzeRequest, deadline: float) -> AnalyzeResponse:
        if not self.desks.loaded:
            raise NotReady("the weights are still being loaded; try again in a few seconds")
        desks = self.desks.wanted(request.specialists)
        images = tuple(Pixels(reference, self.store) for reference in request.images)
        await asyncio.to_thread(lambda: [image.array for image in images])
        asked = [self._consult(desk, images, request.subject, deadline) for desk in desks]
        answers = await asyncio.gather(*asked)
        return AnalyzeResponse(
            results=tuple(answer for answer in answers if isinstance(answer, SpecialistResult)),
            limitations=tuple(one for answer in answers if isinstance(answer, tuple) for one in answer),
        )

    async def _consult(self, desk: Desk, images: Sequence[Pixels], subject: Subject, deadline: float) -> Answer:
        if missing := desk.not_in_force():
            return missing
        waiting = asyncio.wrap_future(desk.thread.submit(self._ask, desk, images, subject))
        try:
            return await asyncio.wait_for(waiting, max(deadline - time.monotonic(), 0.0))
        except TimeoutError:
            self._count_failure(desk, "late")
            return desk.missing(
                LimitationReason.SPECIALIST_UNAVAILABLE, "The specialist did not answer within the time allowed."
            )

    def _ask(self, desk: Desk, images: Sequence[Pixels], subject: Subject) -> Answer:
        started = time.perf_counter()
        try:
            result = desk.specialist.analyze(images, subject)
            _refuse_foreign_images(result, images)
        except UnsupportedImage as error:
            return desk.missing(LimitationReason.UNSUPPORTED_IMAGE, str(error))
        except ValidationError as error:
            self._count_failure(desk, "invalid", fields=[".".join(map(str, e["loc"])) for e in error.errors()])
            return desk.missing(LimitationReason.INVALID_SCORE, "The specialist gave a value that cannot be right.")
        except Exception:  # noqa: BLE001 - a fault of one specialist must not take the others along
            self._count_failure(desk, "raised", exc_info=True)
            return desk.missing(
                LimitationReason.SPECIALIST_UNAVAILABLE, "The specialist could not finish reading this image."
            )
        seconds = time.perf_counter() - started
        self.counters.seconds.labels(desk.name).observe(seconds)
        return result.model_copy(update={"seconds": seconds})

    def _load(self, desk: Desk) -> None:
        started = time.perf_counter()
        try:
            desk.specialist.load()
            desk.settle(SpecialistState.READY, desk.specialist.card().weights)
        except WeightsError as error:
            desk.settle(SpecialistState.NO_WEIGHTS, str(error))
        except Exception:
            desk.settle(SpecialistState.FAILED, "the specialist could not be started; the log says why")
            log.exception("specialist_failed_to_load", specialist=desk.name)
        self.counters.ready.labels(desk.name).set(desk.state is SpecialistState.READY)
        seconds = round(time.perf_counter() - started, 3)
        log.info("specialist_settled", specialist=desk.name, state=desk.state, why=desk.why, seconds=seconds)

    def card(self) -> ServiceCard:
        """Return the cards of the specialists in force, and the others as limitations.

        Raises
        ------
        NotReady
            While weights are still being loaded.
        """
        if not self.desks.loaded:
            raise NotReady("the weights are still being loaded; try again in a few seconds")
        cards: list[ModelCard] = [d.specialist.card() for d in self.desks if d.state is SpecialistState.READY]
        missing = tuple(one for desk in self.desks for one in desk.shown_as_missing())
        return ServiceCard(service=self.service, version=VERSION, specialists=tuple(cards), unavailable=missing)

    def readiness(self) -> Readiness:
        """Return the state of every specialist."""
        states = tuple(desk.readiness() for desk in self.desks)
        return Readiness(service=self.service, ready=self.desks.loaded, specialists=states)

    def _count_failure(self, desk: Desk, cause: str, **context: object) -> None:
        self.counters.failures.labels(desk.name, cause).inc()
        log.warning("specialist_gave_no_result", specialist=desk.name, cause=cause, **context)


def _refuse_foreign_images(result: SpecialistResult, images: Sequence[Pixels]) -> None:
    """Evidence may only point at images of this request."""
    evidence = [one for finding in result.findings for one in finding.evidence]
    evidence += [one for measurement in result.measurements for one in measurement.evidence]
    evidence += [structure.evidence for structure in result.structures]
    ids = {one.image_id for one in evidence} | {image.image_id for image in result.images}
    ids |= {text.image_id for text in result.texts}
    if not ids <= {image.image_id for image in images}:
        raise ValueError("the result points at an image that is not part of the request")
