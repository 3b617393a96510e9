"""Checks of what is around the findings: devices, other anatomy, the sex it belongs to, the view."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.report import Problem
from orchestrator.verification.lexicon import DEVICES, OTHER_ANATOMY, VIEWS
from orchestrator.verification.page import Page
from orchestrator.verification.phrasing import forbidden


def no_device(page: Page) -> Iterator[Problem]:
    """No specialist looks for lines, tubes or implants, so no sentence may speak of them."""
    yield from forbidden(page, "no_device", DEVICES, "names a device; no specialist looks for devices")


def anatomy_and_sex_fit(page: Page) -> Iterator[Problem]:
    """A chest film shows no liver and no uterus: anatomy that no cited finding is named after is not spoken of."""
    reason = "is anatomy, or a sign of a sex, that no finding is about"
    yield from forbidden(page, "anatomy_and_sex_fit", OTHER_ANATOMY, reason)


def no_view_is_claimed(page: Page) -> Iterator[Problem]:
    """How the film was taken stands in its header; a sentence that guesses it may be wrong about everything else."""
    yield from forbidden(page, "no_view_is_claimed", VIEWS, "names a view or technique that no finding rests on")
