"""Every label of this project with its codes; a label without a trusted code is text only.

SNOMED CT codes are those used in DICOM or found in two sources, RadLex ids are ``RID`` numbers. Where
neither can be trusted the primary code is in the private scheme ``99WETREAD`` and exports send text only.
"""

from __future__ import annotations

from enum import StrEnum

from services.contract.fact import Code


class Label(StrEnum):
    """A finding, measurement or structure, named as it is spoken."""

    ATELECTASIS = "atelectasis"
    CONSOLIDATION = "consolidation"
    INFILTRATION = "infiltration"
    PNEUMOTHORAX = "pneumothorax"
    EDEMA = "pulmonary edema"
    EMPHYSEMA = "emphysema"
    FIBROSIS = "pulmonary fibrosis"
    EFFUSION = "pleural effusion"
    PNEUMONIA = "pneumonia"
    PLEURAL_THICKENING = "pleural thickening"
    CARDIOMEGALY = "cardiomegaly"
    NODULE = "lung nodule"
    MASS = "lung mass"
    HERNIA = "hernia"
    LUNG_LESION = "lung lesion"
    FRACTURE = "fracture"
    LUNG_OPACITY = "lung opacity"
    ENLARGED_CARDIOMEDIASTINUM = "enlarged cardiomediastinum"
    TUBERCULOSIS = "tuberculosis"
    ABNORMAL_FILM = "abnormal chest radiograph"
    CARDIOTHORACIC_RATIO = "cardiothoracic ratio"
    LUNG_HEIGHT = "lung height"
    LUNG = "lung"
    HEART = "heart"
    CLAVICLE = "clavicle"


def _snomed(value: str, meaning: str) -> Code:
    return Code(scheme="SCT", value=value, meaning=meaning)


def _radlex(number: int, meaning: str) -> Code:
    return Code(scheme="RADLEX", value=f"RID{number}", meaning=meaning)


def _text(label: Label) -> Code:
    return Code(scheme="99WETREAD", value=label.name, meaning=str(label).capitalize())


CODES: dict[Label, tuple[Code, ...]] = {
    Label.ATELECTASIS: (_snomed("46621007", "Atelectasis"), _radlex(28493, "Atelectasis")),
    Label.CONSOLIDATION: (_snomed("95436008", "Lung consolidation"), _radlex(43255, "Consolidation")),
    Label.INFILTRATION: (Code(scheme="DCM", value="112121", meaning="Infiltration"),),
    Label.PNEUMOTHORAX: (_snomed("36118008", "Pneumothorax"), _radlex(5352, "Pneumothorax")),
    Label.EDEMA: (_snomed("19242006", "Pulmonary edema"), _radlex(4866, "Edema")),
    Label.EMPHYSEMA: (_snomed("87433001", "Pulmonary emphysema"), _radlex(4799, "Emphysema")),
    Label.FIBROSIS: (_snomed("51615001", "Fibrosis of lung"),),
    Label.EFFUSION: (_snomed("60046008", "Pleural effusion"), _radlex(34539, "Pleural effusion")),
    Label.PNEUMONIA: (_snomed("233604007", "Pneumonia"), _radlex(5350, "Pneumonia")),
    Label.PLEURAL_THICKENING: (_text(Label.PLEURAL_THICKENING),),
    Label.CARDIOMEGALY: (_snomed("8186001", "Cardiomegaly"),),
    Label.NODULE: (_snomed("427359005", "Solitary nodule of lung"), _radlex(50149, "Pulmonary nodule")),
    Label.MASS: (_snomed("309529002", "Lung mass"), _radlex(3874, "Mass")),
    Label.HERNIA: (_snomed("39839004", "Diaphragmatic hernia"),),
    Label.LUNG_LESION: (_text(Label.LUNG_LESION),),
    Label.FRACTURE: (_snomed("125605004", "Fracture of bone"), _radlex(4650, "Fracture")),
    Label.LUNG_OPACITY: (Code(scheme="DCM", value="112001", meaning="Opacity"), _radlex(28530, "Opacity")),
    Label.ENLARGED_CARDIOMEDIASTINUM: (_text(Label.ENLARGED_CARDIOMEDIASTINUM),),
    Label.TUBERCULOSIS: (_text(Label.TUBERCULOSIS),),
    Label.ABNORMAL_FILM: (_text(Label.ABNORMAL_FILM),),
    Label.CARDIOTHORACIC_RATIO: (_text(Label.CARDIOTHORACIC_RATIO),),
    Label.LUNG_HEIGHT: (_text(Label.LUNG_HEIGHT),),
    Label.LUNG: (_snomed("39607008", "Lung structure"),),
    Label.HEART: (_snomed("80891009", "Heart structure"),),
    Label.CLAVICLE: (_snomed("51299004", "Clavicle"),),
}
"""The first code of a label is the one that findings carry."""

_LABEL_OF = {(codes[0].scheme, codes[0].value): label for label, codes in CODES.items()}


def coded(label: Label) -> Code:
    """Return the primary code of a label."""
    return CODES[label][0]


def label_of(code: Code) -> Label:
    """Return the label whose primary code this is.

    Raises
    ------
    KeyError
        If no label carries the code.
    """
    return _LABEL_OF[(code.scheme, code.value)]
