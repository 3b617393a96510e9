"""A draft can be made again from the record alone; what changed since is said, and nothing is claimed then."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from orchestrator.cli.application import app
from orchestrator.pipeline import Parts
from orchestrator.records import Records
from orchestrator.replay import replay
from orchestrator.report import DraftReport
from orchestrator.settings import Settings, settings_from_environment
from orchestrator.study import EarlierExamination
from services.contract import Label, Laterality, Likelihood, SpecialistResult
from tests.orchestrator.small_clinic import finding
from tests.orchestrator.small_clinic import study as small_study
from tests.orchestrator.test_pipeline import FILM, drafted, parts_with, reads

__all__ = ["parts_with"]

FOUND = (
    finding(Label.EFFUSION, Likelihood.LIKELY, laterality=Laterality.LEFT),
    finding(Label.PNEUMONIA, Likelihood.ABSENT),
    finding(Label.LUNG_OPACITY, Likelihood.INDETERMINATE),
)


async def made(parts: Parts):
    sent = small_study(FILM)
    outcome = await drafted(sent, parts)
    return sent, outcome


def through_json(draft: DraftReport, results: tuple[SpecialistResult, ...]):
    """As the record keeps them."""
    kept = tuple(SpecialistResult.model_validate_json(one.model_dump_json()) for one in results)
    return DraftReport.model_validate_json(draft.model_dump_json()), kept


async def test_the_record_gives_the_same_draft_again_without_asking_a_service(parts_with):
    parts = parts_with(classification=reads(*FOUND))
    sent, outcome = await made(parts)
    kept, results = through_json(outcome.draft, outcome.results)
    silent = parts_with()  # every service is down now
    told = await replay(sent, kept, results, silent)
    assert (told.agrees, told.differs, told.made_with) == (True, (), ())


async def test_a_service_that_was_down_then_is_down_in_the_replay(parts_with):
    parts = parts_with(segmentation=None)
    sent, outcome = await made(parts)
    kept, results = through_json(outcome.draft, outcome.results)
    assert (await replay(sent, kept, results, parts_with(classification=reads(*FOUND)))).agrees


async def test_a_draft_that_somebody_changed_in_the_record_does_not_agree(parts_with):
    parts = parts_with(classification=reads(*FOUND))
    sent, outcome = await made(parts)
    kept, results = through_json(outcome.draft, outcome.results)
    first, *rest = kept.sections[0].sentences
    forged = first.model_copy(update={"text": "No pleural effusion."})
    sections = (kept.sections[0].model_copy(update={"sentences": (forged, *rest)}), *kept.sections[1:])
    told = await replay(sent, kept.model_copy(update={"sections": sections}), results, parts)
    assert (told.agrees, told.differs) == (False, ("sections",))
    told = await replay(sent, kept, results[:1], parts)
    assert not told.agrees and "facts" in told.differs


async def test_a_draft_that_compares_with_an_earlier_film_comes_again_and_not_without_it(parts_with):
    now = datetime(2024, 5, 1, tzinfo=UTC)
    before = EarlierExamination(examination_id="1", performed_at=now - timedelta(days=90), findings=FOUND)
    sent = small_study(FILM).model_copy(update={"study_datetime": now, "earlier": (before,)})
    parts = parts_with(classification=reads(*FOUND))
    kept, results = through_json(*(await drafted(sent, parts))[::2])
    assert kept.facts.priors
    assert (await replay(sent, kept, results, parts)).agrees
    alone = await replay(sent.model_copy(update={"earlier": ()}), kept, results, parts)
    assert not alone.agrees and "earlier examinations" in alone.made_with[0]


async def test_with_another_prompt_nothing_is_claimed(parts_with):
    parts = parts_with(classification=reads(*FOUND))
    sent, outcome = await made(parts)
    other = dataclasses.replace(parts, prompt=parts.prompt.model_copy(update={"sha256": "0" * 64}))
    told = await replay(sent, outcome.draft, outcome.results, other)
    assert not told.agrees and not told.differs
    assert told.made_with == (f"the prompt {outcome.draft.provenance.prompt_id} has changed since",)


async def test_the_command_says_so(parts_with, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    sent, outcome = await made(parts_with(classification=reads(*FOUND)))
    records = Records.open(settings.database_url)
    records.accept(sent, "a" * 64)
    records.keep_draft(outcome.draft, 1, outcome.status, outcome.results)
    records.close()
    monkeypatch.setenv("WETREAD_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("WETREAD_STORE", str(tmp_path))
    monkeypatch.setenv("WETREAD_RUN", str(tmp_path / "run"))
    settings_from_environment.cache_clear()
    from asyncio import to_thread

    said = await to_thread(CliRunner().invoke, app, ["replay", sent.study_id])
    unknown = await to_thread(CliRunner().invoke, app, ["replay", "no-such-study"])
    settings_from_environment.cache_clear()
    assert said.exit_code == 0 and "byte for byte" in said.stdout
    assert unknown.exit_code == 3
