"""The life of a report after the draft: work on it, sign it, correct it, add to it, reject it.

Whoever changes a report sends the ``ETag`` it was read with as ``If-Match``: what somebody else saved in the meantime
is never overwritten, it comes back with the 412.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Response
from pydantic import Field

from orchestrator.access import Person
from orchestrator.errors import Overtaken, QueueUnavailable, RefusedInput
from orchestrator.http.acting import WithPerson
from orchestrator.http.problems import MEDIA_TYPE, documented
from orchestrator.http.report_view import Here, ReportView, here_of, view_of
from orchestrator.http.rooms import Rooms, WithRooms
from orchestrator.http.studies import StudyId
from orchestrator.records.reports import Report, Reports
from orchestrator.report import Problem
from orchestrator.verify import verify
from orchestrator.working_copy import Edit, Reason, checkable
from services.contract import Fact, ProblemDetails

router = APIRouter(prefix="/v1/studies", tags=["reports"])

PRESENT_FOR_S = 20.0
_ETAG = re.compile(r'^(?:W/)?"(\d{1,9})"$')
Name = Annotated[str | None, Field(default=None, max_length=200)]


class OvertakenDetails(ProblemDetails):
    """That somebody else saved in the meantime, with what was saved."""

    current: ReportView


class Signing(Fact):
    """Sign what stands of the working copy."""

    name: Name = None
    """Who signs; needed where no authentication is on, ignored elsewhere."""
    although_stale: bool = False
    """True when the copy is of an earlier draft, and that is meant."""


class Correcting(Signing):
    """Replace the signed report by what stands of the working copy."""

    reason: Reason


class Addending(Fact):
    """Add to a signed report that stands as it is."""

    text: Annotated[str, Field(min_length=1, max_length=4000)]
    name: Name = None


class Rejecting(Fact):
    """Reject a draft, or withdraw a signed report."""

    reason: Reason
    name: Name = None


class Acknowledging(Fact):
    """Say that an urgent draft was read."""

    name: Name = None


class BeingHere(Fact):
    """Say that a person looks at the report in one window."""

    window: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,40}$")] = "one"
    name: Name = None
    leaving: bool = False


class Checked(Fact):
    """What the checks say of the working copy; a person may sign all the same."""

    warnings: tuple[Problem, ...]


@dataclass(frozen=True)
class Desk:
    """One person at the report of one study."""

    study_id: str
    rooms: Rooms
    person: Person
    response: Response

    @property
    def reports(self) -> Reports:
        return self.rooms.records.reports

    async def take(self, step: Callable[[], Report]) -> ReportView | Response:
        """Take a step of the report's life; one that came too late answers with what the other did."""
        try:
            report = await asyncio.to_thread(step)
        except Overtaken as error:
            return await self._overtaken(str(error))
        with suppress(QueueUnavailable):
            await self.rooms.jobs.ring(self.study_id)
        return await self.shown(report)

    async def shown(self, report: Report) -> ReportView:
        """Return the report as this person sees it, and its ETag with it."""
        here: tuple[Here, ...] = ()
        with suppress(QueueUnavailable):
            here = await here_of(self.rooms.jobs, self.study_id)
        view = view_of(report, self.person, here)
        self.response.headers["ETag"] = view.etag
        self.response.headers["Cache-Control"] = "no-store"
        return view

    async def _overtaken(self, detail: str) -> Response:
        report = await asyncio.to_thread(self.reports.report, self.study_id)
        details = OvertakenDetails(
            type="urn:wetread:problem:overtaken",
            title=HTTPStatus.PRECONDITION_FAILED.phrase,
            status=HTTPStatus.PRECONDITION_FAILED,
            detail=detail,
            expected="the ETag of the current version, after a look at what changed",
            current=await self.shown(report),
        )
        headers = {"ETag": details.current.etag, "Cache-Control": "no-store"}
        return Response(details.model_dump_json(exclude_none=True), details.status, headers, media_type=MEDIA_TYPE)


def _desk(study_id: StudyId, rooms: WithRooms, person: WithPerson, response: Response) -> Desk:
    return Desk(study_id, rooms, person, response)


def _number(if_match: Annotated[str, Header(description="The ETag that the report was read with.")]) -> int:
    found = _ETAG.match(if_match.strip())
    if found is None:
        raise RefusedInput('If-Match is not an ETag of this report; expected what GET answered, such as "7"')
    return int(found[1])


AtDesk = Annotated[Desk, Depends(_desk)]
Number = Annotated[int, Depends(_number)]
_STEP = documented(400, 401, 403, 404, 409, 412, 422, 503)


@router.get("/{study_id}/report", responses=documented(401, 403, 404, 422, 503))
async def get_report(desk: AtDesk) -> ReportView:
    """Return where the report stands: working copy, signed versions, who else is here, and what the person may do."""
    return await desk.shown(await asyncio.to_thread(desk.reports.report, desk.study_id))


@router.put("/{study_id}/report", response_model=ReportView, responses=_STEP)
async def save_report(desk: AtDesk, number: Number, edit: Edit) -> ReportView | Response:
    """Keep the working copy as it is edited."""
    return await desk.take(lambda: desk.reports.save(desk.study_id, number, edit, desk.person))


@router.post("/{study_id}/report/renew", response_model=ReportView, responses=_STEP)
async def renew_report(desk: AtDesk, number: Number) -> ReportView | Response:
    """Begin again from the latest draft; decisions and added sentences are kept where they fit."""
    return await desk.take(lambda: desk.reports.renew(desk.study_id, number, desk.person))


@router.post("/{study_id}/report/check", responses=documented(401, 403, 404, 422, 503))
async def check_report(desk: AtDesk) -> Checked:
    """Hold what stands of the software's sentences against the findings; what comes back are warnings."""
    report = await asyncio.to_thread(desk.reports.report, desk.study_id)
    draft = await asyncio.to_thread(desk.reports.base, desk.study_id, report.copy_now.revision)
    return Checked(warnings=await asyncio.to_thread(verify, checkable(report.copy_now), draft.facts))


@router.post("/{study_id}/report/sign", response_model=ReportView, responses=_STEP)
async def sign_report(desk: AtDesk, number: Number, said: Signing) -> ReportView | Response:
    """Sign. Only a person with the role radiologist can; from here on it is a signed report, of another type."""
    return await desk.take(
        lambda: desk.reports.sign(desk.study_id, number, desk.person, said.name, although_stale=said.although_stale)
    )


@router.post("/{study_id}/report/correct", response_model=ReportView, responses=_STEP)
async def correct_report(desk: AtDesk, number: Number, said: Correcting) -> ReportView | Response:
    """Replace what was signed by what stands of the working copy now, signed anew."""
    return await desk.take(
        lambda: desk.reports.correct(
            desk.study_id, number, desk.person, said.reason, said.name, although_stale=said.although_stale
        )
    )


@router.post("/{study_id}/report/addend", response_model=ReportView, responses=_STEP)
async def addend_report(desk: AtDesk, number: Number, said: Addending) -> ReportView | Response:
    """Add to a signed report that stands as it is."""
    return await desk.take(lambda: desk.reports.addend(desk.study_id, number, desk.person, said.text, said.name))


@router.post("/{study_id}/report/reject", response_model=ReportView, responses=_STEP)
async def reject_report(desk: AtDesk, number: Number, said: Rejecting) -> ReportView | Response:
    """Reject the draft, or withdraw the signed report; what was sent is retracted."""
    return await desk.take(lambda: desk.reports.reject(desk.study_id, number, desk.person, said.reason, said.name))


@router.post(
    "/{study_id}/acknowledgement", response_model=ReportView, responses=documented(400, 401, 403, 404, 409, 422, 503)
)
async def acknowledge(desk: AtDesk, said: Acknowledging) -> ReportView | Response:
    """Record that a person has read an urgent draft."""
    return await desk.take(lambda: desk.reports.acknowledge(desk.study_id, desk.person, said.name))


@router.post("/{study_id}/report/presence", responses=documented(401, 403, 404, 422, 503))
async def be_present(desk: AtDesk, said: BeingHere) -> tuple[Here, ...]:
    """Say that a person looks at the report in one window, for the next twenty seconds; returns who else does."""
    await asyncio.to_thread(desk.rooms.records.record, desk.study_id)
    jobs = desk.rooms.jobs
    mine = Here(subject=desk.person.subject, name=desk.person.name or said.name, window=said.window)
    if said.leaving:
        await jobs.leave(desk.study_id, mine.model_dump_json())
    else:
        await jobs.be_here(desk.study_id, mine.model_dump_json(), PRESENT_FOR_S)
    return tuple(one for one in await here_of(jobs, desk.study_id) if one != mine)
