"""Readers who wait for a network are read together, at once, and get what each would have got alone."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import pytest
import torch

from services.batching import Batched, Outputs
from services.torch_runner import torch_run
from tests.services.test_backend import TwoHeads

PATIENCE_S = 20.0


class HeldNetwork:
    """A real network that the test holds back at its first batch, so that readers have to queue."""

    def __init__(self) -> None:
        self.run = torch_run(TwoHeads(), "cpu")
        self.batches: list[int] = []
        self.begun, self.may_go_on = threading.Event(), threading.Event()
        self.fault_at: int | None = None

    def __call__(self, images: np.ndarray) -> Outputs:
        self.batches.append(len(images))
        if len(self.batches) == 1:
            self.begun.set()
            assert self.may_go_on.wait(PATIENCE_S)
        if len(self.batches) == self.fault_at:
            raise RuntimeError("the processor is on fire")
        return self.run(images)


def film(seed: int, images: int = 1, side: int = 48) -> np.ndarray:
    return np.random.default_rng(seed).random((images, 1, side, side), dtype=np.float32)


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def queue(network: HeldNetwork, batched: Batched, films: list[np.ndarray]) -> list[Future[Outputs]]:
    """Let the first film reach the network, the others queue behind it one by one, then let everything go on."""
    pool = ThreadPoolExecutor(len(films))
    asked = [pool.submit(batched, films[0])]
    assert network.begun.wait(PATIENCE_S)
    for number, other in enumerate(films[1:], 1):
        asked.append(pool.submit(batched, other))
        until(lambda number=number: batched.waiting == number)  # type: ignore[misc]
    network.may_go_on.set()
    pool.shutdown(wait=True)
    return asked


def test_what_waits_is_read_together_and_the_first_waits_for_nobody() -> None:
    network = HeldNetwork()
    films = [film(seed) for seed in range(4)]
    answers = [asked.result() for asked in queue(network, Batched(network, 8), films)]
    assert network.batches == [1, 3]
    for image, answer in zip(films, answers, strict=True):
        for together, alone in zip(answer, network.run(image), strict=True):
            np.testing.assert_allclose(together, alone, atol=1e-4)


def test_a_batch_is_never_larger_than_the_largest() -> None:
    network = HeldNetwork()
    queue(network, Batched(network, 4), [film(seed) for seed in range(10)])
    assert network.batches[0] == 1
    assert sum(network.batches) == 10
    assert max(network.batches) == 4


def test_the_images_of_one_study_stay_together_and_other_shapes_apart() -> None:
    network = HeldNetwork()
    films = [film(0), film(1, images=3), film(2, side=32), film(3, images=2)]
    answers = [asked.result() for asked in queue(network, Batched(network, 4), films)]
    assert sorted(network.batches) == [1, 1, 2, 3]
    assert [len(answer[0]) for answer in answers] == [1, 3, 1, 2]


def test_a_batch_that_fails_fails_for_one_reader_and_the_others_are_read() -> None:
    network = HeldNetwork()
    network.fault_at = 2
    answers = queue(network, Batched(network, 8), [film(seed) for seed in range(4)])
    assert len([one for one in answers if one.exception() is not None]) == 1
    assert len([one for one in answers if one.exception() is None and len(one.result()[0]) == 1]) == 3


def test_one_reader_at_a_time_is_read_alone_without_delay() -> None:
    network = HeldNetwork()
    network.may_go_on.set()
    batched = Batched(network, 8)
    for seed in range(3):
        batched(film(seed))
    assert network.batches == [1, 1, 1]


def test_readers_at_random_each_get_their_own_answer() -> None:
    network = HeldNetwork()
    network.may_go_on.set()
    batched = Batched(network, 4)
    films = [film(seed) for seed in range(40)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(batched, films))
    with torch.inference_mode():
        for image, answer in zip(films, answers, strict=True):
            np.testing.assert_allclose(answer[0], network.run(image)[0], atol=1e-4)
    assert sum(network.batches) == 40


@pytest.mark.parametrize("images", [1, 5])
def test_one_reader_may_bring_more_than_the_largest_batch(images: int) -> None:
    network = HeldNetwork()
    network.may_go_on.set()
    assert len(Batched(network, 2)(film(0, images=images))[0]) == images
