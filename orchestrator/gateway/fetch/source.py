"""What an archive is asked, whichever protocol it speaks."""

from __future__ import annotations

from typing import Protocol

from services.contract import Fact

PRIOR_MODALITIES = frozenset({"CR", "DX"})
"""Examinations that a chest film is compared with here."""


class FoundStudy(Fact):
    """A study as an archive describes it."""

    study_instance_uid: str
    accession_number: str = ""
    patient_id: str = ""
    issuer_of_patient_id: str = ""
    study_date: str = ""
    """YYYYMMDD."""
    modalities: frozenset[str] = frozenset()


class Archive(Protocol):
    """One configured source."""

    async def find_by_accession(self, accession_number: str) -> tuple[FoundStudy, ...]:
        """Return the studies that an order led to.

        Raises
        ------
        Unavailable
            If the archive does not answer, or refuses.
        """
        ...

    async def find_by_patient(self, patient_id: str, issuer: str) -> tuple[FoundStudy, ...]:
        """Return the studies of a patient identifier; what comes beside them is for the caller to drop."""
        ...

    async def retrieve(self, study: FoundStudy) -> int:
        """Bring every object of a study to the arrival desk, and return how many there were."""
        ...


def of_accession(found: tuple[FoundStudy, ...], accession_number: str) -> tuple[FoundStudy, ...]:
    """Return what was asked for: some archives answer a key that they do not support with everything."""
    return tuple(study for study in found if study.accession_number == accession_number)


def priors_of(study: FoundStudy, found: tuple[FoundStudy, ...], most: int) -> tuple[FoundStudy, ...]:
    """Return earlier chest films of the same patient, newest first.

    The same patient has the same identifier and no other issuer; names are never compared. Studies of an unknown
    date are no priors.
    """
    same = [
        one
        for one in found
        if one.patient_id == study.patient_id
        and _issuers_agree(one.issuer_of_patient_id, study.issuer_of_patient_id)
        and one.study_instance_uid != study.study_instance_uid
        and one.modalities & PRIOR_MODALITIES
        and "" < one.study_date < study.study_date
    ]
    return tuple(sorted(same, key=lambda one: one.study_date, reverse=True)[:most])


def _issuers_agree(one: str, other: str) -> bool:
    return one == other or not one or not other
