"""Studies and drafts made by chance, and every kind of error put into them on purpose.

The phrasings are written independently of the checks: what a radiologist would dictate.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from orchestrator.report import Facts, Section, Sentence
from services.contract import Finding, Label, Laterality, Likelihood, Measurement, Presence, Severity
from tests.orchestrator.report_parts import facts, finding, limitation, lung_height, ratio, said, sections

SIDED = (
    Label.EFFUSION,
    Label.PNEUMOTHORAX,
    Label.LUNG_OPACITY,
    Label.ATELECTASIS,
    Label.CONSOLIDATION,
    Label.PLEURAL_THICKENING,
    Label.NODULE,
    Label.MASS,
    Label.LUNG_LESION,
    Label.INFILTRATION,
)
UNSIDED = (
    Label.CARDIOMEGALY,
    Label.PNEUMONIA,
    Label.EDEMA,
    Label.EMPHYSEMA,
    Label.FIBROSIS,
    Label.TUBERCULOSIS,
    Label.HERNIA,
    Label.FRACTURE,
    Label.ENLARGED_CARDIOMEDIASTINUM,
)
GRADED = (Label.EFFUSION, Label.PNEUMOTHORAX, Label.LUNG_OPACITY, Label.CARDIOMEGALY, Label.EDEMA)


def simulated_facts(chance: random.Random) -> Facts:
    """One study: some findings of every presence, perhaps a ratio and lung heights, and what was not assessed."""
    labels = chance.sample((*SIDED, *UNSIDED), chance.randint(2, 9))
    likelihoods = chance.choices(
        (Likelihood.ABSENT, Likelihood.INDETERMINATE, Likelihood.PRESENT, Likelihood.LIKELY),
        (5, 2, 3, 3),
        k=len(labels),
    )
    order = {Presence.PRESENT: 0, Presence.INDETERMINATE: 1, Presence.ABSENT: 2}
    made = [_simulated(label, likelihood, chance) for label, likelihood in zip(labels, likelihoods, strict=True)]
    made.sort(key=lambda one: (order[one.presence], one.code.meaning))
    named = [one.model_copy(update={"finding_id": f"F{number}"}) for number, one in enumerate(made, start=1)]
    measured = [ratio("M1", round(chance.uniform(0.38, 0.68), 4))] if chance.random() < 0.6 else []
    if chance.random() < 0.3:
        measured.append(lung_height("M2", chance.uniform(180, 260), Laterality.LEFT))
    unassessed = [label for label in (*SIDED, *UNSIDED) if label not in labels]
    return facts(*named, *measured, *(limitation(str(label)) for label in unassessed))


def _simulated(label: Label, likelihood: Likelihood, chance: random.Random) -> Finding:
    seen = likelihood in {Likelihood.PRESENT, Likelihood.LIKELY}
    side = chance.choice((*Laterality, None)) if label in SIDED and seen else None
    severity = chance.choice((*Severity, None)) if label in GRADED and seen else None
    return finding("F0", label, likelihood, side, severity, experimental=chance.random() < 0.1)


def simulated_sections(given: Facts, chance: random.Random) -> tuple[Section, ...]:
    """A clean draft of a study, in varied words."""
    by = {p: [one for one in given.findings if one.presence is p] for p in Presence}
    lines = [_dictated(one, chance) for one in by[Presence.PRESENT]]
    lines += [_left_open(one, chance) for one in by[Presence.INDETERMINATE]]
    lines += [_measured(one, chance) for one in given.measurements]
    absent = list(by[Presence.ABSENT])
    while absent:
        count = chance.randint(1, min(3, len(absent)))
        lines.append(_denied(absent[:count], chance))
        del absent[:count]
    impression = [_dictated(one, chance) for one in by[Presence.PRESENT]]
    if not impression and by[Presence.ABSENT] and not by[Presence.INDETERMINATE]:
        impression = [said("None of the assessed findings is present.", *(f.finding_id for f in by[Presence.ABSENT]))]
    return sections(tuple(lines), tuple(impression))


def _name(one: Finding) -> str:
    return one.code.meaning.lower() if one.code.scheme == "99WETREAD" else str(_LABEL_BY_CODE[one.code.value])


_LABEL_BY_CODE = {finding("F0", label).code.value: label for label in (*SIDED, *UNSIDED)}


def _sided(one: Finding) -> str:
    return f"{one.laterality} " if one.laterality else ""


def _dictated(one: Finding, chance: random.Random) -> Sentence:
    hedge = "likely " if one.likelihood is Likelihood.LIKELY else ""
    grade = f"{one.severity} " if one.severity else ""
    core = f"{hedge}{grade}{_sided(one)}{_name(one)}"
    forms = [f"There is {core}.", f"{core} is present.", f"{core} is seen.", f"{core}.", f"Findings of {core}."]
    if one.code.value == "8186001":
        how = {"mild": "mildly ", "moderate": "moderately ", "severe": "severely "}.get(str(one.severity), "")
        forms += [f"The heart is {hedge}{how}enlarged.", f"The cardiac silhouette is {hedge}{how}enlarged."]
    text = chance.choice(forms)
    return said(text[0].upper() + text[1:], one.finding_id)


def _left_open(one: Finding, chance: random.Random) -> Sentence:
    name = _name(one)
    text = chance.choice(
        (
            f"Possible {name}.",
            f"{name} cannot be excluded.",
            f"{name} is indeterminate.",
            f"The assessment for {name} is indeterminate.",
            f"It is uncertain whether {name} is present.",
        )
    )
    return said(text[0].upper() + text[1:], one.finding_id)


def _denied(group: list[Finding], chance: random.Random) -> Sentence:
    names = [_name(one) for one in group]
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
    forms = [f"No {listed}.", f"There is no evidence of {listed}.", f"No {listed} is seen.", f"No signs of {listed}."]
    if len(names) == 1:
        forms += [f"{names[0]} is not seen.", f"{names[0]} is absent."]
        if group[0].code.value == "8186001":
            forms += ["Heart size is normal.", "The heart is not enlarged."]
    text = chance.choice(forms)
    return said(text[0].upper() + text[1:], *(one.finding_id for one in group))


def _measured(one: Measurement, chance: random.Random) -> Sentence:
    if one.unit == "1":
        text = chance.choice(("The cardiothoracic ratio is {0:.2f}.", "Cardiothoracic ratio {0:.2f}.", "CTR {0:.2f}."))
        return said(text.format(one.value), one.measurement_id)
    text = chance.choice(("Left lung height {0:.0f} mm.", "The left lung height measures {1:.1f} cm."))
    return said(text.format(one.value, one.value / 10), one.measurement_id)


Injector = Callable[[Facts, tuple[Section, ...], random.Random], tuple[Section, ...] | None]
"""Puts one error into a clean draft; None where this study has no place for it."""


def _with(draft: tuple[Section, ...], at: int, text: str, section: int = 0) -> tuple[Section, ...]:
    changed = list(draft[section].sentences)
    changed[at] = changed[at].model_copy(update={"text": text})
    return _put(draft, changed, section)


def _put(draft: tuple[Section, ...], sentences: list[Sentence], section: int = 0) -> tuple[Section, ...]:
    made = list(draft)
    made[section] = draft[section].model_copy(update={"sentences": tuple(sentences)})
    return tuple(made)


def _of(draft: tuple[Section, ...], finding_id: str) -> int:
    return next(at for at, one in enumerate(draft[0].sentences) if finding_id in {c.id for c in one.citations})


def _pick(given: Facts, chance: random.Random, wanted: Callable[[Finding], bool]) -> Finding | None:
    fitting = [one for one in given.findings if wanted(one)]
    return chance.choice(fitting) if fitting else None


def wrong_side(given: Facts, draft: tuple[Section, ...], chance: random.Random) -> tuple[Section, ...] | None:
    one = _pick(given, chance, lambda f: f.presence is Presence.PRESENT and f.laterality is not None)
    if one is None:
        return None
    at = _of(draft, one.finding_id)
    other = chance.choice([side for side in Laterality if side is not one.laterality])
    text = draft[0].sentences[at].text
    return _with(draft, at, text.replace(str(one.laterality), other).replace(str(one.laterality).capitalize(), other))


def flipped(given: Facts, draft: tuple[Section, ...], chance: random.Random) -> tuple[Section, ...] | None:
    one = chance.choice(given.findings)
    at = _of(draft, one.finding_id)
    cited = [f for f in given.findings if f.finding_id in {c.id for c in draft[0].sentences[at].citations}]
    if one.presence is Presence.ABSENT:
        turned = [_dictated(f.model_copy(update={"likelihood": Likelihood.PRESENT}), chance) for f in cited]
        text = " ".join(sentence.text for sentence in turned)
    else:
        text = _denied(cited, chance).text
    return _with(draft, at, text)


def invented(given: Facts, draft: tuple[Section, ...], chance: random.Random) -> tuple[Section, ...] | None:
    known = {one.code.value for one in given.findings}
    labels = [label for label in (*SIDED, *UNSIDED) if finding("F0", label).code.value not in known]
    if not labels or not draft[0].sentences:
        return None
    extra = chance.choice(
        [
            _dictated(finding("F0", chance.choice(labels)), chance).text,
            "Bronchiectasis is present.",
            "Hilar adenopathy.",
            "There is a granuloma in the left lung.",
            "Interstitial markings are prominent.",
        ]
    )
    at = chance.randrange(len(draft[0].sentences))
    if chance.random() < 0.5:
        return _with(draft, at, f"{draft[0].sentences[at].text} {extra}")
    changed = list(draft[0].sentences)
    changed.append(draft[0].sentences[at].model_copy(update={"text": extra}))
    return _put(draft, changed)


def number_changed(given: Facts, draft: tuple[Section, ...], chance: random.Random) -> tuple[Section, ...] | None:
    if not given.measurements:
        return None
    one = chance.choice(given.measurements)
    at = _of(draft, one.measurement_id)
    text = draft[0].sentences[at].text
    if one.unit == "1":
        wrong = one.value + chance.choice((-1, 1)) * chance.uniform(0.02, 0.2)
        return _with(draft, at, text.replace(f"{one.value:.2f}", f"{wrong:.2f}"))
    swaps = ((" mm", " cm"), (" cm", " mm"))
    if chance.random() < 0.5:
        return _with(draft, at, next(text.replace(a, b) for a, b in swaps if a in text))
    return _with(
        draft,
        at,
        text.replace(f"{one.value:.0f}", f"{one.value + 7:.0f}").replace(
            f"{one.value / 10:.1f}", f"{one.value / 10 + 0.7:.1f}"
        ),
    )


def wrong_severity(given: Facts, draft: tuple[Section, ...], chance: random.Random) -> tuple[Section, ...] | None:
    one = _pick(given, chance, lambda f: f.presence is Presence.PRESENT)
    if one is None:
        return None
    wrong = chance.choice([grade for grade in Severity if grade is not one.severity])
    other = one.model_copy(update={"severity": wrong})
    return _with(draft, _of(draft, one.finding_id), _dictated(other, chance).text)


def omitted(given: Facts, draft: tuple[Section, ...], chance: random.Random) -> tuple[Section, ...] | None:
    one = _pick(given, chance, lambda f: f.presence is not Presence.ABSENT)
    if one is None:
        return None
    section = chance.randrange(2) if one.presence is Presence.PRESENT else 0
    kept = [s for s in draft[section].sentences if one.finding_id not in {c.id for c in s.citations}]
    return _put(draft, kept, section)


def unassessed_denied(given: Facts, draft: tuple[Section, ...], chance: random.Random) -> tuple[Section, ...] | None:
    if not given.limitations or not draft[0].sentences:
        return None
    what = chance.choice(given.limitations).what
    at = chance.randrange(len(draft[0].sentences))
    text = chance.choice((f"No {what}.", f"There is no {what}.", f"{what.capitalize()} is not seen."))
    if chance.random() < 0.5:
        return _with(draft, at, f"{draft[0].sentences[at].text} {text}")
    return _put(draft, [*draft[0].sentences, draft[0].sentences[at].model_copy(update={"text": text})])


def _appended(*texts: str) -> Injector:
    def inject(given: Facts, draft: tuple[Section, ...], chance: random.Random) -> tuple[Section, ...] | None:
        section = chance.randrange(2)
        if not draft[section].sentences:
            return None
        at = chance.randrange(len(draft[section].sentences))
        text = chance.choice(texts)
        if chance.random() < 0.5:
            return _with(draft, at, f"{draft[section].sentences[at].text} {text}", section)
        extra = draft[section].sentences[at].model_copy(update={"text": text})
        return _put(draft, [*draft[section].sentences, extra], section)

    return inject


def compared(given: Facts, draft: tuple[Section, ...], chance: random.Random) -> tuple[Section, ...] | None:
    one = _pick(given, chance, lambda f: f.presence is Presence.PRESENT)
    if one is None:
        return None
    at = _of(draft, one.finding_id)
    word = chance.choice(("Unchanged", "Stable", "New", "Improved", "Worsening", "Increased", "Persistent"))
    text = draft[0].sentences[at].text
    tail = chance.choice((", unchanged.", ", new since the prior.", ", slightly improved.", " compared with previous."))
    lead = f"{word} {_sided(one)}{_name(one)}."
    return _with(draft, at, chance.choice((lead, text.rstrip(".") + tail)))


def duplicated(given: Facts, draft: tuple[Section, ...], chance: random.Random) -> tuple[Section, ...] | None:
    section = chance.randrange(2)
    if not draft[section].sentences:
        return None
    at = chance.randrange(len(draft[section].sentences))
    return _put(draft, [*draft[section].sentences, draft[section].sentences[at]], section)


def uncited(given: Facts, draft: tuple[Section, ...], chance: random.Random) -> tuple[Section, ...] | None:
    at = chance.randrange(len(draft[0].sentences))
    changed = list(draft[0].sentences)
    changed[at] = changed[at].model_copy(update={"citations": said("x", "F99").citations})
    return _put(draft, changed)


def mistyped(given: Facts, draft: tuple[Section, ...], chance: random.Random) -> tuple[Section, ...] | None:
    at = chance.randrange(len(draft[0].sentences))
    text = draft[0].sentences[at].text
    words = [word.strip(".,") for word in text.split() if len(word.strip(".,")) >= 6 and word.strip(".,").isalpha()]
    if not words:
        return None
    word = chance.choice(words)
    spot = chance.randrange(1, len(word) - 2)
    wrong = word[:spot] + word[spot + 1] + word[spot] + word[spot + 2 :]
    return None if wrong == word else _with(draft, at, text.replace(word, wrong, 1))


INJECTORS: dict[str, Injector] = {
    "wrong side": wrong_side,
    "negation flipped": flipped,
    "invented finding": invented,
    "number changed": number_changed,
    "wrong severity": wrong_severity,
    "omitted": omitted,
    "unassessed denied": unassessed_denied,
    "blanket normal": _appended(
        "The lungs are clear.", "Normal chest.", "Unremarkable.", "No acute abnormality.", "Otherwise normal.",
        "No acute cardiopulmonary abnormality.", "The lungs are normal.", "The heart is normal.", "No other findings.",
        "The mediastinum is unremarkable.", "No active disease.", "Bony structures are intact.",
    ),
    "comparison": compared,
    "recommendation": _appended(
        "Recommend CT of the chest.", "Follow-up is advised.", "Clinical correlation is needed.",
        "Consider repeat radiograph.", "Should be treated with antibiotics.", "Further evaluation is warranted.",
    ),
    "identity": _appended(
        "Mr. Smith.", "The patient is a 54-year-old man.", "Seen on 12/03/2021.", "MRN 00482913.", "Dr. Jane Miller.",
        "Examination of 3 March 2020.", "Seen by Anna Kowalska.", "Born 1956.", "Jane is seen.",
    ),
    "duplicate": duplicated,
    "device": _appended(
        "An endotracheal tube is present.", "Left pacemaker.", "No central venous catheter.", "Sternotomy wires.",
    ),
    "citation of nothing": uncited,
    "typing error": mistyped,
}  # fmt: skip
