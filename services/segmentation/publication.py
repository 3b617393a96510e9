"""What is said of the bundled outlines beside what was measured."""

from __future__ import annotations

from services.contract import Label
from services.manifest import DataSet
from services.segmentation.network import Design
from services.segmentation.outlines import LUNG_FIELD
from services.training.release import JSRT, Publication

VERSION = "2.1.0"
LIMITS = (
    "Learnt from adult PA films of one collection, film digitised in the 1990s; other populations are unproven.",
    "Children: outlines are drawn, but no ratio and no heart size are given.",
    "AP or unstated view: the ratio is given, the size of the heart is not judged.",
    "A lung behind the heart or under a large effusion is not part of the outline.",
    "A mirrored film, or a heart on the right, is refused where the heart is seen right of the middle: most, not all.",
    "The operating points of the heart's size come from the error of the ratio, not from labelled hearts.",
    "The lung field with the part behind the heart is another convention than the lungs: it is used to leave out what "
    "no convention calls lung, is never shown or measured, and its films come from two sets only.",
)
TRIED = (
    "The aims on jsrt were Dice .982 for lungs, .955 for the heart, .935 for clavicles, and an error of the ratio of "
    ".008. What follows was measured on the 28 validation films: mean Dice of the five, then the error of the ratio.",
    "Version 1.0.0 (256 px, 2,200 steps): .929, .0145. Seen at 320 px without more training: .925, .0150.",
    "Version 1.0.0 averaged over 224, 256 and 288 px: .930, .0142.",
    "Going on from 1.0.0 at 240, then 320 px, with edges weighted and films of children and of adults with pneumonia "
    "beside: .925 after 600 steps at 240 px; with 320 px .935, .940 (.0119) and .943 (.0124) after 1,200, 1,800 and "
    "2,400.",
    "After 1,800 steps, averaged over 288, 320 and 352 px: .941 instead of .940, .0117, at three times the time: not "
    "kept.",
    "Version 2.0.0 (2,400 of 3,000 steps, so before its rate had come down): .943, .0124.",
    "Going on from 2.0.0 for 1,500 steps at 320 px, the rate brought down to nothing: .945 (.0116), .945 "
    "(.0111) and .946 (.0118) after 1,000, 1,250 and 1,500, which are these. Longer training gives this network no "
    "more; a larger one, and copies of the films with more than 320 px a side for the clavicles, have not been tried.",
    "Other ways to decode, on its weights after 500 steps (.9425, .0114): cubic interpolation .9424, a grid four times "
    "as fine .9415, probabilities smoothed .9424 (.0108), a threshold of .4 .9410, of .55 and .6 .9428.",
    "The mirrored film read too, there: .888 alone, .931 averaged (.941 where the heart is left alone): a chest is not "
    "symmetrical, and no mirrored film was ever shown in training.",
    "Averaged over 288, 320 and 352 px, there: .9437 at three times the time; over 320 and 352 px .9433: not kept.",
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
        name=JSRT if name == "jsrt" else name,
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
        tried=TRIED if name == "jsrt" else (),
    )
