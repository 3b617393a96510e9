"""A specialist that is down, slow or wrong becomes limitations; it never becomes "normal", nor an error."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from fastapi import Response

from orchestrator.cards import BUILT_IN, CardShelf
from orchestrator.errors import SpecialistUnavailable
from orchestrator.specialists import Service, Specialists
from services.contract import AnalyzeResponse, Label, LimitationReason, Subject, coded
from tests.orchestrator.small_clinic import card, finding, image, result, service_app

CLASSIFICATION = Service("classification", "http://classification")
CARD = card("classification", "chest_radiograph", Label.EFFUSION, Label.MASS)


class Wire(httpx.AsyncBaseTransport):
    """Carries requests to the app of their host; an absent app refuses the connection."""

    def __init__(self, **apps):
        self.apps = {name: httpx.ASGITransport(app) for name, app in apps.items()}
        self.asked: list[str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url.path)
        if request.url.host not in self.apps:
            raise httpx.ConnectError("connection refused")
        return await self.apps[request.url.host].handle_async_request(request)


def specialists(tmp_path, wire, *services, deadline_s=5.0):
    client = httpx.AsyncClient(transport=wire)
    return Specialists(services or (CLASSIFICATION,), CardShelf(tmp_path), deadline_s, client)


async def consult(tmp_path, app, deadline_s=5.0, shelf_card=CARD):
    if shelf_card:
        CardShelf(tmp_path).keep("classification", shelf_card)
    wire = Wire(classification=app) if app else Wire()
    return await specialists(tmp_path, wire, deadline_s=deadline_s).consult({"classification": [image()]}, Subject())


def assert_nothing_was_assessed(answer, word):
    assert answer.results == ()
    assert {limit.code for limit in answer.limitations} == {coded(Label.EFFUSION), coded(Label.MASS)}
    assert {limit.reason for limit in answer.limitations} == {LimitationReason.SPECIALIST_UNAVAILABLE}
    assert all(word in limit.detail for limit in answer.limitations)


async def test_an_answer_comes_back_as_it_was_given(tmp_path):
    said = result("chest_radiograph", finding(Label.EFFUSION))
    answer = await consult(tmp_path, service_app(lambda _: AnalyzeResponse(results=(said,))))
    assert answer.results == (said,)
    assert answer.limitations == ()


async def test_a_service_that_is_down_leaves_each_of_its_labels_not_assessed(tmp_path):
    assert_nothing_was_assessed(await consult(tmp_path, None), "did not answer")


async def test_a_service_never_seen_before_leaves_the_built_in_labels_not_assessed(tmp_path):
    answer = await consult(tmp_path, None, shelf_card=None)
    assert {limit.code for limit in answer.limitations} == set(BUILT_IN["classification"])


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b'{"results": [{"findings": NaN}]}', b"<html>", b'{"results": [], "more": 1}'],
)
async def test_an_answer_that_is_not_the_contract_is_not_used(tmp_path, body):
    app = service_app(lambda _: Response(body, media_type="application/json"))
    assert_nothing_was_assessed(await consult(tmp_path, app), "cannot be used")


async def test_a_score_that_is_not_a_number_is_not_used(tmp_path):
    said = AnalyzeResponse(results=(result("chest_radiograph", finding(Label.EFFUSION, score=0.25)),))
    body = said.model_dump_json().replace("0.25", "NaN")
    app = service_app(lambda _: Response(body, media_type="application/json"))
    assert_nothing_was_assessed(await consult(tmp_path, app), "cannot be used")


async def test_an_error_of_the_service_is_a_limitation(tmp_path):
    app = service_app(lambda _: Response(status_code=500))
    assert_nothing_was_assessed(await consult(tmp_path, app), "500")


async def test_evidence_in_an_image_that_nobody_asked_about_is_not_used(tmp_path):
    said = result("chest_radiograph", finding(Label.EFFUSION, image_id="another-patients-film"))
    app = service_app(lambda _: AnalyzeResponse(results=(said,)))
    assert_nothing_was_assessed(await consult(tmp_path, app), "not asked")


async def test_a_slow_service_is_not_waited_for(tmp_path):
    async def hang(scope, receive, send):
        await asyncio.sleep(30)

    answer = await asyncio.wait_for(consult(tmp_path, hang, deadline_s=0.2), 5)
    assert_nothing_was_assessed(answer, "within 0.2 seconds")


async def test_a_service_that_is_still_loading_is_waited_for(tmp_path):
    answers = iter([Response(status_code=503), Response(status_code=503)])
    said = result("chest_radiograph", finding(Label.EFFUSION))
    app = service_app(lambda _: next(answers, AnalyzeResponse(results=(said,))))
    assert (await consult(tmp_path, app)).results == (said,)


async def test_a_lost_connection_is_tried_once_more(tmp_path):
    wire = Wire()
    await specialists(tmp_path, wire).consult({"classification": [image()]}, Subject())
    assert wire.asked.count("/v1/analyze") == 2


async def test_one_service_down_does_not_touch_the_other(tmp_path):
    said = result("chest_anatomy")
    wire = Wire(segmentation=service_app(lambda _: AnalyzeResponse(results=(said,))))
    asked = specialists(tmp_path, wire, CLASSIFICATION, Service("segmentation", "http://segmentation"))
    answer = await asked.consult({"classification": [image()], "segmentation": [image()]}, Subject())
    assert answer.results == (said,)
    assert answer.limitations


async def test_services_are_asked_at_the_same_time(tmp_path):
    together = asyncio.Barrier(2)

    def meeting(app):
        async def wrapped(scope, receive, send):
            if scope["path"] == "/v1/analyze":
                await asyncio.wait_for(together.wait(), 5)
            await app(scope, receive, send)

        return wrapped

    app = service_app(lambda _: AnalyzeResponse(results=()))
    wire = Wire(classification=meeting(app), segmentation=meeting(app))
    asked = specialists(tmp_path, wire, CLASSIFICATION, Service("segmentation", "http://segmentation"))
    answer = await asked.consult({"classification": [image()], "segmentation": [image()]}, Subject())
    assert answer.limitations == ()


async def test_the_card_is_remembered_over_a_restart(tmp_path):
    up = Wire(classification=service_app(lambda _: AnalyzeResponse(results=()), CARD))
    await specialists(tmp_path, up).consult({"classification": [image()]}, Subject())
    answer = await specialists(tmp_path, Wire()).consult({"classification": [image()]}, Subject())
    assert_nothing_was_assessed(answer, "did not answer")


async def test_many_images_are_asked_about_in_parts(tmp_path):
    sizes = []

    def count(request):
        sizes.append(len(request.images))
        return AnalyzeResponse(results=())

    asked = specialists(tmp_path, Wire(classification=service_app(count)))
    await asked.consult({"classification": [image(f"image-{n}") for n in range(130)]}, Subject())
    assert sorted(sizes) == [2, 64, 64]


async def test_a_service_that_does_not_answer_is_not_ready(tmp_path):
    with pytest.raises(SpecialistUnavailable):
        await specialists(tmp_path, Wire()).check("classification")
