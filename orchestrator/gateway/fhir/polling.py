"""Ask a FHIR server for what is new: search by ``_lastUpdated``, page by page, each resource taken once.

A resource is known again by its id and version. One that cannot be taken is counted and passed over; a server that
does not answer is asked again.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from urllib.parse import urljoin, urlsplit

import httpx
import structlog
from fhir.resources.R4B.bundle import Bundle
from pydantic import BaseModel

from orchestrator.errors import Misconfigured, QueueUnavailable, RecordsUnavailable
from orchestrator.gateway.fhir.desk import said_in
from orchestrator.gateway.fhir.outcome import MEDIA_TYPE, UnacceptableResource
from orchestrator.gateway.fhir.resources import read_resource
from orchestrator.gateway.fhir.subjects import known_in
from orchestrator.gateway.fhir.tables import FhirSource
from orchestrator.gateway.hall import Hall
from orchestrator.jobs import Jobs
from orchestrator.logs import fault
from orchestrator.metrics import FHIR_RESOURCES
from orchestrator.records import Records
from orchestrator.records.orders import Letter

log = structlog.get_logger()

_MOST_PAGES = 200
_MOST_BYTES = 16_000_000
_OVERLAP = timedelta(seconds=5)
"""A server may write a resource a moment after the time that it says."""


@asynccontextmanager
async def polling(hall: Hall) -> AsyncIterator[None]:
    """Ask every server of the hospital's file."""
    async with AsyncExitStack() as stack:
        for source in hall.hospital.fhir:
            poller = Poller(source, hall.records, hall.jobs)
            stack.push_async_callback(poller.close)
            await stack.enter_async_context(hall.beside(f"fhir {source.name}", poller.run()))
        yield


class Poller:
    """Asks one server.

    Raises
    ------
    Misconfigured
        If the file with the authorization cannot be read.
    """

    def __init__(
        self, source: FhirSource, records: Records, jobs: Jobs, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._source, self._records, self._jobs = source, records, jobs
        self._client = httpx.AsyncClient(
            transport=transport,
            headers={"accept": MEDIA_TYPE, **_authorization(source)},
            timeout=source.timeout_s,
            follow_redirects=False,
            trust_env=False,
        )
        self._since = datetime.now(UTC) - timedelta(seconds=source.look_back_s)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def run(self) -> None:
        """Ask for ever."""
        while True:
            try:
                await self.ask()
            except (httpx.HTTPError, UnacceptableResource, RecordsUnavailable, ValueError) as error:
                log.warning("fhir_server_not_read", source=self._source.name, **fault(error))
            await asyncio.sleep(self._source.every_s)

    async def ask(self) -> int:
        """Ask once for everything that is new since the last time; return how many resources were taken.

        Raises
        ------
        httpx.HTTPError
            If the server does not answer.
        UnacceptableResource
            If it answers what is no bundle.
        """
        began = datetime.now(UTC)
        taken = 0
        for kind in self._source.resources:
            async for bundle in self._pages(kind):
                taken += await self._take(bundle)
        self._since = began - _OVERLAP
        return taken

    async def _pages(self, kind: str) -> AsyncIterator[Bundle]:
        query = {
            "_lastUpdated": f"ge{self._since:%Y-%m-%dT%H:%M:%SZ}",
            "_sort": "_lastUpdated",
            "_count": str(self._source.page),
        }
        if kind != "Patient":
            query["_include"] = f"{kind}:subject"
        url = f"{self._source.url.rstrip('/')}/{kind}?{httpx.QueryParams(query)}"
        for _ in range(_MOST_PAGES):
            bundle = await self._page(url)
            yield bundle
            following = next((str(link.url) for link in bundle.link or [] if link.relation == "next"), None)
            if following is None:
                return
            url = self._same_server(urljoin(url, following))

    async def _page(self, url: str) -> Bundle:
        async with self._client.stream("GET", url) as answer:
            answer.raise_for_status()
            data = bytearray()
            async for chunk in answer.aiter_bytes():
                data += chunk
                if len(data) > _MOST_BYTES:
                    raise UnacceptableResource(413, "too-long", "a page is larger than any page should be")
        bundle = read_resource(bytes(data), "Bundle")
        assert isinstance(bundle, Bundle)
        return bundle

    def _same_server(self, url: str) -> str:
        """A page that lies elsewhere is not fetched: our authorization goes to one server only."""
        ours, theirs = urlsplit(self._source.url), urlsplit(url)
        if (ours.scheme, ours.netloc) != (theirs.scheme, theirs.netloc):
            raise UnacceptableResource(422, "security", "the next page lies on another server")
        return url

    async def _take(self, bundle: Bundle) -> int:
        found = [(entry.fullUrl, entry.resource) for entry in bundle.entry or [] if entry.resource is not None]
        known, taken = known_in(found), 0
        for _, resource in found:
            try:
                incoming = said_in(resource, known)
            except UnacceptableResource as refusal:
                FHIR_RESOURCES.labels(type(resource).__name__, "refused").inc()
                log.warning("fhir_refused", source=self._source.name, code=refusal.code, where=refusal.where)
                continue
            if not incoming:
                continue
            done = await asyncio.to_thread(self._records.orders.take, incoming, self._letter(resource))
            FHIR_RESOURCES.labels(type(resource).__name__, done.receipt).inc()
            taken += int(done.receipt == "taken")
            for study_id, revision in done.queued:
                with suppress(QueueUnavailable):
                    await self._jobs.enqueue(study_id, revision)
        return taken

    def _letter(self, resource: BaseModel) -> Letter:
        document = resource.model_dump_json(exclude_none=True)
        digest = hashlib.sha256(document.encode()).hexdigest()
        meta = getattr(resource, "meta", None)
        version = getattr(meta, "versionId", None) or digest
        kind = type(resource).__name__
        known_by = "\x1f".join((self._source.name, kind, str(getattr(resource, "id", "")), str(version)))
        return Letter(hashlib.sha256(known_by.encode()).hexdigest(), kind, digest, document)


def _authorization(source: FhirSource) -> dict[str, str]:
    if source.authorization_file is None:
        return {}
    try:
        return {"authorization": source.authorization_file.read_text().strip()}
    except OSError as error:
        raise Misconfigured("[[fhir]] authorization_file cannot be read") from error
