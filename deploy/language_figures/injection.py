"""How many injected errors the checks find, class by class, and how many clean drafts raise a false alarm."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random

from deploy.language_figures.errors import CLASSES
from deploy.language_figures.phrasers import PHRASERS, CleanDraft, facts_of
from orchestrator.verify import verify
from services.contract import Fact
from services.language.simulate import simulate


class FoundErrors(Fact):
    """One class of injected errors."""

    injected: int
    found: int
    missed: tuple[str, ...] = ()
    """Some sentences with an error that no check found."""

    @property
    def share(self) -> float:
        """Share of the errors that some check found."""
        return self.found / self.injected if self.injected else 0.0


class FalseAlarms(Fact):
    """Clean drafts of one phraser."""

    drafts: int
    alarms: int
    examples: tuple[str, ...] = ()


def clean_drafts(seed: str, more: Sequence[CleanDraft] = ()) -> Iterator[CleanDraft]:
    """Yield clean drafts without end, phraser after phraser; ``more`` are those of a served model."""
    number = 0
    while True:
        for name, phrase in PHRASERS.items():
            chance = Random(f"{seed} {name} {number}")
            study = simulate(chance)
            facts = facts_of(study)
            yield CleanDraft(name, facts, phrase(study, facts, chance))
        if more:
            yield more[number % len(more)]
        number += 1


def measure_injection(kind: str, count: int, seed: str = "errors", more: Sequence[CleanDraft] = ()) -> FoundErrors:
    """Inject one class of errors into clean drafts that raise no alarm, and count what is found."""
    chance, inject = Random(f"{seed} {kind}"), CLASSES[kind]
    found = injected = 0
    missed: list[str] = []
    for draft in clean_drafts(f"{seed} {kind}", more):
        if injected == count:
            break
        if not any(section.sentences for section in draft.sections):
            continue
        wrong = inject(draft.facts, draft.sections, chance)
        if wrong is None or wrong == draft.sections or verify(draft.sections, draft.facts):
            continue
        injected += 1
        if verify(wrong, draft.facts):
            found += 1
        elif len(missed) < 5:
            changed = [s.text for section, was in zip(wrong, draft.sections, strict=True)
                       for s in section.sentences if s not in was.sentences]  # fmt: skip
            missed.append(" ".join(changed))
    return FoundErrors(injected=injected, found=found, missed=tuple(missed))


def measure_false_alarms(count: int, seed: str = "clean", more: Sequence[CleanDraft] = ()) -> dict[str, FalseAlarms]:
    """Verify clean drafts of every phraser, ``count`` in all, and count those that raise an alarm."""
    drafts: dict[str, int] = {}
    alarms: dict[str, list[str]] = {}
    for draft, _ in zip(clean_drafts(seed, more), range(count), strict=False):
        drafts[draft.phraser] = drafts.get(draft.phraser, 0) + 1
        problems = verify(draft.sections, draft.facts)
        if problems:
            texts = [s.text for section in draft.sections for s in section.sentences]
            alarms.setdefault(draft.phraser, []).append(f"{problems[0].check}: {problems[0].message} | {texts}"[:600])
    return {
        name: FalseAlarms(drafts=number, alarms=len(alarms.get(name, [])), examples=tuple(alarms.get(name, [])[:5]))
        for name, number in drafts.items()
    }
