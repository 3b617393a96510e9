"""Does a draft depend on its image? ``wetread evaluate image_dependence --data DIR --out OUT``, an own installation.

A film is drafted beside what it must not read like: noise, a blank picture, itself inverted, and the film of another
patient with other findings by the reference. What the draft claims must change. The whole line is used, from the upload
to the checked draft; the films are real where ``--data`` has them, and drawn where not.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from deploy.language_figures.pictures import KINDS, Film, drawn_series, real_series, spoilt
from deploy.local import control
from deploy.local.state import RunFolder
from orchestrator.cli.api import Api
from orchestrator.errors import RefusedInput
from orchestrator.report import DraftReport
from services.contract import Fact
from services.contract.phrasing import finding_line, measurement_line

ANOTHER = "another patient's film"
IN_FLIGHT = 3


class Claims(NamedTuple):
    """What a draft says: of the patient, and of the picture it was made from."""

    found: frozenset[str]
    """Findings and measurements that a sentence cites, without their ids."""
    picture: frozenset[str]
    """Why an image was not read, or with what limit."""


class Against(Fact):
    """The pairs of one kind."""

    pairs: int
    changed: int
    """Pairs whose drafts differ in findings, measurements or what is said of the picture (an inverted film is read as
    it was, and said to have been inverted)."""
    found_changed: int
    """Of these, pairs whose findings and measurements differ, whatever is said of the pictures."""


class Dependence(Fact):
    """How many pairs of images gave other claims, by what stood against the film."""

    films: dict[str, int]
    """Films of each set that were read."""
    refused: int
    """Films whose draft cites no finding, most of them refused by the gate; they take part in no pair."""
    against: dict[str, Against]
    unchanged: tuple[str, ...] = ()
    """The pairs that did not differ: kind and films."""

    @property
    def share(self) -> float:
        """Share of all pairs whose claims differ."""
        return sum(one.changed for one in self.against.values()) / sum(one.pairs for one in self.against.values())


def claims_of(draft: DraftReport) -> Claims:
    """Return what the sentences of a draft rest on, and what it says of its images."""
    cited = {citation.id for sentence in draft.sentences for citation in sentence.citations}
    said = {finding_line(one) for one in draft.facts.findings if one.finding_id in cited}
    said |= {measurement_line(one) for one in draft.facts.measurements if one.measurement_id in cited}
    remarks = {limit.detail for limit in draft.facts.limitations if limit.source == "triage"}
    return Claims(frozenset(line.partition("] ")[2] for line in said), frozenset(remarks))


def drafted(api: Api, film: Film) -> Claims:
    """Draft one film; a refusal at the door is a claim about the picture."""
    try:
        study_id = api.upload([film.path], film.order)
    except RefusedInput as refusal:
        return Claims(frozenset(), frozenset({str(refusal)}))
    for _ in api.follow(study_id):
        pass
    return claims_of(DraftReport.model_validate_json(api.draft(study_id)))


def measure(api: Api, series: dict[str, list[Film]], folder: Path, pairs: int) -> Dependence:
    """Draft every film and its counterparts, and compare."""
    with ThreadPoolExecutor(IN_FLIGHT) as pool:

        def all_drafted(films: Iterable[Film]) -> dict[Film, Claims]:
            chosen = list(films)
            return dict(zip(chosen, pool.map(lambda film: drafted(api, film), chosen), strict=True))

        each = -(-pairs // (len(KINDS) + 1))
        known = all_drafted(film for name in series for film in series[name])
        read = {name: [film for film in films if known[film].found] for name, films in series.items()}
        by_turns = zip_longest(*(with_another(films) for films in read.values()))
        beside = [pair for turn in by_turns for pair in turn if pair is not None][:each]
        others = {kind: [spoilt(film, kind, folder) for film, _ in beside] for kind in KINDS}
        known |= all_drafted(picture for pictures in others.values() for picture in pictures)
    compared = {
        kind: list(zip((film for film, _ in beside), pictures, strict=True)) for kind, pictures in others.items()
    }
    compared[ANOTHER] = beside
    return Dependence(
        films={name: len(films) for name, films in read.items()},
        refused=sum(len(films) for films in series.values()) - sum(len(films) for films in read.values()),
        against={
            kind: Against(
                pairs=len(both),
                changed=sum(known[one] != known[other] for one, other in both),
                found_changed=sum(known[one].found != known[other].found for one, other in both),
            )
            for kind, both in compared.items()
        },
        unchanged=tuple(
            f"{kind}: {one.name} and {other.name}"
            for kind, both in compared.items()
            for one, other in both
            if known[one] == known[other]
        ),
    )


def with_another(films: list[Film]) -> list[tuple[Film, Film]]:
    """Return each film with the next one of another patient that has other findings."""
    return [
        (film, other)
        for at, film in enumerate(films)
        if (other := next((one for one in (*films[at + 1 :], *films[:at]) if one.differs_from(film)), None))
    ]


def table_of(found: Dependence) -> Table:
    """Return the figures."""
    table = Table("against a film", "draft changed", "of these in findings or measurements", "aim")
    for kind, one in found.against.items():
        table.add_row(kind, f"{one.changed} of {one.pairs}", str(one.found_changed), "all")
    table.add_row("all", f"{found.share:.1%}", "", "100 %")
    return table


def main() -> int:
    """Start an installation, measure, write; 0 when every pair differs, else 5."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=200)
    parser.add_argument("--data", type=Path, help="folder with chest_radiographs.csv; films are drawn without it")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, required=True)
    chosen = parser.parse_args()
    folder = RunFolder(control.folder_in_force().path / "dependence")
    os.environ["WETREAD_RUN"] = str(folder.path)
    os.environ.pop("WETREAD_PORT", None)
    films = -(-chosen.pairs // (len(KINDS) + 1)) + 2
    pictures = folder.path / "pictures"
    pictures.mkdir(parents=True, exist_ok=True)
    series = real_series(chosen.data, films, chosen.seed) if chosen.data else drawn_series(pictures, films)
    try:
        state = control.up(folder, together=True, progress=lambda state: None)
        assert state.api_url is not None
        found = measure(Api(state.api_url), series, pictures, chosen.pairs)
    finally:
        control.down(folder)
    chosen.out.mkdir(parents=True, exist_ok=True)
    written = chosen.out / "image_dependence.json"
    written.write_text(found.model_dump_json(indent=1) + "\n", encoding="utf-8")
    Console(width=120).print(table_of(found))
    return 0 if found.share == 1.0 else 5


if __name__ == "__main__":
    sys.exit(main())
