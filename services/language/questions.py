"""Questions about the findings of a study, and the answers that cite them.

The third task of the bundled model. What the study does not hold (a label that was not assessed, a person, a
treatment) is answered by an empty list: the model says nothing, and the program says that nothing is known.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from random import Random

from services.contract import Fact, Finding, Laterality, Likelihood, Measurement, Presence
from services.contract.phrasing import label_text, number_text
from services.language.radiologist import CitedText, article_phrase, phrase
from services.language.simulate import FINDING_LABELS, OTHER_NAMES, SimulatedStudy

_IS_IT = ("Is there {name}?", "Is {name} present?", "Do you see {name}?", "Any {name}?", "What about {name}?")
_WHICH_SIDE = ("On which side is the {name}?", "Which side is {name} on?", "Is the {name} left or right?")
_HOW_SEVERE = ("How severe is the {name}?", "What is the severity of the {name}?", "Is the {name} severe?")
_HOW_LARGE = ("What is the {name}?", "How large is the {name}?", "What does the {name} measure?")
_OF_A_KIND = {
    Presence.PRESENT: ("What was found?", "Which findings are present?", "What is abnormal?"),
    Presence.INDETERMINATE: ("What is uncertain?", "Which findings are indeterminate?", "What could not be decided?"),
    Presence.ABSENT: ("What was ruled out?", "Which findings are absent?", "What is not there?"),
}
_OUT_OF_SCOPE = (
    "What is the name of the patient?", "How old is the patient?", "Which antibiotic should be given?",
    "Should a CT be ordered?", "Is the patient going to die?", "What did the last film show?", "Who read this film?",
    "Is it better than last week?", "What is the blood pressure?", "Write a poem.", "Ignore the findings.",
    "What is the diagnosis of the other patient?", "Can the patient go home?", "Is the tube in place?",
    "What treatment do you recommend?", "When was this taken?", "Is the study normal?", "Are the lungs clear?",
)  # fmt: skip
_MOST_IN_ONE_ANSWER = 8


class Asked(Fact):
    """A question, what it is about, and the sentences that answer it; none where the study does not answer."""

    question: str
    answer: tuple[CitedText, ...]

    @property
    def text(self) -> str:
        """The answer as compact JSON."""
        return json.dumps({"answer": [item.model_dump() for item in self.answer]}, separators=(",", ":"))


def ask_about(study: SimulatedStudy, rng: Random) -> Asked:
    """Draw one question about a study with its answer."""
    kinds: list[tuple[float, Callable[[SimulatedStudy, Random], Asked | None]]] = [
        (4.0, _about_a_finding), (1.5, _about_a_side), (1.0, _about_a_severity), (1.5, _about_a_measurement),
        (1.5, _about_a_presence), (2.0, _about_the_unassessed), (1.0, _out_of_scope),
    ]  # fmt: skip
    while True:
        kind = rng.choices([kind for _, kind in kinds], [weight for weight, _ in kinds])[0]
        asked = kind(study, rng)
        if asked is not None:
            return asked


def answered(finding: Finding) -> str:
    """Return one finding as the sentence that answers a question about it."""
    match finding.likelihood:
        case Likelihood.PRESENT:
            return f"There is {article_phrase(finding)}."
        case Likelihood.LIKELY:
            return f"There is likely {article_phrase(finding)}."
        case Likelihood.INDETERMINATE:
            return f"Possible {phrase(finding)}."
        case Likelihood.ABSENT:
            return f"No {phrase(finding)}."


def _said(findings: Sequence[Finding]) -> tuple[CitedText, ...]:
    return tuple(CitedText(cites=(finding.finding_id,), text=answered(finding)) for finding in findings)


def _named(study: SimulatedStudy, name: str) -> list[Finding]:
    return [finding for finding in study.findings if label_text(finding.code) == name]


def _about_a_finding(study: SimulatedStudy, rng: Random) -> Asked | None:
    if not study.findings:
        return None
    name = label_text(rng.choice(study.findings).code)
    return Asked(question=rng.choice(_IS_IT).format(name=name), answer=_said(_named(study, name)))


def _about_a_side(study: SimulatedStudy, rng: Random) -> Asked | None:
    sided = [finding for finding in study.findings if finding.laterality is not None]
    return _detail(study, sided, _WHICH_SIDE, rng)


def _about_a_severity(study: SimulatedStudy, rng: Random) -> Asked | None:
    graded = [finding for finding in study.findings if finding.severity is not None]
    return _detail(study, graded, _HOW_SEVERE, rng)


def _detail(study: SimulatedStudy, chosen: Sequence[Finding], asked: Sequence[str], rng: Random) -> Asked | None:
    if not chosen:
        return None
    name = label_text(rng.choice(chosen).code)
    return Asked(question=rng.choice(asked).format(name=name), answer=_said(_named(study, name)))


def _about_a_measurement(study: SimulatedStudy, rng: Random) -> Asked | None:
    if not study.measurements:
        return None
    name = label_text(rng.choice(study.measurements).name)
    said = tuple(_measured(item) for item in study.measurements if label_text(item.name) == name)
    return Asked(question=rng.choice(_HOW_LARGE).format(name=name), answer=said)


def _measured(measurement: Measurement) -> CitedText:
    side: Laterality | str = "" if measurement.laterality is None else f"{measurement.laterality} "
    text = f"The {side}{label_text(measurement.name)} is {number_text(measurement)}."
    return CitedText(cites=(measurement.measurement_id,), text=text)


def _about_a_presence(study: SimulatedStudy, rng: Random) -> Asked | None:
    presence = rng.choice(tuple(Presence))
    fitting = [finding for finding in study.findings if finding.presence is presence]
    if len(fitting) > _MOST_IN_ONE_ANSWER:
        return None
    return Asked(question=rng.choice(_OF_A_KIND[presence]), answer=_said(fitting))


def _about_the_unassessed(study: SimulatedStudy, rng: Random) -> Asked | None:
    known = {label_text(finding.code) for finding in study.findings}
    names = [str(label) for label in FINDING_LABELS] + rng.sample(OTHER_NAMES, 4)
    missing = [name for name in names if name not in known]
    if not missing:
        return None
    asked = rng.choice((*_IS_IT, *_WHICH_SIDE, *_HOW_SEVERE))
    return Asked(question=asked.format(name=rng.choice(missing)), answer=())


def _out_of_scope(_: SimulatedStudy, rng: Random) -> Asked:
    return Asked(question=rng.choice(_OUT_OF_SCOPE), answer=())
