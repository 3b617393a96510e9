"""One network for several readers at once: what waits while it runs goes through it together, next.

Nobody waits for a batch to fill. A reader who finds the network idle runs it at once, alone; of those who come
meanwhile, the first to get the network takes the others along, up to the largest batch.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Outputs = tuple[Floats, ...]
Run = Callable[[Floats], Outputs]


class _Asked:
    """Images of one reader, and the answer once it is there."""

    def __init__(self, images: Floats) -> None:
        self.images = images
        self.outputs: Outputs | None = None


class Batched:
    """A way to run a network that any number of threads may call at once.

    Parameters
    ----------
    run
        Takes ``(batch, channels, rows, columns)`` float32 and answers arrays whose first axis is the batch.
        Called by one thread at a time.
    largest
        Most images of several readers in one batch; one reader's images always stay together.
    """

    def __init__(self, run: Run, largest: int) -> None:
        self._run, self._largest = run, largest
        self._waiting: list[_Asked] = []
        self._guard = threading.Lock()
        self._network = threading.Lock()

    @property
    def waiting(self) -> int:
        """How many readers wait for the network."""
        with self._guard:
            return len(self._waiting)

    def __call__(self, images: Floats) -> Outputs:
        mine = _Asked(images)
        with self._guard:
            self._waiting.append(mine)
        with self._network:
            if mine.outputs is None:
                self._answer(self._take_along(mine))
        assert mine.outputs is not None
        return mine.outputs

    def _take_along(self, mine: _Asked) -> list[_Asked]:
        """Return this reader and, in the order they came, those whose images fit into the same batch."""
        batch, size = [mine], len(mine.images)
        with self._guard:
            self._waiting.remove(mine)
            for other in tuple(self._waiting):
                if other.images.shape[1:] == mine.images.shape[1:] and size + len(other.images) <= self._largest:
                    self._waiting.remove(other)
                    batch.append(other)
                    size += len(other.images)
        return batch

    def _answer(self, batch: list[_Asked]) -> None:
        """Run a batch; where that fails, only the reader who runs it sees it, and the others try for themselves."""
        try:
            outputs = self._run(batch[0].images if len(batch) == 1 else np.concatenate([one.images for one in batch]))
            ends = np.cumsum([len(one.images) for one in batch])[:-1]
            for one, *parts in zip(batch, *(np.split(output, ends) for output in outputs), strict=True):
                one.outputs = tuple(parts)
        finally:
            with self._guard:
                self._waiting += [one for one in batch[1:] if one.outputs is None]
