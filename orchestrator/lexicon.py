"""The words that an indication may keep.

Free text crosses the line word by word: what is not on this list does not pass, whether it was recognised as
somebody's name or not. The list is the vocabulary of requests for chest imaging; a word of it that is also a
surname (White, Long) is masked when the header says that it names somebody here.
"""

from __future__ import annotations

_COMMON = """
a about above active acute additional admission admitted adult after again age aged ago all alleged also alternate an
and another anterior any appears are area arm as ascending assess assessed assessment associated at 
available baby back baseline be became because become been before began behind being below better between bilateral
both boy but by came can cannot care case central change changed changes chief child children clear clinical come
comes complaining complains complaint complaints complete concern concerned concerning concerns condition conditions
confirm confirmed considered continued continues control could course current currently daily day days daytime
decrease decreased decreasing deep definite denies descending despite detect determine developed development
diagnosed diagnosis did difficult difficulty diffuse dilated diminished discharge do does done down due duration
during each early either elderly elevated eliminate enlarged enlarging episode episodes established evaluate evaluated
evaluation evening ever evidence exam examination exclude excluded exertion exertional exposed exposure extensive
extent external failed fall fallen falling father feels fell female few find finding findings first five
follow following follows for found four frequent frequently friday from full further general generalized getting girl
given gives global gradual greater had has have having heavy her high him his history hour hours however if impaired
impending improved improvement improving in inability inadequate include includes including increase increased
increasing indicated indication infant initial inner intermittent intermittently interval into involved irregular is
it its itself known lady large last late lateral lateralized latest least left less level likely
limited lines local localised localized location long longer loss low lower lying male man many march marked markedly
may medial medical mid middle midline mild mildly minimal minor minute minutes missing moderate moderately monday
month months more morning most mostly mother much multiple must near need needs negative neonate never new newborn
newly next night nil no nocturnal non none normal not note noted nothing now number numerous observed
occasional occasionally occurred of off often old on once one ongoing only onset open or origin other
otherwise out outer outside over overlying overnight own palpable part partial partially past patient patients per
persistent persisting persists person physical place placed placement planned please portable positive possible
possibly post posterior potential premature present presentation presented presenting presents preterm prevalent
previous previously primary prior probable probably problem problems process progress progression progressive
prolonged prominent prove proven proximal query question questionable quickly quite radiates radiating rapid rapidly
rare re reason reassess recent recently recurrence recurrent recurring reduced regarding region regular related
relevant reliable remains repeat repeated reported reports request requested required requires resolution resolve
resolved resolving respiratory respond response rest result results returned returning right rule ruled same saturday
scheduled screening second secondary see seen several severe severely severity she short shortness should
show showing shown shows sibling side sided sides sign significant signs similar since single site sites size slight
slightly slow slowly small some soon sore stable stage start started status still strong sudden suddenly suggest
suggested suggesting suggestion suggestive sunday superior suspect suspected suspicion suspicious symptom symptomatic
symptoms system systemic taken teenager term test tested testing tests than that the their them then there these they
third this those three through throughout thursday time times to today toddler together took total toward treat
treated treating treatment trial tuesday two type unable unchanged unclear under undergoing underlying underwent
unexplained unilateral unit unknown unlikely until untreated unusual up update upper upright urgent use used using
usual usually vague various verify versus very view views visible visit wall was wednesday week weekly weeks well went
were what when where whether which while who whole wide widespread with within without woman work workup worse
worsened worsening wound year yearly years yesterday yet young
"""

_CLINICAL = """
abd abdomen abdominal abg ablation abnormal abnormalities abnormality abrasion abscess abuse accident ace achalasia
ache aching acid acidosis acs adenocarcinoma adenopathy aed af afb afebrile afib aicd aid aids air airspace airway
airways albumin alcohol alcoholic allergic allergy allogeneic als altered alveolar aml amputation anaemia analgesia
anaphylaxis anasarca anastomosis anemia anesthesia anesthetic aneurysm angina angiogram angioplasty ankle anorexia
antibiotic antibiotics anticoagulation anxiety aorta aortic apex aphasia apical apices apnea apnoea appendicitis
appetite approx ards arrest arrhythmia arterial artery arthralgia arthritis arthroplasty asbestos asbestosis ascites
aspergillosis aspirated aspiration assault asthma asthmatic asymmetry asymptomatic ataxia atelectasis atrial attack
attacks atypical auscultation autoimmune avr avulsion axilla axillary backache bacteremia bacterial bacterium
bariatric basal base bases basilar bibasal bibasilar biliary biopsy bipap biventricular bladder bleed bleeding blood
bloody blunt bmt bnp body bodyaches bone bony bowel bp brain breast breath breathing breathless breathlessness
bronchial bronchiectasis bronchiolitis bronchitis bronchoscopy bronchospasm bronchus bruising bulging bundle burn
bypass ca cabg cachexia cad calcification calcified cancer cannula carcinoid carcinoma cardiac cardiomegaly
cardiomyopathy cardiothoracic cardioversion carotid catheter cavitary cavitation cavity cbc cell cellulitis cerebral
cervical cheek chemo chemotherapy chest chf chills choking cholecystectomy cholecystitis cholesterol chronic cigarette
cirrhosis clavicle cll clot clubbing coagulopathy coarse cold colectomy colitis collapse collapsed collection
collision colon colonoscopy colostomy coma comparison confusion congenital congestion congestive connective conscious
consciousness consolidation constipation contact contrast contusion convulsion copd coronary corticosteroid cough
coughing coughs covid cpap cpr crackle crackles crackling cramp cramps crash creatinine crepitations creps critical
croup crp crush ct cultures cva cvc cxr cyanosis cyanotic cyst cystic cytology date deep defect defibrillator deficit
deformity degenerative dehydration dementia density depression dermatitis desaturation desaturations deteriorating
deterioration device devices dexamethasone diabetes diabetic dialysis diaphoresis diaphragm diaphragmatic diarrhea
diarrhoea diastolic digestive disc discomfort disease diseases dislocation disorder dissection distal distended
distension distention distress diuresis diuretic diverticulitis dizziness dizzy dka dm dobhoff drain drainage drains
drop drug dry dvt dx dysfunction dyslipidemia dyspepsia dysphagia dysphasia dysplasia dyspnea dyspnoea dysrhythmia ear
eating ecg echo echocardiogram eclampsia ecmo ectopic eczema edema ef effusion effusions ekg elbow electrolyte emboli
embolic embolism embolus emergency emesis emphysema emphysematous empyema encephalitis encephalopathy end endocarditis
endometrial endoscopy endotracheal endstage energy enlargement enteral enterococcus eosinophilia epigastric epilepsy
epistaxis erect erythema esophageal esophagectomy esophagus esr etoh ett exacerbation excision exercise expansion
expectoration expiratory extravasation extremity extubated extubation eye face facial facility failure fatigue febrile
feeding feeling feet femoral femur fetal fever feverish fevers fibrillation fibrosis fibrotic fistula fixation flank
flu fluid flulike flutter focal followup fontan foot foreign fracture fractured fractures fremitus ga gallbladder gas
gastric gastritis gastroenteritis gastrointestinal gcs gerd gi gland glioblastoma glioma glucose goiter goitre grade
granuloma granulomas granulomatous growth grunting gunshot haemoptysis haemorrhage haemothorax hand hcap head headache
headaches healing healthy heart heartbeat heartburn hemangioma hematemesis hematoma hematuria hemiparesis hemiplegia
hemodialysis hemoglobin hemoptysis hemorrhage hemothorax hepatic hepatitis hepatocellular hepatomegaly hernia herpes
hf hgb hiatal hiatus hilar hip histoplasmosis hiv hives hoarse hoarseness hodgkin home hospital hospitalization
hospitalized housing htn hx hydropneumothorax hydrothorax hypercalcemia hypercapnia hyperglycemia hyperinflation
hyperkalemia hyperlipidemia hypersensitivity hypertension hypertensive hyperventilation hypoglycemia hyponatremia
hypoplasia hypotension hypotensive hypothyroidism hypoventilation hypoxemia hypoxia hypoxic icd ich icu iddm ideation
ild ileus ill illness image imaging imbalance immune immunocompromised immunosuppressed immunosuppression implant
implantation implants infarct infarction infected infection infections infectious infective infiltrate infiltrates
infiltration inflammation inflammatory influenza ingestion inguinal inhalation inhaled inhaler injection injured
injuries injury inr insertion inspiration inspiratory inspired insufficiency insulin internal interstitial intestinal
intoxication intracranial intraparenchymal intravenous intubated intubation invasive ischaemia ischemia ischemic
itching iv ivc jaundice jaw joint joints jugular jvd jvp kidney knee lab laboratory labored laceration ladder
laminectomy laparoscopic laparotomy laryngeal larynx laxity lead leads leak leg legs lesion lesions lethargic lethargy
leukaemia leukemia leukocytosis leukopenia lightheaded lightheadedness like limb line lipoma liters liver living lll
lobar lobe lobectomy lobes lower lul lumbar lump lumpectomy lung lungs lupus lvad lymph lymphadenopathy lymphoma
malaise malfunction malignancy malignant malnutrition mammogram mandible marrow mass masses mastectomy mastitis
measles meconium mediastinal mediastinum medication medications medicine meds melanoma melena meningitis mental
metabolic metastases metastasis metastatic mi microcytic midback midsternal mitral mobility monitor monitoring
mononucleosis motor motorcycle mri mrsa mucous mucus murmur muscle muscular musculoskeletal mva mvc mvr myalgia
myalgias myasthenia mycobacterial mycobacterium mycoplasma myeloma myocardial myocarditis myopathy nasal nasogastric
nausea nauseous nebulizer neck necrosis necrotizing neoplasia neoplasm neoplastic nephrectomy nephropathy nephrotic
neurologic neurological neuropathy neutropenia neutropenic neutrophilia ng ngt nhl nicu nightsweats nipple nocardia
nodal node nodes nodular nodule nodules nonproductive nonsmoker nose nsclc nstemi numbness nursing obese obesity
obstruction obstructive obtunded occupational oesophageal oliguria oncology op opacification opacities opacity
operation operative oral organ orthopnea orthopnoea osa osteoarthritis osteomyelitis osteopenia osteoporosis
osteosarcoma outpatient ovarian overdose oxygen pa pacemaker pacer pain painful painless pallor palpitation
palpitations palsy pancreatic pancreatitis pancytopenia paralysis paraplegia parenchymal paresthesia passed patchy
pathologic pathological pathology pcp pe pediatric pelvic pelvis penetrating penumonia peptic percussion perforation
perfusion pericardial pericarditis perihilar peripheral peritoneal peritonitis pertussis petechiae pharyngitis phlegm
physio physiotherapy picc pleura pleural pleurisy pleuritic pleurodesis pna pneumoconiosis pneumocystis
pneumomediastinum pneumonectomy pneumonia pneumonias pneumonic pneumonitis pneumoperitoneum pneumothoraces
pneumothorax pod polyarthritis polycystic polyp poor port position positional postop postoperative postpartum ppd ppm
pre preclampsia preeclampsia pregnancy pregnant preop preoperative preprocedure pressure presyncope pretransplant prev
procedure production productive prolapse prophylaxis prostate prostatectomy prosthesis prosthetic proteinuria pruritus
psoriasis psychosis pt ptx pulmonary pulse purulent pus pyelonephritis pyrexia pyrexial quadrant radiation radiograph
radiographic radiographs radiography radiotherapy rales rash raynaud rbc reaction reactive rectal reflux regurgitation
rehabilitation rejection relapse removal removed renal repair replacement resection residual respiration respirations
restrictive resuscitation retained retching retention retraction retractions retrosternal revision rheumatoid rhinitis
rhinorrhea rhonchi rib ribs rigors rll rlq rml routine rsv rt rul runny rupture ruptured rx salmonella sarcoid
sarcoidosis sarcoma sat sats saturation saturations scan scans scapula scapular scar scarring sched sciatica
scleroderma sclerosis scoliosis section seizure seizures sensation sepsis septic septicemia shielded shock shoulder
shunt sickle silicosis sinus sinusitis skin sleep slurred smear smoke smoker smokes smoking sob soft somnolence
soreness sounds spasm spasms speech spinal spine spleen splenectomy splenic splenomegaly spondylitis sprain sputum
squamous stab stabbing staged staging staph starting stasis states stemi stenosis stent stents steps sternal sternotomy
sternum steroid steroids stiffness stomach stones strain strep stridor stroke study subacute subclavian subcutaneous
subdural subjective substernal suicidal superimposed supine supportive surgeries surgery surgical surveillance swallow
swallowing sweating sweats swelling swollen syncopal syncope syndrome syphilis systolic tachycardia tachycardic
tachypnea tachypnoea tamponade tapped tb tear temp temperature tender tenderness tension testicular testis therapy
thigh thoracentesis thoracic thoracotomy thorax throat thrombocytopenia thromboembolism thrombosis thrombus thymectomy
thymoma thymus thyroid thyroidectomy tia tightness tingling tinnitus tissue tobacco tongue tonight tonsillitis toxic
toxicity trachea tracheal tracheostomy transfusion transplant transplantation trauma traumatic travel tremor tricuspid
troponin tube tuberculosis tuberculous tubes tumor tumors tumour tumours ulcer ulceration ulcers ultrasound
unconscious unresponsive unsteady unwitnessed uraemia uremia urgency uri urinary urine urosepsis urti uterine uterus
uti vaccination vaccine vad valve valves valvular varicella varices vascular vasculitis vehicle vein venous ventilated
ventilation ventilator ventral ventricle ventricular vertebra vertebral vertigo vessel viral virus vision visual
vomited vomiting vsd walking warfarin wbc weak weakness weight wheeze wheezes wheezing wheezy whooping withdrawal
wrist xray xrays
"""

_REPORTS = """
absence accentuated acromioclavicular adjacent advanced aerated aeration alignment along although amount apparent
appear appearance appearing appreciated appropriate approximately areas arteries arthritic artifact aspect asymmetric
atelectatic atherosclerosis atherosclerotic atrium attenuation azygos bandlike based benefit biapical bilaterally
blunted blunting bodies borderline bridging broken bronchi bronchovascular bullae bullet bullous calcific
calcifications caliber cardio cardiomediastinal cardiophrenic cardiopulmonary carina causing caval cavoatrial centrally
characteristic characterization chronically cleared clearing clinically clips coarsened collections combination
compared compatible complication configuration confluent consider considerations considering consistent consists
consolidating consolidations consolidative contour contours convexity convincing correlate correlation cortical
costophrenic courses crowding curvature curvilinear dated decubitus dedicated defined deformities demineralization
demonstrate demonstrated demonstrates dense densities described desired destruction destructive developing deviation
dextro dextrocurvature dextroscoliosis diameter diaphragms differences differential diffusely discoid discrete
discussed dish dislocations displaced distribution document documented dual ectasia ectatic electronic elements
elevation endplate engorged engorgement ensure enteric entirely epicardial etiology eventration evident exaggerated
exaggeration examinations exams excavatum expanded expected factors fat favored features filled film films fissure
fissures flattened flattening flowing focus formation formations fragment free frontal fullness fusion generator
glenohumeral glenoid graft granulomata greatest gross grossly habitus healed helpful hemidiaphragm hemidiaphragms
hemithorax hilum humeral humerus hyperexpanded hyperexpansion hyperinflated hyperlucent hypoinflated hypoinflation
identified idiopathic ij images incidental incompletely indeterminant indeterminate indicate indistinct inferior
inflated infrahilar innumerable intact interstitium intraperitoneal intrathoracic involving irregularities irregularity
junction kyphosis kyphotic larger largest layering levels levocurvature levoscoliosis limits lingula lingular located
loculated loops lordotic lucency lucent lumen lv maintained margination markers markings material measures measuring
mediport midabdomen midlung midthoracic minimally motion multifocal multilevel narrowing needed nerve noncalcified
nondisplaced nonspecific normally notification notified oblique obliquely obscuration obscure obscured obscures
obtained obvious oriented osseous osseus osteophyte osteophytes overall overlap overlapping overlie overlies overt
ovoid pacing pads paraspinal paratracheal parenchyma particularly partly pattern pectus performed platelike portions
positioning posteriorly postsurgical posttraumatic predominantly presence primordial projected projecting projection
projects prominence questions radiographically radiopaque receipt recess recommend recommendations recommended
redemonstrated redemonstration reflect reflecting regions relative relatively remain remainder remaining remote report
represent representing represents residuals reticular retrocardiac reveal reveals rightward ring rotated rotation round
rounded sacroiliac scars scattered sclerotic scoliotic screw segment senescent septal sequela sequelae series setting
shadows shape shaped shift significantly silhouette silhouettes sized skeletal smaller somewhat space spaces
specifically spondylosis stability stimulator stool streaky stripe structure structures studies subdiaphragmatic
subsegmental subtle suggests sulci sulcus suprahilar suture sutures svc symmetric technical technically technique
telephone terminates terminating thickening thin thoracolumbar tip tips tissues top tortuosity tortuous transverse
trapping tubing tunneled typical uncertain unfolded unfolding unremarkable useful vascularity vasculature vasculatures
vertebrae visualized volume volumes warranted wedge wedging widened widening your zone zones
"""

_EVERYDAY = """
aaa able absolutely abx accept access accession according account accurate aches across activities activity actual add
added address adequate adjusted administered advice advise advised aerosol affected afp against aggressive agitated
ahead aim albuterol alert alkaline allograft allow allowed almost alone already always amiodarone among amongst
amoxicillin ampicillin ana anaesthetic analgesics anca androgen answer antacid anterolateral antiviral anxious anything
apart appendectomy appendix appointment approach approved arrange arranged arrhythmias arrival arrive arrived
arthroscopy asd ask asked asking asleep aspirin atenolol atorvastatin attached attempt attend attended attending
attention auscultatory avf avm avoid awake aware away azithromycin bacilli bad bal balance balloon barium bd bed
bedridden bedside behaviour bendopnoea benign best beta bevacizumab beyond bicarbonate bile bilirubin biochemical
bisoprolol bisphosphonate bit blind blister blocked blocker blocks bloods blue bmi bottom bowels boxes brachial
bradycardia bradycardic breastfeeding breaths brief briefly bring broad brought bruise bruises bruit building bunion
busy calcium calf call calls calm cancelled cancerous candida capsule car carbon cardiologist cardiology cared
caregiver carer carried carry casualty cat cataract categories category cause caused causes caution cc ccu cea
cefuroxime centimeter centre cerebrovascular certain certainly certificate cesarean chart charts check checked checks
chickenpox chlamydia cholangitis chosen cicu cin ciprofloxacin ck clammy clarithromycin clean clearly climb climbing
clindamycin clinic clopidogrel close closed cmv coated coccyx code codeine cognitive collect collected colorectal
comment comments common commonly communicated community company completed completely complex compliance component
compression computer concentration concluded concussion confirms conjunctivitis connected consent constant consultant
contacted contain contained continue contraceptive contractures contributing controlled convinced convulsions
cooperative copies copy corresponding cortisone cost count couple cpb cramping cranial crcl crohns crossed crosses ctpa
culture cut cyanosed cycle cycling cyclophosphamide cystitis data dead deal death decide decided decision declined
definitely degree degrees delay delayed delivered delivery dental dentist department dependent describes describing
desk detailed details dialysed diazepam diclofenac diet different digoxin diltiazem directly director disability
disabled disappeared discontinued discuss disorders disorientated display distance diuretics dnr dob doctor doctors
door dose doses doubt downstairs doxycycline draft dressing drink drinking drinks drive driver driving drowsy drugs
ductal dyspnoeic dysuria earache eat eats ebv ed effect effective effects effort effusive elective electrolytes
electronically eligible elisa else email embolisation empty enclosed ending engineer enough enoxaparin enquiry enter
entire entry environment enzymes ependymoma epigastrium equal equipment er error erythematous erythropoietin especially
essentially estrogen event events every everything exact exactly examine examined examines example excellent except
excessive expect experience experienced experiencing explain explained explanation extra extremely exudate exudative
faecal faeces faint fainted fainting fairly family farm farmer fast fasting fax faxed fb fbc febrility feed feel
fentanyl ferritin fetus fh field file filed filling final finally fine finger fingerprint fingers firm fistulas fit
fits fixed flat flight floor flucloxacillin fluconazole flushed flying folate food forearm forward fracturing frail
frailty freely frequency fresh friend frozen fully fun function functional furosemide gabapentin gained gait gangrene
genital gentamicin gentle gently gestation gets giving glasses glaucoma glottic goes going gone gout grateful gravida
great ground group gsw guidance guideline gynaecology habits haematemesis haematology haematoma haematuria
haemodialysis haemodynamic haemodynamically haemoglobin haemolytic haemorrhagic half handed hands hard hardly hdl hdu
he header heat heating heavily heel height held hello help helped helps hemithoraces hence heparin hereby hers highly
hit hla hold holding hole hormone horse host hot housebound household housewife hpi hrct huge human husband
hydrocortisone hyperthyroidism hypertonic hypertrophic hypertrophy hypothermia hysterectomy iban ibuprofen idea ideal
identification igg igm ileostomy im immediate immediately immobile immobility immunoglobulin impacted impingement
important impression improve incision incisional incomplete incontinence incontinent indeed independent independently
industrial infarcts inflamed inform information informed ingested inhalers inhibitor initially inotropes inpatient
insert inside inspected instead instruction instructions insurance intake intend intense intensive intention
intercostal interest interim intermediate interpretation interpreter interventional intestine introduced intubate
investigate investigated investigation investigations ipsilateral ischaemic isoniazid issue issues itchy item items itu
job judged jump jumped just keeping kept ketoacidosis kidneys kind kindly la labelled lack lactate lactation land
landed language lansoprazole laparoscopy laryngitis lasix lastly later laying lbbb ldh ldl leaking learn leave leaves
leaving legionella lets letter letters leucocytosis levothyroxine lft lfts library licence license lie lies life lift
lifted lifting ligament light lightly limit lip lips liquid lisinopril list listed lists lithium live lived lives lmp
load lobectomies loc log longstanding look looked looking looks lordosis losartan lose lost lot lots loud lymphatic
lymphocytes lymphocytic lysis machine mail main mainly maintain makes making malabsorption malar malaria mammography
manage managed management manner manual manually marital masked mastoid match matched matter maximal maximum meal meals
mean means meanwhile measure meet meeting member membership memory men menopause menstrual mention mentioned meropenem
mers message met metal metformin method methotrexate metoprolol metre metronidazole microbiology microscopic migraine
mind miscarriage mitochondrial mixed mobilise mobilising mode model modified morphine mountain mouth move moved
movement moves moving mrcp mrn mucosal mum muscles music myelodysplastic myelofibrosis myositis myself nad name named
names naproxen narcotic narrow nature nbm nearby nearly necessary neighbor neighbour neither nephritis nephrology
nephrostomy neuralgia neurology neurosurgery neutral nevertheless nhs nice nifedipine nitrofurantoin nitroglycerin nkda
nobody nocte noise noisy nor notes notice noticed notify npo nsr nurse nursery nurses objective obtain obviously
occasion od oedema oedematous oesophagectomy oesophagus oestrogen offered office ok okay older omeprazole oncologist
opened operated operator ophthalmology opiate opinion opioid optic optimal option options order ordered orders original
orthodontic orthopaedic orthopedic orthostatic others otitis ought our ours outcome outline outlined outpatients ovary
owing owner oximetry packs paediatric page paged pages paid pains pair palate palliative pallid pancreas paper
paperwork paracentesis paracetamol paralysed parasite parathyroid parent parents parietal parked parotid paroxetine
paroxysmal partner parts party pass passenger passes passport patch patella path pause pay payment pci pcr pda
penicillin penile percent perform perianal perinatal period periorbital permanent permission permit persist persisted
personal personally petct pfo phenytoin phlebitis phone phoned photo photograph physically pick picked picture pictures
picu piece pieces pills piperacillin placebo placenta plain plan planning plans plaque plasma plate platelet platelets
play played playing pleasant plus pmh pneumococcal point points policy polymyalgia poorly popliteal population portal
possibility posted postnatal potassium pounds powder practice precisely prednisolone prednisone prefer preferred
pregabalin preparation prepare prepared prescribed prescription presently prevent print printed priority private pro
proceed proceeded produce produced producing professional programme prompt properly prostatic protein proved provide
provided provider providing psa psh psychiatric pubic public pull pulled pulling pulses purpose purulence push pushed
pustular put pyloric pyrazinamide qds quality quantity quarter quiet quinine quoted ra rabies radicular radiographer
radiologist radiology radius rain raise raised ramipril ran random range ranging rate rates rather ratio rbbb reach
reached reaches read reading reads ready real really reasonable reasons receive received receiving recognised
recognized record recorded records recover recovered recovering recovery reduce reduces reducing reduction reference
referral referred refers refused refuses regard regards regime regimen register registered registration regularly rehab
relation relationship relatives release relief relieved remarks remember remission remove removes renew rented repaired
replaced reply reporter reporting requests requirement residence resident residential resistant respirator resting
restless restricted reticulation retinal retired return returns revealed review reviewed reviews revised rheumatic
rheumatology rifampicin rigid rigidity rigor rise risen rising risk risks road role room rooms ros rotator rough row
rta rub rubbed run running runs sa safe safety said salbutamol saline saliva sample sao sars saw say saying says scale
school sclera score scored scores screen screened scrotal seat seated secretary secured sedated sedation seek seem
seemed seems seizing seldom self send sending sends sense sensitive sensitivity sent separate separately septum serial
serially serious seriously serology seronegative seropositive serum serve served service services sessions set sets
settled seven sex sexual sh share shared sharp shingles shivering shopping shower shunting shut sick sickness sicu
sighted signature signed silent similarly simple simply simvastatin sinuses sister sit sits sitting situated situation
skilled skip sleepiness sleepy slept slip slipped smell smells smoked smooth snoring social society sodium sold solid
solution somebody someone something sometimes son sorry sound source spastic speak specialist specialty specific
specimen specimens speculum spent sphincter spironolactone splint spoke spoken sport sports spot spots spread squeezing
ssn stained stairs stand standard standing stands starts stat state stated statement station statistics stay stayed
staying stays step stick sticky stiff stillbirth stood stools stop stopped storage store stored story straight strength
stress stretch stretcher strict strictly stricture strictures strongly struck structural student stump subject subjects
submitted subsequent subsequently substance success successful successfully such suffered suffering suffers sufficient
suitable sulfate sum sun superficial supervised supply support supported supporting suppurative sure surface surgeon
surname surrounding survey survived suspension svt swab swabs swallowed swelled swim swimming switch switched sx
synovitis systole table tablet tablets tachyarrhythmia take takes taking talk talked talking tall tamoxifen taste tavi
tds team technician tell telling template templates temporarily temporary tend tended tendon tendons tends terminal
terms tetanus tft tfts thank thanks theirs themself themselves theophylline thick thing things think thinks thinned
thinner thorough thoroughly though thought thoughts threatened thrush thus thyroiditis tibia tibial tie tight till
tinea tired tiredness title toe tof told tolerate tolerated tolerating tonsils tool topic topical totally touch towards
town toxin traced tracing track traffic trained training tramadol tranexamic transaminase transfer transferred
transient transmitted transport trapezius travelled traveller travelling tremors triage tried trip trips trouble truck
true truly trunk trust try trying tsh tte tuberculin turned turning turns twenty twice twin twins twisted tx typed
types typically ue uec ulcerated ulnar umbilical understand understanding undertaken unfit unfortunately uniform
unilaterally unless unlike unsure unwell uop upon upset upstairs ureter ureteric urethral urgently urinating urologist
urology us user uses utility uvula vacation vagal vaginal valid valproate value values vancomycin variable varied
variety vary varying vasculitic vasovagal venlafaxine venogram ventricles verapamil vestibular vf via viable video
viraemia viscera visited visiting visitor visits vitals vitamin vocabulary voice vomit vs vt vulva wait waiting wake
wakes waking walk walked walks want wanted wants war ward warm warts wash washed watch water way ways we weakly wean
weaned weaning wear wearing weather weekend weigh weighs weighted welcome welder wet wheel wheelchair wheezed wherever
whichever whilst whiplash whoever whom whose why wife will window wish wishes wnl womb won word words worked worker
working workplace works workstation world worn worried worry worst worth wounds wrists write writes writing written
wrong xanthoma yield you younger yours zero
"""

_SHORT = """
ap bx c cm cp f fu fx g h hr i kg kgs l lat lb lbs m mg ml mm n o p po prn px q r ro s sp t u v w x y yo yof yom yr
yrs
"""

WORDS = frozenset((_COMMON + _CLINICAL + _REPORTS + _EVERYDAY + _SHORT).split())
"""Lower case, without accents."""

NEGATIONS = frozenset({"no", "not", "non", "nil", "none", "never", "without", "denies", "negative"})
"""Words whose loss would turn a sentence into its opposite."""

_ALSO_NAMES = """
may young long day small down strong large march head foot case read reading son town field farmer doctor ward war sun
land farm blue page horse engineer light short wise love rain road street king will major
"""
ALSO_NAMES = frozenset(_ALSO_NAMES.split())
"""Words that people and towns are called too: with a capital beside a name they go with it."""
