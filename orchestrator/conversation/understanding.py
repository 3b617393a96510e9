"""Understand a question: a list of rules from top to bottom, the first that fits decides.

Deterministic, so that the same words always ask the same, and so that no text can talk its way past: a rule reads
the question, not a model. What no rule fits is not guessed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

from orchestrator.conversation.intents import NEEDS_A_CONCEPT, Intent, Kind
from orchestrator.knowledge.names import Named, named_in
from services.contract import Laterality


class Rule(NamedTuple):
    """Words that make a question one of a kind."""

    kind: Kind
    pattern: re.Pattern[str]
    needs_a_name: bool = False
    """The rule holds only where the question names something."""


def _rule(kind: Kind, *patterns: str, needs_a_name: bool = False) -> Rule:
    return Rule(kind, re.compile("|".join(f"(?:{pattern})" for pattern in patterns)), needs_a_name)


_PERSON = r"(?:patient|person|man|woman|boy|girl|child|guy|lady|gentleman|pt)"
_SHOULD = r"(?:should|shall|must|ought|need|needs|do|does|can|could|would|may|is it (?:ok|safe|fine) to)"
_MEANS = (
    r"(?:antibiotic|antibiotics|amoxicillin|penicillin|diuretic\w*|furosemide|lasix|steroids?|oxygen|drug|drugs|"
    r"medicine|"
    r"medication\w*|pill|pills|dose|dosage|mg|heparin|anticoag\w+|chemo\w*|radiotherapy|inhaler|surgery|operat\w+|"
    r"thoracentesis|biops\w+|bronchoscopy|intubat\w+|ventilat\w+)"
)
_PICTURE = r"(?:film|x-?ray|radiograph|image|study|exam(?:ination)?|cxr|scan|picture)"

RULES: tuple[Rule, ...] = (
    _rule(
        Kind.INSTRUCTION,
        r"\b(?:ignore|disregard|forget|override|bypass)\b.{0,40}\b(?:instruction|rule|prompt|finding|above|previous|"
        r"prior|everything|all|that|check)",
        r"\b(?:system|developer) (?:prompt|message|mode)|\bjailbreak|\bdan mode|your (?:instructions|prompt|rules)\b",
        r"\b(?:you are|you're) (?:now|no longer)\b|\bpretend\b|\bact as\b|\brole-?play|\bfrom now on\b",
        r"\b(?:write|compose|tell|sing|generate|draft)\b (?:me )?(?:a|an|some|the)? ?(?:poem|joke|story|song|code|"
        r"essay|"
        r"haiku|limerick|letter|email|script|python|novel)",
        r"\b(?:repeat|print|output|reveal|say|reply|respond|answer)\b.{0,30}\b(?:after me|exactly|verbatim|only|"
        r"nothing "
        r"but|with the word|text above|json|yes or no only)",
        r"<\|?\w+\|?>|\[/?inst\]|#{2,}|\bignorier\w*|\bignora\b|\bignorez\b|\bbase64\b|\bsudo\b",
    ),
    _rule(
        Kind.OTHER_PATIENT,
        rf"\b(?:other|another|different|next|second|previous|last) {_PERSON}s?\b|\bsomeone else|\bsomebody else",
        rf"\b(?:the|a) {_PERSON} (?:in|next|from) (?:bed|room|ward|door|the next|the other|yesterday|before)",
        r"\b(?:all|other|most|every) (?:the )?(?:patients|studies|cases|films)\b|\bhow many (?:patients|studies|cases)",
        r"\b(?:mr|mrs|ms|miss|herr|frau)\b\.? \w+|\bstudy (?:number|id)\b|\baccession\b.{0,20}\d",
        r"\b(?:his|her|their|my|the patient's) (?:brother|sister|mother|father|wife|husband|son|daughter|twin|"
        r"relative)",
    ),
    _rule(
        Kind.IDENTITY,
        rf"\bwho (?:is|was) (?:the|this|he|she|that)(?: {_PERSON})?\b|\bwhose\b|\b(?:sur|first|last|"
        rf"full)?names? of (?:the|this)",
        rf"\bwhat is (?:the|this|his|her) {_PERSON}?(?:'s)? ?(?:name|mrn|id|address|phone|birth\w*|age|sex|gender|"
        rf"number)",
        rf"\bwhat(?:'s| is| was) (?:the|this) {_PERSON} called|\bwhat do you call (?:the|this) {_PERSON}",
        r"\b(?:date of birth|dob|birth ?date|birthday|mrn|medical record|social security|ssn|home address|phone number|"
        r"insurance|referring (?:doctor|physician)|accession number)\b",
        rf"\bwhen was (?:it|this|the {_PICTURE}) (?:taken|made|done|acquired|shot)|\bwhich hospital\b",
        rf"\bhow old\b|\bage of the {_PERSON}|\bwhere (?:does|do) (?:he|she|the {_PERSON}) live|\bmale or female\b|"
        rf"\bpatient'?s? (?:name|age|sex|id|identity)|\bwhat is (?:his|her) name",
    ),
    _rule(
        Kind.SIGNING,
        r"\b(?:sign|finali[sz]e|approve|verify|release|send|submit|delete|amend)\b.{0,25}\b(?:report|draft|study|it)\b",
        r"\b(?:change|edit|add|remove|put|insert|write|rewrite|correct|update)\b.{0,50}\b(?:report|draft|impression|"
        r"sentence|"
        r"finding section|findings section)",
    ),
    _rule(
        Kind.PROGNOSIS,
        r"\b(?:die|dying|death|surviv\w+|prognosis|life expectancy|live long|recover\w*|cure[ds]?|curable|fatal|"
        r"terminal|"
        r"how long (?:do|does|will) \w+ (?:have|live))\b",
    ),
    _rule(
        Kind.TREATMENT,
        rf"\b(?:{_SHOULD}|which|what|start|give|prescribe|stop|begin|order)\b.{{0,60}}\b{_MEANS}\b",
        r"\b(?:treat\w*|therap\w+|prescri\w+|manage(?:d|ment)?|remedy)\b",
        r"\b(?:start|give|administer|order|book|request|schedule)\b.{0,30}\b(?:ct|mri|scan|him|her|iv|transfusion|"
        r"ultrasound)\b",
        rf"\b{_SHOULD}\b.{{0,40}}\b(?:ct|mri|pet|drain(?:ed)?|tap(?:ped)?|aspirate[d]?|admit(?:ted)?|discharge[d]?|"
        r"hospital\w*|icu|go home|sent? home|operated?|hospitali[sz]ed)\b",
        r"\b(?:go|be sent|send (?:him|her|them)) home\b|\bfit (?:to|for) (?:fly|work|surgery|discharge)\b|"
        r"\bblood pressure\b|\bhow much (?:oxygen|fluid) should",
    ),
    _rule(
        Kind.SECOND_OPINION,
        r"\b(?:second|independent|another|different) (?:opinion|read(?:ing|er)?|look|radiologist|interpretation)",
        r"\bread (?:it|this|the film|the study) (?:again|independently|afresh|anew)|\bcross-?check (?:it|this|the)|"
        r"\bblind(?:ed)? re-?read|\bdouble[- ](?:read|check)",
    ),
    _rule(
        Kind.RERUN,
        r"\bre-?(?:run|analy[sz]e|evaluate|assess|scan)\b|\brun\b.{0,40}\bagain\b|\bzoom (?:in )?(?:on|to)\b|"
        r"\blook (?:only |just |closer )?at (?:the )?(?:region|area|box|left|right)\b|\banaly[sz]e (?:only |"
        r"just )?the (?:region|"
        r"area|left|right|selected)",
    ),
    _rule(
        Kind.CHALLENGE,
        r"\bare you (?:really |absolutely |quite |100 ?% |completely )?(?:sure|certain|positive|serious|kidding|blind)",
        r"\bi (?:can |do |clearly |definitely |really )*(?:see|think|believe|notice|spot|suspect|read it|would call|"
        r"count)\b",
        r"\bi (?:strongly |totally )?(?:disagree|doubt)|\byou(?:'re| are| must be| have to be) (?:wrong|mistaken|"
        r"missing)|"
        r"\byou (?:missed|overlooked|forgot|got)\b|\bthat(?:'s| is) (?:wrong|not right|incorrect|false|nonsense)|"
        r"\bnonsense\b",
        r"\b(?:my|the|our|another|a) (?:senior |chief )?(?:colleague|attending|boss|professor|consultant|radiologist|"
        r"surgeon|"
        r"expert|supervisor|chief|ct|mri|ai)\b.{0,30}\b(?:says?|said|thinks?|saw|sees|insists?|told|showed|shows|"
        r"confirmed|"
        r"disagrees?|found|calls?)\b",
        r"\b(?:look|check|try|think) (?:again|harder|more carefully|closely|once more)|\bcheck (?:it|that) again|"
        r"\breconsider|\bchange your (?:mind|answer)|\b(?:just )?admit\b|\bcome on\b|\bjust (?:say|agree|confirm)\b|"
        r"\b(?:obviously|clearly|surely|definitely|undoubtedly|evidently)\b|\bisn't (?:there|that|it)\b|"
        r"\baren't there\b|"
        r"\bdon't you (?:see|think)|\bcan't you see|\bthere (?:has to|must) be\b|\bi insist|\bi'm (?:sure|certain|"
        r"telling)|"
        r"\bconfirm (?:that )?(?:there|the|a)\b|\btake another look\b|\bagree(?: with me)?\b|\bit is there\b",
    ),
    _rule(
        Kind.DIFFERENTIAL,
        r"\bdifferentials?\b|\bddx\b|\bdd\b|\bwhat else (?:could|might|can)|\balternative (?:diagnos\w+|"
        r"explanation\w*)",
        r"\b(?:what|which)\b.{0,40}\b(?:could|might|may|can)\b.{0,30}\b(?:cause|explain|be behind|account for|"
        r"lie behind|"
        r"produce|lead to|mimic|represent|be due to|mean)",
        r"\b(?:causes?|reasons?|explanations?|aetiolog\w+|etiolog\w+) (?:of|for|behind)\b|\bwhat causes\b|"
        r"\bcaused by\b|"
        r"\bcould (?:it|this|that|these) (?:also )?be\b|\bpossible diagnos\w+|\bwhat diagnos\w+",
        r"\bcommon causes?\b|\bwhat (?:conditions?|diseases?) (?:fit|go with|match)|\bconsider(?:ed)? with\b",
    ),
    _rule(
        Kind.KNOWLEDGE,
        r"\bwhat (?:does|do|would) (?:an? |the )?[\w -]{2,40} (?:look|appear|mean|signify|stand for)\b|"
        r"\bhow (?:does|do|is|are|can|would) (?:an? |the )?[\w -]{2,40} (?:look|appear|recogni[sz]ed?|diagnosed|"
        r"defined|"
        r"seen|detected|told apart|distinguished|measured|calculated|classified|graded)\b(?! (?:here|now))",
        r"\b(?:define|definition|explain|meaning of|what is meant by|tell me (?:about|what)|teach me|describe)\b",
        r"\b(?:pitfalls?|mimics?|mistaken for|confused with|look-?alikes?|artefacts?|artifacts?|traps?)\b|"
        r"\bhow (?:do|can|to|does one|would one|should one) (?:i |you |we |one )?(?:tell|distinguish|differentiate|"
        r"recogni[sz]e|identify|measure|avoid|separate|spot|know)\b",
        r"\b(?:typical|classic|radiographic|radiological|usual) (?:signs?|appearances?|features?|findings?)|"
        r"\bsigns? of\b(?=.*\b(?:what|which|list|typical)\b)|\b(?:what|which|list)\b.{0,20}\bsigns?\b|"
        r"\bin general\b|\bguidelines?\b|\bliterature\b|\bnormal (?:range|value|limit|position)|\bwhere should\b|"
        r"\bcorrect position\b|\bwhat (?:is|are) (?:an?|the term) \w+|\bupper limit\b|\bcut-?off\b|\btextbook",
        needs_a_name=False,
    ),
    _rule(
        Kind.ORDER,
        r"\b(?:indication|clinical (?:question|history|information|details)|reason for (?:the )?(?:exam|study|film|"
        r"request|referral|x-?ray))\b",
        rf"\bwhy (?:was|is|did)\b.{{0,30}}\b{_PICTURE}\b.{{0,20}}\b(?:taken|ordered|done|made|requested|performed|"
        rf"wanted)",
        r"\bwhat (?:was|is) (?:asked|the question|requested|the history)|\bwho (?:ordered|requested)|"
        r"\bpatient'?s? history|"
        r"\bwhat (?:symptoms|complaints)|\bwhat (?:did|does) the (?:order|referr\w+|clinician)\b|\bthe order say|"
        r"\b(?:order|referral|request) (?:say|ask|mention)",
    ),
    _rule(
        Kind.NOT_ASSESSED,
        r"\bnot (?:been )?(?:assess\w*|look(?:ed)? at|check\w*|evaluat\w*|examin\w*|cover\w*|read|analy[sz]\w*)|"
        r"\b(?:un|non-?)(?:assessed|evaluated|checked|examined)|\blimitation\w*|\bblind spots?\b|\bleft out\b",
        r"\b(?:couldn't|could not|can't|cannot|can not|unable to|didn't|did not|wasn't|weren't)\b.{0,30}\b(?:assess\w*|"
        r"evaluat\w*|check\w*|examin\w*|look(?:ed)?|judge[d]?|see|tell|analy[sz]\w*|cover\w*|read)\b",
        r"\bwhat (?:is|was|are) missing|\bgaps?\b|\boutside (?:the|your) (?:scope|reach)|\bwhat can(?:'t| ?not) you",
    ),
    _rule(
        Kind.COMPARISON,
        r"\b(?:compar\w+|priors?|previous\w*|earlier|before|formerly|last (?:time|film|week|month|year|study|x-?ray|"
        r"exam|"
        r"visit|one|image|report)|yesterday|baseline|old (?:film|x-?ray|study|image)s?|interval|since|"
        r"(?:the )?(?:last|past) "
        r"(?:few )?(?:days?|weeks?|months?|years?))\b",
        r"\b(?:chang\w+|unchanged|better|worse\w*|improv\w+|progress\w*|regress\w*|stable|deteriorat\w+|evol\w+|grown|"
        r"growing|"
        r"grew|shrunk|shrinking|resolv\w+|clear(?:ed|ing) up|new(?:ly)?|persist\w*|longstanding|over time|course|trend|"
        r"gone|gotten|went away|still there|more than|less than)\b",
    ),
    _rule(
        Kind.SHOW,
        r"\b(?:show|display|highlight|outline|mark|point (?:out|to|me)|overlay|visuali[sz]e|pull up|bring up|"
        r"open)\b(?!.{0,12}"
        r"\b(?:what|any|all|that there)\b)",
        r"\bwhere (?:do|did|can|could) (?:you|i|we) (?:see|find)|\b(?:heat ?map|overlay|bounding box|mask|picture of|"
        r"region of|outline of)\b|\blet me see\b|\bwhich pixels\b",
    ),
    _rule(
        Kind.WHY,
        r"\bwhy\b|\bhow (?:do|did|can|could) you (?:know|tell|conclude|decide|arrive|come|determine|judge)|\bbas(?:ed|"
        r"is)\b|"
        r"\bevidence\b|\bwhat makes you|\bon what grounds|\bjustif\w+|\breason(?:s|ing)?\b|\bsupport(?:s|ed|ing)?\b",
        r"\bhow (?:sure|certain|confident|reliable|likely|probable|trustworthy)|\bconfiden(?:ce|t)\b|\bscore[ds]?\b|"
        r"\bprobabilit\w+|\bthreshold\w*|\boperating points?\b|\bcertainty\b|\bwhat (?:speaks|points|argues)\b|"
        r"\brests? on\b|"
        r"\bwhere does\b.{0,30}\bcome from\b|\bback(?:s|ed)? (?:it|this|that) up",
    ),
    _rule(
        Kind.READER,
        r"\bwho (?:read|wrote|made|reported|interpreted|looked)|\b(?:which|what) (?:ai|model|network|algorithm|"
        r"software|"
        r"specialists?|system|version|program)|\bversion\b|\bwho are you\b|\bwhat are you\b|\bare you (?:a|an) ",
    ),
    _rule(
        Kind.URGENCY,
        r"\b(?:urgent\w*|urgency|emergen\w+|critical\w*|life-?threatening|how (?:soon|quickly|fast|pressing)|"
        r"priorit\w+|"
        r"immediate\w*|acute(?:ly)? (?:danger\w*|action)|stat\b|can (?:it|this) wait|time-?critical|alarm\w*|dangerous|"
        r"worr(?:y|ying|isome))\b",
    ),
    _rule(
        Kind.FOLLOW_UP,
        r"\bfollow(?:ed)?[- ]?up|\bnext steps?\b|\brecommend\w*|\bfurther (?:imaging|tests?|work-?up|investigation\w*|"
        r"steps?|films?|exam\w*)|\b(?:should|must|needs? to) (?:be )?(?:done|happen|checked again|repeated)|"
        r"\bwork-?up\b|"
        r"\bsurveillance\b|\brepeat (?:film|x-?ray|imaging|study|radiograph)|\bcontrol (?:film|x-?ray|study)|"
        r"\bwhat (?:comes|happens|now|to do)\b.{0,10}(?:next|now|\?|$)|\bcome back\b|\bact on\b",
    ),
    _rule(
        Kind.COUNT,
        r"\bhow many\b|\bnumber of\b|\bcount\b|\b(?:single|one|solitary) or (?:multiple|several|more|many)|"
        r"\bmore than one\b|"
        r"\bhow numerous\b|\b(?:multiple|several)\b|\bmultiplicity\b|\bonly one\b|\ba total of\b|\bin total\b",
    ),
    _rule(
        Kind.SIDE,
        r"\b(?:which|what) (?:side|lung|hemithorax|half)\b|\bleft(?:-sided)?,? or (?:on the |the )?right|"
        r"\bright(?:-sided)?,? or "
        r"(?:on the |the )?left|\blateralit\w+|\bsided(?:ness)?\b|\bside of\b|\bboth sides\b|\bone side or\b|"
        r"\bone or both\b|"
        r"\b(?:unilateral|bilateral)\b|\bon which\b|\bleft\b.{0,12}\bright\b|\bright\b.{0,12}\bleft\b",
    ),
    _rule(
        Kind.PLACE,
        r"\bwhere\b|\b(?:location|locali[sz]\w+|located|site|position|which (?:lobe|zone|part|area|region|segment))\b|"
        r"\b(?:upper|lower|middle) (?:lobe|zone)\b.{0,20}\bor\b|\bwhereabouts\b",
    ),
    _rule(
        Kind.SEVERITY,
        r"\bhow (?:severe|bad|serious|advanced|extensive|marked|much|pronounced|significant|heavy|mild|far)\b|"
        r"\bsever\w+|"
        r"\b(?:mild|slight|small|minor|trace|tiny),?\b.{0,25}\b(?:or|moderate|severe|large)\b|\bdegree\b|\bgrad(?:e|"
        r"ed|ing)\b|"
        r"\bextent\b|\bextensive\b|\bin?tensity\b",
    ),
    _rule(
        Kind.SIZE,
        r"\b(?:how (?:big|large|wide|long|tall|high|broad|small|thick)|size[ds]?|diameter|dimensions?|measure[sd]?|"
        r"measurements?|millimet\w+|mm|cm|centimet\w+|ratio|width|height|volume|value|figure)\b",
    ),
    _rule(
        Kind.OPEN,
        r"\b(?:uncertain\w*|indeterminate|unsure|equivocal|undecided|unresolved|unclear|ambiguous|doubtful|borderline|"
        r"questionable|inconclusive|open (?:question|finding)s?|not (?:sure|certain|clear|decided)|in doubt|doubts?)\b|"
        r"\b(?:could|can)(?: ?not|n't) (?:be )?(?:decide[d]?|settle[d]?|confirm(?:ed)?|exclude[d]?|determine[d]?|"
        r"rule[d]? out)|"
        r"\bneither\b|\bpossible findings?\b|\bleft open\b|\bstill open\b",
    ),
    _rule(
        Kind.ABSENT,
        r"\b(?:ruled out|rule out|excluded?|negatives?|absent|absence|not (?:there|present|found|seen|detected)|"
        r"what is not|"
        r"pertinent negatives?|denied|didn't find|did not find|free of)\b",
    ),
    _rule(
        Kind.NORMAL,
        r"\b(?:normal\w*|unremarkable|healthy|all (?:good|clear|right|fine|ok(?:ay)?)|within (?:normal )?limits|intact|"
        r"(?:look|looks|is|are|appear|appears|everything|anything|seem|seems) (?:\w+ ){0,3}(?:ok(?:ay)?|fine|good|"
        r"clear|right|clean))\b",
    ),
    _rule(
        Kind.FOUND,
        r"\b(?:what (?:was|is|were|are|did|do|does|has|have|can|could|else)?\b.{0,30}\b(?:found|find|see|seen|show\w*|"
        r"wrong|"
        r"present|abnormal\w*|visible|detected|there|happening|going on|notice\w*|result\w*|say))\b",
        r"\b(?:findings?|abnormalit\w+|abnormal|summar\w+|overview|impression|results?|conclusion\w*|bottom line|"
        r"main (?:thing|"
        r"point)s?|key points?|positives?|patholog\w+|gist|headline|report|diagnos[ie]s|problems?|anything)\b",
    ),
)  # fmt: skip
"""From the most guarded to the most general."""

_POINTS_BACK = re.compile(
    r"\b(?:it|its|they|them|these|those)\b|\b(?:this|that)\b(?! (?:film|study|patient|x-?ray))|^(?:and|why|where)\b"
)
_NAMED_CHANGE = re.compile(r"\b(?:fibrotic|atelectatic|emphysematous|pneumonic|degenerative) changes?\b")
"""Here "change" is a part of a name and asks for no comparison."""
_ALONE = re.compile(r"^(?:\W*\w+){1,4}\W*$")
"""A question of a few words that names nothing goes on from the one before."""
_GOES_ON = frozenset(
    {Kind.SIDE, Kind.PLACE, Kind.SEVERITY, Kind.SIZE, Kind.WHY, Kind.SHOW, Kind.DIFFERENTIAL, Kind.COMPARISON}
)
_ASPECTS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (aspect, re.compile(pattern))
    for aspect, pattern in (
        ("pitfalls", r"pitfall|mimic|mistaken|confus|look-?alike|artefact|artifact|trap|tell .*apart|distinguish|"
        r"differentiate|avoid"),
        ("differential", r"differential|cause|explain\b|due to"),
        ("follow-up", r"follow|guideline|next"),
        ("technique", r"technique|projection|measured|calculated|position"),
        ("appearance", r"look|appear|sign|recogni|see|seen|detect|spot|typical"),
    )
)  # fmt: skip


def understand(question: str, own: Iterable[str] = (), before: tuple[str, ...] = ()) -> Intent:
    """Return what a question asks.

    Parameters
    ----------
    question
        As it was typed. It goes no further than this function.
    own
        Names of the study's findings and measurements.
    before
        What the last answer was about; "how large is it?" means that.
    """
    text = normal(question)
    named = named_in(text, own)
    kind = _kind(text, named)
    concepts = named.concepts
    goes_on = _POINTS_BACK.search(text) or (_ALONE.match(text) and kind in _GOES_ON)
    if before and goes_on and not (concepts or named.either or named.region):
        concepts = before
        kind = Kind.PRESENCE if kind is Kind.UNCLEAR else kind
    intent = Intent(
        kind=kind,
        concepts=concepts,
        region=named.region,
        either=named.either,
        side=_side(text),
        aspect=next((aspect for aspect, pattern in _ASPECTS if pattern.search(text)), None),
    )
    return _settled(intent, named)


def normal(text: str) -> str:
    """Return a question in lower case, in plain letters, on one line."""
    folded = unicodedata.normalize("NFKC", text).casefold().replace("\u2019", "'").replace("`", "'")
    return " ".join("".join(letter for letter in folded if unicodedata.category(letter) != "Cf").split())


def _kind(text: str, named: Named) -> Kind:
    has_name = bool(named.concepts or named.either or named.region)
    text = _NAMED_CHANGE.sub(" ", text)
    for rule in RULES:
        if rule.pattern.search(text) and (has_name or not rule.needs_a_name):
            return rule.kind
    return Kind.PRESENCE if has_name else Kind.UNCLEAR


def _settled(intent: Intent, named: Named) -> Intent:
    """A finding that is named in a question about everything is asked for by itself."""
    if named.concepts and intent.kind in {Kind.FOUND, Kind.ABSENT, Kind.OPEN, Kind.NORMAL}:
        return intent.model_copy(update={"kind": Kind.PRESENCE})
    if named.region and not intent.concepts and intent.kind in NEEDS_A_CONCEPT:
        return intent.model_copy(update={"kind": Kind.NORMAL})
    return intent


def _side(text: str) -> Laterality | None:
    left, right = re.search(r"\bleft\b", text), re.search(r"\bright\b", text)
    if left and right:
        return None
    return Laterality.LEFT if left else Laterality.RIGHT if right else None
