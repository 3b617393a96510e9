"""The closed list of words a draft may use beside the names of its findings.

A word that is neither here nor in the lexicon is a claim that nobody can check: a typing error, a
concept this project does not know, a name. It is a problem, whatever it means.
"""

from __future__ import annotations

from services.contract import Laterality, Severity


def words_of(text: str) -> frozenset[str]:
    """Return the words of a list that is written as running text."""
    return frozenset(text.split())


SIDES: dict[str, Laterality] = {
    "left": Laterality.LEFT,
    "right": Laterality.RIGHT,
    "bilateral": Laterality.BILATERAL,
    "bilaterally": Laterality.BILATERAL,
    "both": Laterality.BILATERAL,
    "bibasilar": Laterality.BILATERAL,
    "biapical": Laterality.BILATERAL,
}
"""Words that name the patient's side."""

SEVERITIES: dict[str, Severity] = {
    **dict.fromkeys(("mild", "mildly", "small", "slight", "slightly", "minor", "minimal", "minimally", "trace",
                     "tiny"), Severity.MILD),
    **dict.fromkeys(("moderate", "moderately"), Severity.MODERATE),
    **dict.fromkeys(("severe", "severely", "large", "marked", "markedly", "massive", "extensive"), Severity.SEVERE),
}  # fmt: skip
"""Words that grade a finding."""

PLACES: frozenset[str] = words_of(
    """
    lobe lobes lobar upper lower middle mid base bases basal basilar bibasilar biapical apex apices apical zone
    zones lingula lingular hilum hila hilar perihilar retrocardiac costophrenic medial lateral central
    peripheral anterior posterior subpulmonic segment segments quadrant rib ribs clavicle clavicles hiatal
    hiatus diaphragmatic fissure subpleural
    """
)
"""Words that place a finding within its side; only the site of a cited finding allows them."""

NARROWER: frozenset[str] = frozenset({"focal", "acute", "definite", "convincing", "discrete", "frank", "any"})
"""Words that narrow a finding. Where the wider is absent the narrower is too, so a denial may use them."""

REPORTING: frozenset[str] = words_of(
    """
    a an the this that these those of in on at to for by from as with within and or nor but however although
    while it its which there is are was were be been being has have had do does not no none without neither
    seen noted identified demonstrated visible visualized visualised observed found detected shown evident
    apparent appreciated recognized depicted show shows showing demonstrate demonstrates reveal reveals appear
    appears appearance contain contains presence present absent absence evidence evidenced sign signs indication
    finding findings assessed assessment classified specialist specialists algorithm experimental chest
    radiograph radiographs radiographic film image images view frontal x ray study examination lung lungs
    pulmonary pleural pleura thorax thoracic hemithorax heart cardiac silhouette shadow cardiomediastinal
    cardiomediastinum mediastinum mediastinal contours space spaces field fields region area areas side sides
    sided size contour location located involving involves affecting likely probable probably possible possibly
    indeterminate uncertain equivocal questionable cannot could may might excluded exclude confirmed confirm
    determined ruled out favored favor favors suspected suspicious suspicion
    concern suggest suggests suggesting suggestive represent represents representing consistent compatible free
    negative degree grade graded degrees severity measured measures measuring measurement value ratio
    estimated calculated equals equal approximately also whether together impression
    conclusion summary respectively all each site hu mm cm ml percent
    """
)
"""Words of reporting that claim nothing by themselves."""

DOUBTS: frozenset[str] = words_of(
    """
    no not none without neither nor absent absence free negative excluded exclude ruled out cannot could may might
    possible possibly indeterminate uncertain equivocal questionable likely probable probably suspected suspicious
    suspicion concern suggest suggests suggesting suggestive favor favors favored consistent compatible represent
    represents representing confirmed confirm determined unclear inconclusive
    """
)
"""Words that deny, doubt or hedge; where one of them reaches no concept, nobody can tell what it was meant for."""

JOINTS: frozenset[str] = words_of(
    "a an the of in on at to for by from as with within and or nor but however although while its which is are was "
    "were be been being has have had do does no not without neither may might could cannot also there this that "
    "these those"
)
"""Words that no whole sentence ends with."""

OPENERS: frozenset[str] = JOINTS - words_of(
    "a an the in on at for within there this that these those no not neither without although while has have"
)
"""Words that no whole sentence begins with."""
