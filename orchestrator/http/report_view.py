"""A report as the API shows it to one person."""

from __future__ import annotations

from pydantic import ValidationError

from orchestrator.access import Person
from orchestrator.jobs import Jobs
from orchestrator.records.reports import Report
from orchestrator.report import Acknowledgement
from orchestrator.signing import NEXT, Act, Rejection, ReportState, SignedReport
from orchestrator.working_copy import WorkingCopy
from services.contract import Fact


class Here(Fact):
    """Somebody who looks at the report now."""

    subject: str
    name: str | None = None
    window: str


class ReportView(Fact):
    """Where a report stands, and what this person may do next."""

    study_id: str
    state: ReportState
    etag: str
    """What to send as If-Match."""
    stale: bool
    """True when the working copy is made of an earlier draft than the latest, or a later one is being made."""
    latest_revision: int
    working_copy: WorkingCopy
    signed: tuple[SignedReport, ...] = ()
    """Every signed version, first to last; the last is in force unless the report is rejected."""
    rejection: Rejection | None = None
    acknowledgement: Acknowledgement | None = None
    may: tuple[Act, ...] = ()
    """The steps this person can take from here."""
    here: tuple[Here, ...] = ()


def view_of(report: Report, person: Person, here: tuple[Here, ...]) -> ReportView:
    """Return a report as one person sees it."""
    possible = tuple(act for act in NEXT[report.state] if act is not Act.REOPEN)
    return ReportView(
        study_id=report.study_id,
        state=report.state,
        etag=f'"{report.number}"',
        stale=report.is_stale,
        latest_revision=report.latest_revision,
        working_copy=report.copy_now,
        signed=report.signed,
        rejection=report.rejection,
        acknowledgement=report.acknowledgement,
        may=possible if person.may_sign else (),
        here=here,
    )


async def here_of(jobs: Jobs, study_id: str) -> tuple[Here, ...]:
    """Return who looks at a report now."""
    found = []
    for said in await jobs.who_is_here(study_id):
        try:
            found.append(Here.model_validate_json(said))
        except ValidationError:
            continue
    return tuple(found)
