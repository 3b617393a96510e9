"""A service answers; what cannot be assessed becomes a limitation, never a negative finding."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import numpy as np
import pytest
from fastapi import FastAPI

from services.app import create_app
from services.contract import AnalyzeRequest, AnalyzeResponse, ImageReference, ProblemDetails
from services.errors import UnsupportedImage, WeightsMissing
from tests.services.tiny import Brightness, put_image, settings_for

JSON = {"content-type": "application/json"}


@asynccontextmanager
async def running(app: FastAPI, wait: bool = True) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://service", headers=JSON) as c,
    ):
        while wait and (await c.get("/readyz")).status_code != 200:
            await asyncio.sleep(0.01)
        yield c


@pytest.fixture
def film(tmp_path: Path) -> ImageReference:
    return put_image(tmp_path / "store", np.random.default_rng(0).integers(0, 4096, (90, 70), np.uint16), bits=12)


async def analyze(client: httpx.AsyncClient, *images: ImageReference, **fields: object) -> AnalyzeResponse:
    request = AnalyzeRequest(images=images, **fields)  # type: ignore[arg-type]
    answer = await client.post("/v1/analyze", content=request.model_dump_json())
    assert answer.status_code == 200, answer.text
    return AnalyzeResponse.model_validate_json(answer.content)


def problem(answer: httpx.Response) -> ProblemDetails:
    assert answer.headers["content-type"] == "application/problem+json"
    details = ProblemDetails.model_validate_json(answer.content)
    assert details.status == answer.status_code
    return details


def raises(error: Exception) -> object:
    def fault() -> None:
        raise error

    return fault


async def test_a_film_is_read(tmp_path: Path, film: ImageReference) -> None:
    app = create_app("classification", [Brightness()], settings_for(tmp_path))
    async with running(app) as client:
        response = await analyze(client, film)
    assert response.results[0].findings[0].evidence[0].image_id == film.image_id
    assert response.results[0].seconds > 0
    assert response.limitations == ()


async def test_a_specialist_that_raises_is_a_limitation_and_the_other_still_reads(
    tmp_path: Path, film: ImageReference
) -> None:
    broken = Brightness("broken", fault=raises(ZeroDivisionError("secret detail")))  # type: ignore[arg-type]
    app = create_app("classification", [broken, Brightness()], settings_for(tmp_path))
    async with running(app) as client:
        response = await analyze(client, film)
        metrics = (await client.get("/metrics")).text
    assert [result.specialist for result in response.results] == ["brightness"]
    assert [(one.source, one.reason, one.what) for one in response.limitations] == [
        ("broken", "specialist_unavailable", "lung opacity")
    ]
    assert "secret" not in response.model_dump_json()
    assert 'specialist_failures_total{cause="raised",specialist="broken"} 1.0' in metrics


async def test_a_specialist_without_weights_is_a_limitation_and_shown_on_the_card(
    tmp_path: Path, film: ImageReference
) -> None:
    absent = Brightness("absent", load_fault=raises(WeightsMissing("not in any folder")))  # type: ignore[arg-type]
    app = create_app("classification", [absent, Brightness()], settings_for(tmp_path))
    async with running(app) as client:
        response = await analyze(client, film)
        card = (await client.get("/v1/card")).json()
        ready = (await client.get("/readyz")).json()
    assert [(one.source, one.reason) for one in response.limitations] == [("absent", "no_weights")]
    assert [one["specialist"] for one in card["specialists"]] == ["brightness"]
    assert [(one["source"], one["detail"]) for one in card["unavailable"]] == [("absent", "not in any folder")]
    assert ready["specialists"][0] == {"specialist": "absent", "state": "no_weights", "why": "not in any folder"}


async def test_a_score_that_is_not_a_number_is_an_invalid_score(tmp_path: Path, film: ImageReference) -> None:
    app = create_app("classification", [Brightness(bias=float("nan"))], settings_for(tmp_path))
    async with running(app) as client:
        response = await analyze(client, film)
    assert response.results == ()
    assert response.limitations[0].reason == "invalid_score"


async def test_an_image_no_specialist_reads_is_a_limitation(tmp_path: Path, film: ImageReference) -> None:
    picky = Brightness(fault=raises(UnsupportedImage("This specialist reads colour photographs only.")))  # type: ignore[arg-type]
    async with running(create_app("classification", [picky], settings_for(tmp_path))) as client:
        response = await analyze(client, film)
    assert (response.limitations[0].reason, response.results) == ("unsupported_image", ())


async def test_a_late_specialist_is_a_limitation_and_does_not_hold_up_the_other(
    tmp_path: Path, film: ImageReference
) -> None:
    app = create_app("classification", [Brightness("slow", takes_s=0.8), Brightness()], settings_for(tmp_path))
    async with running(app) as client:
        response = await asyncio.wait_for(analyze(client, film, deadline_s=0.3), 0.7)
    assert [result.specialist for result in response.results] == ["brightness"]
    assert [(one.source, one.reason) for one in response.limitations] == [("slow", "specialist_unavailable")]


async def test_a_withdrawn_question_is_never_asked(tmp_path: Path, film: ImageReference) -> None:
    slow = Brightness(takes_s=3.0)
    async with running(create_app("classification", [slow], settings_for(tmp_path))) as client:
        first = asyncio.create_task(analyze(client, film))
        while not slow.asked:
            await asyncio.sleep(0.01)
        await asyncio.gather(*(analyze(client, film, deadline_s=0.1) for _ in range(5)))
        await first
    assert slow.asked == 1


async def test_a_specialist_is_never_asked_twice_at_once(tmp_path: Path, film: ImageReference) -> None:
    one = Brightness(takes_s=0.005)
    async with running(create_app("classification", [one], settings_for(tmp_path))) as client:
        responses = await asyncio.gather(*(analyze(client, film) for _ in range(50)))
    assert (one.asked, one.most_at_work) == (50, 1)
    assert all(len(response.results) == 1 for response in responses)


class SeveralAtOnce(Brightness):
    several_at_once = True


async def test_studies_that_queue_are_at_the_network_together(tmp_path: Path, film: ImageReference) -> None:
    """Each reader waits until three of them read: alone, none would ever finish."""
    three = threading.Barrier(3, timeout=20)
    one = SeveralAtOnce(fault=lambda: three.wait() and None)
    async with running(create_app("classification", [one], settings_for(tmp_path))) as client:
        responses = await asyncio.gather(*(analyze(client, film) for _ in range(3)))
    assert all(len(response.results) == 1 for response in responses)
    assert one.most_at_work == 3


async def test_the_service_lives_before_it_is_ready(tmp_path: Path, film: ImageReference) -> None:
    loading = Brightness()
    loading.may_load.clear()
    async with running(create_app("classification", [loading], settings_for(tmp_path)), wait=False) as client:
        assert (await client.get("/livez")).status_code == 200
        early = await client.get("/readyz")
        assert (early.status_code, early.json()["ready"]) == (503, False)
        refused = await client.post("/v1/analyze", content=AnalyzeRequest(images=(film,)).model_dump_json())
        assert problem(refused).status == 503
        assert refused.headers["retry-after"]
        loading.may_load.set()
        while (await client.get("/readyz")).status_code != 200:
            await asyncio.sleep(0.01)
        assert (await analyze(client, film)).results


async def test_an_unknown_specialist_is_not_found(tmp_path: Path, film: ImageReference) -> None:
    async with running(create_app("classification", [Brightness()], settings_for(tmp_path))) as client:
        request = AnalyzeRequest(images=(film,), specialists=("psychic",))
        answer = await client.post("/v1/analyze", content=request.model_dump_json())
    assert problem(answer).type == "urn:wetread:problem:unknown-specialist"
    assert answer.status_code == 404


async def test_a_missing_or_changed_array_is_unreadable(tmp_path: Path, film: ImageReference) -> None:
    (tmp_path / "store" / film.location).write_bytes(b"something else")
    other = film.model_copy(update={"location": "00/" + "0" * 64 + ".npy", "sha256": "0" * 64})
    async with running(create_app("classification", [Brightness()], settings_for(tmp_path))) as client:
        for image in (film, other):
            answer = await client.post("/v1/analyze", content=AnalyzeRequest(images=(image,)).model_dump_json())
            assert problem(answer).status == 422


async def test_a_malformed_request_is_refused_without_repeating_it(tmp_path: Path) -> None:
    async with running(create_app("classification", [Brightness()], settings_for(tmp_path))) as client:
        answer = await client.post("/v1/analyze", json={"images": [{"image_id": "MÜLLER^ANNA"}], "Müller Anna": 1})
        assert problem(answer).status == 422
        assert "ller" not in answer.text.lower()
        assert problem(await client.post("/v1/analyze", content=b"\xff{")).status == 400
        assert problem(await client.get("/v2/nothing")).status == 404
        assert problem(await client.get("/v1/analyze")).status == 405


async def test_a_body_that_is_too_long_is_refused(tmp_path: Path) -> None:
    settings = settings_for(tmp_path, body_limit_bytes=2000)
    async with running(create_app("classification", [Brightness()], settings)) as client:

        async def chunks() -> AsyncIterator[bytes]:
            for _ in range(100):
                yield b" " * 100

        assert problem(await client.post("/v1/analyze", content=b" " * 3000)).status == 413
        assert problem(await client.post("/v1/analyze", content=chunks())).status == 413


async def test_a_switch_turns_a_specialist_off_but_it_can_still_be_asked_by_name(
    tmp_path: Path, film: ImageReference
) -> None:
    (tmp_path / "specialists.toml").write_text("[classification.spare]\non = false\n")
    app = create_app("classification", [Brightness(), Brightness("spare")], settings_for(tmp_path))
    async with running(app) as client:
        assert [r.specialist for r in (await analyze(client, film)).results] == ["brightness"]
        assert [r.specialist for r in (await analyze(client, film, specialists=("spare",))).results] == ["spare"]


@pytest.mark.parametrize(("missing", "expected"), [(False, ["brightness"]), (True, ["spare"])])
async def test_a_stand_in_reads_only_where_the_other_has_no_weights(
    tmp_path: Path, film: ImageReference, missing: bool, expected: list[str]
) -> None:
    (tmp_path / "specialists.toml").write_text('[classification.spare]\nstands_in_for = "brightness"\n')
    fault = raises(WeightsMissing("none")) if missing else None
    first = Brightness(load_fault=fault)  # type: ignore[arg-type]
    app = create_app("classification", [first, Brightness("spare")], settings_for(tmp_path))
    async with running(app) as client:
        assert [result.specialist for result in (await analyze(client, film)).results] == expected


async def test_the_api_document_is_complete(tmp_path: Path) -> None:
    async with running(create_app("classification", [Brightness()], settings_for(tmp_path))) as client:
        document = (await client.get("/openapi.json")).json()
    assert set(document["paths"]) == {"/v1/analyze", "/v1/card", "/livez", "/readyz", "/metrics"}
    responses = document["paths"]["/v1/analyze"]["post"]["responses"]
    assert set(responses) == {"200", "400", "404", "408", "413", "422", "500", "503"}
    for status in ("400", "404", "408", "413", "422", "500", "503"):
        assert list(responses[status]["content"]) == ["application/problem+json"]
    text = str(document)
    for name in document["components"]["schemas"]:
        assert f"#/components/schemas/{name}" in text
