/**
 * The working copy of a report and everything that can be done to it: each function returns a new copy.
 *
 * Every sentence of the draft stays in it, also a rejected one: nothing that the software said disappears unseen.
 */

/**
 * @typedef {"accepted" | "edited" | "rejected" | "added"} Decision
 * @typedef {{kind: string, id: string}} Citation
 * @typedef {object} Sentence
 * @property {string} sentence_id `findings.1`, or `added.` and what this page chose
 * @property {string} text
 * @property {string | null} [drafted] the software's words; null where a person added the sentence
 * @property {string | null} [author]
 * @property {Citation[]} citations
 * @property {Decision | null} [decision]
 * @property {string | null} [reason]
 * @typedef {{name: string, sentences: Sentence[]}} Section
 * @typedef {{id: string, decision: "accepted" | "rejected", reason?: string | null}} FindingDecision
 * @typedef {{sections: Section[], findings: FindingDecision[], revision: number, draft_id: string}} Copy
 */

/** What is sent to save a copy. */
export function asEdit(/** @type {Copy} */ copy) {
  const decided = (one) => ({ decision: one.decision ?? null, reason: one.reason ?? null });
  return {
    sections: copy.sections.map(({ name, sentences }) => ({
      name,
      sentences: sentences.filter((one) => wordsOf(one)).map((one) => ({ sentence_id: one.sentence_id, text: wordsOf(one), ...decided(one) })),
    })),
    findings: copy.findings.map(({ id, ...one }) => ({ id, ...decided(one) })),
  };
}

/** An added sentence that is still empty is not sent; a drafted one never is empty, since it is rejected and not left out. */
const wordsOf = (/** @type {Sentence} */ one) => one.text.trim() || one.drafted || "";

/** Whether two copies would be saved alike. */
export const sameCopy = (/** @type {Copy} */ one, /** @type {Copy} */ other) => JSON.stringify(asEdit(one)) === JSON.stringify(asEdit(other));

export const isAdded = (/** @type {Sentence} */ one) => one.sentence_id.startsWith("added.");
export const isRejected = (/** @type {Sentence} */ one) => one.decision === "rejected";
export const isEdited = (/** @type {Sentence} */ one) => !isAdded(one) && one.text.trim() !== one.drafted;

/** Every sentence, in reading order. */
export const sentencesOf = (/** @type {Copy} */ copy) => copy.sections.flatMap(({ sentences }) => sentences);

export const sentenceOf = (/** @type {Copy} */ copy, /** @type {string} */ id) => sentencesOf(copy).find((one) => one.sentence_id === id) ?? null;

/** Write other words. */
export function withText(/** @type {Copy} */ copy, /** @type {string} */ id, /** @type {string} */ text) {
  return changed(copy, id, (one) => ({ ...one, text, decision: isAdded(one) || one.decision === "rejected" ? one.decision : text.trim() === one.drafted ? null : "edited" }));
}

/** Decide of a sentence; the same decision again takes it back. */
export function withDecision(copy, id, /** @type {Decision} */ decision, reason = null) {
  return changed(copy, id, (one) => {
    const undone = one.decision === decision;
    return { ...one, decision: undone ? (isEdited(one) ? "edited" : null) : decision, reason: undone ? null : reason };
  });
}

/** Add a sentence after another, or at the end of a section. */
export function withAdded(copy, section, after, text) {
  const id = `added.${crypto.randomUUID().slice(0, 8)}`;
  const made = { sentence_id: id, text, drafted: null, author: null, citations: [], decision: "added", reason: null };
  const sections = copy.sections.map((one) => {
    if (one.name !== section) return one;
    const at = one.sentences.findIndex(({ sentence_id }) => sentence_id === after);
    const sentences = [...one.sentences];
    sentences.splice(at < 0 ? sentences.length : at + 1, 0, made);
    return { ...one, sentences };
  });
  return { copy: { ...copy, sections }, id };
}

/** Take an added sentence away. */
export function without(copy, id) {
  return { ...copy, sections: copy.sections.map((one) => ({ ...one, sentences: one.sentences.filter(({ sentence_id }) => sentence_id !== id) })) };
}

/** Decide of a finding or measurement; the same decision again takes it back. */
export function withFinding(copy, id, decision, reason = null) {
  const before = copy.findings.find((one) => one.id === id);
  const others = copy.findings.filter((one) => one.id !== id);
  return { ...copy, findings: before?.decision === decision ? others : [...others, { id, decision, reason }] };
}

/** Take some sentences, by id, as they stand in another copy. */
export function withSentencesOf(/** @type {Copy} */ copy, /** @type {Copy} */ other, /** @type {Set<string>} */ ids) {
  return [...ids].reduce((made, id) => changed(made, id, (one) => sentenceOf(other, id) ?? one), copy);
}

function changed(copy, id, change) {
  const inside = (section) => ({ ...section, sentences: section.sentences.map((one) => (one.sentence_id === id ? change(one) : one)) });
  return { ...copy, sections: copy.sections.map(inside) };
}
