"""The queue gives each study to one worker at a time, until it is done or given up."""

from __future__ import annotations

import asyncio
import secrets

import pytest

from orchestrator.errors import Misconfigured, QueueUnavailable
from orchestrator.jobs import Jobs


@pytest.fixture
async def two_workers(redis_url):
    queue = f"test-{secrets.token_hex(4)}"
    workers = [Jobs(redis_url, queue, idle_s=0.4) for _ in range(2)]
    for worker in workers:
        await worker.take(0.01)
    yield workers
    for worker in workers:
        await worker.close()


async def test_a_study_is_in_the_queue_once_however_often_it_is_put_there(two_workers):
    one, two = two_workers
    assert await one.enqueue("study-1", 1)
    assert not await two.enqueue("study-1", 1)
    assert (await one.take(0.1)).study_id == "study-1"
    assert not await two.enqueue("study-1", 1)
    assert await two.take(0.01) is None


async def test_a_study_that_is_done_may_come_again(two_workers):
    one, _ = two_workers
    await one.enqueue("study-1", 1)
    await one.done(await one.take(0.1))
    assert await one.enqueue("study-1", 1)


async def test_an_abandoned_job_is_taken_over_and_counted(two_workers):
    one, two = two_workers
    await one.enqueue("study-1", 1)
    assert (await one.take(0.1)).attempt == 1
    await asyncio.sleep(0.5)
    job = await two.take(0.1)
    assert (job.study_id, job.attempt) == ("study-1", 2)


async def test_a_job_with_a_heartbeat_is_not_taken_over(two_workers):
    one, two = two_workers
    await one.enqueue("study-1", 1)
    job = await one.take(0.1)
    for _ in range(4):
        await asyncio.sleep(0.2)
        assert await one.heartbeat(job)
        assert await two.take(0.01) is None


async def test_a_late_worker_learns_that_the_job_is_no_longer_its_own(two_workers):
    one, two = two_workers
    await one.enqueue("study-1", 1)
    lost = await one.take(0.1)
    await asyncio.sleep(0.5)
    taken = await two.take(0.1)
    assert not await one.heartbeat(lost)
    assert await two.heartbeat(taken)


async def test_a_job_given_back_is_taken_at_once_and_a_stop_is_not_an_attempt(two_workers):
    one, two = two_workers
    await one.enqueue("study-1", 1)
    await one.give_back(await one.take(0.1), counted=False)
    job = await two.take(0.1)
    assert job.attempt == 1
    await two.give_back(job)
    assert (await one.take(0.1)).attempt == 2


async def test_a_job_given_up_lies_in_the_dead_letter_stream(two_workers):
    one, two = two_workers
    await one.enqueue("study-1", 1)
    await one.bury(await one.take(0.1), "tried five times")
    await asyncio.sleep(0.5)
    assert await two.take(0.01) is None
    state = await two.state()
    assert (state.waiting, state.running, state.dead_letters) == (0, 0, 1)


async def test_the_bell_wakes_who_listens_to_this_study_only(two_workers):
    one, two = two_workers
    async with one.bell("study-1") as bell:
        await bell.wait(0.2)
        waiting = asyncio.create_task(bell.wait(10))
        await asyncio.sleep(0.1)
        await two.ring("study-2")
        await asyncio.sleep(0.2)
        assert not waiting.done()
        await two.ring("study-1")
        await asyncio.wait_for(waiting, 2)


async def test_without_redis_the_queue_is_unavailable_and_the_bell_only_silent(tmp_path):
    jobs = Jobs(f"unix://{tmp_path}/nothing.sock", "test", 1.0)
    with pytest.raises(QueueUnavailable):
        await jobs.enqueue("study-1", 1)
    with pytest.raises(QueueUnavailable):
        await jobs.check()
    async with jobs.bell("study-1") as bell:
        await asyncio.wait_for(bell.wait(0.05), 2)
    await jobs.close()


async def test_a_killed_redis_keeps_what_it_acknowledged(own_redis):
    jobs = Jobs(own_redis.url, "test", 0.4)
    await jobs.take(0.01)
    for number in range(200):
        assert await jobs.enqueue(f"study-{number}", 1)
    held = await jobs.take(0.1)
    own_redis.kill()
    with pytest.raises(QueueUnavailable):
        await jobs.check()
    own_redis.start()
    await asyncio.sleep(0.5)
    taken = []
    while job := await jobs.take(0.1):
        taken.append(job.study_id)
        await jobs.done(job)
    assert len(taken) == len(set(taken))
    assert {f"study-{number}" for number in range(200)} <= set(taken)
    assert held.study_id in taken
    await jobs.close()


async def test_a_redis_that_lost_everything_is_made_anew(own_redis):
    jobs = Jobs(own_redis.url, "test", 0.4)
    await jobs.take(0.01)
    await jobs.enqueue("study-1", 1)
    job = await jobs.take(0.1)
    own_redis.lose_everything()
    own_redis.start()
    assert not await jobs.heartbeat(job)
    await jobs.done(job)
    assert await jobs.take(0.01) is None
    assert await jobs.enqueue("study-1", 1)
    assert (await jobs.take(0.1)).study_id == "study-1"
    await jobs.close()


def test_a_wrong_url_is_misconfigured():
    with pytest.raises(Misconfigured):
        Jobs("not a url", "test", 1.0)
