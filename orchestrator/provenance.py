"""Enough to make the same draft again: versions, hashes, thresholds."""

from __future__ import annotations

import hashlib
import json
from importlib.metadata import PackageNotFoundError, version
from typing import Protocol

from orchestrator.exemplars import Exemplar
from orchestrator.outcome import Phrased
from orchestrator.report import Facts, Provenance


class PromptIdentity(Protocol):
    """What names a prompt file."""

    @property
    def id(self) -> str: ...

    @property
    def version(self) -> str: ...

    @property
    def sha256(self) -> str: ...


def software_version() -> str:
    """Return the version of this program."""
    try:
        return version("wetread")
    except PackageNotFoundError:
        return "0.1.0+source"


def provenance_of(prompt: PromptIdentity, phrased: Phrased, style: tuple[Exemplar, ...] = ()) -> Provenance:
    """Return what a draft records of its making."""
    return Provenance(
        software_version=software_version(),
        prompt_id=prompt.id,
        prompt_version=prompt.version,
        prompt_sha256=prompt.sha256,
        language_model=phrased.language_model,
        algorithms=phrased.facts.algorithms,
        operating_points_sha256=operating_points_sha256(phrased.facts),
        site_points_sha256=site_points_sha256(phrased.facts),
        attempts=phrased.attempts,
        left_out=phrased.left_out,
        exemplars_sha256=tuple(exemplar.sha256 for exemplar in style),
    )


def operating_points_sha256(facts: Facts) -> str:
    """Return one hash over every threshold that turned a score into a word, whatever the order."""
    points = sorted(
        {
            json.dumps(
                [evidence.algorithm.name, evidence.algorithm.version, finding.code.value, evidence.operating_points],
                sort_keys=True,
            )
            for finding in facts.findings
            for evidence in finding.evidence
        }
    )
    return hashlib.sha256("\n".join(points).encode()).hexdigest()


def site_points_sha256(facts: Facts) -> tuple[str, ...]:
    """Return the hash of every file in which the site set thresholds that turned a score into a word."""
    evidence = (one for finding in facts.findings for one in finding.evidence)
    return tuple(sorted({one.site_points_sha256 for one in evidence if one.site_points_sha256}))
