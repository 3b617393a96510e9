"""``wetread evaluate deidentification``: recall and precision of masking on labelled notes, by kind and language.

An identifier counts as found only where no letter and no digit of it is left. Each set is measured twice: with what
the header of the study says, as in the pipeline, and with nothing known at all.
"""

from __future__ import annotations

import argparse
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from deploy.identity_figures.notes import KINDS, LANGUAGES, SETS, Note, Set, notes
from orchestrator.masking import mask
from services.contract import Fact

Z = 1.959964
AIM = 0.99


class Share(Fact):
    """A share with its 95 % interval (Wilson 1927)."""

    hits: int
    of: int
    low: float
    high: float

    @property
    def share(self) -> float:
        return self.hits / self.of if self.of else math.nan

    def __str__(self) -> str:
        return f"{self.share:.4f} [{self.low:.4f}, {self.high:.4f}] of {self.of}"


class Figures(Fact):
    """What masking found, and what it took that was none."""

    notes: int
    recall: Share
    by_kind: dict[str, Share]
    by_language: dict[str, Share]
    precision: Share
    """Of the words masked, those that belong to an identifier."""
    words_kept: Share
    """Of the words that are no identifier, those that pass."""
    traps_whole: Share
    """Of the notes, those whose trap words pass; a note that is left out passes none."""
    left_out: int
    """Notes of which nothing passes, because too little of them would."""


class Report(Fact):
    """Both ways of measuring one set."""

    which: str
    seed: int
    with_header: Figures
    nothing_known: Figures


class Missed(NamedTuple):
    """An identifier of which something is left."""

    kind: str
    language: str
    value: str
    masked: str | None


def share_of(hits: int, of: int) -> Share:
    """Return a share with its interval."""
    if not of:
        return Share(hits=0, of=0, low=0.0, high=1.0)
    p = hits / of
    middle, width = p + Z * Z / (2 * of), Z * math.sqrt(p * (1 - p) / of + Z * Z / (4 * of * of))
    scale = 1 + Z * Z / of
    return Share(hits=hits, of=of, low=max(0.0, (middle - width) / scale), high=min(1.0, (middle + width) / scale))


def measure(made: Sequence[Note], with_header: bool) -> tuple[Figures, list[Missed]]:
    """Mask every note and compare with its labels."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    words: Counter[str] = Counter()
    missed: list[Missed] = []
    for note in made:
        masked = mask(note.text, note.known if with_header else ())
        covered = _covered(note.text, ((span.start, span.stop) for span in masked.spans), masked.text is None)
        for label in note.labels:
            value = note.text[label.start : label.stop]
            whole = all(covered[at] or not note.text[at].isalnum() for at in range(label.start, label.stop))
            found["all"][str(whole)] += 1
            found[label.kind][str(whole)] += 1
            found[note.language][str(whole)] += 1
            if not whole:
                missed.append(Missed(label.kind, note.language, value, masked.text))
        _count_words(note, covered, words)
        words["left out"] += masked.text is None
    shares = {name: share_of(counts["True"], counts.total()) for name, counts in found.items()}
    figures = Figures(
        notes=len(made),
        recall=shares["all"],
        by_kind={kind: shares[kind] for kind in KINDS if kind in shares},
        by_language={language: shares[language] for language in LANGUAGES if language in shares},
        precision=share_of(words["masked of identifiers"], words["masked"]),
        words_kept=share_of(words["kept"], words["others"]),
        traps_whole=share_of(words["traps whole"], len(made)),
        left_out=words["left out"],
    )
    return figures, missed


def _covered(text: str, spans: Iterable[tuple[int, int]], everything: bool) -> bytearray:
    covered = bytearray(b"\1" * len(text) if everything else len(text))
    for start, stop in spans:
        covered[start:stop] = b"\1" * (stop - start)
    return covered


def _count_words(note: Note, covered: bytearray, words: Counter[str]) -> None:
    of_identifier = _covered(note.text, ((label.start, label.stop) for label in note.labels), False)
    at = 0
    for word in note.text.split(" "):
        letters = [place for place in range(at, at + len(word)) if note.text[place].isalnum()]
        at += len(word) + 1
        if not letters:
            continue
        masked, labelled = any(covered[one] for one in letters), any(of_identifier[one] for one in letters)
        words["masked"] += masked
        words["masked of identifiers"] += masked and labelled
        words["others"] += not labelled
        words["kept"] += not labelled and not masked
    start, stop = note.trap
    words["traps whole"] += not any(covered[place] for place in range(start, stop) if note.text[place].isalnum())


def report_on(which: Set, count: int, seed: int) -> tuple[Report, list[Missed]]:
    """Measure one set both ways; what was missed is of the stricter one, with nothing known."""
    made = list(notes(which, count, seed))
    with_header, _ = measure(made, True)
    nothing_known, missed = measure(made, False)
    return Report(which=which, seed=seed, with_header=with_header, nothing_known=nothing_known), missed


def table_of(report: Report) -> Table:
    """Return the figures beside the aim."""
    first, second = report.with_header, report.nothing_known
    table = Table(f"{report.which}, {first.notes} notes", "header known", "nothing known", "aim")
    table.add_row("recall", str(first.recall), str(second.recall), f"≥ {AIM}")
    for kind, share in first.by_kind.items():
        table.add_row(f"  {KINDS[kind]}", str(share), str(second.by_kind[kind]), "")
    for language, share in first.by_language.items():
        table.add_row(f"  names and forms: {language}", str(share), str(second.by_language[language]), "")
    table.add_row("precision (words)", str(first.precision), str(second.precision), "printed")
    table.add_row("other words kept", str(first.words_kept), str(second.words_kept), "")
    table.add_row("trap words left whole", str(first.traps_whole), str(second.traps_whole), "")
    table.add_row("notes left out whole", str(first.left_out), str(second.left_out), "")
    return table


def main() -> None:
    """Read the command line, measure, write ``deidentification.json`` and show the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--set", choices=SETS, default="held_out", dest="which")
    parser.add_argument("--notes", type=int, default=1500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--missed", action="store_true", help="show what was missed (made-up identifiers only)")
    chosen = parser.parse_args()
    report, missed = report_on(chosen.which, chosen.notes, chosen.seed)
    chosen.out.mkdir(parents=True, exist_ok=True)
    (chosen.out / "deidentification.json").write_text(report.model_dump_json(indent=1) + "\n", encoding="utf-8")
    console = Console(width=150)
    console.print(table_of(report))
    for one in missed if chosen.missed else ():
        console.print(f"{one.kind} {one.language}: {one.value!r} in {one.masked!r}", markup=False)


if __name__ == "__main__":
    main()
