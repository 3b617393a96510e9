"""Puts a trained model where it is served from: ``python -m services.language.publish --model DIR --metrics FILE``.

Copies the model folder into ``services/language/weights/phrasing``, writes its manifest and model card with the
measured figures, and names its SHA-256 in the bundled profile.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
from pathlib import Path

from services.contract import Fact
from services.language.measured import Impression, Metrics
from services.manifest import Architecture, DataSet, Manifest, described_file, write_manifest

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "services" / "language" / "weights" / "phrasing"
PROFILE = ROOT / "deploy" / "language" / "bundled.toml"
CARD = Path(__file__).with_name("model_card.md")
FILES = (
    "model.safetensors",
    "config.json",
    "generation_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "chat_template.jinja",
)
LICENCE = "Apache-2.0 for code and weights, within the terms of the training text: non-commercial research use"
DATA = (
    DataSet(name="simulated studies (services/language/simulate.py)", terms="Apache-2.0"),
    DataSet(
        name="Open-i (Indiana University) chest radiograph reports, training split, as in torchxrayvision",
        terms="CC BY-NC-ND 4.0: non-commercial; the reports themselves are not redistributed here",
        images=0,
    ),
)
LIMITS = (
    "It phrases coded findings; it cannot see an image and knows no medicine.",
    "It can name a wrong finding, side or number; no sentence may be released without the orchestrator's checks.",
    "Names outside the labels of this project are often copied wrongly.",
    "Of a whole study it finds the fact that is asked for half of the time: it is shown one fact with each question.",
    "It reads no instructions, no free text and no problems that are sent back.",
)


class Trained(Fact):
    """What is published about how the weights were made."""

    version: str
    training_command: str
    note: str


def publish(model: Path, metrics: Metrics, trained: Trained, around: str = "") -> Manifest:
    """Copy the model, and write manifest, metrics, model card and the profile's hash.

    Parameters
    ----------
    around
        The table that :mod:`deploy.language_figures` wrote, as Markdown rows.
    """
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        if model.resolve() != FOLDER:
            shutil.copyfile(model / name, FOLDER / name)
    configuration = json.loads((FOLDER / "config.json").read_text(encoding="utf-8"))
    kept = ("hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "vocab_size")
    manifest = Manifest(
        id=FOLDER.name,
        version=trained.version,
        architecture=Architecture(name="LlamaForCausalLM", parameters={name: configuration[name] for name in kept}),
        files=tuple(described_file(FOLDER / name) for name in FILES),
        licence=LICENCE,
        commercial_use=False,
        data=DATA,
        limits=LIMITS,
        training_command=trained.training_command,
    )
    write_manifest(FOLDER, manifest)
    (FOLDER / "metrics.json").write_text(metrics.model_dump_json(indent=1) + "\n", encoding="utf-8")
    (FOLDER / "MODEL_CARD.md").write_text(card(metrics, manifest, trained, around), encoding="utf-8")
    _name_in_profile(manifest.files[0].sha256)
    return manifest


def card(metrics: Metrics, manifest: Manifest, trained: Trained, around: str = "") -> str:
    """Return the model card with the measured figures in it."""
    draft = metrics.draft
    figures = "\n".join(
        (
            f"| answers that keep the schema | {draft.valid:.1%} of {draft.studies} studies |",
            f"| answers that say everything, cite it right, and say nothing else | {draft.right:.1%} of the studies |",
            f"| sentences that cite what they do not name | {draft.wrongly_cited:.1%} of {draft.sentences} sentences |",
            f"| sentences that say what no cited fact holds | {draft.invented:.1%} of the sentences |",
            f"| facts not said where they should be | {draft.missing:.1%} of {draft.facts} facts |",
            f"| tokens written | {draft.tokens_written_median:.0f} at the median |",
            *_asked(metrics),
        )
    )
    rows = "\n".join(_row(name, found) for name, found in metrics.impression.items()) or "| not measured | | | | |"
    text = CARD.read_text(encoding="utf-8")
    limits = "\n".join(f"- {limit}" for limit in manifest.limits)
    values = {
        "version": manifest.version,
        "figures": figures,
        "rouge": rows,
        "around": around.strip() or "| not measured | |",
        "limits": limits,
        "command": trained.training_command,
        "note": trained.note,
    }
    return re.sub(r"\{\{([a-z]+)\}\}", lambda match: values[match[1]], text)


def _asked(metrics: Metrics) -> tuple[str, ...]:
    """Return the rows about questions, where they were asked."""
    asked = metrics.questions
    if asked is None:
        return ()
    return (
        f"| questions about a whole study answered as expected | {asked.right:.1%} of {asked.questions} |",
        f"| questions that the study does not answer, answered all the same | {asked.wrongly_answered:.1%} |",
    )


def _row(name: str, found: Impression) -> str:
    return f"| {name} | {found.reports} | {found.rouge_1:.3f} | {found.rouge_2:.3f} | {found.rouge_l:.3f} |"


def _name_in_profile(sha256: str) -> None:
    text = PROFILE.read_text(encoding="utf-8")
    line = f'weights_sha256 = "{sha256}"\n'
    text = re.sub(r"weights_sha256 = .*\n", "", text)
    PROFILE.write_text(text.replace('prompt = "draft"\n', line + 'prompt = "draft"\n', 1), encoding="utf-8")


def main() -> None:
    """Read the command line and publish."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="folder that services.language.train wrote")
    parser.add_argument("--metrics", type=Path, required=True, help="file that services.language.evaluate wrote")
    parser.add_argument("--around", type=Path, help="line.md of the same evaluation")
    parser.add_argument("--version", required=True)
    parser.add_argument("--training-command", default="python -m services.language.train --out DIR")
    parser.add_argument("--note", default="Trained in one run.")
    chosen = parser.parse_args()
    metrics = Metrics.model_validate_json(chosen.metrics.read_text(encoding="utf-8"))
    trained = Trained(version=chosen.version, training_command=chosen.training_command, note=chosen.note)
    around = chosen.around.read_text(encoding="utf-8") if chosen.around else ""
    publish(chosen.model, metrics, trained, around)


if __name__ == "__main__":
    main()
