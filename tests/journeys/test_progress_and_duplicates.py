"""What a sender sees: one study however often it is sent, and progress that can be taken up where it stopped."""

from __future__ import annotations

import threading

import httpx
import pytest

from services.contract import Label, Likelihood
from tests.journeys.line import Line, SmallService, frontal_film_with, open_line
from tests.phantoms import chest_dicom

pytestmark = pytest.mark.journey

STAGES = ["deidentify", "triage", "specialists", "reconcile", "phrase"]


@pytest.fixture(scope="module")
def line(tmp_path_factory):
    service = SmallService("classification", frontal_film_with((Label.EFFUSION, Likelihood.PRESENT)), Label.EFFUSION)
    with open_line(tmp_path_factory.mktemp("line"), classification=service) as opened:
        opened.start_worker()
        yield opened


@pytest.fixture(scope="module")
def film() -> bytes:
    return chest_dicom("effusion-left", seed=1)


def listen(line: Line, study_id: str, after: int | None = None, at_most: int | None = None) -> list[tuple[int, str]]:
    """Return number and kind of the events heard, until the stream ends or ``at_most`` were heard."""
    headers = {} if after is None else {"Last-Event-ID": str(after)}
    heard: list[tuple[int, str]] = []
    number = 0
    with httpx.stream("GET", f"{line.http.base_url}/v1/studies/{study_id}/events", headers=headers, timeout=60) as told:
        for text in told.iter_lines():
            if text.startswith("id: "):
                number = int(text.removeprefix("id: "))
            if text.startswith("event: "):
                heard.append((number, text.removeprefix("event: ")))
            if at_most is not None and len(heard) == at_most:
                break
    return heard


def test_a_film_sent_five_times_with_one_key_is_one_study(line, film):
    answers: list[httpx.Response] = []
    senders = [threading.Thread(target=lambda: answers.append(line.upload(film, key="sent-again"))) for _ in range(5)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert {answer.status_code for answer in answers} == {202}
    [study_id] = {answer.json()["study_id"] for answer in answers}
    line.wait_for(study_id)
    assert line.drafts_of(study_id) == 1
    again = line.upload(film, key="sent-again").json()
    assert (again["study_id"], again["status"]) == (study_id, "drafted")


def test_the_same_film_twice_gives_the_same_draft_apart_from_times_and_ids(line, film):
    drafts = []
    for _ in range(2):
        study_id = line.upload(film).json()["study_id"]
        line.wait_for(study_id)
        drafts.append(line.draft(study_id))
    for draft in drafts:
        for name in ("draft_id", "study_id", "created_at", "stages"):
            del draft[name]
    assert drafts[0] == drafts[1]


def test_progress_is_heard_live_and_in_order(line, film):
    line.services["classification"].takes_s = 0.5
    study_id = line.upload(film).json()["study_id"]
    heard = listen(line, study_id)
    line.services["classification"].takes_s = 0.0
    assert [kind for _, kind in heard] == ["queued", "running", *["stage"] * len(STAGES), "drafted"]
    assert [event["stage"] for event in line.state(study_id)["progress"] if event["kind"] == "stage"] == STAGES


def test_a_listener_that_lost_the_line_misses_nothing_and_hears_nothing_twice(line, film):
    line.services["classification"].takes_s = 0.5
    study_id = line.upload(film).json()["study_id"]
    first = listen(line, study_id, at_most=3)
    line.services["classification"].takes_s = 0.0
    rest = listen(line, study_id, after=first[-1][0])
    heard = [number for number, _ in first + rest]
    assert heard == list(range(1, len(heard) + 1))
    assert rest[-1][1] == "drafted"
    assert listen(line, study_id, after=heard[-1]) == []


def test_a_lateral_film_is_refused_with_its_reason_and_a_draft_of_limitations_only(line):
    lateral = chest_dicom("none", seed=4, ViewPosition="LL")
    study_id = line.upload(lateral).json()["study_id"]
    line.wait_for(study_id)
    state, draft = line.state(study_id), line.draft(study_id)
    assert state["status"] == "refused"
    assert "lateral" in state["reason"]
    assert all(not section["sentences"] for section in draft["sections"])
    assert draft["facts"]["findings"] == []
    assert "unsupported_view" in {limit["reason"] for limit in draft["facts"]["limitations"]}
