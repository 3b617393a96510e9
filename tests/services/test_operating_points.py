"""From which score which word, and a site that says otherwise."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from services.contract import Likelihood
from services.errors import Misconfigured
from services.operating_points import likelihood_of, read_site_points

PUBLISHED = {"pneumonia": {"absent": 0.2, "youden": 0.5, "likely": 0.7, "present": 0.9}}


def written(folder: Path, text: str) -> Path:
    path = folder / "points.toml"
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("score", "word"),
    [
        (0.1, Likelihood.ABSENT),
        (0.2, Likelihood.INDETERMINATE),
        (0.69, Likelihood.INDETERMINATE),
        (0.7, Likelihood.LIKELY),
        (0.9, Likelihood.PRESENT),
    ],
)
def test_two_points_and_two_more_make_four_words(score: float, word: Likelihood) -> None:
    assert likelihood_of(score, PUBLISHED["pneumonia"]) is word


def test_without_a_file_the_published_points_hold_and_no_hash_travels() -> None:
    force = read_site_points(None).of("chest_radiograph", PUBLISHED)
    assert force["pneumonia"].points == PUBLISHED["pneumonia"]
    assert force["pneumonia"].site_sha256 is None


def test_a_site_overrides_what_it_names_and_its_files_hash_travels(tmp_path: Path) -> None:
    path = written(tmp_path, "[chest_radiograph.pneumonia]\nlikely = 0.8\n")
    force = read_site_points(path).of("chest_radiograph", {**PUBLISHED, "edema": {"absent": 0.5}})
    assert force["pneumonia"].points == {**PUBLISHED["pneumonia"], "likely": 0.8}
    assert force["pneumonia"].site_sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert force["edema"].site_sha256 is None


@pytest.mark.parametrize(
    "text",
    [
        "[chest_radiograph.pneumonia]\nlikely = 1.5\n",
        "[chest_radiograph.pneumonia]\nmaybe = 0.5\n",
        "[chest_radiograph.pneumonia]\nlikely = 0.95\n",
        "[chest_radiograph.dropsy]\nlikely = 0.8\n",
        "[chest_radiograph",
    ],
)
def test_points_that_cannot_hold_are_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(Misconfigured):
        read_site_points(written(tmp_path, text)).of("chest_radiograph", PUBLISHED)


def test_a_file_that_is_not_there_is_not_passed_over(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured):
        read_site_points(tmp_path / "absent.toml")
