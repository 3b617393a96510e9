"""Words and numbers that look like names, dates or ids and are medicine: Parkinson's disease, T2 N0, 1.2 cm, grade 2/6.

They pass where they stand as medicine does (``Baker cyst``, not ``Mr Baker``), and never where the header or the order
says that somebody here is called so.
"""

from __future__ import annotations

import re

_EPONYMS = (
    "addison|alzheimer|asperger|baker|barrett|basedow|bechterew|behcet|bell|berger|bochdalek|bowen|bright|brugada|"
    "buerger|burkitt|caplan|castleman|chagas|charcot|chiari|chilaiditi|churg|colles|conn|cooley|crohn|cullen|cushing|"
    "dieulafoy|down|dressler|ebstein|ehlers|danlos|eisenmenger|ewing|fallot|felty|fontan|friedreich|gaucher|ghon|"
    "gilbert|goodpasture|gorlin|graves|guillain|barre|hampton|hashimoto|hill sachs|hirschsprung|hodgkin|horner|"
    "huntington|kaposi|kartagener|kawasaki|kerley|klinefelter|krukenberg|langerhans|lofgren|lyme|mallory|weiss|"
    "marfan|meckel|meniere|monckeberg|morgagni|noonan|osgood|paget|pancoast|parkinson|peyronie|pompe|pott|poland|"
    "ranke|raynaud|reiter|reye|rieger|sjogren|sjögren|still|stokes|sudeck|swan ganz|swyer james|takayasu|tietze|"
    "turner|virchow|von recklinghausen|von willebrand|waldenstrom|wegener|westermark|whipple|wilms|wilson|"
    "wolff parkinson white|ziehl neelsen|zenker|zollinger ellison|hickman|foley|port a|swan|ganz|nissen|whipple"
)
_NOUNS = (
    "disease|syndrome|cysts?|lymphoma|sarcoma|tumou?r|hernia|lines?|sign|hump|lesion|node|complex|phenomenon|palsy|"
    "fracture|chorea|thyroiditis|catheter|diverticulum|tetralogy|anomaly|oesophagus|esophagus|granulomatosis|reflex|"
    "arteritis|ataxia|encephalopathy|type|cell|nodules?|focus|stain|contracture|procedure|operation|fundoplication|"
    "triad|spots?|abscess|arthritis|factor|canal|bodies|goitre|goiter|patient|dementia|disorder|crisis|histiocytosis"
)
_COUNTED = r"(?:murmur|systolic|diastolic|pain|power|strength|ppd|packs?|lobes?|nodes?|cores?)"
_LENGTH = r"\d{1,3}(?:[.,]\d{1,2})?"

CLINICAL: tuple[re.Pattern[str], ...] = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b(?:non[- ])?(?:{_EPONYMS})(?:[\u2019']?s)?(?:[- ](?:{_EPONYMS}))?[- ](?:b[- ])?(?:{_NOUNS})\b",
        rf"\b(?:known|has|have|with|and|of|for|h/o|hx|non)[ -](?:{_EPONYMS})[\u2019']s\b",
        r"\b(?:parkinsonism|parkinsonian|cushingoid|marfanoid|hodgkins|alzheimers|crohns|parkinsons)\b",
        r"\b(?:tetralogy of fallot|circle of willis|sphincter of oddi|ligament of treitz|bundle of his)\b",
        r"\b[cpry]{0,2}T(?:[0-4][a-d]?|is|x)\s?,?\s?N(?:[0-3][a-c]?|x)(?:\s?,?\s?M(?:[01][a-c]?|x))?\b",
        r"\b[pcy]{0,2}(?:T[0-4](?:is)?[a-d]?|N[0-3][a-c]?|M[01][a-c]?)\b(?!\s*\d)",
        r"\b(?:stage|grade|class|type|nyha|gold|ecog|asa|gcs|apgar|who|ps|bi-?rads|lung-?rads|killip|mrc|child)\s*"
        r"(?:status\s*)?:?\s*[IViv0-4]{1,3}[A-Ca-c]?\b(?:/\d{1,2})?",
        rf"\b\d/\d{{1,2}}(?=\s*(?:{_COUNTED}))",
        r"\b(?:pain|power|murmur|gcs|score|strength|apgar|grade)\s*:?\s*\d{1,2}/\d{1,2}\b",
        rf"\b{_LENGTH}(?:\s?(?:x|\u00d7|by)\s?{_LENGTH}){{1,2}}\s?(?:mm|cm)\b",
        r"\b\d{1,3}(?:[.,]\d{1,2})?\s?(?:mm|cm|ml|cc|mg|mcg|kg|g|l|°?c|%|mmhg|bpm|mmol/l|g/dl|kpa|l/min)(?!\w)",
        r"\b(?:spo2|sao2|sats?|pao2|pco2|fio2|o2|co2|fev1|fvc|hba1c|b12|ca-?125|ca-?19-?9|h1n1|h5n1|t[34]|covid-?19|"
        r"sars-cov-2|cd4|cd20|her2|egfr|alk|brca[12]?|p53|hiv-?[12]|htlv-?1|ft[34]|d-dimer|b2)\b(?!\s*-?\d{3,})",
        r"\b(?:c[1-7]|t(?:[1-9]|1[0-2])|l[1-5]|s[1-5])\s?[-/]\s?(?:[ctls]?(?:1[0-2]|[1-9]))\b",
        r"\b(?:bp|blood pressure)\s*:?\s*\d{2,3}/\d{2,3}\b",
        r"\b\d{1,3}\s?(?:pack[- ]years?|py)\b",
        r"\b24/7\b|\b\d/7\b(?=\s*(?:history|of|cough|fever))|\b\d/(?:12|52)\b",
    )
)  # fmt: skip
"""What is left as it stands, unless it is known to name somebody."""
