"""Rules for what is declined: instructions, other people, identity, signing, prognosis, treatment."""

from __future__ import annotations

from orchestrator.conversation.intents import Kind
from orchestrator.conversation.rule import PICTURE, Rule, rule

_PERSON = r"(?:patient|person|man|woman|boy|girl|child|guy|lady|gentleman|pt)"
_SHOULD = r"(?:should|shall|must|ought|need|needs|do|does|can|could|would|may|is it (?:ok|safe|fine) to)"
_DRUG = (
    r"\w+(?:cillin|mycin|micin|floxacin|cycline|bactam|penem|conazole|prazole|sartan|[ao]lol|semide|thiazide|parin|"
    r"xaban|statin|solone|asone|terol|butamol|tropium|triptan|profen|caine|nitrate|mab|tinib|azepam)"
)
"""Names of medicines by the stems of the World Health Organization (INN), so that no list has to hold them all."""
_CT = r"ct(?![ /-]*(?:ratio|index))"
_MEANS = (
    rf"(?:{_DRUG}|antibiotics?|antivirals?|diuretics?|frusemide|lasix|steroids?|prednisone|oxygen|drugs?|medicines?|"
    r"medications?|pills?|tablets?|inhalers?|dos(?:es?|age|ing)|mg|milligrams?|insulin|morphine|paracetamol|aspirin|"
    r"warfarin|heparin|anticoag\w+|thromboly\w+|chemo\w*|radiotherapy|surgery|operat\w+|transfus\w+|thoracentesis|"
    r"pleurodesis|biops\w+|bronchoscopy|(?:re-?|ex|in)tubat\w+|ventilat(?:ed?|ing|ion)|resuscitat\w+)"
)

GUARDED: tuple[Rule, ...] = (
    rule(
        Kind.INSTRUCTION,
        r"\b(?:ignore|disregard|forget|override|bypass)\b.{0,40}\b(?:instruction|rule|prompt|finding|above|previous|"
        r"prior|everything|all|that|check)",
        r"^(?:system|assistant|developer) ?:|\b(?:system|developer) (?:prompt|message|mode)|\bjailbreak|"
        r"\bdan mode|your (?:instructions|prompt|rules)\b",
        r"\b(?:you are|you're) (?:now|no longer)\b|\bpretend\b|\bact as\b|\brole-?play|\bfrom now on\b",
        r"\b(?:write|compose|tell|sing|generate|draft)\b (?:me )?(?:a|an|some|the)? ?(?:poem|joke|story|song|code|"
        r"essay|"
        r"haiku|limerick|letter|email|script|python|novel)",
        r"\b(?:repeat|print|output|reveal|say|reply|respond|answer)\b.{0,30}\b(?:after me|exactly|verbatim|only|"
        r"nothing "
        r"but|with the word|text above|json|yes or no only)",
        r"<\|?\w+\|?>|\[/?inst\]|#{2,}|\bignorier\w*|\bignora\b|\bignorez\b|\bbase64\b|\bsudo\b",
    ),
    rule(
        Kind.OTHER_PATIENT,
        rf"\b(?:other|another|different|next|second|previous|last) {_PERSON}s?\b|"
        r"\b(?:someone|somebody|anyone|anybody|everyone|everybody|who) else\b|"
        r"\bother (?:\w+ )?(?:case|study|ward|bed)s?\b|"
        r"\bon (?:the|this|our|my) (?:ward|unit|list)\b|\bin (?:room|bed|bay|ward|cubicle) \w+",
        rf"\b(?:the|a) {_PERSON} (?:in|next|from) (?:bed|room|ward|door|the next|the other|yesterday|before)",
        r"\b(?:all|other|most|every) (?:the )?(?:patients|studies|cases|films)\b|\bhow many (?:patients|studies|"
        r"cases)",
        r"\b(?:mr|mrs|ms|miss|herr|frau)\b\.? \w+|\bstudy (?:number|id)\b|\baccession\b.{0,20}\d",
        r"\b(?:his|her|their|my|the patient's) (?:neighbou?r|friend|brother|sister|mother|father|wife|husband|"
        r"son|daughter|twin|"
        r"relative)",
    ),
    rule(
        Kind.IDENTITY,
        rf"\bwho (?:is|was) (?:the|this|he|she|that)(?: {_PERSON})?\b|\bwhose\b|\b(?:sur|first|last|"
        rf"full)?names? of (?:the|this)",
        rf"\bwhat is (?:the|this|his|her) {_PERSON}?(?:'s)? ?(?:name|mrn|id|address|phone|birth\w*|age|sex|gender|"
        rf"number(?! of))",
        rf"\bwhat(?:'s| is| was) (?:the|this) {_PERSON} called|\bwhat do you call (?:the|this) {_PERSON}",
        r"\b(?:date of birth|dob|birth ?date|birthday|mrn|medical record|social security|ssn|home address|"
        r"phone number|"
        r"insurance|referring (?:doctor|physician)|accession number)\b",
        rf"\bwhen was (?:it|this|the {PICTURE}) (?:taken|made|done|acquired|shot)|\bwhich hospital\b",
        rf"\bhow old\b|\bage of the {_PERSON}|\bwhere (?:does|do) (?:he|she|the {_PERSON}) live|\bmale or female\b|"
        rf"\bpatient'?s? (?:name|age|sex|id|identity)|\bwhat is (?:his|her) name",
    ),
    rule(
        Kind.SIGNING,
        r"\b(?:sign|finali[sz]e|approve|verify|release|send|submit|delete|amend)\b.{0,25}\b(?:report|draft|"
        r"study|it)\b|"
        r"\bsign (?:\w+ )?(?:this|that|off)\b|"
        r"\b(?:change|set) the status\b|\b(?:delete|erase|remove|drop)\b.{0,40}\bfrom\b|"
        r"\bmark\b.{0,25}\b(?:verified|final|approved|signed|done)\b",
        r"\b(?:change|edit|add|remove|delete|erase|drop|put|insert|write|rewrite|correct|"
        r"update)\b.{0,50}\b(?:report|draft|impression|"
        r"sentence|"
        r"finding section|findings section)",
    ),
    rule(
        Kind.PROGNOSIS,
        r"\b(?:die|dying|death|surviv\w+|prognosis|life expectancy|live long|recover\w*|cure[ds]?|curable|fatal|"
        r"terminal|"
        r"how long (?:do|does|will|has|have) (?:\w+ ){1,2}(?:have|live|got|left)|"
        r"(?:odds|chances?) of (?:living|dying|recover\w+)|(?:will|going to) kill)\b",
        rf"\b(?:will|does) (?:he|she|it|this|that|they|i|the {_PERSON}|my \w+) (?:ever |fully |soon )?"
        r"(?:get (?:better|worse|well)|heal|live|die|make it|be (?:ok(?:ay)?|fine|alright|well|cured))\b",
    ),
    rule(
        Kind.TREATMENT,
        rf"\b(?:{_SHOULD}|which|what|start|give|prescribe|stop|begin|order)\b.{{0,60}}\b{_MEANS}\b",
        rf"\b(?:{_DRUG}|milligrams?|thrombolyse|thrombolyze)\b|\bhow (?:much|many)\b.{{0,30}}\b{_MEANS}\b|"
        rf"\b{_MEANS}\b.{{0,20}}\b(?:needed|indicated|necessary|required|advisable)\b|"
        rf"^(?:start|give|stop|more|any)?\W*{_MEANS}\W*$",
        r"\badvise\b|\b(?:treat\w*|therap\w+|prescri\w+|manage(?:d|ment)?|remedy)\b",
        rf"\b(?:start|give|administer|order|book|request|schedule)\b.{{0,30}}\b(?:{_CT}|mri|scan|him|her|iv|"
        rf"transfusion|"
        r"ultrasound)\b",
        rf"\b{_SHOULD}\b.{{0,40}}\b(?:{_CT}|mri|pet|drain(?:ed)?|tap(?:ped)?|aspirate[d]?|admit(?:ted)?|"
        rf"discharge[d]?|"
        r"hospital\w*|icu|go home|sent? home|operated?|hospitali[sz]ed)\b",
        r"\b(?:go|be sent|send (?:him|her|them)) home\b|\bfit (?:to|for) (?:fly|work|surgery|discharge)\b|"
        r"\bblood pressure\b|\bhow much (?:oxygen|fluid) should",
    ),
)  # fmt: skip
"""What is declined, whatever was found."""
