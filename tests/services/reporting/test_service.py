"""The reporting service over HTTP: off by default, and honest about what it has."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from services.app import create_app
from services.contract import AnalyzeRequest, AnalyzeResponse, LimitationReason, ServiceCard
from services.reporting.chest_report import ChestReport
from services.reporting.chest_report_by_api import ChestReportByApi
from services.settings import ROOT
from tests.services.reporting.small_writer import FILMS, film, save_writer
from tests.services.test_app import running
from tests.services.tiny import put_image, settings_for


async def asked(tmp_path: Path, **changes: object) -> tuple[AnalyzeResponse, ServiceCard]:
    shutil.copy(ROOT / "deploy" / "specialists.toml", tmp_path / "specialists.toml")
    settings = settings_for(tmp_path, **changes)
    app = create_app("reporting", (ChestReport(settings), ChestReportByApi(settings)), settings)
    request = AnalyzeRequest(images=(put_image(tmp_path / "store", film("right")),))
    async with running(app) as client:
        answer = await client.post("/v1/analyze", content=request.model_dump_json())
        card = await client.get("/v1/card")
    return AnalyzeResponse.model_validate_json(answer.content), ServiceCard.model_validate_json(card.content)


async def test_with_a_sites_checkpoint_it_writes_about_a_film(tmp_path):
    save_writer(tmp_path / "weights" / "chest_report")
    answer, card = await asked(tmp_path, weights=tmp_path / "weights")
    (result,) = answer.results
    assert [text.text for text in result.texts] == [FILMS["right"]]
    assert answer.limitations == ()
    assert [model.specialist for model in card.specialists] == ["chest_report"]


async def test_without_one_it_says_so_and_writes_nothing(tmp_path):
    answer, card = await asked(tmp_path, weights=tmp_path / "nowhere")
    assert answer.results == ()
    assert [one.reason for one in answer.limitations] == [LimitationReason.NO_WEIGHTS]
    assert card.specialists == ()


@pytest.mark.parametrize("service", ["together", "cards"])
def test_it_is_no_part_of_what_is_started_by_default(service):
    text = (ROOT / "services" / f"{service}.py").read_text()
    assert "reporting" not in text
