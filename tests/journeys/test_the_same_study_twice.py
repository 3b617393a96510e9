"""The same study gives the same draft, byte for byte, apart from times and ids: with the real parts, in company,
and after every one of them was started again."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest

from orchestrator.replay import Replayed, replay
from orchestrator.report import DraftReport
from orchestrator.wiring import open_parts
from tests.journeys.clinic import Clinic, apart_from_times_and_ids
from tests.journeys.conftest import REAL, Stack, open_real_line, profile_in
from tests.journeys.line import Line
from tests.phantoms import chest_dicom

pytestmark = pytest.mark.journey

PHRASE = b"POST /v1/chat/completions"
SHOWN = ("cardiomegaly", "effusion-left", "consolidation-right", "none")
Drafts = dict[str, bytes]


@pytest.fixture(scope="module")
def films() -> dict[str, bytes]:
    return {shown: chest_dicom(shown, seed=number) for number, shown in enumerate(SHOWN, 1)}


@pytest.fixture(scope="module")
def line(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    """One worker that takes four studies at a time, and waits longer for words than a person would."""
    folder = tmp_path_factory.mktemp("profile")
    chosen = {"job_concurrency": 4, "language_profile": profile_in(folder, deadline_s="300.0")}
    with open_real_line(stack, tmp_path_factory.mktemp("line"), chosen) as opened:
        opened.start_worker()
        yield opened


@pytest.fixture(scope="module")
def clinic(line: Line) -> Iterator[Clinic]:
    opened = Clinic(line.api_url)
    yield opened
    opened.close()


def drafts_one_by_one(clinic: Clinic, films: dict[str, bytes]) -> Drafts:
    drafts = {}
    for shown, film in films.items():
        study_id = clinic.send(film)
        clinic.wait_for(study_id)
        drafts[shown] = clinic.get(study_id, "draft")
    return drafts


@pytest.fixture(scope="module")
def alone(clinic: Clinic, films: dict[str, bytes]) -> Drafts:
    """The draft of each film, when nothing else is at work."""
    drafts = drafts_one_by_one(clinic, films)
    for draft in drafts.values():
        sentences = DraftReport.model_validate_json(draft).sentences
        assert any(one.author == "language_model" for one in sentences), "a plain list would be the same without vLLM"
    return drafts


def assert_same(drafts: Drafts, before: Drafts) -> None:
    for shown, draft in drafts.items():
        assert apart_from_times_and_ids(draft) == apart_from_times_and_ids(before[shown]), shown


def test_each_film_sent_again_gives_the_same_bytes(clinic, films, alone):
    again = drafts_one_by_one(clinic, films)
    assert_same(again, alone)
    assert all(again[shown] != alone[shown] for shown in films), "times and ids are compared too"


def test_four_films_phrased_in_one_batch_give_the_same_bytes(line, clinic, films, alone):
    """Their requests are held until all four are there, and reach vLLM at the same time."""
    meeting = threading.Barrier(len(films))
    line.services["language"].at(PHRASE, lambda: meeting.wait(240))
    sent = {shown: clinic.send(film) for shown, film in films.items()}
    clinic.wait_for(*sent.values())
    line.services["language"].at(b"", None)
    assert not meeting.broken, "the four did not meet"
    assert_same({shown: clinic.get(study_id, "draft") for shown, study_id in sent.items()}, alone)


def test_the_record_alone_gives_the_same_bytes_again(line, clinic, films, alone):
    """The specialists are not asked; vLLM is, and must say what it said then."""
    study_id = clinic.send(films["cardiomegaly"])
    clinic.wait_for(study_id)
    told = asyncio.run(replayed(line, study_id))
    assert told.agrees, (told.differs, told.made_with)


async def replayed(line: Line, study_id: str) -> Replayed:
    parts = open_parts(line.settings)
    try:
        records = line.records
        study, kept = records.orders.with_earlier(records.study(study_id)), records.draft(study_id)
        return await replay(study, kept, records.specialist_results(study_id), parts)
    finally:
        await parts.close()


@pytest.mark.kills_real_parts
def test_after_every_part_was_started_again_the_bytes_are_the_same(stack, clinic, films, alone):
    pids = {part: stack.kill(part) for part in REAL}
    for part, pid in pids.items():
        stack.wait_until_ready(part, unlike=pid, patience_s=900)
    assert_same(drafts_one_by_one(clinic, films), alone)
