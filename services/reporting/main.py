"""The reporting service, off until a site turns it on: ``python -m uvicorn services.reporting.main:app --port N``.

Its specialists write a text about a film. A text is no finding: the orchestrator sets each of its sentences against
what the other services found (:class:`services.contract.WrittenText`).
"""

from __future__ import annotations

from services.app import Specialist, create_app
from services.reporting.chest_report import ChestReport
from services.reporting.chest_report_by_api import ChestReportByApi

SPECIALISTS: tuple[Specialist, ...] = (ChestReport(), ChestReportByApi())

app = create_app("reporting", SPECIALISTS)
