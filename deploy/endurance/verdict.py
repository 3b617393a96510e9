"""What was to arrive where, against what did: lost is what never came, doubled is what came under a second id."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote

from pydantic import BaseModel
from pydicom.uid import PYDICOM_ROOT_UID, generate_uid

from deploy.endurance.receivers import Receivers
from orchestrator.exports.fhir_parts import REPORTS
from orchestrator.exports.hl7v2 import control_id
from orchestrator.records import Records
from orchestrator.release import release_of_draft
from orchestrator.signing import release_of


class AtReceiver(BaseModel):
    """One receiver at the end."""

    expected: int
    lost: int
    """Expected and never taken."""
    doubled: int
    """Taken under an id that nobody expected: a second message about the same thing."""
    taken_again: int
    """The same id once more, which a receiver knows by it: at least once is what is promised."""


def verdict(records: Records, study_ids: Iterable[str], receivers: Receivers) -> dict[str, AtReceiver]:
    """Compare what each receiver took with what the record says was to leave: a draft and a signed report a study."""
    hl7, archive, hook, fhir = set[str](), set[str](), set[str](), set[str]()
    for study_id in study_ids:
        draft = records.draft(study_id)
        unsigned = release_of_draft(draft)
        [report] = records.reports.report(study_id).signed
        signed = release_of(report, draft, None)
        hl7 |= {control_id(unsigned), control_id(signed)}
        hook |= {unsigned.key, signed.key}
        archive.add(str(generate_uid(PYDICOM_ROOT_UID, [signed.key, "sr"])))
        search = quote(f"{REPORTS}|{study_id}", safe="")
        fhir.add(f"DiagnosticReport?identifier={search} final")
    return {
        "hl7 (MSH-10)": _compared(hl7, receivers.hl7.ledger.taken),
        "archive (SOP Instance UID)": _compared(archive, receivers.archive.ledger.taken),
        "webhook (CloudEvents id)": _compared(hook, receivers.hook.ledger.taken),
        "fhir (report and status)": _compared(fhir, receivers.fhir.ledger.taken),
    }


def _compared(expected: set[str], taken: dict[str, int]) -> AtReceiver:
    return AtReceiver(
        expected=len(expected),
        lost=len(expected - set(taken)),
        doubled=len(set(taken) - expected),
        taken_again=sum(times - 1 for times in taken.values()),
    )
