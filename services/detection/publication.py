"""What is said of the bundled boxes beside what was measured."""

from __future__ import annotations

from services.contract import Label
from services.detection.network import Design
from services.manifest import DataSet
from services.training.release import JSRT, Publication

VERSION = "2.0.0"
OPACITY_VERSION = "0.1.0"
OPACITY_TRIED: tuple[str, ...] = ()
LIMITS = (
    "Learnt from adult PA films of one collection, film digitised in the 1990s; other populations are unproven.",
    "Children: boxes are drawn, but no ratio is given.",
    "One box of each structure is kept; a film that shows more or fewer of them is not understood.",
    "The ratio is there to be held against the outlines'; no size of the heart is judged from it.",
)
TRIED = (
    "On the 28 validation films, mean overlap of the five, then the error of the ratio. Version 1.0.0: .854, .0249.",
    "Going on from it with hearts widened by up to a third: .845, .848, .857 and .858, .0229, after 100 to 400 steps.",
    "Very wide hearts are still read too narrow: a drawn heart of .60 as .51 (1.0.0: .49), where the outlines say .58.",
)
CITATIONS = (
    "Cite: Shiraishi J et al., Development of a digital image database for chest radiographs with and without a lung "
    "nodule, AJR 2000;174:71-74 (films). van Ginneken B, Stegmann MB, Loog M, Segmentation of anatomical structures in "
    "chest radiographs using supervised methods, Med Image Anal 2006;10:19-40 (outlines, which the boxes enclose)."
)


def publication(design: Design, films: int, terms: str = "", name: str = "jsrt") -> Publication:
    """Return it for weights of this design, learnt from so many outlined films."""
    return Publication(
        id="chest-anatomy-boxes",
        version=VERSION,
        title="Boxes of the chest",
        use="Boxes right and left lung, heart and both clavicles on a frontal chest film, and a cardiothoracic ratio.",
        citations=CITATIONS,
        architecture=design.architecture(),
        label=Label.CARDIOTHORACIC_RATIO,
        data=(
            DataSet(
                name=JSRT if name == "jsrt" else name,
                terms=terms or "as the set says",
                images=films,
            ),
        ),
        limits=LIMITS,
        module="services.detection.train_chest_anatomy_boxes",
        tried=TRIED if name == "jsrt" else (),
    )


OPACITY_LIMITS = (
    "Experimental, and off unless a site turns it on. A box says where to look; that there is none denies nothing.",
    "Learnt from about a hundred films of people with pneumonia, most of COVID-19, gathered from publications; the "
    "normal films are of one other hospital, so part of what it tells apart is the source.",
    "Effusions, masses, nodules, devices and scars were not taught; it may box them, or not.",
    "Which side an opacity is on is not said: the box shows it.",
    "Ground glass and consolidation are not told apart.",
)
OPACITY_CITATIONS = (
    "Cite: Cohen JP et al., COVID-19 Image Data Collection, 2020 (films). GeneralBlockchain, COVID-19 chest X-ray "
    "segmentations dataset (masks by radiologists). Wang X et al., ChestX-ray8, CVPR 2017 (normal films)."
)
OPACITY_SET = "covid_gb_seg"


def opacity_publication(
    design: Design, films: int, terms: str = "", name: str = OPACITY_SET, normal: int = 0
) -> Publication:
    """Return what is said of boxes of lung opacities, learnt from so many outlined films and so many normal ones."""
    data = [DataSet(name=name, terms=terms or "as the set says", images=films)]
    if name == OPACITY_SET:
        terms = "no restriction on use; cite Wang 2017"
        data.append(DataSet(name="NIH ChestX-ray14, films without a finding", terms=terms, images=normal))
    return Publication(
        id="lung-opacities",
        version=OPACITY_VERSION,
        title="Boxes of lung opacities",
        use="Boxes opacities on a frontal chest film of an adult: where to look, never where not to.",
        citations=OPACITY_CITATIONS,
        architecture=design.architecture(),
        label=Label.LUNG_OPACITY,
        data=tuple(data),
        limits=OPACITY_LIMITS,
        module="services.detection.train_lung_opacities",
        tried=OPACITY_TRIED if name == OPACITY_SET else (),
        population="adults with pneumonia",
        experimental=True,
    )
