"""Rules for what can be answered."""

from __future__ import annotations

from orchestrator.conversation.intents import Kind
from orchestrator.conversation.rule import PICTURE, Rule, rule

_ASKERS = r"(?! (?:i|we|he|she|my|our|the (?:op|surgery|round|list))\b)"
"""What follows a "before" that speaks of plans, not of an earlier film."""

ASKED: tuple[Rule, ...] = (
    rule(
        Kind.SECOND_OPINION,
        r"\b(?:second|independent|another|different) (?:opinion|read(?:ing|er)?|look|radiologist|interpretation)",
        r"\bread (?:it|this|the film|the study) (?:again|independently|afresh|anew)|\bcross-?check (?:it|this|the)|"
        r"\bblind(?:ed)? re-?read|\bdouble[- ](?:read|check)",
    ),
    rule(
        Kind.RERUN,
        r"\bre-?(?:run|analy[sz]e|evaluate|assess|scan)\b|\brun\b.{0,40}\bagain\b|\bzoom (?:in )?(?:on|to)\b|"
        r"\blook (?:only |just |closer )?at (?:the )?(?:region|area|box|left|right)\b|\banaly[sz]e (?:only |"
        r"just )?the (?:region|"
        r"area|left|right|selected)",
    ),
    rule(
        Kind.CHALLENGE,
        r"\bare you (?:really |absolutely |quite |100 ?% |completely )?(?:sure|certain|positive|serious|kidding|"
        r"blind)",
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
    rule(
        Kind.DIFFERENTIAL,
        r"\bdifferentials?\b|\bddx\b|\bdd\b|\bwhat else (?:could|might|can)|\balternative (?:diagnos\w+|"
        r"explanation\w*)",
        r"\b(?:what|which)\b.{0,40}\b(?:could|might|may|can)\b.{0,30}\b(?:cause|explain|be behind|account for|"
        r"lie behind|"
        r"produce|lead to|mimic|represent|be due to|mean)",
        r"\b(?:causes?|reasons?|explanations?|aetiolog\w+|etiolog\w+) (?:of|for|behind)\b|\bwhat causes\b|"
        r"\bcaused by\b|"
        r"\bcould (?:it|this|that|these) (?:also )?be\b(?! a case)(?=\W*$| (?:due|caused|from|some|any))|"
        r"\bpossible diagnos\w+|\bwhat diagnos\w+",
        r"\bcommon causes?\b|\bwhat (?:conditions?|diseases?) (?:fit|go with|match)|\bconsider(?:ed)? with\b",
    ),
    rule(
        Kind.KNOWLEDGE,
        r"\bwhat (?:does|do|would) (?:an? |the )?[\w -]{2,40} (?:look|appear|mean|signify|stand for)\b|"
        r"\bhow (?:does|do|is|are|can|would) (?:an? |the )?[\w -]{2,40} (?:look|appear|recogni[sz]ed?|diagnosed|"
        r"defined|"
        r"seen|detected|told apart|distinguished|measured|calculated|classified|graded)\b(?! (?:here|now))",
        r"\b(?:define|definition|explain|meaning of|what is meant by|tell me (?:about|what)|teach me|"
        r"(?<!you )describe)\b(?! (?:how|why) you\b)",
        r"\b(?:pitfalls?|mimics?|mistaken for|confused with|look-?alikes?|artefacts?|artifacts?|traps?)\b|"
        r"\bhow (?:do|can|to|does one|would one|should one) (?:i |you |we |one )?(?:tell|distinguish|differentiate|"
        r"recogni[sz]e|identify|measure|avoid|separate|spot|know)\b",
        r"\b(?:typical|classic|radiographic|radiological|usual) (?:signs?|appearances?|features?|findings?)|"
        r"\bsigns? of\b(?=.*\b(?:what|which|list|typical)\b)|\b(?:what|which|list)\b.{0,20}\bsigns?\b|"
        r"\bin general\b|\bguidelines?\b|\bliterature\b|\bnormal (?:range|value|limit|position)|\bwhere should\b|"
        r"\bcorrect position\b|\bwhat (?:is|are) (?:an?|the term) \w+|\bupper limit\b|\bcut-?off\b|\btextbook",
        needs_a_name=False,
    ),
    rule(
        Kind.ORDER,
        r"\b(?:indication|clinical (?:question|history|information|details)|reason for (?:the )?(?:exam|study|film|"
        r"request|referral|x-?ray))\b",
        rf"\bwhy (?:was|is|did)\b.{{0,30}}\b{PICTURE}\b.{{0,20}}\b(?:taken|ordered|done|made|requested|performed|"
        rf"wanted)",
        r"\bwhat (?:was|is) (?:asked|the question|requested|the history)|\bwho (?:ordered|requested)|"
        r"\bpatient'?s? history|"
        r"\bwhat (?:symptoms|complaints)|\bwhat (?:did|does) the (?:order|referr\w+|clinician)\b|\bthe order say|"
        r"\b(?:order|referral|request) (?:say|ask|mention)",
    ),
    rule(
        Kind.NOT_ASSESSED,
        r"\bnot (?:been )?(?:assess\w*|look(?:ed)? at|check\w*|evaluat\w*|examin\w*|cover\w*|read|analy[sz]\w*)|"
        r"\b(?:un|non-?)(?:assessed|evaluated|checked|examined)|\blimitation\w*|\bblind spots?\b|\bleft out\b",
        r"\b(?:couldn't|could not|can't|cannot|can not|unable to|didn't|did not|wasn't|"
        r"weren't)\b.{0,30}\b(?:assess\w*|"
        r"evaluat\w*|check\w*|examin\w*|look(?:ed)?|judge[d]?|see|tell|analy[sz]\w*|cover\w*|read)\b",
        r"\bwhat (?:is|was|are) missing|\bgaps?\b|\blimits of\b|\b(?:nobody|no one) (?:\w+ )?(?:check|assess|"
        r"examin|evaluat|look|read)\w*|\boutside (?:the|your) (?:scope|reach)|\bwhat can(?:'t| ?not) you",
    ),
    rule(
        Kind.COMPARISON,
        rf"\b(?:compar\w+|priors?|previous\w*|earlier|before{_ASKERS}|formerly|"
        r"last (?:time|film|week|month|year|study|x-?ray|"
        r"exam|"
        r"visit|one|image|report)|yesterday|baseline|old (?:film|x-?ray|study|image)s?|interval|since|"
        r"(?:the )?(?:last|past) "
        r"(?:few )?(?:days?|weeks?|months?|years?))\b",
        r"\b(?:chang\w+|unchanged|better|worse\w*|improv\w+|progress\w*|regress\w*|stable|deteriorat\w+|evol\w+|"
        r"grown|"
        r"growing|"
        r"grew|shrunk|shrinking|resolv\w+|clear(?:ed|ing) up|new(?:ly)?|persist\w*|longstanding|over time|"
        r"course|trend|"
        r"gone|gotten|went away|still there|more than(?! one)|less than)\b",
    ),
    rule(
        Kind.SHOW,
        r"\b(?:show|display|highlight|outline|mark|point (?:out|to|me)|overlay|visuali[sz]e|pull up|bring up|"
        r"open)\b(?!.{0,12}"
        r"\b(?:what|any|all|that there)\b)",
        r"\bwhere (?:do|did|can|could) (?:you|i|we) (?:see|find)|\b(?:heat ?map|overlay|bounding box|mask|picture of|"
        r"region of|outline of)\b|\blet me see\b|\bwhich pixels\b",
    ),
    rule(
        Kind.WHY,
        r"\bwhy\b|\bhow (?:do|did|can|could) you (?:know|tell|conclude|decide|arrive|come|determine|judge)|"
        r"\bbas(?:ed|"
        r"is)\b|"
        r"\bevidence\b|\bwhat makes you|\bhow you (?:came|got|arrived|concluded|know|decided)|\bon what grounds|"
        r"\bjustif\w+|\breason(?:s|ing)?\b|\bsupport(?:s|ed|ing)?\b",
        r"\bhow (?:sure|certain|confident|reliable|likely|probable|trustworthy)|\bconfiden(?:ce|t)\b|\bscore[ds]?\b|"
        r"\bprobabilit\w+|\bthreshold\w*|\boperating points?\b|\bcertainty\b|\bwhat (?:speaks|points|argues)\b|"
        r"\brests? on\b|"
        r"\bwhere does\b.{0,30}\bcome from\b|\bback(?:s|ed)? (?:it|this|that) up",
    ),
    rule(
        Kind.READER,
        r"\bwho (?:read|wrote|made|reported|interpreted|looked)|\b(?:which|what) (?:ai|model|network|algorithm|"
        r"software|"
        r"specialists?|system|version|program)|\bversion\b|\bwho are you\b|\bwhat are you\b|\bare you (?:a|an) ",
    ),
    rule(
        Kind.URGENCY,
        r"\b(?:urgent\w*|urgency|emergen\w+|critical\w*|life-?threatening|how (?:soon|quickly|fast|pressing)|"
        r"priorit\w+|"
        r"immediate\w*|acute(?:ly)? (?:danger\w*|action)|stat\b|can (?:it|this) wait|time-?critical|alarm\w*|"
        r"dangerous|"
        r"worr(?:y|ying|isome))\b",
    ),
    rule(
        Kind.FOLLOW_UP,
        r"\bfollow(?:ed)?[- ]?up|\bnext steps?\b|\b(?:you|is|are|be) recommend\w*|\brecommendations?|"
        r"\bfurther (?:imaging|tests?|work-?up|investigation\w*|"
        r"steps?|films?|exam\w*)|\b(?:should|must|needs? to) (?:be )?(?:done|happen|checked again|repeated)|"
        r"\bwork-?up\b|"
        r"\bsurveillance\b|\brepeat (?:film|x-?ray|imaging|study|radiograph)|\bcontrol (?:film|x-?ray|study)|"
        r"\bwhat (?:comes|happens|now|to do)\b.{0,10}(?:next|now|\?|$)|\bcome back\b|\bact on\b",
    ),
    rule(
        Kind.COUNT,
        r"\bhow many\b|\bnumber of\b|\bcount\b|\b(?:single|one|solitary) or (?:multiple|several|more|many)|"
        r"\bmore than one\b|"
        r"\bhow numerous\b|\b(?:multiple|several)\b|\bmultiplicity\b|\bonly one\b|\ba total of\b|\bin total\b",
    ),
    rule(
        Kind.SIDE,
        r"\b(?:which|what) (?:side|lung|hemithorax|half)\b|\bleft(?:-sided)?,? or (?:on the |the )?right|"
        r"\bright(?:-sided)?,? or "
        r"(?:on the |the )?left|\blateralit\w+|\bsided(?:ness)?\b|\bside of\b|\bboth sides\b|\bone side or\b|"
        r"\bone or both\b|"
        r"\b(?:unilateral|bilateral)\b|\bon which\b|\bleft\b.{0,12}\bright\b|\bright\b.{0,12}\bleft\b",
    ),
    rule(
        Kind.PLACE,
        r"\bwhere\b|\b(?:location|locali[sz]\w+|located|site|position|which (?:lobe|zone|part|area|region|"
        r"segment))\b|"
        r"\b(?:upper|lower|middle) (?:lobe|zone)\b.{0,20}\bor\b|\bwhereabouts\b",
    ),
    rule(
        Kind.SEVERITY,
        r"\bhow (?:severe|bad|serious|advanced|extensive|marked|much|pronounced|significant|heavy|mild|far)\b|"
        r"\bsever\w+|"
        r"\b(?:mild|slight|small|minor|trace|tiny),?\b.{0,25}\b(?:or|gross|moderate|severe|large)\b|\bdegree\b|"
        r"\bgrad(?:e|"
        r"ed|ing)\b|"
        r"\bextent\b|\bextensive\b|\bin?tensity\b",
    ),
    rule(
        Kind.SIZE,
        r"\b(?:how (?:big|large|wide|long|tall|high|broad|small|thick)|size[ds]?|diameter|dimensions?|measure[sd]?|"
        r"measurements?|millimet\w+|mm|cm|centimet\w+|ratio|width|height|volume|value|figure)\b",
    ),
    rule(
        Kind.OPEN,
        r"\b(?:uncertain\w*|indeterminate|unsure|equivocal|undecided|unresolved|unclear|ambiguous|doubtful|"
        r"borderline|"
        r"questionable|inconclusive|open (?:question|finding)s?|not (?:sure|certain|clear|decided)|in doubt|"
        r"doubts?)\b|"
        r"\b(?:could|can)(?: ?not|n't) (?:be )?(?:decide[d]?|settle[d]?|confirm(?:ed)?|exclude[d]?|determine[d]?|"
        r"rule[d]? out)|"
        r"\bneither\b|\bpossible findings?\b|\bleft open\b|\bstill open\b",
    ),
    rule(
        Kind.ABSENT,
        r"\b(?:ruled out|rule out|excluded?|negatives?|absent|absence|not (?:there|present|found|seen|detected)|"
        r"what is not|"
        r"pertinent negatives?|denied|didn't find|did not find|free of)\b",
    ),
    rule(
        Kind.NORMAL,
        r"\b(?:normal\w*|unremarkable|healthy|all (?:good|clear|right|fine|ok(?:ay)?)|within (?:normal )?limits|"
        r"intact|"
        r"(?:look|looks|is|are|appear|appears|everything|anything|seem|seems) (?:\w+ ){0,3}(?:ok(?:ay)?|fine|good|"
        r"clear|right|clean))\b",
    ),
    rule(
        Kind.FOUND,
        r"\b(?:what (?:was|is|were|are|did|do|does|has|have|can|could|else)?\b.{0,30}\b(?:found|find|see|seen|"
        r"show\w*|"
        r"wrong|"
        r"present|abnormal\w*|visible|detected|there|happening|going on|notice\w*|result\w*|say))\b",
        r"\b(?:findings?|abnormalit\w+|abnormal|summar\w+|overview|impression|results?|conclusion\w*|bottom line|"
        r"main (?:thing|"
        r"point)s?|key points?|positives?|patholog\w+|gist|headline|report|diagnos[ie]s|problems?|anything)\b",
    ),
)  # fmt: skip
"""What can be answered, from the most particular to the most general."""
