"""Does a draft depend on its image: how films are chosen, spoilt, paired and compared."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from deploy.language_figures.dependence import claims_of, with_another
from deploy.language_figures.pictures import KINDS, Film, grey_of, real_series, spoilt
from orchestrator.ingest.received import OrderRequest
from services.contract import Limitation, LimitationReason
from tests.orchestrator.exports import fixed_draft


@pytest.fixture
def film(tmp_path: Path) -> Film:
    path = tmp_path / "film.png"
    cv2.imwrite(str(path), np.tile(np.arange(200, dtype=np.uint8), (120, 1)))
    return Film("film", path, "one", frozenset({"pneumonia"}))


def test_what_stands_against_a_film_has_its_size_and_not_its_pixels(film: Film, tmp_path: Path) -> None:
    grey = grey_of(film.path)
    others = [grey_of(spoilt(film, kind, tmp_path).path) for kind in KINDS]
    assert all(other.shape == grey.shape and (other != grey).any() for other in others)
    assert len({other.tobytes() for other in others}) == len(KINDS)


def test_another_film_is_of_another_patient_with_other_findings(film: Film) -> None:
    same_patient = film._replace(findings=frozenset())
    same_findings = film._replace(patient="two")
    other = film._replace(patient="three", findings=frozenset())
    assert with_another([film, same_patient, same_findings]) == [
        (same_patient, same_findings),
        (same_findings, same_patient),
    ]
    assert with_another([film, same_findings, other])[0] == (film, other)


def test_films_with_and_without_findings_take_turns_and_are_test_films_only(tmp_path: Path) -> None:
    table = ["file,set,patient_id,split,keep,frontal,view,no_finding,pneumonia,edema,tuberculosis,cardiomegaly"]
    for number in range(12):
        ill = number % 2
        table.append(f"{number}.jpg,kermany,p{number},test,1,1,,{1 - ill},{ill},,,")
    table.append("train.jpg,kermany,q,train,1,1,,1,0,,,")
    (tmp_path / "chest_radiographs.csv").write_text("\n".join(table) + "\n", encoding="utf-8")
    films = real_series(tmp_path, 12, seed=0)["kermany"]
    assert [bool(film.findings) for film in films] == [True, False] * (len(films) // 2)
    assert films and all(film.name != "train.jpg" and film.order == OrderRequest(age_years=3.0) for film in films)


def test_a_claim_is_what_a_sentence_rests_on_and_what_is_said_of_the_picture() -> None:
    draft = fixed_draft.draft(fixed_draft.places_by_hand())
    silent = draft.model_copy(update={"sections": ()})
    assert claims_of(draft).found and not claims_of(silent).found
    turned = Limitation(what="image 1", reason=LimitationReason.LIMITED_QUALITY, detail="Turned over.", source="triage")
    facts = draft.facts.model_copy(update={"limitations": (*draft.facts.limitations, turned)})
    told = claims_of(draft.model_copy(update={"facts": facts}))
    assert told.found == claims_of(draft).found and told.picture == claims_of(draft).picture | {"Turned over."}
