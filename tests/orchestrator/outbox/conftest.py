"""A film as it came, and letters of its report."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.outbox.letter import Letter
from orchestrator.outbox.tables import Allowed
from orchestrator.release import Release, release_of_draft
from tests.orchestrator.exports.fixed_draft import draft, places_by_hand, study
from tests.orchestrator.exports.test_dicom import Case, case_of
from tests.orchestrator.releases import corrected, rejected, signed

HERE = Allowed(hosts=("127.0.0.1",), private_networks=("127.0.0.0/8",), back_off_s=0.05, poll_s=0.05, lease_s=1.0)  # type: ignore[arg-type]
"""This machine is no public address: a test lists it, as a site would list its own network."""


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    return case_of(tmp_path_factory.mktemp("outbox"))


@pytest.fixture
def letter(tmp_path: Path) -> Letter:
    places = places_by_hand()
    return Letter(signed(draft(places)), study(places), tmp_path)


@pytest.fixture(scope="module")
def dicom_letters(case: Case) -> dict[str, Letter]:
    store = Path(case.study.series[0].instances[0].source).parent
    releases: dict[str, Release] = {
        "draft": release_of_draft(case.draft),
        "signed": signed(case.draft),
        "corrected": corrected(case.draft),
        "rejected": rejected(case.draft),
    }
    return {name: Letter(release, case.study, store) for name, release in releases.items()}
