"""One specialist at work: whether it can be asked, one question at a time, and what is missing without it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from services.contract import (
    Limitation,
    LimitationReason,
    SpecialistReadiness,
    SpecialistState,
    coded,
)
from services.errors import UnknownSpecialist
from services.settings import SpecialistSwitch
from services.specialist import NamesItsLabels, ReadsSeveralAtOnce, Specialist

AT_ONCE = 6
"""Studies at one desk at a time: a batch in the network, and others on their way to it and from it."""


class Desk:
    """A specialist, its switch, its state, and the threads that may ask it.

    There is one thread, which is the inference lock, unless the specialist reads several at once: then what one
    study needs besides the network is done while another has it, and studies that wait for it share a batch.
    Questions wait in the queue of the threads and can be withdrawn from it.
    """

    def __init__(self, specialist: Specialist, switch: SpecialistSwitch) -> None:
        self.specialist = specialist
        self.name = specialist.name
        self.switch = switch
        self.state = SpecialistState.LOADING
        self.why = "the weights are being loaded"
        self.thread = ThreadPoolExecutor(
            max_workers=AT_ONCE if isinstance(specialist, ReadsSeveralAtOnce) else 1,
            thread_name_prefix=specialist.name,
        )

    def settle(self, state: SpecialistState, why: str) -> None:
        """Record whether the specialist can be asked, and why."""
        self.state, self.why = state, why

    def readiness(self) -> SpecialistReadiness:
        """Return the state as ``/readyz`` shows it."""
        return SpecialistReadiness(specialist=self.name, state=self.state, why=self.why)

    def missing(self, reason: LimitationReason, detail: str) -> tuple[Limitation, ...]:
        """Return what is not assessed without this specialist: each label it names, or itself as a whole."""
        labels = self.specialist.labels if isinstance(self.specialist, NamesItsLabels) else ()
        if not labels:
            what = f"reading by {self.name.replace('_', ' ')}"
            return (Limitation(what=what, reason=reason, detail=detail, source=self.name),)
        return tuple(
            Limitation(what=str(label), code=coded(label), reason=reason, detail=detail, source=self.name)
            for label in labels
        )

    def not_in_force(self) -> tuple[Limitation, ...]:
        """Return why a loaded service does not ask this specialist; empty where it does."""
        if self.state is SpecialistState.NO_WEIGHTS:
            return self.missing(LimitationReason.NO_WEIGHTS, "The weights of this specialist are not in force here.")
        if self.state is SpecialistState.FAILED:
            return self.missing(LimitationReason.SPECIALIST_UNAVAILABLE, "This specialist could not be started.")
        return ()

    def shown_as_missing(self) -> tuple[Limitation, ...]:
        """Return the same for the card, with the reason as the one who runs the service needs it."""
        return tuple(one.model_copy(update={"detail": self.why}) for one in self.not_in_force())


class Desks:
    """The specialists of one service, in the order of its list."""

    def __init__(self, desks: tuple[Desk, ...]) -> None:
        self._desks = {desk.name: desk for desk in desks}

    def __iter__(self) -> Iterator[Desk]:
        return iter(self._desks.values())

    @property
    def loaded(self) -> bool:
        """Whether every specialist has been loaded or is known not to be in force."""
        return all(desk.state is not SpecialistState.LOADING for desk in self._desks.values())

    def wanted(self, names: tuple[str, ...] | None) -> tuple[Desk, ...]:
        """Return the specialists to ask, in force or not.

        Parameters
        ----------
        names
            As requested; ``None`` means those that are switched on and do not merely stand in for one
            that is ready.

        Raises
        ------
        UnknownSpecialist
            If the service has no specialist of that name.
        """
        if names is None:
            return tuple(desk for desk in self._desks.values() if desk.switch.on and not self._is_spare(desk))
        if not set(names) <= set(self._desks):
            raise UnknownSpecialist(f"the service has {', '.join(self._desks)}; the request names another")
        return tuple(desk for name, desk in self._desks.items() if name in names)

    def _is_spare(self, desk: Desk) -> bool:
        other = self._desks.get(desk.switch.stands_in_for or "")
        return other is not None and other.state is SpecialistState.READY
