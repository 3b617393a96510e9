"""Kill -9 of a worker, of Redis, of the API in mid-study: nothing is lost, nothing is doubled."""

from __future__ import annotations

import random
import signal
import time

import pytest

from services.contract import Label, Likelihood
from tests.journeys.line import Line, SmallService, frontal_film_with, kill, open_line
from tests.phantoms import chest_dicom

pytestmark = pytest.mark.journey


@pytest.fixture(scope="module")
def module_line(tmp_path_factory):
    service = SmallService("classification", frontal_film_with((Label.EFFUSION, Likelihood.PRESENT)), Label.EFFUSION)
    with open_line(tmp_path_factory.mktemp("line"), classification=service) as opened:
        yield opened


@pytest.fixture
def line(module_line: Line):
    yield module_line
    module_line.kill_workers()
    module_line.services["classification"].takes_s = 0.0


@pytest.fixture(scope="module")
def film() -> bytes:
    return chest_dicom("effusion-left", seed=1)


def upload(line: Line, film: bytes, number: int = 1) -> list[str]:
    return [line.upload(film).json()["study_id"] for _ in range(number)]


def assert_drafted_once(line: Line, *study_ids: str) -> None:
    for study_id in study_ids:
        state = line.state(study_id)
        assert state["status"] == "drafted"
        assert line.drafts_of(study_id) == 1
        numbers = [event["number"] for event in state["progress"]]
        assert numbers == list(range(1, len(numbers) + 1))
        assert line.draft(study_id)["facts"]["findings"]


def test_a_worker_killed_in_mid_study_is_replaced_by_another(line, film):
    line.services["classification"].takes_s = 30.0
    first = line.start_worker()
    [study_id] = upload(line, film)
    line.wait_until_taken(study_id)
    line.start_worker()  # only now: Redis would give the study to a waiting worker of its own choice
    kill(first)
    line.services["classification"].takes_s = 0.0
    line.wait_for(study_id)
    assert_drafted_once(line, study_id)
    assert line.state(study_id)["attempt"] == 2


def test_a_worker_held_up_for_long_does_not_make_a_second_draft(line, film):
    """Stopped in its tracks, taken for dead, and let go after another has finished: the first draft stays."""
    line.services["classification"].takes_s = 2.0
    first = line.start_worker()
    [study_id] = upload(line, film)
    line.wait_until_taken(study_id)
    first.send_signal(signal.SIGSTOP)
    line.start_worker()
    line.wait_for(study_id)
    kept = line.draft(study_id)["draft_id"]
    first.send_signal(signal.SIGCONT)
    line.wait_until_logged("drafted_by_another")
    assert_drafted_once(line, study_id)
    assert line.draft(study_id)["draft_id"] == kept


def test_a_slow_worker_with_a_heartbeat_keeps_its_study(line, film):
    """The study takes three times as long as a worker may be silent; the second worker leaves it alone."""
    line.services["classification"].takes_s = 1.5 * line.settings.job_idle_s
    line.start_workers(2)
    [study_id] = upload(line, film)
    line.wait_for(study_id)
    assert_drafted_once(line, study_id)
    assert line.state(study_id)["attempt"] == 1


def test_a_stopped_worker_gives_its_study_back_and_the_stop_is_no_attempt(line, film):
    line.services["classification"].takes_s = 30.0
    worker = line.start_worker()
    [study_id] = upload(line, film)
    line.wait_until_taken(study_id)
    worker.terminate()
    assert worker.wait(20) == 0
    line.services["classification"].takes_s = 0.0
    line.start_worker()
    line.wait_for(study_id)
    assert_drafted_once(line, study_id)
    assert line.state(study_id)["attempt"] == 1


def test_redis_killed_in_mid_study(line, film):
    line.services["classification"].takes_s = 1.5
    line.start_worker()
    study_ids = upload(line, film, 3)
    line.wait_until_taken(study_ids[0])
    line.redis.kill()
    late = line.upload(film)
    line.redis.start()
    assert late.status_code == 202, "the record holds it; the queue will learn of it"
    study_ids.append(late.json()["study_id"])
    line.wait_for(*study_ids)
    assert_drafted_once(line, *study_ids)


def test_redis_that_forgot_everything_in_mid_study(line, film):
    line.services["classification"].takes_s = 1.5
    line.start_worker()
    study_ids = upload(line, film, 4)
    line.wait_until_taken(study_ids[0])
    line.redis.lose_everything()
    line.redis.start()
    line.wait_for(*study_ids)
    assert_drafted_once(line, *study_ids)


def test_the_api_killed_right_after_it_acknowledged(line, film):
    study_ids = upload(line, film, 3)
    kill(line.api)
    line.start_worker()
    line.wait_for(*study_ids)
    line.start_api()
    assert_drafted_once(line, *study_ids)


def test_workers_killed_again_and_again(line, film):
    """Twelve studies; a worker is killed at random instants, and the next one goes on."""
    line.services["classification"].takes_s = 0.3
    chance = random.Random(7)
    workers = line.start_workers(4)
    study_ids = upload(line, film, 12)
    for worker in workers[:3]:
        time.sleep(chance.uniform(0.1, 1.0))
        kill(worker)
    line.wait_for(*study_ids, patience_s=120)
    assert_drafted_once(line, *study_ids)


def test_a_study_that_kills_every_worker_is_given_up_and_the_others_go_on(line, film):
    line.services["classification"].takes_s = 30.0
    workers = line.start_workers(line.settings.job_attempts)
    [study_id] = upload(line, film)
    for attempt in range(1, line.settings.job_attempts + 1):
        line.wait_until_taken(study_id, attempt)
        line.kill_worker_of(study_id, workers)
    line.services["classification"].takes_s = 0.0
    line.start_worker()
    [other] = upload(line, film)
    line.wait_for(study_id, other)
    assert line.state(study_id)["status"] == "failed"
    assert "worker was lost" in line.state(study_id)["reason"]
    assert line.state(other)["status"] == "drafted"
    assert 'wetread_jobs{state="dead_letters"} 1.0' in line.http.get("/metrics").text
