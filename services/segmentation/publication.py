"""What is said of the bundled outlines beside what was measured."""

from __future__ import annotations

from services.contract import Label
from services.manifest import DataSet
from services.segmentation.network import LUNG_FIELD, Design
from services.training.release import Publication

VERSION = "2.0.0"
LIMITS = (
    "Learnt from adult PA films of one collection, film digitised in the 1990s; other populations are unproven.",
    "Children: outlines are drawn, but no ratio and no heart size are given.",
    "AP or unstated view: the ratio is given, the size of the heart is not judged.",
    "A lung behind the heart or under a large effusion is not part of the outline.",
    "A mirrored film, or a heart on the right, is refused where the heart is seen right of the middle: most, not all.",
    "The operating points of the heart's size come from the error of the ratio, not from labelled hearts.",
)
CITATIONS = (
    "Cite: Shiraishi J et al., Development of a digital image database for chest radiographs with and without a lung "
    "nodule, AJR 2000;174:71-74 (films). van Ginneken B, Stegmann MB, Loog M, Segmentation of anatomical structures in "
    "chest radiographs using supervised methods, Med Image Anal 2006;10:19-40 (outlines)."
)
FIELD_DATA = (
    DataSet(name="kermany_lungs: children's lung fields", terms="CC BY 4.0", images=801),
    DataSet(name="covid_ieee8023: adults' lung fields", terms="per image, some unknown; research use only", images=280),
)


def publication(design: Design, films: int, terms: str = "", name: str = "jsrt") -> Publication:
    """Return it for weights of this design, learnt from so many outlined films."""
    outlined = DataSet(
        name="JSRT with the outlines of van Ginneken et al." if name == "jsrt" else name,
        terms=terms or "as the set says",
        images=films,
    )
    return Publication(
        id="chest-anatomy",
        version=VERSION,
        title="Outlines of the chest",
        use="Outlines right and left lung, heart and both clavicles on a frontal chest film; the cardiothoracic ratio.",
        citations=CITATIONS,
        architecture=design.architecture(),
        label=Label.CARDIOMEGALY,
        data=(outlined, *(FIELD_DATA if design.outputs > LUNG_FIELD else ())),
        limits=LIMITS,
        module="services.segmentation.train_chest_anatomy",
    )
