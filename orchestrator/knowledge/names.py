"""How people call what a film can show: the names of the project's labels, and of much that has no label here.

Longest match first, so that "pericardial effusion" is not taken for a pleural one. A name may stand for two things
("collapsed lung"); then the question has to come back.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from orchestrator.knowledge.terminology import terms_known
from services.contract import Label

_SPOKEN: dict[Label, str] = {
    Label.ATELECTASIS: r"atelectas[ie]s|atelectatic\w*|lobar collapse|collapsed lobes?|collapse|volume loss",
    Label.CONSOLIDATION: r"(?:air ?space |lung |pulmonary )?consolidat\w+|air ?space (?:disease|filling)",
    Label.INFILTRATION: r"(?:lung |pulmonary )?infiltrat\w+",
    Label.PNEUMOTHORAX: r"(?:tension )?pneumothora(?:x|ces)|ptx|pnx|pneumo|air in the pleural (?:space|cavity)|"
    r"air (?:around|outside|next to) (?:the|a|my|his|her) lungs?|free air in the chest|punctured lung",
    Label.EDEMA: r"(?:interstitial |alveolar |pulmonary |lung |cardiogenic )*o?edema|(?:fluid|water) (?:in|inside) "
    r"(?:the|my|his|her|both) lungs?|wet lungs?|lung water|fluid overload",
    Label.EMPHYSEMA: r"(?:pulmonary )?emphysema\w*",
    Label.FIBROSIS: r"(?:(?:pulmonary|lung) )?fibro(?:sis|tic)(?: changes?)?|scarr?(?:ing|ed) (?:of|"
        r"in) (?:the )?lungs?|"
    r"lung scarring|scarred lungs?",
    Label.EFFUSION: r"(?:pleural )?effusions?|pleural fluid|(?:fluid|water) (?:around|on|outside|surrounding) "
    r"(?:the|a|my|his|her) lungs?|fluid in the pleural (?:space|cavity)|hydrothorax|"
    r"fluid (?:at|in) the (?:lung )?bases?|blunt(?:ed|ing)(?: of)?(?: the)? costophrenic (?:angles?|sulcus)",
    Label.PNEUMONIA: r"pneumon(?:ias?|ic)(?: changes?)?|pna|(?:chest|lung|lower respiratory(?: tract)?) infections?",
    Label.PLEURAL_THICKENING: r"pleural (?:thickening|scarring|peel)|thicken(?:ed|ing)(?: of)?(?: the)? pleura",
    Label.CARDIOMEGALY: r"cardiomegaly|(?:cardiac|heart) enlargement|enlargement of the (?:heart|cardiac silhouette)|"
    r"(?:enlarged|big|large) (?:heart|cardiac (?:silhouette|shadow))|(?:heart|cardiac) size|"
    r"size of (?:the|my|his|her) heart|heart (?:\w+ ){0,3}(?:enlarged|big(?:ger)?|large[rd]?|oversized)|megacardia|"
    r"how (?:big|large|wide) is (?:the|my|his|her) heart",
    Label.NODULE: r"(?:(?:lung|pulmonary|solitary) )*nodul\w+|spn|coin lesions?|spots? on (?:the|my|his|her) lungs?",
    Label.MASS: r"(?:(?:lung|pulmonary) )?mass(?:es)?|(?:lung )?tumou?rs?|growths?(?: in (?:the|my) lungs?)?",
    Label.HERNIA: r"(?:(?:hiatal|hiatus|diaphragmatic|bochdalek|morgagni) )?hernias?",
    Label.LUNG_LESION: r"(?:(?:lung|pulmonary|focal) )?lesions?",
    Label.FRACTURE: r"(?:(?:rib|bone|bony|clavicle|acute|healed|old) )*fractur\w+|(?:broken|cracked) (?:ribs?|bones?|"
    r"collar ?bones?)|bone breaks?|fx",
    Label.LUNG_OPACITY: r"(?:(?:lung|pulmonary|air ?space|hazy|patchy) )*opaci(?:ty|ties|fications?|fied)|"
    r"(?:lung )?shadow(?:s|ing)?(?: (?:on|in) the lungs?)?|white(?:r)? (?:patch(?:es)?|areas?|spots?)|haziness|"
    r"whiteout",
    Label.ENLARGED_CARDIOMEDIASTINUM: r"(?:enlarged|wide(?:ned)?|"
        r"broad(?:ened)?) (?:cardio)?mediastin\w+(?: silhouette| "
    r"contours?)?|(?:cardio)?mediastinal (?:widening|enlargement|width)|widening of the (?:cardio)?mediastinum|"
    r"mediastinum (?:\w+ ){0,2}(?:wide(?:ned|r)?|enlarged|broad(?:er)?)|enlarged cardiomediastinum|cardiomediastinum|"
    r"width of the mediastinum",
    Label.TUBERCULOSIS: r"(?:active |pulmonary |latent )*tuberculo(?:sis|us)(?: disease)?|tb|mycobacteri\w+",
    Label.ABNORMAL_FILM: r"abnormal (?:frontal )?(?:chest )?(?:radiograph|film|x-?ray)",
    Label.CARDIOTHORACIC_RATIO: r"ctr|cardio-?thoracic (?:ratio|index|quotient)|heart[- ]to[- ](?:chest|"
        r"thorax)[- ]ratio|"
    r"(?:heart|cardiac)[ /-]+(?:chest|thorac\w+|thorax)[ -]ratio|ratio (?:of|between) (?:the )?heart (?:and|to) "
    r"(?:the )?(?:chest|thorax)",
    Label.LUNG_HEIGHT: r"(?:left |right )?lung heights?|heights? of (?:the |both )?(?:left |right )?lungs?|"
    r"how (?:tall|high) (?:is|are) (?:the |both )?(?:left |right )?lungs?",
}  # fmt: skip

_OTHER: dict[str, str] = {
    "endotracheal tube": r"endotracheal tubes?|ett|et tube|breathing tube|tracheal tube|intubat\w+",
    "central venous catheter": r"central (?:venous )?(?:catheters?|lines?)|cvc|picc(?: line)?|port-?a-?cath|ij line",
    "nasogastric tube": r"naso-?gastric tubes?|ng(?: |-)?tube|ngt|feeding tube|dobhoff",
    "pacemaker": r"pacemakers?|pacer|icd|defibrillator|pacing (?:wires?|leads?)",
    "chest tube": r"chest (?:tube|drain)s?|pleural drain|intercostal (?:drain|catheter)|thoracostomy tube",
    "medical device": r"(?:tubes?|lines?)(?:,? (?:and|or) (?:tubes?|lines?))|(?:medical |implanted )?devices?|"
        r"hardware|tubes?|lines?|catheters?",
    "surgical clips": r"surgical clips?|sternal wires?|sternotomy(?: wires?)?|sutures?",
    "pericardial effusion": r"pericardial (?:effusions?|fluid)|fluid around (?:the|my|his|her) heart",
    "pneumoperitoneum": r"pneumoperitoneum|free air(?: under the diaphragm)?|air under the diaphragm",
    "pneumomediastinum": r"pneumomediastinum|mediastinal air",
    "subcutaneous emphysema": r"subcutaneous (?:emphysema|air)|surgical emphysema",
    "pulmonary embolism": r"(?:pulmonary )?embol(?:ism|us|i)|pe|blood clots?(?: in (?:the|my) lungs?)?",
    "heart failure": r"(?:congestive )?(?:heart|cardiac) failure|chf|decompensat\w+",
    "vascular congestion": r"(?:pulmonary |vascular |venous )+congestion|congest\w+|kerley(?: b)? lines?|cephalization",
    "copd": r"copd|chronic obstructive pulmonary disease",
    "asthma": r"asthma",
    "cancer": r"(?:lung |bronchial )?cancer|malignan\w+|carcinoma|metastas[ie]s|mets|lymphoma",
    "bronchiectasis": r"bronchiectas[ie]s",
    "lymphadenopathy": r"lymphadenopathy|(?:enlarged |swollen )?lymph nodes?|adenopathy|hilar (?:enlargement|nodes?)",
    "sarcoidosis": r"sarcoid(?:osis)?",
    "calcified granuloma": r"(?:calcified )?granulomas?",
    "calcification": r"(?:aortic |coronary |valve )?calcific\w+",
    "cavitation": r"cavit(?:y|ies|ation|ary)",
    "abscess": r"(?:lung )?abscess(?:es)?",
    "empyema": r"empyema",
    "hemothorax": r"ha?emothorax|blood in the (?:pleural space|chest)",
    "pleural plaque": r"pleural plaques?|asbestos\w*",
    "hyperinflation": r"hyper-?(?:inflat\w+|expan\w+)|air trapping|flattened diaphragms?",
    "elevated hemidiaphragm": r"(?:elevated|raised|high) (?:hemi-?)?diaphragms?|(?:hemi-?)?diaphragm (?:elevation|"
        r"palsy)",
    "mediastinal shift": r"mediastinal shift|shift of the mediastinum|tracheal (?:deviation|shift)|deviated trachea",
    "aortic aneurysm": r"(?:aortic )?(?:aneurysms?|dissections?)|dilated aorta|unfolded aorta|aorta",
    "scoliosis": r"scoliosis|kyphosis|curved spine|kyphoscoliosis",
    "osteopenia": r"osteopenia|osteoporosis|bone density|vertebral (?:collapse|compression)",
    "degenerative change": r"degenerat\w+|arthritis|osteophytes?|spondylosis",
    "foreign body": r"foreign (?:body|bodies|objects?)|swallowed \w+",
    "aspiration": r"aspirat\w+",
    "covid-19 pneumonia": r"covid(?:-?19)?(?: pneumonia)?|coronavirus",
    "interstitial pattern": r"interstitial (?:pattern|markings?|lung disease|disease)|ild|reticul\w+",
    "ground glass opacity": r"ground[- ]glass(?: opacit\w+)?|ggo",
    "bone lesion": r"(?:bone|bony|lytic|sclerotic) (?:lesions?|metastas\w+)",
    "pulmonary hypertension": r"pulmonary (?:arterial )?hypertension",
    "gallstone": r"gall ?stones?",
    "kidney stone": r"kidney stones?|renal stones?",
    "bowel obstruction": r"bowel obstruction|ileus",
    "intracranial hemorrhage": r"(?:brain|intracranial) (?:bleed|ha?emorrhage)|stroke",
}  # fmt: skip
"""What no label of this project stands for, unless a site's own specialist brings it."""

REGIONS: dict[str, tuple[str, frozenset[Label]]] = {
    "lungs": (
        r"lungs?|lung fields?|parenchyma|airspaces?",
        frozenset({Label.ATELECTASIS, Label.CONSOLIDATION, Label.INFILTRATION, Label.EDEMA, Label.EMPHYSEMA,
                   Label.FIBROSIS, Label.PNEUMONIA, Label.NODULE, Label.MASS, Label.LUNG_LESION, Label.LUNG_OPACITY,
                   Label.TUBERCULOSIS}),
    ),
    "pleura": (
        r"pleura|pleural (?:spaces?|cavit(?:y|ies))|costophrenic (?:angles?|sulci|sulcus)",
        frozenset({Label.EFFUSION, Label.PNEUMOTHORAX, Label.PLEURAL_THICKENING}),
    ),
    "heart": (
        r"heart|cardiac (?:silhouette|shadow|contours?)",
        frozenset({Label.CARDIOMEGALY, Label.CARDIOTHORACIC_RATIO, Label.ENLARGED_CARDIOMEDIASTINUM}),
    ),
    "mediastinum": (r"mediastinum|mediastinal (?:contours?|silhouette)", frozenset({Label.ENLARGED_CARDIOMEDIASTINUM})),
    "bones": (r"bones?|ribs?|skeleton|bony thorax|osseous structures?|clavicles?", frozenset({Label.FRACTURE})),
    "diaphragm": (r"(?:hemi-?)?diaphragms?", frozenset({Label.HERNIA})),
}  # fmt: skip
"""Parts of the chest that a question may name, and the labels that belong there."""

EITHER: dict[str, tuple[str, tuple[Label, ...]]] = {
    "collapsed lung": (
        r"(?:lungs?|lobe) (?:\w+ ){0,2}collapsed|collapsed (?:left |right )?lungs?|lung collapse|collapse of the lung",
        (Label.PNEUMOTHORAX, Label.ATELECTASIS),
    ),
    "fluid": (r"(?:free |excess |any )?(?:fluid|water|liquid)", (Label.EFFUSION, Label.EDEMA)),
    "infection": (r"infect(?:ion|ions|ed)", (Label.PNEUMONIA, Label.TUBERCULOSIS)),
}
"""Names that stand for either of two labels."""


class Named(NamedTuple):
    """What a question names."""

    concepts: tuple[str, ...]
    """Names as findings carry them, in the order of the question."""
    either: str | None
    """A name of two meanings, where nothing else was named."""
    region: str | None
    """A part of the chest, where nothing else was named."""


_KNOWN: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(rf"(?<![\w-])(?:{pattern})(?![\w-])"))
    for name, pattern in (
        *((str(label), spoken) for label, spoken in _SPOKEN.items()),
        *((term.name, term.pattern) for term in terms_known()),
        *_OTHER.items(),
        *((name, pattern) for name, (pattern, _) in EITHER.items()),
        *((name, pattern) for name, (pattern, _) in REGIONS.items()),
    )
)
NAMES_WITHOUT_A_LABEL = frozenset(_OTHER)
"""Names that may be repeated to the person who asked, because they are ours."""


def named_in(text: str, own: Iterable[str] = ()) -> Named:
    """Return what a question names.

    Parameters
    ----------
    text
        The question in lower case.
    own
        Names of this study's findings and measurements; they win over every other of the same length.
    """
    found = [
        (match.start(), match.end(), 0, name)
        for name in own
        for match in re.finditer(rf"(?<![\w-]){re.escape(name)}(?:s|es)?(?![\w-])", text)
    ]
    found += [(match.start(), match.end(), 1, name) for name, pattern in _KNOWN for match in pattern.finditer(text)]
    kept: list[tuple[int, int, int, str]] = []
    for one in sorted(found, key=lambda item: (item[0] - item[1], item[2], item[0])):
        if all(one[1] <= other[0] or one[0] >= other[1] for other in kept):
            kept.append(one)
    names = tuple(dict.fromkeys(name for *_, name in sorted(kept)))
    concepts = tuple(name for name in names if name not in EITHER and name not in REGIONS)
    if concepts:
        return Named(concepts, None, None)
    either = next((name for name in names if name in EITHER), None)
    return Named((), either, next((name for name in names if name in REGIONS), None))
