"""How a score becomes a word: by the operating points of its label, and by nothing else."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field, TypeAdapter, ValidationError

from services.contract import Likelihood, Presence
from services.errors import Misconfigured

ABSENT, LIKELY, PRESENT = "absent", "likely", "present"
"""The three names that decide; other names are reported beside them."""

_Word = Annotated[str, Field(pattern=f"^({ABSENT}|{LIKELY}|{PRESENT})$")]
_Score = Annotated[float, Field(gt=0, lt=1)]
_Tables = TypeAdapter(dict[str, dict[str, dict[_Word, _Score]]])
_PRESENCE = {
    Likelihood.ABSENT: Presence.ABSENT,
    Likelihood.INDETERMINATE: Presence.INDETERMINATE,
    Likelihood.LIKELY: Presence.PRESENT,
    Likelihood.PRESENT: Presence.PRESENT,
}


def likelihood_of(score: float, points: Mapping[str, float]) -> Likelihood:
    """Return the word for a score in [0, 1].

    From ``present`` on it is present, from ``likely`` on likely, below ``absent`` absent, and between
    these indeterminate. A point that is not given is never reached.
    """
    if score >= points.get(PRESENT, float("inf")):
        return Likelihood.PRESENT
    if score >= points.get(LIKELY, float("inf")):
        return Likelihood.LIKELY
    if score < points.get(ABSENT, float("-inf")):
        return Likelihood.ABSENT
    return Likelihood.INDETERMINATE


def presence_of(likelihood: Likelihood) -> Presence:
    """Return the presence that agrees with a word."""
    return _PRESENCE[likelihood]


class SitePoints:
    """What a site says instead of the publisher: a TOML file, one table a specialist and finding.

    For example::

        [compact_chest_radiograph.pneumonia_child]
        likely = 0.8
        present = 0.95

    Parameters
    ----------
    tables
        Specialist, then finding, then point.
    sha256
        Of the file; it goes with every finding whose points it set. ``None`` where there is no file.
    """

    def __init__(self, tables: Mapping[str, Mapping[str, Mapping[str, float]]], sha256: str | None = None) -> None:
        self._tables, self.sha256 = tables, sha256

    def of(self, specialist: str, published: Mapping[str, Mapping[str, float]]) -> dict[str, PointsInForce]:
        """Return the points of every finding of a specialist, the site's before the published.

        Raises
        ------
        Misconfigured
            If the file names a finding that the specialist does not have, or points that are out of order.
        """
        table = self._tables.get(specialist, {})
        unknown = set(table) - set(published)
        if unknown:
            raise Misconfigured(f"operating points for {sorted(unknown)}; {specialist} has {sorted(published)}")
        return {name: self._merged(specialist, name, points, table.get(name)) for name, points in published.items()}

    def _merged(
        self, specialist: str, name: str, published: Mapping[str, float], own: Mapping[str, float] | None
    ) -> PointsInForce:
        if own is None:
            return PointsInForce(dict(published))
        points = {**published, **own}
        given = [points[word] for word in (ABSENT, LIKELY, PRESENT) if word in points]
        if given != sorted(given):
            raise Misconfigured(f"operating points of {specialist}.{name} are not in order: absent, likely, present")
        return PointsInForce(points, self.sha256)


@dataclass(frozen=True)
class PointsInForce:
    """The points of one finding, and the hash of the site's file where it set them."""

    points: dict[str, float]
    site_sha256: str | None = None


def read_site_points(path: Path | None) -> SitePoints:
    """Return what a site's file says; nothing where there is none.

    Raises
    ------
    Misconfigured
        If the file is missing or malformed.
    """
    if path is None:
        return SitePoints({})
    try:
        content = path.read_bytes()
        tables = _Tables.validate_python(tomllib.loads(content.decode()))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, ValidationError) as error:
        raise Misconfigured(f"the file of operating points cannot be used ({type(error).__name__})") from error
    return SitePoints(tables, hashlib.sha256(content).hexdigest())
