"""One real image of each public set goes through ``wetread draft``: it finishes, and every sentence is cited."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from orchestrator.report import DraftReport
from tests.journeys import public_images
from tests.journeys.conftest import Stack
from tests.journeys.test_the_command import every_sentence_cites_what_exists, wetread

pytestmark = pytest.mark.journey


def one_of_each_set(folder: Path) -> dict[str, Path]:
    """Return set to image: the chest films, what is no chest film, and every DICOM original."""
    images = {name: public_images.frontal_film(name) for name in public_images.CHEST_SETS}
    images |= {"us_busi": public_images.ultrasound(1)[0], "fundus_drive_chase": public_images.fundus(1)[0]}
    images["ct_msd_lung_patches"] = folder / "patch.png"
    images["ct_msd_lung_patches"].write_bytes(public_images.ct_patches(1)[0])
    return images | {row["file"]: path for row, path in public_images.dicom_samples()}


def test_each_is_drafted_or_refused_and_every_sentence_is_cited(whole_stack: Stack, tmp_path: Path):
    images = one_of_each_set(tmp_path)
    out = tmp_path / "out"
    answer = wetread("draft", *images.values(), "--out", out, "--json", environment=whole_stack.environment)
    told = json.loads(answer.stdout)["studies"]
    assert answer.returncode in {0, 3}, answer.stderr
    assert [study["path"] for study in told] == [str(path) for path in images.values()]
    outcome = {name: study["status"] for name, study in zip(images, told, strict=True)}
    assert set(outcome.values()) <= {"drafted", "refused"}
    assert {name: outcome[name] for name in public_images.CHEST_SETS} == dict.fromkeys(
        public_images.CHEST_SETS, "drafted"
    )
    drafts = sorted(out.rglob("draft.json"))
    assert len(drafts) >= len(public_images.CHEST_SETS)
    reports = [DraftReport.model_validate_json(draft.read_bytes()) for draft in drafts]
    assert all(every_sentence_cites_what_exists(report) for report in reports)
    assert sum(len(report.sentences) > 0 for report in reports) >= len(public_images.CHEST_SETS)
    for draft in drafts:
        assert wetread("verify", draft, environment=whole_stack.environment).returncode == 0, draft
