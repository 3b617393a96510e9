"""Who carries what: a courier for each kind of destination."""

from __future__ import annotations

from typing import Protocol

from orchestrator.outbox.dicom import DicomCourier
from orchestrator.outbox.fhir import FhirCourier
from orchestrator.outbox.letter import Letter
from orchestrator.outbox.mllp import MllpCourier
from orchestrator.outbox.stow import StowCourier
from orchestrator.outbox.tables import Allowed, AnyDestination, Dicom, FhirServer, Mllp, StowRs
from orchestrator.outbox.webhook import WebhookCourier


class Courier(Protocol):
    """Carries messages to one destination."""

    async def deliver(self, letter: Letter) -> str:
        """Return what the receiver said when it took the message.

        Raises
        ------
        TryAgain
            If the same message may do later.
        RefusedByReceiver
            If it will not.
        """
        ...

    async def close(self) -> None:
        """Close what is open."""
        ...


def courier_for(destination: AnyDestination, allowed: Allowed) -> Courier:
    """Return who carries messages to a destination; nothing is connected yet.

    Raises
    ------
    Misconfigured
        If a certificate or a secret cannot be read.
    """
    match destination:
        case Mllp():
            return MllpCourier(destination, allowed)
        case Dicom():
            return DicomCourier(destination, allowed)
        case StowRs():
            return StowCourier(destination, allowed)
        case FhirServer():
            return FhirCourier(destination, allowed)
        case _:
            return WebhookCourier(destination, allowed)
