"""Specialists agree into one finding, or disagree in the open; what nobody assessed is said."""

from __future__ import annotations

import itertools
from pathlib import Path

from orchestrator.cards import CHEST_LABELS
from orchestrator.coverage import limitations_of_draft
from orchestrator.outlines import Outlines
from orchestrator.reconcile import reconcile
from services.contract import (
    Label,
    Laterality,
    Likelihood,
    Limitation,
    LimitationReason,
    Presence,
    Severity,
    coded,
)
from tests.orchestrator.small_clinic import finding, image, limitation, lung, lung_mask, ratio, result

FILM = image()


def facts_of(*results, limitations=(), images=(FILM,)):
    return reconcile(list(results), list(limitations), list(images), Outlines(Path("/nowhere")).centre)


def limits_of(facts, reason):
    return [limit for limit in facts.limitations if limit.reason is reason]


def test_one_specialist_alone_is_believed():
    facts = facts_of(result("chest_radiograph", finding(Label.EFFUSION, laterality=Laterality.LEFT)))
    assert [(f.finding_id, f.presence, f.laterality) for f in facts.findings] == [
        ("F1", Presence.PRESENT, Laterality.LEFT)
    ]


def test_two_that_agree_make_one_finding_with_both_their_evidence():
    facts = facts_of(
        result("one", finding(Label.EFFUSION, Likelihood.PRESENT, "one")),
        result("two", finding(Label.EFFUSION, Likelihood.LIKELY, "two", laterality=Laterality.LEFT)),
    )
    assert len(facts.findings) == 1
    agreed = facts.findings[0]
    assert agreed.likelihood is Likelihood.LIKELY, "the more cautious word"
    assert [item.algorithm.name for item in agreed.evidence] == ["one", "two"]
    assert agreed.laterality is Laterality.LEFT
    assert not limits_of(facts, LimitationReason.DISAGREEMENT)


def test_two_that_disagree_are_both_shown_and_neither_wins():
    facts = facts_of(
        result("one", finding(Label.PNEUMONIA, Likelihood.PRESENT, "one", severity=Severity.MILD)),
        result("two", finding(Label.PNEUMONIA, Likelihood.ABSENT, "two")),
    )
    assert [(f.presence, f.severity) for f in facts.findings] == [(Presence.INDETERMINATE, None)]
    assert len(facts.findings[0].evidence) == 2
    [limit] = limits_of(facts, LimitationReason.DISAGREEMENT)
    assert "one says present" in limit.detail
    assert "two says absent" in limit.detail


def test_disagreement_on_the_side_leaves_no_side():
    facts = facts_of(
        result("one", finding(Label.EFFUSION, specialist="one", laterality=Laterality.LEFT)),
        result("two", finding(Label.EFFUSION, specialist="two", laterality=Laterality.RIGHT)),
    )
    assert facts.findings[0].presence is Presence.PRESENT
    assert facts.findings[0].laterality is None
    assert "side" in limits_of(facts, LimitationReason.DISAGREEMENT)[0].detail


def test_one_specialist_that_keeps_the_sides_apart_keeps_two_findings():
    facts = facts_of(
        result(
            "one",
            finding(Label.EFFUSION, Likelihood.PRESENT, laterality=Laterality.LEFT),
            finding(Label.EFFUSION, Likelihood.ABSENT, laterality=Laterality.RIGHT),
        )
    )
    assert [(f.presence, f.laterality) for f in facts.findings] == [
        (Presence.PRESENT, Laterality.LEFT),
        (Presence.ABSENT, Laterality.RIGHT),
    ]


def test_what_is_present_in_one_of_two_films_is_present_and_the_difference_is_said():
    films = (image("image-1"), image("image-2"))
    facts = facts_of(
        result(
            "one",
            finding(Label.EFFUSION, Likelihood.ABSENT, image_id="image-1"),
            finding(Label.EFFUSION, Likelihood.PRESENT, image_id="image-2"),
        ),
        images=films,
    )
    [only] = facts.findings
    assert only.presence is Presence.PRESENT
    assert {item.image_id for item in only.evidence} == {"image-2"}
    assert "1 of 2" in limits_of(facts, LimitationReason.DISAGREEMENT)[0].detail


def test_ids_are_the_same_whatever_the_order_of_the_answers():
    answers = [
        result("one", finding(Label.PNEUMONIA, Likelihood.ABSENT, "one"), finding(Label.EDEMA, specialist="one")),
        result("two", finding(Label.EFFUSION, Likelihood.INDETERMINATE, "two"), measurements=(ratio(0.5, "two"),)),
        result("three", finding(Label.ATELECTASIS, Likelihood.LIKELY, "three")),
    ]
    seen = {
        tuple((f.finding_id, f.code.value, f.presence) for f in facts_of(*order).findings)
        for order in itertools.permutations(answers)
    }
    assert len(seen) == 1
    assert [presence for _, _, presence in seen.pop()] == ["PRESENT", "PRESENT", "INDETERMINATE", "ABSENT"]


def test_masks_and_boxes_that_agree_on_the_ratio_give_one_measurement_with_both_their_evidence():
    cardiomegaly = finding(Label.CARDIOMEGALY, specialist="masks", measurement_ids=("ctr",))
    facts = facts_of(
        result("masks", cardiomegaly, measurements=(ratio(0.56, "masks", 0.01),)),
        result("boxes", measurements=(ratio(0.58, "boxes", 0.02),)),
    )
    assert [(m.measurement_id, m.value) for m in facts.measurements] == [("M1", 0.56)]
    assert len(facts.measurements[0].evidence) == 2
    assert facts.findings[0].measurement_ids == ("M1",)
    assert facts.findings[0].presence is Presence.PRESENT


def test_masks_and_boxes_that_disagree_on_the_ratio_leave_cardiomegaly_open():
    cardiomegaly = finding(Label.CARDIOMEGALY, specialist="masks", measurement_ids=("ctr",))
    facts = facts_of(
        result("masks", cardiomegaly, measurements=(ratio(0.56, "masks", 0.01),)),
        result("boxes", measurements=(ratio(0.41, "boxes", 0.01),)),
    )
    assert facts.measurements == ()
    assert facts.findings[0].presence is Presence.INDETERMINATE
    assert facts.findings[0].measurement_ids == ()
    [limit] = limits_of(facts, LimitationReason.DISAGREEMENT)
    assert "0.56" in limit.detail
    assert "0.41" in limit.detail


def test_lungs_seen_on_opposite_sides_leave_no_finding_with_a_side():
    masks = (lung(Laterality.RIGHT, 100, 350, "masks"), lung(Laterality.LEFT, 450, 700, "masks"))
    boxes = (lung(Laterality.RIGHT, 450, 700, "boxes"), lung(Laterality.LEFT, 100, 350, "boxes"))
    effusion = finding(Label.EFFUSION, laterality=Laterality.LEFT)
    facts = facts_of(
        result("chest_radiograph", effusion), result("masks", structures=masks), result("boxes", structures=boxes)
    )
    assert facts.findings[0].laterality is None
    assert limits_of(facts, LimitationReason.DISAGREEMENT)
    agreeing = facts_of(result("chest_radiograph", effusion), result("masks", structures=masks))
    assert agreeing.findings[0].laterality is Laterality.LEFT


def test_implausible_anatomy_takes_the_other_findings_of_that_image_along():
    strange = limitation("chest anatomy", LimitationReason.IMPLAUSIBLE_RESULT, image_id="image-2", source="masks")
    facts = facts_of(
        result(
            "one",
            finding(Label.EFFUSION, Likelihood.ABSENT, image_id="image-1"),
            finding(Label.PNEUMONIA, Likelihood.ABSENT, image_id="image-2"),
        ),
        result("masks", limitations=(strange,), measurements=(ratio(0.9, "masks", image_id="image-2"),)),
        images=(image("image-1"), image("image-2")),
    )
    assert [f.code for f in facts.findings] == [coded(Label.EFFUSION)]
    assert facts.measurements == ()
    assert coded(Label.PNEUMONIA) in {limit.code for limit in limits_of(facts, LimitationReason.IMPLAUSIBLE_RESULT)}


def test_boxes_in_disorder_do_not_undo_good_masks():
    disorder = limitation("boxes", LimitationReason.IMPLAUSIBLE_RESULT, image_id="image-1", source="boxes")
    masks = (lung_mask(Laterality.RIGHT), lung_mask(Laterality.LEFT))
    effusion = result("one", finding(Label.EFFUSION, Likelihood.ABSENT))
    boxes = result("boxes", limitations=(disorder,))
    assert facts_of(effusion, result("masks", structures=masks), boxes).findings
    assert not facts_of(effusion, result("masks"), boxes).findings
    assert not facts_of(effusion, result("masks", structures=masks[:1]), boxes).findings


def test_each_of_the_eighteen_labels_is_either_found_or_listed_as_not_assessed():
    down = limitation("edema", LimitationReason.SPECIALIST_UNAVAILABLE, code=coded(Label.EDEMA))
    facts = facts_of(result("one", finding(Label.EFFUSION, Likelihood.ABSENT)), limitations=[down])
    listed = {limit.code for limit in facts.limitations}
    found = {one.code for one in facts.findings}
    assert listed | found >= {coded(label) for label in CHEST_LABELS}
    assert not listed & found
    assert len([limit for limit in facts.limitations if limit.code == coded(Label.EDEMA)]) == 1


def test_a_label_that_another_reader_assessed_is_not_listed_as_not_assessed():
    down = [
        limitation(str(label), LimitationReason.SPECIALIST_UNAVAILABLE, code=coded(label), source="chest_radiograph")
        for label in (Label.EFFUSION, Label.EDEMA, Label.MASS)
    ]
    compact = result("compact", finding(Label.EFFUSION, Likelihood.ABSENT), finding(Label.EDEMA, Likelihood.ABSENT))
    facts = facts_of(compact, limitations=down)
    lost = limits_of(facts, LimitationReason.SPECIALIST_UNAVAILABLE)
    assert [(limit.what, limit.code) for limit in lost] == [
        (str(Label.MASS), coded(Label.MASS)),
        ("second reading by chest radiograph", None),
    ]


def test_when_nothing_was_read_everything_is_listed_and_nothing_is_normal():
    facts = facts_of(images=())
    assert facts.findings == ()
    assert {limit.code for limit in facts.limitations} == {coded(label) for label in CHEST_LABELS}
    assert {limit.reason for limit in facts.limitations} == {LimitationReason.UNSUPPORTED_IMAGE}


def test_a_score_that_is_not_a_number_is_not_assessed():
    good = finding(Label.PNEUMONIA, Likelihood.ABSENT)
    broken = good.evidence[0].model_copy(update={"score": float("nan")})
    facts = facts_of(result("one", good.model_copy(update={"evidence": (broken,)})))
    assert facts.findings == ()
    assert limits_of(facts, LimitationReason.INVALID_SCORE)[0].code == coded(Label.PNEUMONIA)


def test_what_was_said_of_a_missing_reader_keeps_its_place_when_it_is_told_again():
    """A replay is told the limitations of the draft, where the services had told them label by label."""
    code = coded(Label.PNEUMONIA)
    missing = Limitation(
        what="pneumonia", code=code, reason=LimitationReason.NO_WEIGHTS, detail="None.", source="chest_radiograph"
    )
    turned = Limitation(what="image 1", reason=LimitationReason.LIMITED_QUALITY, detail="Turned.", source="triage")
    first = limitations_of_draft([turned, missing], frozenset({code}), anything_read=True)
    told = [limit for limit in first if limit.source != "reconcile"]
    assert limitations_of_draft(told, frozenset({code}), anything_read=True) == first
