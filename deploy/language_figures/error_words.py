"""The words that errors are made of, after the classes of ReXErr (Rao 2024, Pacific Symposium on Biocomputing 2025).

Written from the descriptions of the classes and from how reports are dictated, without looking at the vocabulary of
the checks: an error that the checks know by its word would prove nothing.
"""

from __future__ import annotations

from services.contract import Laterality, Severity

FOREIGN_FINDINGS = (
    "There is a calcified granuloma.", "Bibasilar scarring is noted.", "Old healed rib deformity.", "Azygos fissure.",
    "Prominent interstitial markings.", "There is perihilar haziness.", "Ground-glass change in both lungs.",
    "Hyperexpanded lungs with flattened diaphragms.", "Tortuous thoracic aorta.", "Elevated right hemidiaphragm.",
    "Free air under the diaphragm.", "Blunting of the costophrenic angle.", "There is bronchial wall thickening.",
    "Kerley B lines are present.", "Mild vascular congestion.", "Hilar lymphadenopathy.",
    "Widened paratracheal stripe.", "Degenerative change of the thoracic spine.", "A cavitary lesion is seen.",
    "Cystic change.", "Pleural plaques.", "Bulla in the upper zone.", "Subsegmental collapse.",
    "Pericardial effusion.", "There is a hiatal hernia with gas.", "Honeycombing.", "Tree-in-bud pattern.",
    "Metastatic disease.", "Lymphangitic spread.", "Pulmonary embolism.", "Air bronchograms.", "Hampton hump.",
    "Deep sulcus sign.", "Tracheal deviation.", "Subcutaneous air.",
)  # fmt: skip
"""Findings that no label of the project stands for (False Prediction)."""

SIDES: dict[Laterality, tuple[str, ...]] = {
    Laterality.LEFT: ("left", "left-sided"),
    Laterality.RIGHT: ("right", "right-sided"),
    Laterality.BILATERAL: ("bilateral", "two-sided"),
}

GRADES: dict[str, Severity | None] = {
    "tiny": Severity.MILD, "small": Severity.MILD, "trace": Severity.MILD, "minimal": Severity.MILD,
    "slight": Severity.MILD, "mild": Severity.MILD, "moderate": Severity.MODERATE, "large": Severity.SEVERE,
    "severe": Severity.SEVERE, "massive": Severity.SEVERE, "marked": Severity.SEVERE, "extensive": Severity.SEVERE,
    "subtle": None, "moderate to large": None, "gross": None, "sizeable": None, "advanced": None, "early": None,
    "mild to moderate": None, "tension": None, "diffuse": None, "florid": None, "critical": None, "trivial": None,
}  # fmt: skip
"""How a finding may be graded, and the grade it stands for where there is one (Change Severity)."""

PLACES = (
    "in the right upper lobe", "in the left lower lobe", "in the lingula", "at the left base", "in the right apex",
    "in the retrocardiac region", "in the perihilar region", "in the right middle lobe", "in the left upper zone",
    "adjacent to the aortic arch", "along the minor fissure", "in the posterior costophrenic sulcus",
    "at the cardiophrenic angle", "within the superior segment", "along the lateral chest wall", "in the mid zone",
    "overlying the fourth anterior rib", "behind the heart", "in the paratracheal region", "at the lung periphery",
)  # fmt: skip
"""Where a finding was not placed (Change Location)."""

SIZES = (
    "measuring 2.3 cm", "of 14 mm", "measuring up to 5 cm", "with a thickness of 8 mm", "of about 3 centimetres",
    "measuring 1.1 x 0.9 cm", "occupying 40% of the hemithorax", "with a volume of 300 mL", "2 cm from the apex",
)  # fmt: skip
"""Sizes nobody measured (Change Measurement)."""

COMPARED_BEFORE = ("Unchanged", "Stable", "New", "Worsening", "Improving", "Resolving", "Persistent", "Increased")
COMPARED_AFTER = (
    "compared to the prior study", "since yesterday", "as before", "from the previous examination", "over the interval",
    "with interval progression", "no longer as extensive", "which has cleared in part", "similar to the last film",
    "that is new from the prior", "which has grown", "not significantly changed", "redemonstrated", "again noted",
    "slightly less than on the earlier radiograph", "which has evolved", "improved from last week",
)  # fmt: skip
"""Comparisons with an examination that nobody has."""

DEVICES = (
    "A right internal jugular catheter ends in the superior vena cava.", "Endotracheal tube 4 cm above the carina.",
    "Left chest wall dual-chamber pacemaker.", "Median sternotomy wires are intact.", "A left chest tube is in place.",
    "Right PICC tip in the right atrium.", "Swan-Ganz catheter.", "The nasogastric tube is coiled in the stomach.",
    "Prosthetic mitral valve.", "Spinal fixation rods.", "Intra-aortic balloon pump.", "Tracheostomy cannula.",
    "ECMO cannulas.", "Left ventricular assist device.", "Port-A-Cath on the right.", "Dobhoff feeding tube.",
    "Pigtail drain at the base.", "Vascular stent.", "Surgical clips in the axilla.", "Loop recorder.",
    "The tip of the central line has moved into the azygos vein.", "Breast implants.", "Telemetry leads.",
)  # fmt: skip
"""Devices that no specialist looks for (Add Medical Device, Change Name and Position of Device)."""

IDENTITIES = (
    "John Smith was examined.", "Dr. Patel was informed.", "The patient is a 62-year-old female.", "DOB 04/12/1961.",
    "MRN 4471-2231.", "Examined at St. Mary's Hospital.", "Called to Nurse Johnson at 14:20.",
    "Reported by A. Mueller.", "Accession 20231104-7781.", "Seen in Springfield.", "Mrs. Garcia has no complaint.",
    "Study of May 3, 2021.", "In this elderly gentleman.", "Referred by Wong, MD.", "Telephone 555-0142.",
    "In a newborn girl.", "Age 47.", "Contact j.doe@example.org.", "Room 12B, bed 3.", "Passport X1234567.",
    "Nakamura, Kenji.", "Her mother reports it.",
)  # fmt: skip
"""Texts that name somebody, or a number, date or place of somebody."""

HOMOPHONES = {
    "there": "their", "no": "know", "right": "write", "is": "his", "seen": "scene", "pleural": "plural", "of": "off",
    "heart": "hart", "for": "four", "mass": "mess", "in": "inn", "size": "sighs", "left": "lift", "the": "thee",
    "not": "knot", "lung": "lunge", "present": "presence", "mild": "mile", "effusion": "infusion", "base": "bass",
    "absent": "absence", "likely": "like", "measures": "measles", "be": "bee", "or": "oar", "evidence": "evident",
}  # fmt: skip
"""Words that a dictation system hears instead (Change to Homophone)."""

NEIGHBOURS = {
    "a": "sq", "b": "vn", "c": "xv", "d": "sf", "e": "wr", "f": "dg", "g": "fh", "h": "gj", "i": "uo", "j": "hk",
    "k": "jl", "l": "k", "m": "n", "n": "bm", "o": "ip", "p": "o", "q": "wa", "r": "et", "s": "ad", "t": "ry",
    "u": "yi", "v": "cb", "w": "qe", "x": "zc", "y": "tu", "z": "x",
}  # fmt: skip
"""Keys beside a key (Add Typo)."""
