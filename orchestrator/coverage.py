"""What nobody assessed, said once and in the open. "Not assessed" is never "absent".

Part of reconciling (:mod:`orchestrator.reconcile`); pure functions on contract types.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from orchestrator.cards import CHEST_LABELS
from services.contract import Code, Limitation, LimitationReason, coded

_NO_ANSWER = frozenset(
    {
        LimitationReason.SPECIALIST_UNAVAILABLE,
        LimitationReason.NO_WEIGHTS,
        LimitationReason.UNTRAINED_LABEL,
        LimitationReason.INVALID_SCORE,
    }
)
"""Reasons why one reader is missing; where another reader answered, the label *was* assessed."""


def limitations_of_draft(
    limitations: Iterable[Limitation], assessed: frozenset[Code], anything_read: bool
) -> tuple[Limitation, ...]:
    """Return the limitations a radiologist should read: each once, in a fixed order, none missing.

    Parameters
    ----------
    limitations
        Everything that ingest, triage, services and reconciling could not do.
    assessed
        Codes of findings and measurements that the draft holds.
    anything_read
        Whether any image reached a chest specialist.
    """
    own = [limit for limit in limitations if not (limit.reason in _NO_ANSWER and limit.code in assessed)]
    second = _second_readings(limit for limit in limitations if limit.reason in _NO_ANSWER and limit.code in assessed)
    named = assessed | {limit.code for limit in own if limit.code}
    ordered = (*_in_order((*own, *second)), *_never_assessed(named, anything_read))
    return tuple(dict.fromkeys(ordered))


def _in_order(limitations: Iterable[Limitation]) -> list[Limitation]:
    ranks = list(LimitationReason)
    return sorted(limitations, key=lambda item: (ranks.index(item.reason), item.source, item.image_id or "", item.what))


def _second_readings(limitations: Iterable[Limitation]) -> list[Limitation]:
    """A reader that is missing while another one answered: said once a reader, not once a label."""
    first: dict[tuple[str, LimitationReason], Limitation] = {}
    for limit in limitations:
        first.setdefault((limit.source, limit.reason), limit)
    return [
        limit.model_copy(
            update={"what": f"second reading by {source.replace('_', ' ')}", "code": None, "image_id": None}
        )
        for (source, _), limit in sorted(first.items(), key=lambda item: (item[0][0], str(item[0][1])))
    ]


def _never_assessed(named: frozenset[Code], anything_read: bool) -> Sequence[Limitation]:
    """The labels of a chest radiograph that no reader in force can answer."""
    reason = LimitationReason.NO_WEIGHTS if anything_read else LimitationReason.UNSUPPORTED_IMAGE
    detail = "No specialist in force assesses it." if anything_read else "No image of this study could be read for it."
    return [
        Limitation(what=str(label), code=coded(label), reason=reason, detail=detail, source="reconcile")
        for label in sorted(CHEST_LABELS)
        if coded(label) not in named
    ]
