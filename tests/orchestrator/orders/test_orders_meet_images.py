"""Orders and images find each other by number and patient identifier, and stop hard where the patient differs."""

from __future__ import annotations

from datetime import UTC, datetime
from threading import Thread

import pytest

from orchestrator.errors import AlreadyDecided, NotFound
from orchestrator.orders.incoming import PatientIdentifier, PatientMerge, PatientUpdate
from orchestrator.orders.issuers import Issuers
from orchestrator.orders.meeting import Meeting
from orchestrator.progress import EventKind, StudyStatus
from orchestrator.records import Records
from orchestrator.records.meetings import Decision
from orchestrator.records.orders import Letter, Receipt
from orchestrator.records.outbox import Subscription
from orchestrator.release import ReleaseEvent
from orchestrator.study import Order, Patient
from services.contract import Subject
from tests.orchestrator.orders.said import accepted, images, order, patient
from tests.orchestrator.small_clinic import draft


def drafted(records: Records, study_id: str) -> None:
    records.begin(study_id, 1)
    assert records.keep_draft(draft(study_id), records.record(study_id).revision, StudyStatus.DRAFTED, ())


def kinds(records: Records, study_id: str) -> list[EventKind]:
    return [event.kind for event in records.events(study_id)]


def test_the_order_came_first(records):
    records.orders.take([order(indication="cough for a week", referring_physician="Nowak^Piotr")])
    sent = images()
    record = accepted(records, sent)
    assert not record.held
    assert records.study(sent.study_id).order.indication == "cough for a week"
    assert kinds(records, sent.study_id) == [EventKind.QUEUED, EventKind.ORDERED]
    assert records.orders.mismatches() == ()


def test_the_order_came_before_the_draft_was_begun(records):
    sent = images()
    accepted(records, sent)
    taken = records.orders.take([order()])
    assert taken.queued == ((sent.study_id, 1),)
    assert records.study(sent.study_id).order.indication == "cough"


def test_the_order_came_after_the_draft_and_the_study_is_drafted_anew(on_both):
    sent = images()
    accepted(on_both, sent)
    drafted(on_both, sent.study_id)
    taken = on_both.orders.take([order()])
    assert taken.queued == ((sent.study_id, 2),)
    record = on_both.record(sent.study_id)
    assert (record.status, record.revision) == (StudyStatus.QUEUED, 2)


def test_the_same_order_again_drafts_nothing_anew(records):
    sent = images()
    accepted(records, sent)
    records.orders.take([order()])
    drafted(records, sent.study_id)
    assert records.orders.take([order()]).queued == ()
    assert records.record(sent.study_id).revision == 1


def test_a_physician_who_was_renamed_changes_no_draft(records):
    sent = images()
    accepted(records, sent)
    records.orders.take([order(referring_physician="Nowak^Piotr")])
    drafted(records, sent.study_id)
    records.orders.take([order(referring_physician="Novak^Petr")])
    assert records.study(sent.study_id).order.referring_physician == "Novak^Petr"
    assert records.record(sent.study_id).revision == 1


@pytest.mark.parametrize(
    ("asked", "came"),
    [
        ({"accession": None, "uid": "1.2.3"}, {"accession": None}),
        ({"accession": "ACC-9", "uid": "1.2.3"}, {"accession": "ACC-1"}),
        ({"whose": patient("4711", "1.2.276.0.76")}, {}),
        ({"whose": patient("4711", "urn:oid:1.2.276.0.76")}, {"issuer": "hosp"}),
        ({"whose": patient("999", "NATIONAL", PatientIdentifier(value="4711", issuer="HOSP"))}, {}),
    ],
    ids=["by study uid", "by study uid, numbered anew", "an issuer by its oid", "the oid as a uri", "a second id"],
)
def test_they_meet(records, asked, came):
    records.orders.take([order(**asked)])
    sent = images(**came)
    assert not accepted(records, sent).held
    assert records.study(sent.study_id).order.indication == "cough"


@pytest.mark.parametrize(
    ("asked", "came", "reason"),
    [
        ({"whose": patient("4712")}, {}, Meeting.OTHER_PATIENT),
        ({"whose": patient("4711", "OTHER")}, {}, Meeting.OTHER_ISSUER),
        ({"whose": patient("4711", None)}, {}, Meeting.OTHER_ISSUER),
        ({}, {"issuer": None}, Meeting.OTHER_ISSUER),
        ({}, {"value": None}, Meeting.NO_PATIENT),
        ({"whose": patient("4712", name="CANARY^NAME")}, {}, Meeting.OTHER_PATIENT),
    ],
    ids=["another number", "another issuer", "the order names no issuer", "the images name no issuer",
         "the images name nobody", "the same name is no reason"],
)  # fmt: skip
def test_another_patient_is_a_hard_stop(records, asked, came, reason):
    records.orders.take([order(**asked)])
    sent = images(**came)
    record = accepted(records, sent)
    assert record.held and not record.may_be_worked_on
    assert records.begin(sent.study_id, 1).status is StudyStatus.QUEUED
    assert records.unfinished(older_than_s=-60) == ()
    assert records.study(sent.study_id).order.indication is None
    [mismatch] = records.orders.mismatches()
    assert (mismatch.study_id, mismatch.reason) == (sent.study_id, reason)
    assert kinds(records, sent.study_id) == [EventKind.QUEUED, EventKind.HELD]


def test_without_any_number_in_common_nothing_is_held(records):
    records.orders.take([order(patient("4712"), accession="ACC-2")])
    assert not accepted(records, images()).held


def test_an_issuer_that_everybody_leaves_out_is_the_hospitals_own(sqlite_url, open_records):
    records = open_records(sqlite_url, Issuers(issuer_of_patient_id="HOSP"))
    records.orders.take([order(patient("4711", None))])
    assert not accepted(records, images(issuer=None)).held
    records.orders.take([order(patient("4711", "HOSP"), accession="ACC-2", placer="P-2")])
    assert not accepted(records, images(issuer=None, accession="ACC-2", uid="1.2.4")).held


def test_a_late_order_of_another_patient_holds_a_study_that_is_drafted(records):
    sent = images()
    accepted(records, sent)
    drafted(records, sent.study_id)
    assert records.orders.take([order(patient("4712"))]).queued == ()
    record = records.record(sent.study_id)
    assert record.held and record.status is StudyStatus.DRAFTED


def test_people_say_that_it_is_the_same_patient(on_both):
    on_both.orders.take([order(patient("4712", birth_date="19580417"))])
    sent = images()
    accepted(on_both, sent)
    [mismatch] = on_both.orders.mismatches()
    record = on_both.orders.decide(mismatch.mismatch_id, Decision.SAME_PATIENT, "Ada Byrne")
    assert record.may_be_worked_on and on_both.orders.mismatches() == ()
    study = on_both.study(sent.study_id)
    assert (study.patient.patient_id, study.order.indication) == ("4712", "cough")
    assert "4711" in study.patient.other_ids, "the old identifier is still known, so that it can be masked"
    assert EventKind.FREED in kinds(on_both, sent.study_id)
    assert on_both.audit.faults() == () and on_both.audit.head().number == 1, "the decision is in the audit"


def test_people_say_that_the_order_is_not_this_studys(records):
    records.orders.take([order(patient("4712"))])
    sent = images()
    accepted(records, sent)
    [mismatch] = records.orders.mismatches()
    assert not records.orders.decide(mismatch.mismatch_id, Decision.NOT_THIS_ORDER, "Ada Byrne").held
    study = records.study(sent.study_id)
    assert (study.patient.patient_id, study.order.indication) == ("4711", None)
    records.orders.take([order(patient("4712"))])
    assert records.orders.mismatches() == (), "what was decided is not asked again"
    records.orders.take([order(patient("4713"))])
    assert len(records.orders.mismatches()) == 1, "but an order that changed is"


def test_a_mismatch_is_decided_once(on_both):
    on_both.orders.take([order(patient("4712"))])
    accepted(on_both, images())
    [mismatch] = on_both.orders.mismatches()
    on_both.orders.decide(mismatch.mismatch_id, Decision.NOT_THIS_ORDER, "Ada Byrne")
    with pytest.raises(AlreadyDecided):
        on_both.orders.decide(mismatch.mismatch_id, Decision.SAME_PATIENT, "Grace Nowak")
    with pytest.raises(NotFound):
        on_both.orders.decide("no-such-mismatch", Decision.SAME_PATIENT, "Grace Nowak")


@pytest.mark.parametrize(
    "put_right",
    [
        lambda: order(patient("4711")),
        lambda: order(patient("4712"), cancelled=True),
        lambda: order(patient("4712"), accession="ACC-7"),
        lambda: PatientMerge(
            survivor=patient("4711"), merged=(PatientIdentifier(value="4712", issuer="HOSP"),)
        ),
    ],
    ids=["the order was corrected", "it was cancelled", "its number was corrected", "the patients are one"],
)  # fmt: skip
def test_the_hospital_puts_it_right_and_the_study_goes_on(records, put_right):
    records.orders.take([order(patient("4712"))])
    sent = images()
    accepted(records, sent)
    taken = records.orders.take([put_right()])
    assert taken.queued == ((sent.study_id, 1),)
    assert not records.record(sent.study_id).held
    assert records.orders.mismatches() == ()


def test_two_orders_for_one_study_are_both_told(records):
    records.orders.take([order(accession="ACC-2", placer="P-2", uid="1.2.3", indication="fall")])
    records.orders.take([order(requested_procedure="XR chest PA")])
    sent = images()
    accepted(records, sent)
    told = records.study(sent.study_id).order
    assert (told.accession_number, told.indication) == ("ACC-1", "cough; fall")


def test_one_order_right_and_one_wrong_is_still_a_stop(records):
    records.orders.take([order(), order(patient("4712"), accession="ACC-2", placer="P-2", uid="1.2.3")])
    sent = images()
    assert accepted(records, sent).held
    assert records.study(sent.study_id).order.indication is None


def test_a_merged_patients_images_meet_the_survivors_order(records):
    merge = PatientMerge(survivor=patient("4711"), merged=(PatientIdentifier(value="12", issuer="HOSP"),))
    records.orders.take([merge])
    records.orders.take([order()])
    sent = images("12")
    assert not accepted(records, sent).held
    assert records.study(sent.study_id).patient.patient_id == "4711", "and are reported as the survivor's"


def test_what_was_decided_still_holds_when_more_images_come(records):
    records.orders.take([order(patient("4712"))])
    sent = images()
    accepted(records, sent)
    [mismatch] = records.orders.mismatches()
    records.orders.decide(mismatch.mismatch_id, Decision.SAME_PATIENT, "Ada Byrne")
    revised = records.revise(sent, "b" * 64, "more objects came")
    assert (revised.revision, revised.held) == (2, False)
    study = records.study(sent.study_id)
    assert (study.patient.patient_id, study.order.indication) == ("4712", "cough")


def test_more_images_of_another_patient_stop_the_study(records):
    records.orders.take([order()])
    sent = images()
    accepted(records, sent)
    other = sent.model_copy(update={"patient": images("4712").patient})
    assert records.revise(other, "b" * 64, "more objects came").held


def test_a_merged_patients_studies_become_the_survivors(records):
    sent = images("12")
    accepted(records, sent)
    elsewhere = images("12", "OTHER", accession="ACC-5", uid="1.2.5")
    accepted(records, elsewhere)
    survivor = patient("4711", name="Byrne^Ada")
    records.orders.take([PatientMerge(survivor=survivor, merged=(PatientIdentifier(value="12", issuer="HOSP"),))])
    moved = records.study(sent.study_id).patient
    assert (moved.patient_id, moved.name, moved.other_ids) == ("4711", "Byrne^Ada", ("12",))
    assert records.study(elsewhere.study_id).patient.patient_id == "12", "12 of another issuer is another patient"


def test_merges_there_and_back_make_no_ring(on_both):
    ids = {value: PatientIdentifier(value=value, issuer="HOSP") for value in "ABC"}
    for survivor, gone in ("BA", "CB", "AC", "AB", "BA", "AA"):
        on_both.orders.take([PatientMerge(survivor=patient(survivor), merged=(ids[gone],))])
    on_both.orders.take([order(patient("B"))])
    assert not accepted(on_both, images("A")).held


def test_new_particulars_reach_the_patients_studies_and_nobody_elses(records):
    sent, other = images(), images("4712", accession="ACC-2", uid="1.2.4")
    accepted(records, sent), accepted(records, other)
    records.orders.take([PatientUpdate(patient=patient(name="Byrne^Ada", birth_date="19580417", sex="F"))])
    study = records.study(sent.study_id)
    assert (study.patient.name, study.patient.birth_date) == ("Byrne^Ada", "19580417")
    assert "CANARY^NAME" in study.identifiers, "the old name is still masked in text"
    assert records.study(other.study_id).patient.name == "CANARY^NAME"


def test_new_particulars_reach_an_order_that_waits_for_its_images(on_both):
    """A08 between order and images: a picture that names nobody is told the name of today."""
    whose = patient("4711", "HOSP", PatientIdentifier(value="E-9", issuer="EPI"), name="Byrne^Ada", address="Mill Lane")
    on_both.orders.take([order(whose), order(patient("4712", name="Brandt^Ute"), "ACC-2", "P-2")])
    on_both.orders.take([PatientUpdate(patient=patient("E-9", "EPI", name="Byrne-Nowak^Ada", birth_date="19580417"))])
    on_both.orders.take([PatientUpdate(patient=patient("4712", "OTHER", name="Kowalska^Ewa"))])
    bare = images(value=None).model_copy(update={"patient": Patient(patient_id="4711", issuer_of_patient_id="HOSP")})
    accepted(on_both, bare)
    met = on_both.study(bare.study_id).patient
    assert (met.name, met.birth_date, met.address) == ("Byrne-Nowak^Ada", "19580417", "Mill Lane")
    other = images("4712", accession="ACC-2", uid="1.2.9")
    other = other.model_copy(update={"patient": other.patient.model_copy(update={"name": None})})
    accepted(on_both, other)
    assert on_both.study(other.study_id).patient.name == "Brandt^Ute", "4712 of another issuer is another patient"


def test_the_text_of_an_old_message_is_forgotten_and_that_it_came_is_not(on_both):
    letter = Letter(key="k" * 64, kind="ORM^O01", content_sha256="c" * 64, document="MSH|...|Byrne^Ada")
    on_both.orders.take([order()], letter)
    assert on_both.orders.forget_messages(days=1) == 0
    assert on_both.orders.message(letter.key) == letter.document
    assert on_both.orders.forget_messages(days=0) == 1
    assert on_both.orders.message(letter.key) == ""
    assert on_both.orders.take([order(patient("4712"))], letter).receipt is Receipt.REPEATED
    sent = images()
    accepted(on_both, sent)
    assert on_both.study(sent.study_id).order.indication == "cough", "what it said stays"


def test_the_order_says_how_old_the_patient_is_where_the_images_do_not(records):
    records.orders.take([order(patient(birth_date="19660301", sex="F"))])
    sent = images(subject=Subject(), study_datetime=datetime(2026, 3, 2, tzinfo=UTC))
    accepted(records, sent)
    assert records.study(sent.study_id).subject == Subject(age_years=60, sex="F")


def test_the_same_message_again_changes_nothing(on_both):
    letter = Letter(key="k" * 64, kind="ORM^O01", content_sha256="c" * 64, document="MSH|")
    assert on_both.orders.take([order()], letter).receipt is Receipt.TAKEN
    assert on_both.orders.take([order(patient("4712"))], letter).receipt is Receipt.REPEATED
    other = letter._replace(content_sha256="d" * 64)
    assert on_both.orders.take([order(patient("4712"))], other).receipt is Receipt.KEY_REUSED
    assert not accepted(on_both, images()).held


def test_an_order_and_images_at_the_same_instant_meet(on_both):
    """Whoever is second sees the other, on both databases."""
    sent = [images(str(n), accession=f"ACC-{n}", uid=f"1.2.9.{n}") for n in range(12)]
    asked = [order(patient(str(n)), f"ACC-{n}", f"P-{n}") for n in range(12)]
    threads = [Thread(target=accepted, args=(on_both, one)) for one in sent]
    threads += [Thread(target=on_both.orders.take, args=([one],)) for one in asked]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [on_both.study(one.study_id).order.indication for one in sent] == ["cough"] * 12


def test_an_order_that_cannot_be_told_from_another_has_no_key():
    assert order().model_copy(update={"order": Order(indication="x")}).key is None


def test_nothing_leaves_the_house_while_people_have_to_say_whose_study_it_is(records):
    """The draft waited to leave when an order of another patient came: it waits on until somebody has decided."""
    records.outbox.subscribe([Subscription(destination="research", events=frozenset(ReleaseEvent))])
    sent = images()
    accepted(records, sent)
    drafted(records, sent.study_id)
    records.orders.take([order(patient("4712"))])
    assert records.record(sent.study_id).held
    assert records.outbox.claim("research", 50, 60) == ()
    [mismatch] = records.orders.mismatches()
    records.orders.decide(mismatch.mismatch_id, Decision.NOT_THIS_ORDER, "Ada Byrne")
    [free] = records.outbox.claim("research", 50, 60)
    assert free.release.study_id == sent.study_id
