"""What a specialist is: a module that reads images and says what it sees, and nothing about HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol, runtime_checkable

from services.contract import Label, ModelCard, SpecialistResult, Subject
from services.pixels import Pixels


class Specialist(Protocol):
    """One reader, named as the exam is (``chest_radiograph``), not as its network."""

    name: str
    on_by_default: bool

    def load(self) -> None:
        """Load and prove the weights.

        Raises
        ------
        WeightsError
            If there are none, or they are damaged or not allowed here.
        """

    def card(self) -> ModelCard:
        """Return what the loaded specialist accepts and assesses."""

    def analyze(self, images: Sequence[Pixels], subject: Subject) -> SpecialistResult:
        """Read images. Never called by two threads at once, unless it is a :class:`ReadsSeveralAtOnce`.

        Raises
        ------
        UnsupportedImage
            If it reads no such images.
        """


@runtime_checkable
class NamesItsLabels(Protocol):
    """A specialist that can say what it would assess even while it has no weights."""

    labels: tuple[Label, ...]


@runtime_checkable
class ReadsSeveralAtOnce(Protocol):
    """A specialist whose ``analyze`` several threads may call at once.

    It keeps nothing between calls but what ``load`` made, and every network it runs is a
    :class:`services.backend.Backend`, which runs together what waits.
    """

    several_at_once: Literal[True]
