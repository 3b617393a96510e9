"""Every way a label is said, and the thoracic concepts that no label of this project stands for.

Patterns are regular expressions over lower-case text. ``affirms`` names the finding; ``denies`` is a
normal statement that says exactly that it is absent ("heart size is normal" denies cardiomegaly). The
group ``core``, where there is one, is the place in the sentence at which the claim is made.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from orchestrator.verification.vocabulary import words_of
from services.contract import Label

_IS = r"(?:is|are|was|were|appears?|appearing|measures?)"
_HOW = (
    r"(?:(?:is|are|was|were|appears?|may|be|not|to|possibly|probably|likely|mildly|slightly|moderately|severely|"
    r"markedly|minimally|mild|moderate|severe) +)*"
)
_HEART = r"(?:heart size|cardiac size|cardiac silhouette|cardiac shadow|heart shadow|heart)"
_WIDE = r"(?:cardiomediastinal silhouette|cardiomediastinum|cardiomediastinal contours?|mediastinum)"


class Concept(NamedTuple):
    """One label and the ways it is affirmed and denied."""

    label: Label
    affirms: tuple[str, ...]
    denies: tuple[str, ...] = ()


CONCEPTS: tuple[Concept, ...] = (
    Concept(Label.ATELECTASIS, (r"atelectas[ie]s", r"atelectatic(?: changes?)?")),
    Concept(Label.CONSOLIDATION, (r"(?:airspace |air space |lung |pulmonary )?consolidations?",
                                  r"consolidative (?:opacity|opacities|changes?)")),
    Concept(Label.INFILTRATION, (r"(?:lung |pulmonary )?infiltrat(?:es?|ions?)",)),
    Concept(Label.PNEUMOTHORAX, (r"pneumothora(?:x|ces)",)),
    Concept(Label.EDEMA, (r"(?:(?:pulmonary|lung) )?(?:edema|oedema)",)),
    Concept(Label.EMPHYSEMA, (r"(?:pulmonary )?emphysema", r"emphysematous(?: changes?)?")),
    Concept(Label.FIBROSIS, (r"(?:(?:pulmonary|lung) )?fibrosis", r"fibrotic(?: changes?)?")),
    Concept(Label.EFFUSION, (r"(?:pleural )?effusions?", r"pleural fluid", r"fluid in the pleural space")),
    Concept(Label.PNEUMONIA, (r"pneumonias?", r"pneumonic(?: changes?)?")),
    Concept(Label.PLEURAL_THICKENING, (r"pleural thickening", r"thickening of the pleura", r"thickened pleura")),
    Concept(
        Label.CARDIOMEGALY,
        (
            r"cardiomegaly",
            r"cardiac enlargement",
            r"enlargement of the (?:heart|cardiac silhouette)",
            rf"enlarged {_HEART}",
            rf"{_HEART} {_HOW}(?P<core>enlarged)",
        ),
        (
            r"normal (?:heart|cardiac) size",
            r"normal-sized heart",
            rf"(?:heart size|cardiac size) {_IS} (?P<core>normal|within normal limits)",
            rf"{_HEART} {_IS} (?:of )?(?P<core>normal)(?: in)? size",
        ),
    ),
    Concept(Label.NODULE, (r"(?:(?:lung|pulmonary) )?nodules?", r"nodular (?:opacity|opacities|densit(?:y|ies))")),
    Concept(Label.MASS, (r"(?:(?:lung|pulmonary) )?mass(?:es)?",)),
    Concept(Label.HERNIA, (r"(?:(?:hiatal|hiatus|diaphragmatic) )?hernias?",)),
    Concept(Label.LUNG_LESION, (r"(?:(?:lung|pulmonary) )?lesions?",)),
    Concept(Label.FRACTURE, (r"(?:bone |bony )?fractures?",)),
    Concept(Label.LUNG_OPACITY, (r"(?:(?:lung|pulmonary|airspace|air space) )?(?:opacit(?:y|ies)|opacifications?)",)),
    Concept(
        Label.ENLARGED_CARDIOMEDIASTINUM,
        (
            rf"enlarged {_WIDE}",
            r"widened mediastinum",
            r"(?:cardio)?mediastinal (?:widening|enlargement)",
            r"(?:widening|enlargement) of the (?:cardio)?mediastin(?:um|al silhouette)",
            rf"{_WIDE} {_HOW}(?P<core>enlarged|widened)",
        ),
        (
            rf"{_WIDE} {_IS} (?:of )?(?P<core>normal)(?: in)? (?:size|width)",
        ),
    ),
    Concept(Label.TUBERCULOSIS, (r"(?:pulmonary )?tuberculosis", r"\btb", r"tuberculous (?:disease|changes?)")),
    Concept(Label.ABNORMAL_FILM, (r"abnormal (?:frontal )?(?:chest )?(?:radiograph|film|image|x-ray)",
                                  rf"(?:chest )?(?:radiograph|film|image) {_HOW}(?P<core>abnormal)")),
    Concept(Label.CARDIOTHORACIC_RATIO, (r"cardio-?thoracic (?:ratio|index)", r"ctr", r"heart-to-chest ratio")),
    Concept(Label.LUNG_HEIGHT, (r"lung heights?", r"height of the lungs?")),
)  # fmt: skip
"""The order does not matter: the longest match at a place wins."""

PATTERNS: tuple[tuple[Label, bool, re.Pattern[str]], ...] = tuple(
    (concept.label, denied, re.compile(rf"(?<![\w-])(?:{pattern})(?![\w])"))
    for concept in CONCEPTS
    for denied, patterns in ((False, concept.affirms), (True, concept.denies))
    for pattern in patterns
)

OTHER_CONCEPTS: frozenset[str] = words_of(
    """
    abscess adenopathy lymphadenopathy aneurysm aorta aortic aspiration asthma atherosclerosis atherosclerotic
    atypical azygos blunting bronchiectasis bronchitis bronchial bronchogram bronchograms bulla bullae bullous
    calcification calcifications calcified callus cancer carcinoma cardiophrenic carina cavitary cavitation
    cavity cephalization chf clavicle clavicles collapse colon congestion congestive contusion copd costophrenic
    covid cyst cystic cysts degenerative density densities destruction diaphragm dislocation effacement
    elevation embolism empyema enlargement failure fluid foreign gas gastric glass granuloma granulomas
    granulomatous ground haziness hematoma hemidiaphragm hemothorax hilar hilum honeycombing hydropneumothorax
    hyperexpansion hyperinflated hyperinflation hypertension hypoinflation infarct infection infectious
    inflammation inflammatory interstitial kerley kyphosis lucency lymphoma malignancy malignant metastases
    metastasis metastatic mesothelioma neoplasm neoplastic nipple obstruction osteopenia osteophyte osteophytes
    osteoporosis perfusion pericardial perihilar peribronchial plaque plaques pneumomediastinum pneumonitis
    pneumoperitoneum pulmonic rib ribs sarcoidosis scar scarring scoliosis septal shift silicosis spine
    spondylosis stenosis sternum sulcus thymus thymic thyroid tortuosity tortuous trachea tracheal trauma tumor
    tumour vascular vascularity vasculature vein venous vertebra vertebral volume volumes disease infiltrative
    bone bones bony osseous skeletal tissue tissues
    """
)
"""Concepts of chest radiology that this project has no finding for: to speak of one is to invent it."""

DEVICES: frozenset[str] = words_of(
    """
    catheter catheters tube tubes tubing endotracheal nasogastric tracheostomy picc pacemaker pacemakers pacer
    icd aicd defibrillator lead leads electrode electrodes generator stent stents clip clips suture sutures wire
    wires sternotomy valve prosthesis prosthetic port line lines drain drains hardware screw screws plate plates
    device devices implant implants support monitoring
    """
)

OTHER_ANATOMY: frozenset[str] = words_of(
    """
    breast breasts mammary mastectomy nipple nipples prostate prostatic testis testes scrotal uterus uterine ovary
    ovaries ovarian vaginal fetus fetal placenta pregnancy pregnant abdomen abdominal liver hepatic spleen splenic
    kidney kidneys renal adrenal pancreas pancreatic bowel intestine intestinal stomach gallbladder biliary bladder
    appendix rectum brain cerebral cranial intracranial skull orbit sinus sinuses retina retinal optic macular knee
    hip femur femoral tibia fibula ankle foot wrist hand elbow humerus humeral radius ulna shoulder scapula pelvis
    pelvic sacrum lumbar cervical meniscus ligament tendon disc
    """
)
"""Anatomy that is not a chest film's, or only one sex's; a finding's own name may hold it."""

VIEWS: frozenset[str] = words_of(
    """
    pa ap posteroanterior anteroposterior portable bedside supine upright erect semierect semiupright oblique
    decubitus lordotic expiratory inspiratory inspiration expiration rotated rotation tomography mammogram scan
    axial coronal sagittal contrast
    """
)
"""Views, positions and techniques: the header knows them, the findings do not. (Lateral is also a place.)"""

COMPARISONS: frozenset[str] = words_of(
    """
    unchanged changed change new newly stable stability improved improving improvement improves worsened
    worsening worse better increased increasing increase increases decreased decreasing decrease decreases
    interval since previous previously prior priors comparison compared comparative again persistent persists
    persisting persist remains remain remained progression progressed progressing progressive resolved resolving
    resolution resolves cleared clearing former formerly earlier recent recently evolving evolution developed
    developing larger smaller redemonstrated redemonstration still continued continues now residual recurrent
    old today yesterday baseline
    """
)

RECOMMENDATIONS: frozenset[str] = words_of(
    """
    recommend recommends recommended recommendation recommendations advise advised advice should followup follow
    correlate correlated correlation consider considered considering warrant warranted warrants repeat repeated
    refer referral consult consultation consulted treat treatment therapy antibiotics antibiotic biopsy ct mri
    ultrasound bronchoscopy urgent urgently immediately immediate needed needs need must obtain obtained please
    admit discharge surgery surgical drainage monitor surveillance clinical clinically indicated advisable
    suggested further additional management
    """
)

BLANKETS: tuple[str, ...] = (
    r"(?:lungs?|lung fields?|chest|pleural spaces?|bases?|airways?|hemithorax|thorax) (?:\w+ )*(?:clear|normal)",
    r"clear (?:lungs?|chest|bilaterally)",
    r"normal (?:chest|lungs?|study|exam|examination|radiograph|film|image|heart|appearance|findings?)",
    r"\bnormal\b",
    r"\bclear\b",
    r"unremarkable",
    r"negative (?:chest|study|exam|examination|radiograph|film)",
    r"within normal limits",
    r"no (?:\w+ )*(?:abnormalit(?:y|ies)|disease|pathology|process|problems?)",
    r"no (?:other |further |additional |acute |significant |suspicious |active |relevant )*findings?",
    r"without (?:\w+ )*(?:abnormalit(?:y|ies)|disease|pathology|process)",
    r"nothing (?:\w+ )*(?:abnormal|acute|wrong|to report)",
    r"healthy",
    r"\bintact\b",
    r"otherwise",
)
"""Normal statements that say more than anybody assessed."""

NONE_ASSESSED = re.compile(
    r"(?:none of the(?: other)? assessed (?:findings|abnormalities|conditions)|"
    r"no(?: other)? assessed (?:findings?|abnormalit(?:y|ies)|conditions?))"
    r" (?:is|are|was|were) (?:present|seen|identified|detected|found)"
    r"|no(?: other)? abnormalit(?:y|ies) among the(?: other)? assessed findings"
)
"""The one summary that is not a blanket: it speaks of what was assessed, and of nothing else."""
