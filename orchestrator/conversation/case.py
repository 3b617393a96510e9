"""Everything that a conversation about one study may speak of, and how each thing is cited."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from orchestrator.conversation.turn import Cited, CitedKind
from orchestrator.knowledge import Library, Passage
from orchestrator.knowledge.names import NAMES_WITHOUT_A_LABEL
from orchestrator.prior import Prior
from orchestrator.report import DraftReport, Facts, FollowUp, LanguageModel, Urgency
from services.contract import Finding, Label, Limitation, Measurement
from services.contract.phrasing import label_text, number_text, plain_name


class Since(NamedTuple):
    """What a tool found during the conversation: it stands beside the draft and does not change it."""

    id: str
    """``T1``, ``T2``, in the order of the calls."""
    text: str


SCOPE = "assessed"
"""The id of the list of what was assessed."""


@dataclass(frozen=True)
class Case:
    """One study as a conversation knows it: after de-identification, and nothing else."""

    facts: Facts
    study_id: str | None = None
    urgency: Urgency | None = None
    follow_up: tuple[FollowUp, ...] = ()
    indication: str | None = None
    """Masked."""
    history: str | None = None
    """Masked."""
    draft_by: LanguageModel | None = None
    library: Library = field(default_factory=lambda: Library(()))
    """What this person's department may read."""
    found_since: tuple[Since, ...] = ()

    @classmethod
    def of(
        cls, draft: DraftReport, indication: str | None, history: str | None, library: Library | None = None
    ) -> Case:
        """Return the case of a draft."""
        return cls(
            facts=draft.facts,
            study_id=draft.study_id,
            urgency=draft.urgency,
            follow_up=draft.follow_up,
            indication=indication,
            history=history,
            draft_by=draft.provenance.language_model,
            library=library or Library(()),
        )

    @property
    def own_names(self) -> tuple[str, ...]:
        """Names of this study's findings and measurements."""
        names = [label_text(one.code) for one in self.facts.findings]
        return tuple(dict.fromkeys([*names, *(label_text(one.name) for one in self.facts.measurements)]))

    def findings_of(self, name: str) -> tuple[Finding, ...]:
        """Return the findings of a name."""
        return tuple(one for one in self.facts.findings if label_text(one.code) == name)

    def measurements_of(self, name: str) -> tuple[Measurement, ...]:
        """Return the measurements of a name, and those that a finding of that name rests on."""
        linked = {id_ for finding in self.findings_of(name) for id_ in finding.measurement_ids}
        return tuple(m for m in self.facts.measurements if label_text(m.name) == name or m.measurement_id in linked)

    def limitations_of(self, name: str) -> tuple[tuple[str, Limitation], ...]:
        """Return the limitations of a name, with their ids."""
        return tuple((id_, one) for id_, one in self.limitations if plain_name(one.what) == name)

    @property
    def limitations(self) -> tuple[tuple[str, Limitation], ...]:
        """Every limitation with its id: ``L1``, ``L2``, in the order of the facts."""
        return tuple((f"L{number}", one) for number, one in enumerate(self.facts.limitations, start=1))

    @property
    def nameable(self) -> tuple[str, ...]:
        """Every name that may be said not to have been assessed: ours, and what the services say they read."""
        return tuple(dict.fromkeys([*map(str, Label), *NAMES_WITHOUT_A_LABEL, *self.unassessed_names()]))

    def unassessed_names(self, limits: Iterable[Limitation] | None = None) -> tuple[str, ...]:
        """Return the names that limitations speak of."""
        chosen = self.facts.limitations if limits is None else limits
        return tuple(dict.fromkeys(plain_name(one.what) for one in chosen))

    def cite(self, fact: Finding | Measurement) -> Cited:
        """Return the citation of a finding or a measurement, with the link to its evidence."""
        link = None if self.study_id is None else f"/v1/studies/{self.study_id}/evidence"
        if isinstance(fact, Finding):
            return Cited(kind=CitedKind.FINDING, id=fact.finding_id, title=spoken(fact), link=link)
        title = f"{label_text(fact.name)} {number_text(fact)}"
        return Cited(kind=CitedKind.MEASUREMENT, id=fact.measurement_id, title=title, link=link)

    def cite_limitation(self, id_: str, limitation: Limitation) -> Cited:
        """Return the citation of a limitation."""
        return Cited(kind=CitedKind.LIMITATION, id=id_, title=f"{limitation.what}: {limitation.detail}")

    def cite_prior(self, prior: Prior) -> Cited:
        """Return the citation of an earlier examination, by its distance."""
        return Cited(kind=CitedKind.PRIOR, id=prior.prior_id, title=f"examination {prior.days_before} days before")

    @property
    def scope(self) -> Cited:
        """The list of what was assessed."""
        names = "; ".join(sorted(self.own_names)) or "nothing"
        return Cited(kind=CitedKind.SCOPE, id=SCOPE, title=f"assessed: {names}")


def spoken(finding: Finding) -> str:
    """Return severity, side, name and place: ``mild left pleural effusion``."""
    words = [finding.severity, finding.laterality, label_text(finding.code)]
    said = " ".join(str(word) for word in words if word is not None)
    return said if finding.site is None else f"{said} in the {label_text(finding.site)}"


def cite_passage(passage: Passage, quote: str) -> Cited:
    """Return the citation of words that stand in a passage, letter by letter."""
    return Cited(
        kind=CitedKind.PASSAGE,
        id=passage.passage_id,
        title=passage.title,
        quote=quote,
        link=f"/v1/knowledge/{passage.passage_id}",
        source="; ".join(passage.sources),
        stale=passage.is_stale(),
    )


def ids_of(cited: Iterable[Cited]) -> tuple[str, ...]:
    """Return the ids, in order."""
    return tuple(one.id for one in cited)
