"""Three services in one process answer as they do in three."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from services.app import create_app
from services.contract import AnalyzeRequest, AnalyzeResponse, ProblemDetails
from services.errors import WeightsMissing
from services.together import SERVICES, together
from tests.services.test_app import running
from tests.services.tiny import Brightness, put_image, settings_for


async def test_every_service_answers_under_its_name(tmp_path: Path) -> None:
    film = put_image(tmp_path / "store", np.arange(6400, dtype=np.uint16).reshape(80, 80))
    settings = settings_for(tmp_path)
    services = {name: create_app(name, [Brightness(f"{name}_reader")], settings) for name in SERVICES}
    async with running(together(services)) as client:
        for name in SERVICES:
            request = AnalyzeRequest(images=(film,))
            answer = await client.post(f"/{name}/v1/analyze", content=request.model_dump_json())
            response = AnalyzeResponse.model_validate_json(answer.content)
            assert [result.specialist for result in response.results] == [f"{name}_reader"]
            assert (await client.get(f"/{name}/v1/card")).json()["service"] == name
            assert (await client.get(f"/{name}/readyz")).status_code == 200
            assert f"/{name}/openapi.json" in (await client.get(f"/{name}/docs")).text
        metrics = (await client.get("/metrics")).text
        assert all(f'wetread_{name}_analyses_total{{status="200"}} 1.0' in metrics for name in SERVICES)
        missing = await client.get("/registration/v1/card")
        assert ProblemDetails.model_validate_json(missing.content).status == 404


async def test_one_service_without_weights_does_not_stop_the_others(tmp_path: Path) -> None:
    def fault() -> None:
        raise WeightsMissing("none here")

    settings = settings_for(tmp_path)
    services = {
        "classification": create_app("classification", [Brightness(load_fault=fault)], settings),
        "detection": create_app("detection", [Brightness()], settings),
    }
    async with running(together(services)) as client:
        states = (await client.get("/readyz")).json()
    assert [state["specialists"][0]["state"] for state in states] == ["no_weights", "ready"]
