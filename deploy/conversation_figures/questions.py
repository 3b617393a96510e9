"""Five hundred questions about simulated studies, each with what is right; worded apart from the rules that read them.

What is right is decided from the facts, not from the program's own answer: which facts must be cited, which may not
be, and how the turn must end.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import NamedTuple

from deploy.conversation_figures.wordings import WORDINGS, Wordings, WordingSet
from deploy.language_figures.phrasers import facts_of
from orchestrator.conversation.case import Case
from orchestrator.conversation.turn import Outcome
from orchestrator.knowledge import Library
from orchestrator.prior import Prior
from orchestrator.report import Facts
from services.contract import Finding, Label, Presence
from services.contract.phrasing import label_text, not_assessed
from services.language.corpus import held_out

HELD_OUT_FROM = 30_000
"""Other held-out studies than those of any other figure."""
EACH = 56
"""Questions of one kind; nine kinds are more than 500."""


class Question(NamedTuple):
    """One question and what is right."""

    kind: str
    text: str
    case: Case
    must: frozenset[str]
    """Ids that have to be cited."""
    may: frozenset[str]
    """Other ids that may be."""
    outcome: frozenset[Outcome]
    wanted: str = ""
    """Words that have to be said."""


_SAID = frozenset({Outcome.ANSWERED})


def questions(
    library: Library, seed: int = 0, each: int = EACH, worded: WordingSet = "development"
) -> tuple[Question, ...]:
    """Return ``each`` questions of every kind in the words of one set; the same seed gives the same."""
    return tuple(question for kind in MAKERS for question in _asked(kind, library, seed, each, WORDINGS[worded]))


def _asked(kind: str, library: Library, seed: int, each: int, words: Wordings) -> Sequence[Question]:
    made: list[Question] = []
    chance, number, make = Random(f"{seed} {kind}"), 0, MAKERS[kind]
    while len(made) < each:
        study = held_out(HELD_OUT_FROM + 1000 * list(MAKERS).index(kind) + number)
        number += 1
        case = Case(facts=facts_of(study), study_id="simulated", library=library)
        question = make(case, chance, words)
        if question is not None:
            made.append(question._replace(text=words.as_sent(question.text, chance)))
    return made


def _ids(case: Case, name: str) -> frozenset[str]:
    measured = {one.measurement_id for one in case.measurements_of(name)}
    return frozenset({one.finding_id for one in case.findings_of(name)} | measured)


def _beside(case: Case, name: str) -> frozenset[str]:
    ratio = case.measurements_of(str(Label.CARDIOTHORACIC_RATIO)) if name == Label.CARDIOMEGALY else ()
    return frozenset(one.measurement_id for one in ratio)


def _about(kind: str, asked_by: Callable[[Wordings], Sequence[str]], wants: Callable[[Finding], bool]) -> Maker:
    def make(case: Case, chance: Random, words: Wordings) -> Question | None:
        fitting = [one for one in case.facts.findings if wants(one)]
        if not fitting:
            return None
        name = label_text(chance.choice(fitting).code)
        text = chance.choice(asked_by(words)).format(it=words.call(name, chance))
        return Question(kind, text, case, _ids(case, name), _beside(case, name), _SAID)

    return make


def _value(case: Case, chance: Random, words: Wordings) -> Question | None:
    if not case.facts.measurements:
        return None
    name = label_text(chance.choice(case.facts.measurements).name)
    return Question(
        "size",
        chance.choice(words.value).format(it=words.call(name, chance)),
        case,
        _ids(case, name),
        frozenset(),
        _SAID,
    )


def _size(case: Case, chance: Random, words: Wordings) -> Question | None:
    if chance.random() < 0.5:
        return _value(case, chance, words)
    return _about("size", lambda words: words.size, lambda one: one.presence is Presence.PRESENT)(case, chance, words)


def _number(case: Case, chance: Random, words: Wordings) -> Question | None:
    findings = case.facts.findings
    if not findings:
        return None
    if chance.random() < 0.5:
        return _about("number", lambda words: words.number_of, lambda one: one.presence is Presence.PRESENT)(
            case, chance, words
        )
    present = sum(one.presence is Presence.PRESENT for one in findings)
    every = frozenset(one.finding_id for one in findings)
    wanted = f"{present} of {len(findings)}"
    return Question("number", chance.choice(words.number), case, every, frozenset(), _SAID, wanted)


def _comparison(case: Case, chance: Random, words: Wordings) -> Question | None:
    present = [one for one in case.facts.findings if one.presence is Presence.PRESENT]
    if not present:
        return None
    chosen = chance.choice(present)
    name = label_text(chosen.code)
    text = chance.choice(words.comparison).format(it=words.call(name, chance))
    if chance.random() < 0.4:
        return Question("comparison", text, case, frozenset(), frozenset(), frozenset({Outcome.UNKNOWN}))
    before = chosen.model_copy(update={"finding_id": "F1"})
    facts = case.facts.model_copy(update={"priors": (Prior(prior_id="P1", days_before=30, findings=(before,)),)})
    with_prior = Case(facts=facts, study_id="simulated", library=case.library)
    must = _ids(case, name) - {one.measurement_id for one in case.facts.measurements} | {"P1"}
    return Question("comparison", text, with_prior, frozenset(must), frozenset(), _SAID)


def _missing(case: Case, chance: Random, words: Wordings) -> Question | None:
    names = not_assessed(case.facts.limitations, case.facts.findings)
    own = [name for name in names if name in words.called]
    if not own:
        return None
    if chance.random() < 0.25:
        wanted = frozenset(id_ for id_, _ in case.limitations)
        return Question(
            "not assessed", chance.choice(words.all_missing), case, frozenset(), wanted, _SAID, "not assessed"
        )
    name = chance.choice(own)
    must = frozenset(id_ for id_, _ in case.limitations_of(name))
    text = chance.choice(words.missing).format(it=words.call(name, chance))
    return Question("not assessed", text, case, must, frozenset(), _SAID, "not assessed")


def _differential(case: Case, chance: Random, words: Wordings) -> Question | None:
    known = {one.topic[-1] for one in case.library.passages if one.aspect == "differential"}
    fitting = [one for one in case.facts.findings if one.presence is Presence.PRESENT and label_text(one.code) in known]
    if not fitting:
        return None
    name = label_text(chance.choice(fitting).code)
    passages = frozenset(
        one.passage_id for one in case.library.passages if one.topic[-1] == name and one.aspect == "differential"
    )
    text = chance.choice(words.differential).format(it=words.call(name, chance))
    return Question("differential", text, case, _ids(case, name), passages, _SAID)


def _out(case: Case, chance: Random, words: Wordings) -> Question | None:
    return Question(
        "out of scope", chance.choice(words.out), case, frozenset(), frozenset(), frozenset({Outcome.DECLINED})
    )


Maker = Callable[[Case, Random, Wordings], Question | None]
MAKERS: dict[str, Maker] = {
    "presence": _about("presence", lambda words: words.presence, lambda one: True),
    "side": _about("side", lambda words: words.side, lambda one: one.laterality is not None),
    "size": _size,
    "number": _number,
    "comparison": _comparison,
    "not assessed": _missing,
    "why": _about("why", lambda words: words.why, lambda one: True),
    "differential": _differential,
    "out of scope": _out,
}
"""The nine kinds."""
__all__ = ["EACH", "Facts", "Question", "questions"]
