"""Two specialists that disagree are both shown, and the draft does not take a side."""

from __future__ import annotations

import pytest

from services.contract import AnalyzeResponse, Label, Likelihood
from tests.journeys.line import SmallService, frontal_film_with, open_line
from tests.phantoms import chest_dicom

pytestmark = pytest.mark.journey


def both(first, second):
    """One service in which two readers speak."""

    def answer(request):
        return AnalyzeResponse(results=(*first(request).results, *second(request).results))

    return answer


@pytest.fixture(scope="module")
def draft(tmp_path_factory):
    says_present = frontal_film_with((Label.EFFUSION, Likelihood.PRESENT), (Label.EDEMA, Likelihood.ABSENT))
    says_absent = frontal_film_with(
        (Label.EFFUSION, Likelihood.ABSENT), (Label.EDEMA, Likelihood.ABSENT), specialist="compact_chest_radiograph"
    )
    service = SmallService("classification", both(says_present, says_absent), Label.EFFUSION)
    with open_line(tmp_path_factory.mktemp("line"), classification=service) as line:
        line.start_worker()
        study_id = line.upload(chest_dicom("effusion-left", seed=1)).json()["study_id"]
        line.wait_for(study_id)
        yield line.draft(study_id)


def test_the_finding_is_indeterminate_with_the_evidence_of_both(draft):
    [effusion] = [one for one in draft["facts"]["findings"] if one["code"]["meaning"] == "Pleural effusion"]
    assert effusion["presence"] == "INDETERMINATE"
    readers = {item["algorithm"]["name"] for item in effusion["evidence"]}
    assert readers == {"chest_radiograph", "compact_chest_radiograph"}


def test_the_draft_says_who_said_what(draft):
    [limit] = [one for one in draft["facts"]["limitations"] if one["reason"] == "disagreement"]
    assert "chest_radiograph says present" in limit["detail"]
    assert "compact_chest_radiograph says absent" in limit["detail"]


def test_no_sentence_says_that_it_is_there_or_that_it_is_not(draft):
    about = [
        s["text"] for section in draft["sections"] for s in section["sentences"] if "effusion" in s["text"].lower()
    ]
    assert about
    assert all("indeterminate" in text or "possible" in text for text in about)


def test_what_they_agree_on_is_one_finding(draft):
    [edema] = [one for one in draft["facts"]["findings"] if one["code"]["meaning"] == "Pulmonary edema"]
    assert edema["presence"] == "ABSENT"
    assert len(edema["evidence"]) == 2
