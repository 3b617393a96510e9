"""Make a draft again from the record, byte for byte: the study, what the specialists said, prompt and language model.

The services are not asked: what they answered is in the record. The language model is, where it had phrased the draft;
it must be the one that the draft names, and the prompt the one whose hash it names, or a difference shows nothing.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from pydantic import BaseModel

from orchestrator.cards import GATE_SPECIALIST
from orchestrator.deidentify import deidentify
from orchestrator.errors import LanguageModelUnavailable
from orchestrator.language_model import LanguageModelDoor
from orchestrator.pipeline import Parts, draft_report
from orchestrator.report import DraftReport, StageTime
from orchestrator.specialists import Specialists
from orchestrator.study import Study
from services.contract import AnalyzeResponse, ImageReference, Limitation, LimitationReason, SpecialistResult, Subject

APART = ("draft_id", "created_at", "stages", "second_texts")
"""What may differ: ids and times. A second text is not replayed; its writer's answer is not kept as it came."""
_NO_MODEL = LimitationReason.LANGUAGE_MODEL_UNAVAILABLE


class Replayed(BaseModel):
    """Whether the record gives the same draft again."""

    study_id: str
    agrees: bool
    """The same bytes, apart from ids and times."""
    differs: tuple[str, ...] = ()
    """Which parts of the draft came out otherwise."""
    made_with: tuple[str, ...] = ()
    """What is not as it was when the draft was made, so that a difference shows nothing."""


class RecordedSpecialists(Specialists):
    """Answers as the services answered then."""

    def __init__(self, results: tuple[SpecialistResult, ...], limitations: tuple[Limitation, ...]) -> None:
        self.services = {}
        self._results, self._limitations = results, limitations

    async def consult(
        self,
        readings: Mapping[str, Sequence[ImageReference]],
        subject: Subject,
        specialists: tuple[str, ...] | None = None,
    ) -> AnalyzeResponse:
        """Return the recorded answers: the gate's where the gate is asked, else everybody's but the gate's."""
        gate = specialists == (GATE_SPECIALIST,)
        if not readings:
            return AnalyzeResponse(results=())
        results = tuple(one for one in self._results if (one.specialist == GATE_SPECIALIST) == gate)
        return AnalyzeResponse(results=results, limitations=() if gate else self._limitations)

    async def close(self) -> None:
        """Nothing is open."""


async def replay(study: Study, kept: DraftReport, results: tuple[SpecialistResult, ...], parts: Parts) -> Replayed:
    """Make one draft again and compare.

    Parameters
    ----------
    study
        As the record has it, with the earlier examinations that are known of its patient.
    results
        What the specialists answered, as the record keeps it.
    parts
        Prompt, language model and store of this installation.
    """
    changed = await _changed_since(kept, study, parts)
    if changed:
        return Replayed(study_id=study.study_id, agrees=False, made_with=changed)
    parts = dataclasses.replace(parts, language=_as_it_was(kept, parts.language))
    first = await _drafted(study, results, (), parts)
    theirs = tuple(one for one in kept.facts.limitations if one not in first.facts.limitations)
    said_by_services = tuple(one for one in theirs if one.reason is not _NO_MODEL)
    again = await _drafted(study, results, said_by_services, parts) if said_by_services else first
    names = [name for name in DraftReport.model_fields if name not in APART]
    differs = tuple(name for name in names if _bytes(again, name) != _bytes(kept, name))
    return Replayed(study_id=study.study_id, agrees=not differs, differs=differs)


async def _drafted(
    study: Study, results: tuple[SpecialistResult, ...], limitations: tuple[Limitation, ...], parts: Parts
) -> DraftReport:
    async def silent(_: StageTime) -> None:
        pass

    outcome = await draft_report(
        study, dataclasses.replace(parts, specialists=RecordedSpecialists(results, limitations)), silent
    )
    return outcome.draft


async def _changed_since(kept: DraftReport, study: Study, parts: Parts) -> tuple[str, ...]:
    """What the draft was made with that is not here now."""
    changed = []
    if deidentify(study).priors != kept.facts.priors:
        changed.append("other earlier examinations of the patient are known now")
    if parts.prompt.sha256 != kept.provenance.prompt_sha256:
        changed.append(f"the prompt {kept.provenance.prompt_id} has changed since")
    if kept.provenance.language_model is not None:
        try:
            if await parts.language.served() != kept.provenance.language_model:
                changed.append("another language model is served now")
        except LanguageModelUnavailable:
            changed.append("the language model is not served now")
    return tuple(changed)


def _as_it_was(kept: DraftReport, language: LanguageModelDoor) -> LanguageModelDoor:
    """Return a language model that does not answer where none did, for the reason it gave then."""
    why = next((one.detail for one in kept.facts.limitations if one.reason is _NO_MODEL), None)
    return LanguageModelDoor(language.profile, "http://127.0.0.1:9", refusal=why) if why else language


def _bytes(draft: DraftReport, name: str) -> str:
    return draft.model_dump_json(include={name})
