"""Which earlier examinations are a study's priors: the same patient's, of the chest, before its day."""

from __future__ import annotations

from datetime import UTC, datetime

from orchestrator.access import LOCAL_PERSON
from orchestrator.orders.incoming import PatientIdentifier, PatientMerge
from orchestrator.progress import StudyStatus
from orchestrator.report import Facts
from orchestrator.working_copy import Decision, Edit, EditedSection, EditedSentence, FindingDecision
from services.contract import Label
from tests.orchestrator.orders.said import accepted, images, order, patient, report
from tests.orchestrator.small_clinic import draft, finding

BEFORE, TODAY, AFTER = (datetime(2026, month, 1, tzinfo=UTC) for month in (1, 3, 4))
TEXT = "Small left pleural effusion."


def sent(number: str = "R-1", **more):
    return report(number, **{"performed_at": BEFORE, "procedure": "XR chest PA", "text": TEXT, **more})


def texts(records, study) -> list[str]:
    return [one.text for one in records.orders.earlier(study)]


def today(**more):
    return images(**{"study_datetime": TODAY, **more})


def test_a_report_of_the_same_patient_is_a_prior(records):
    records.orders.take([sent()])
    assert texts(records, today()) == [TEXT]


def test_what_is_no_prior(records):
    records.orders.take(
        [
            sent("another patient", whose=patient("4712")),
            sent("another issuer's patient", whose=patient("4711", "OTHER")),
            sent("later", performed_at=AFTER),
            sent("a knee", procedure="XR knee"),
            sent("this study's own", accession_number="ACC-1"),
            sent("this study's own by uid", study_instance_uid="1.2.3"),
        ]
    )
    assert texts(records, today()) == []
    assert texts(records, today(value=None)) == [], "without an identifier nobody is the same patient"
    assert texts(records, images()) == [], "without a day nothing was before"


def test_a_corrected_report_replaces_the_first_and_a_withdrawn_one_is_forgotten(records):
    records.orders.take([sent()])
    records.orders.take([sent(text="No pleural effusion in the chest.")])
    assert texts(records, today()) == ["No pleural effusion in the chest."]
    records.orders.take([sent(text="", withdrawn=True)])
    assert texts(records, today()) == []


def test_a_merged_patients_reports_are_the_survivors(records):
    records.orders.take([sent(whose=patient("12"))])
    records.orders.take([PatientMerge(survivor=patient(), merged=(PatientIdentifier(value="12", issuer="HOSP"),))])
    assert texts(records, today()) == [TEXT]


def drafted(records, study, status: StudyStatus = StudyStatus.DRAFTED) -> None:
    accepted(records, study)
    records.keep_draft(draft(study.study_id, Facts(findings=(finding(Label.EFFUSION),))), 1, status, ())


def test_our_own_earlier_study_is_a_prior_and_one_that_is_held_is_not(records):
    own = images(accession="ACC-0", uid="1.2.0", study_datetime=BEFORE)
    drafted(records, own)
    drafted(records, images("4712", accession="ACC-9", uid="1.2.9", study_datetime=BEFORE))
    [prior] = records.orders.earlier(today())
    assert prior.examination_id == own.study_id
    assert [one.code for one in prior.findings] == [finding(Label.EFFUSION).code]
    records.orders.take([order(patient("9999"), accession="ACC-0", placer="P-0")])
    assert records.orders.earlier(today()) == ()


def test_what_a_person_rejected_is_no_prior(records):
    study = images(accession="ACC-0", uid="1.2.0", study_datetime=BEFORE)
    accepted(records, study)
    found = (finding(Label.EFFUSION), finding(Label.LUNG_OPACITY).model_copy(update={"finding_id": "F2"}))
    records.keep_draft(draft(study.study_id, Facts(findings=found)), 1, StudyStatus.DRAFTED, ())
    copy = records.reports.report(study.study_id).copy_now
    sentences = tuple(
        EditedSection(
            name=section.name,
            sentences=tuple(EditedSentence(sentence_id=one.sentence_id, text=one.text) for one in section.sentences),
        )
        for section in copy.sections
    )
    wrong = FindingDecision(id="F2", decision=Decision.REJECTED, reason="not there")
    records.reports.save(study.study_id, 0, Edit(sections=sentences, findings=(wrong,)), LOCAL_PERSON)
    [prior] = records.orders.earlier(today())
    assert [one.finding_id for one in prior.findings] == [found[0].finding_id]
    records.reports.reject(study.study_id, 1, LOCAL_PERSON, "Another patient's film.", "Dr Ada Nowak")
    assert records.orders.earlier(today()) == ()


def test_a_study_is_not_its_own_prior_however_often_it_is_sent(records):
    drafted(records, images(study_datetime=BEFORE))
    assert records.orders.earlier(today()) == ()


def test_the_newest_come_first_and_not_too_many(records):
    records.orders.take([sent(f"R-{n}", performed_at=datetime(2026, 1, n, tzinfo=UTC)) for n in range(1, 9)])
    assert [one.performed_at.day for one in records.orders.earlier(today())] == [8, 7, 6]
