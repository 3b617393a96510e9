"""Hypothesis strategies: any facts that reconciliation could give, and any draft a model could answer."""

from __future__ import annotations

from hypothesis import strategies as st

from orchestrator.report import Citation, Facts, Section, SectionName, Sentence
from services.contract import Code, Label, Laterality, Likelihood, LimitationReason, Severity
from tests.orchestrator.report_parts import PRESENCE_OF, facts, finding, limitation, lung_height, ratio

FINDING_LABELS = [label for label in Label if label not in {
    Label.CARDIOTHORACIC_RATIO, Label.LUNG_HEIGHT, Label.LUNG, Label.HEART, Label.CLAVICLE}]  # fmt: skip
SITES = (
    Code(scheme="99WETREAD", value="LLL", meaning="Left lower lobe"),
    Code(scheme="99WETREAD", value="RUZ", meaning="Right upper zone"),
    Code(scheme="SCT", value="3341006", meaning="Right lung structure"),
)


def _site_lies_on_its_side(
    row: tuple[Label, Likelihood, Laterality | None, Severity | None, Code | None, bool],
) -> bool:
    side, site = row[2], row[4]
    return side is None or site is None or str(side) in site.meaning.lower()


@st.composite
def any_facts(draw: st.DrawFn) -> Facts:
    order = list(PRESENCE_OF.values())
    drawn = draw(
        st.lists(
            st.tuples(
                st.sampled_from(FINDING_LABELS),
                st.sampled_from(list(Likelihood)),
                st.none() | st.sampled_from(list(Laterality)),
                st.none() | st.sampled_from(list(Severity)),
                st.none() | st.sampled_from(SITES),
                st.booleans(),
            ).filter(_site_lies_on_its_side),
            max_size=12,
        )
    )
    drawn.sort(key=lambda row: -order.index(PRESENCE_OF[row[1]]))
    made = [finding(f"F{number}", *row) for number, row in enumerate(drawn, start=1)]
    measured = [ratio("M1", draw(st.floats(0.2, 0.9)))] if draw(st.booleans()) else []
    if draw(st.booleans()):
        side = draw(st.none() | st.sampled_from([Laterality.LEFT, Laterality.RIGHT]))
        measured.append(lung_height("M2", draw(st.floats(1, 400)), side))
    known = {one.code.value for one in made}
    left_out = [label for label in FINDING_LABELS if finding("F0", label).code.value not in known]
    reasons = draw(st.lists(st.sampled_from(list(LimitationReason)), max_size=4))
    return facts(*made, *measured, *(limitation(str(w), r) for w, r in zip(left_out, reasons, strict=False)))


_PHRASES = [
    "No", "Left", "right", "bilateral", "mild", "severe", "pleural effusion", "pneumonia", "the heart is enlarged",
    "is present.", "is not seen.", "possible", "Cardiothoracic ratio", "0.56", "231 mm", "unchanged", "Mr. Smith",
    "the lungs are clear", "None of the assessed findings is present.", "No other assessed finding is present.",
    "and", "or", ",", ".", ":", "(likely)", "absent", "Absent:", "recommend CT", "tube", "qwerty", "there is a",
    "lower lobe", "<b>",
]  # fmt: skip


@st.composite
def any_answer(draw: st.DrawFn, given: Facts) -> tuple[Section, ...]:
    ids = [("finding", f.finding_id) for f in given.findings] + [("measurement", m.measurement_id)
                                                               for m in given.measurements]  # fmt: skip
    cites = st.lists(st.sampled_from([*ids, ("finding", "F99")]), min_size=1, max_size=4)
    text = st.lists(st.sampled_from(_PHRASES), min_size=1, max_size=8).map(" ".join)
    made = st.builds(
        lambda t, c: Sentence(text=t, citations=tuple(Citation.model_validate({"kind": k, "id": i}) for k, i in c)),
        text,
        cites,
    )
    names = draw(st.lists(st.sampled_from(list(SectionName)), max_size=3))
    return tuple(Section(name=name, sentences=tuple(draw(st.lists(made, max_size=5)))) for name in names)
