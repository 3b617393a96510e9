"""A server that is asked: page by page, each resource once, and never another server."""

from __future__ import annotations

import json

import httpx
import pytest
from fastapi import FastAPI, Request, Response

from orchestrator.gateway.fhir.outcome import UnacceptableResource
from orchestrator.gateway.fhir.polling import Poller
from orchestrator.gateway.fhir.tables import FhirSource
from orchestrator.jobs import Jobs
from tests.orchestrator.gateway.fhir.resources import PATIENT, imaging_study, service_request
from tests.orchestrator.orders.said import accepted, images


def server(pages: dict[str, list[dict]], following: str = "http://ehr/fhir/") -> FastAPI:
    """An EHR that answers a search in pages."""
    app = FastAPI()
    app.state.asked = []

    @app.get("/fhir/{kind}")
    async def search(kind: str, request: Request, page: int = 0) -> Response:
        app.state.asked.append(str(request.url))
        found = pages.get(kind, [])
        link = [{"relation": "next", "url": f"{following}{kind}?page={page + 1}"}] if page + 1 < len(found) else []
        entries = [{"resource": one, "search": {"mode": "match"}} for one in (found[page] if page < len(found) else [])]
        body = {"resourceType": "Bundle", "type": "searchset", "entry": entries, "link": link}
        return Response(json.dumps({name: value for name, value in body.items() if value}))

    return app


@pytest.fixture
async def ask(records, settings):
    jobs = Jobs(settings.redis_url, settings.queue, 1.0)

    async def _ask(app: FastAPI) -> int:
        source = FhirSource(name="ehr", url="http://ehr/fhir")
        poller = Poller(source, records, jobs, httpx.ASGITransport(app))
        try:
            return await poller.ask()
        finally:
            await poller.close()

    yield _ask
    await jobs.close()


ORDER = service_request(subject={"reference": "Patient/pat-1"}, meta={"versionId": "1"})


async def test_what_is_new_is_taken_once_page_by_page(ask, records):
    ehr = server({"ServiceRequest": [[ORDER, PATIENT], [imaging_study(id="is-1")]]})
    assert await ask(ehr) == 3
    assert await ask(ehr) == 0, "the same versions again change nothing"
    assert "_lastUpdated=ge" in ehr.state.asked[0]
    sent = images(issuer="https://hosp.example/mrn")
    accepted(records, sent)
    assert records.study(sent.study_id).order.indication == "cough for a week"
    changed = {**ORDER, "meta": {"versionId": "2"}, "reasonCode": [{"text": "fever"}]}
    assert await ask(server({"ServiceRequest": [[changed, PATIENT]]})) == 1
    assert records.study(sent.study_id).order.indication == "fever"


async def test_what_cannot_be_taken_is_passed_over(ask):
    nobody = service_request(subject={"display": "Byrne"}, id="sr-2")
    assert await ask(server({"ServiceRequest": [[nobody, ORDER, PATIENT]]})) == 2


async def test_a_page_on_another_server_is_not_fetched(ask):
    with pytest.raises(UnacceptableResource, match="another server"):
        await ask(server({"Patient": [[PATIENT], [PATIENT]]}, following="http://elsewhere/fhir/"))


async def test_a_server_that_answers_something_else_is_said(ask):
    app = FastAPI()

    @app.get("/fhir/{kind}")
    async def search(kind: str) -> Response:
        return Response(b"<html>", status_code=200)

    with pytest.raises(UnacceptableResource):
        await ask(app)
