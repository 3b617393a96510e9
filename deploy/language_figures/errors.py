"""Puts one error of a ReXErr class into a clean draft; the twelve classes are those of the project's table."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

from deploy.language_figures.error_words import (
    COMPARED_AFTER,
    COMPARED_BEFORE,
    DEVICES,
    FOREIGN_FINDINGS,
    GRADES,
    HOMOPHONES,
    IDENTITIES,
    NEIGHBOURS,
    PLACES,
    SIDES,
    SIZES,
)
from orchestrator.report import Facts, Section, Sentence
from services.contract import Finding, Laterality, Presence
from services.contract.phrasing import label_text
from services.language.simulate import FINDING_LABELS

Sections = tuple[Section, ...]
Injector = Callable[[Facts, Sections, Random], Sections | None]
"""None where this draft has no place for the error."""


def _placed(draft: Sections, section: int, at: int, text: str) -> Sections:
    """Replace the words of one sentence."""
    sentences = list(draft[section].sentences)
    sentences[at] = sentences[at].model_copy(update={"text": text[0].upper() + text[1:]})
    return _with(draft, section, sentences)


def _with(draft: Sections, section: int, sentences: list[Sentence]) -> Sections:
    changed = list(draft)
    changed[section] = draft[section].model_copy(update={"sentences": tuple(sentences)})
    return tuple(changed)


def _added(draft: Sections, chance: Random, text: str, cites: Finding | None = None) -> Sections | None:
    """Say something more: as a sentence of its own, or at the end of one, resting on what that one rests on."""
    section = chance.choice([index for index, one in enumerate(draft) if one.sentences])
    at = chance.randrange(len(draft[section].sentences))
    sentence = draft[section].sentences[at]
    if cites is None and chance.random() < 0.5:
        return _placed(draft, section, at, f"{sentence.text} {text}")
    citations = sentence.citations
    if cites is not None:
        citations = tuple(one for s in draft[0].sentences for one in s.citations if one.id == cites.finding_id)[:1]
    more = Sentence(text=text, citations=citations or sentence.citations)
    sentences = list(draft[section].sentences)
    sentences.insert(chance.randint(0, len(sentences)), more)
    return _with(draft, section, sentences)


def _alone(facts: Facts, draft: Sections, chance: Random, *presences: Presence) -> tuple[Finding, int, int] | None:
    """Return a finding of these presences with the section and place of a sentence that cites it and no other."""
    fitting = [
        (finding, section, at)
        for finding in facts.findings
        if finding.presence in presences
        for section, one in enumerate(draft)
        for at, sentence in enumerate(one.sentences)
        if {citation.id for citation in sentence.citations} == {finding.finding_id}
    ]
    return chance.choice(fitting) if fitting else None


def _named(text: str, finding: Finding) -> re.Match[str] | None:
    return re.search(re.escape(label_text(finding.code)), text, re.IGNORECASE)


def false_finding(facts: Facts, draft: Sections, chance: Random) -> Sections | None:
    """Add a finding that nobody made."""
    known = {label_text(finding.code) for finding in facts.findings}
    foreign = [str(label) for label in FINDING_LABELS if str(label) not in known]
    if foreign and chance.random() < 0.5:
        name = chance.choice(foreign)
        form = chance.choice(("There is {}.", "{} is seen.", "Findings suggest {}.", "Mild {}.", "Possible {}."))
        return _added(draft, chance, form.format(name))
    return _added(draft, chance, chance.choice(FOREIGN_FINDINGS))


def omission(facts: Facts, draft: Sections, chance: Random) -> Sections | None:
    """Leave out a finding that was made, from the findings or from the impression."""
    chosen = _alone(facts, draft, chance, Presence.PRESENT)
    if chosen is None:
        return None
    _, section, at = chosen
    return _with(draft, section, [one for index, one in enumerate(draft[section].sentences) if index != at])


def wrong_side(facts: Facts, draft: Sections, chance: Random) -> Sections | None:
    """Say another side, or one that nobody determined."""
    chosen = _alone(facts, draft, chance, Presence.PRESENT)
    if chosen is None:
        return None
    finding, section, at = chosen
    text = draft[section].sentences[at].text
    wrong = chance.choice([side for side in Laterality if side is not finding.laterality])
    said = re.search(rf"\b{finding.laterality}\b", text, re.IGNORECASE) if finding.laterality else None
    name = _named(text, finding)
    if said:
        return _placed(draft, section, at, text[: said.start()] + chance.choice(SIDES[wrong]) + text[said.end() :])
    if name is None:
        return None
    return _placed(draft, section, at, f"{text[: name.start()]}{chance.choice(SIDES[wrong])} {text[name.start() :]}")


def wrong_severity(facts: Facts, draft: Sections, chance: Random) -> Sections | None:
    """Grade a finding as it was not graded."""
    chosen = _alone(facts, draft, chance, Presence.PRESENT)
    if chosen is None:
        return None
    finding, section, at = chosen
    text = draft[section].sentences[at].text
    wrong = chance.choice([word for word, grade in GRADES.items() if grade is None or grade is not finding.severity])
    said = re.search(rf"\b{finding.severity}\b", text, re.IGNORECASE) if finding.severity else None
    name = _named(text, finding)
    if said:
        return _placed(draft, section, at, text[: said.start()] + wrong + text[said.end() :])
    return _placed(draft, section, at, f"{text[: name.start()]}{wrong} {text[name.start() :]}") if name else None


def wrong_place(facts: Facts, draft: Sections, chance: Random) -> Sections | None:
    """Place a finding where nobody placed it."""
    chosen = _alone(facts, draft, chance, Presence.PRESENT)
    if chosen is None:
        return None
    finding, section, at = chosen
    text, place = draft[section].sentences[at].text, chance.choice(PLACES)
    own = f"in the {label_text(finding.site)}" if finding.site else None
    if own and own in text:
        return None if own in place else _placed(draft, section, at, text.replace(own, place))
    name = _named(text, finding)
    return _placed(draft, section, at, f"{text[: name.end()]} {place}{text[name.end() :]}") if name else None


def wrong_measurement(facts: Facts, draft: Sections, chance: Random) -> Sections | None:
    """Change a number or its unit, or give a finding a size that nobody measured."""
    measured = {measurement.measurement_id for measurement in facts.measurements}
    places = [
        at for at, one in enumerate(draft[0].sentences) if {c.id for c in one.citations} <= measured and one.citations
    ]
    if not places or chance.random() < 0.25:
        chosen = _alone(facts, draft, chance, Presence.PRESENT)
        name = _named(draft[chosen[1]].sentences[chosen[2]].text, chosen[0]) if chosen else None
        if chosen is None or name is None:
            return None
        text = draft[chosen[1]].sentences[chosen[2]].text
        return _placed(draft, chosen[1], chosen[2], f"{text[: name.end()]} {chance.choice(SIZES)}{text[name.end() :]}")
    at = chance.choice(places)
    return _placed(draft, 0, at, _miscounted(draft[0].sentences[at].text, chance))


def _miscounted(text: str, chance: Random) -> str:
    number = re.search(r"\d+(?:\.\d+)?(?= ?(?:mm|cm)?\.?$)", text)
    if number is None:
        return f"{text.rstrip('.')} and 3 cm."
    value = float(number[0])
    decimals = len(number[0].partition(".")[2])
    other = f"{value * chance.choice((0.5, 0.8, 1.3, 2, 10)) + 10.0**-decimals:.{decimals}f}"
    kind = chance.choice(("value", "digit", "unit"))
    if kind == "unit":
        unit = text[number.end() :].strip(" .")
        wrong = chance.choice([one for one in ("mm", "cm", "%", "m", "HU", "inches") if one != unit])
        return f"{text[: number.end()]} {wrong}."
    if kind == "digit":
        spot = chance.choice([index for index, sign in enumerate(number[0]) if sign.isdigit()])
        digit = chance.choice([sign for sign in "0123456789" if sign != number[0][spot]])
        other = number[0][:spot] + digit + number[0][spot + 1 :]
    return text[: number.start()] + other + text[number.end() :]


def false_comparison(facts: Facts, draft: Sections, chance: Random) -> Sections | None:
    """Compare with an examination that nobody has."""
    chosen = _alone(facts, draft, chance, *Presence)
    if chosen is None:
        return None
    _, section, at = chosen
    text = draft[section].sentences[at].text
    if chance.random() < 0.4:
        return _placed(draft, section, at, f"{chance.choice(COMPARED_BEFORE)} {text[0].lower()}{text[1:]}")
    return _placed(draft, section, at, f"{text.rstrip('.')} {chance.choice(COMPARED_AFTER)}.")


def contradiction(facts: Facts, draft: Sections, chance: Random) -> Sections | None:
    """Say the opposite of a finding in a further sentence (also False Negation)."""
    decided = [finding for finding in facts.findings if finding.presence is not Presence.INDETERMINATE]
    if not decided:
        return None
    finding = chance.choice(decided)
    name = label_text(finding.code)
    denials = (
        "There is no {}.",
        "No {} is identified.",
        "{} has been ruled out.",
        "Absence of {}.",
        "Negative for {}.",
    )
    claims = ("There is {}.", "{} is identified.", "Definite {}.", "Findings consistent with {}.", "Positive for {}.")
    form = chance.choice(denials if finding.presence is Presence.PRESENT else claims)
    return _added(draft, chance, form.format(name)[0].upper() + form.format(name)[1:], finding)


def device(_: Facts, draft: Sections, chance: Random) -> Sections | None:
    """Add a device."""
    return _added(draft, chance, chance.choice(DEVICES))


def identity(_: Facts, draft: Sections, chance: Random) -> Sections | None:
    """Name somebody."""
    return _added(draft, chance, chance.choice(IDENTITIES))


def typing_error(_: Facts, draft: Sections, chance: Random) -> Sections | None:
    """Mistype a word, or hear another one."""
    section = chance.choice([index for index, one in enumerate(draft) if one.sentences])
    at = chance.randrange(len(draft[section].sentences))
    text = draft[section].sentences[at].text
    words = [match for match in re.finditer(r"[A-Za-z]{3,}", text)]
    alike = [match for match in re.finditer(r"[A-Za-z]+", text) if match[0].lower() in HOMOPHONES]
    if alike and chance.random() < 0.25:
        word = chance.choice(alike)
        return _placed(draft, section, at, text[: word.start()] + HOMOPHONES[word[0].lower()] + text[word.end() :])
    if not words:
        return None
    word = chance.choice(words)
    wrong = _mistyped(word[0], chance)
    if wrong.lower() == word[0].lower():
        return None
    return _placed(draft, section, at, text[: word.start()] + wrong + text[word.end() :])


def _mistyped(word: str, chance: Random) -> str:
    at = chance.randrange(len(word))
    kind = chance.choice(("dropped", "doubled", "swapped", "beside"))
    if kind == "dropped":
        return word[:at] + word[at + 1 :]
    if kind == "doubled":
        return word[: at + 1] + word[at:]
    if kind == "swapped":
        at = min(at, len(word) - 2)
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return word[:at] + chance.choice(NEIGHBOURS[word[at].lower()]) + word[at + 1 :]


def duplication(facts: Facts, draft: Sections, chance: Random) -> Sections | None:
    """Say a sentence, a part of it, or its claim once more (Add Repetitions)."""
    section = chance.choice([index for index, one in enumerate(draft) if one.sentences])
    at = chance.randrange(len(draft[section].sentences))
    sentence = draft[section].sentences[at]
    kind = chance.choice(("sentence", "part", "claim"))
    if kind == "sentence":
        return _with(draft, section, [*draft[section].sentences, sentence])
    if kind == "part":
        words = sentence.text.rstrip(".").split()
        size = min(len(words), chance.randint(1, 4))
        start = chance.randint(0, len(words) - size)
        again = [*words[: start + size], *words[start : start + size], *words[start + size :]]
        return _placed(draft, section, at, " ".join(again) + ".")
    chosen = _alone(facts, draft, chance, Presence.PRESENT, Presence.ABSENT)
    if chosen is None:
        return None
    finding, section, _ = chosen
    return _with(draft, section, [*draft[section].sentences, _again(finding, draft[section], chance)])


def _again(finding: Finding, section: Section, chance: Random) -> Sentence:
    """Return the claim of a finding in other words, resting on the same."""
    citations = next(s.citations for s in section.sentences if finding.finding_id in {c.id for c in s.citations})
    side = f"{finding.laterality} " if finding.laterality else ""
    name = f"{side}{label_text(finding.code)}"
    if finding.presence is Presence.ABSENT:
        form = chance.choice(("There is no {}.", "{} is absent.", "{} is not identified."))
    elif finding.likelihood == "likely":
        form = chance.choice(("{} is likely.", "There is probable {}."))
    else:
        form = chance.choice(("{} is noted.", "There is {}.", "{} is demonstrated."))
    text = form.format(name)
    return Sentence(text=text[0].upper() + text[1:], citations=citations)


CLASSES: dict[str, Injector] = {
    "false finding": false_finding,
    "omission": omission,
    "wrong side": wrong_side,
    "wrong severity": wrong_severity,
    "wrong place": wrong_place,
    "wrong measurement or unit": wrong_measurement,
    "false comparison": false_comparison,
    "contradiction": contradiction,
    "device": device,
    "identity": identity,
    "typing error": typing_error,
    "duplication": duplication,
}
