"""The words that an indication may keep.

Free text crosses the line word by word: what is not on this list does not pass, whether it was recognised as
somebody's name or not. The list is the vocabulary of requests for chest imaging; a word of it that is also a
surname (White, Long) is masked when the header says that it names somebody here.
"""

from __future__ import annotations

_COMMON = """
a about above active acute additional admission admitted adult after again age aged ago all alleged also alternate an
and another anterior any appears april are area arm as ascending assess assessed assessment associated at august
available baby back baseline be became because become been before began behind being below better between bilateral
both boy but by came can cannot care case central change changed changes chief child children clear clinical come
comes complaining complains complaint complaints complete concern concerned concerning concerns condition conditions
confirm confirmed considered continued continues control could course current currently daily day days daytime
december decrease decreased decreasing deep definite denies descending despite detect determine developed development
diagnosed diagnosis did difficult difficulty diffuse dilated diminished discharge do does done down due duration
during each early either elderly elevated eliminate enlarged enlarging episode episodes established evaluate evaluated
evaluation evening ever evidence exam examination exclude excluded exertion exertional exposed exposure extensive
extent external failed fall fallen falling father february feels fell female few find finding findings first five
follow following follows for found four frequent frequently friday from full further general generalized getting girl
given gives global gradual greater had has have having heavy her high him his history hour hours however if impaired
impending improved improvement improving in inability inadequate include includes including increase increased
increasing indicated indication infant initial inner intermittent intermittently interval into involved irregular is
it its itself january july june known lady large last late lateral lateralized latest least left less level likely
limited lines local localised localized location long longer loss low lower lying male man many march marked markedly
may medial medical mid middle midline mild mildly minimal minor minute minutes missing moderate moderately monday
month months more morning most mostly mother much multiple must near need needs negative neonate never new newborn
newly next night nil no nocturnal non none normal not note noted nothing november now number numerous observed
occasional occasionally occurred october of off often old on once one ongoing only onset open or origin other
otherwise out outer outside over overlying overnight own palpable part partial partially past patient patients per
persistent persisting persists person physical place placed placement planned please portable positive possible
possibly post posterior potential premature present presentation presented presenting presents preterm prevalent
previous previously primary prior probable probably problem problems process progress progression progressive
prolonged prominent prove proven proximal query question questionable quickly quite radiates radiating rapid rapidly
rare re reason reassess recent recently recurrence recurrent recurring reduced regarding region regular related
relevant reliable remains repeat repeated reported reports request requested required requires resolution resolve
resolved resolving respiratory respond response rest result results returned returning right rule ruled same saturday
scheduled screening second secondary see seen september several severe severely severity she short shortness should
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
squamous stab stabbing staging staph starting stasis states stemi stenosis stent stents steps sternal sternotomy
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

_SHORT = """
ap bx c cm cp f fu fx g h hr i kg kgs l lat lb lbs m mg ml mm n o p po prn px q r ro s sp t u v w x y yo yof yom yr
yrs
"""

WORDS = frozenset((_COMMON + _CLINICAL + _SHORT).split())
"""Lower case, without accents."""

NEGATIONS = frozenset({"no", "not", "non", "nil", "none", "never", "without", "denies", "negative"})
"""Words whose loss would turn a sentence into its opposite."""
