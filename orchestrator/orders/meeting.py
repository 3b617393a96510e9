"""Whether an order and a study belong together: by number **and** by patient identifier with its issuer, never by name.

The number (accession, or Study Instance UID) says which order may be meant; the identifier says whether it can be. A
number that fits and a patient who does not is a hard stop: somebody typed a number wrongly, or the wrong person lay
on the table, and only people can tell.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from orchestrator.orders.issuers import Who


class Meeting(StrEnum):
    """How an order stands to a study."""

    APART = "apart"
    """Nothing says that one means the other."""
    MET = "met"
    OTHER_PATIENT = "other_patient"
    """The number fits; the patient identifiers of one issuer differ."""
    OTHER_ISSUER = "other_issuer"
    """The number fits; no issuer is known to both sides, so that nobody can say whether the patient is one."""
    NO_PATIENT = "no_patient_id"
    """The number fits; the images do not say whose they are."""

    @property
    def is_a_mismatch(self) -> bool:
        """True when people must look before anything goes on."""
        return self not in {Meeting.APART, Meeting.MET}


class Numbers(NamedTuple):
    """The numbers by which orders and studies find each other."""

    study_instance_uid: str | None
    accession_number: str | None

    def fit(self, other: Numbers) -> bool:
        """Whether one of them is the same on both sides."""
        return any(mine and mine == theirs for mine, theirs in zip(self, other, strict=True))


def meeting_of(study: Numbers, patient: Who | None, order: Numbers, ordered_for: Iterable[Who]) -> Meeting:
    """Return how an order stands to a study.

    Parameters
    ----------
    patient, ordered_for
        Whom the images and the order name, after merges and with one name for each issuer.
    """
    if not study.fit(order):
        return Meeting.APART
    if patient is None:
        return Meeting.NO_PATIENT
    named = frozenset(ordered_for)
    if patient in named:
        return Meeting.MET
    issuers = {one.issuer for one in named}
    return Meeting.OTHER_PATIENT if patient.issuer in issuers else Meeting.OTHER_ISSUER
