/** Two people at one report: what both did is kept, and where they did different things a person decides. */

import { sentencesOf } from "./copy.js";

/** @typedef {import("./copy.js").Copy} Copy @typedef {import("./copy.js").Sentence} Sentence */

/** @typedef {{id: string, mine: string, theirs: string}} Conflict */

/**
 * Merge two copies that grew out of the same one.
 *
 * @param {Copy} base as both had read it
 * @param {Copy} mine
 * @param {Copy} theirs what is saved now
 * @returns {{copy: Copy, conflicts: Conflict[], taken: number}} the copy has theirs where both changed; `taken` counts
 *   the sentences that came from them
 */
export function merged(base, mine, theirs) {
  /** @type {Conflict[]} */
  const conflicts = [];
  let taken = 0;
  const [before, ours] = [byId(base), byId(mine)];

  function one(/** @type {Sentence} */ their) {
    const [old, my] = [before.get(their.sentence_id), ours.get(their.sentence_id)];
    const theyChanged = !same(old, their);
    const weChanged = my ? !same(old, my) : Boolean(old);
    if (theyChanged && weChanged && !same(my, their)) conflicts.push({ id: their.sentence_id, mine: told(my), theirs: told(their) });
    if (theyChanged && !same(my, their)) taken += 1;
    return theyChanged ? their : my ?? null;
  }

  const sections = theirs.sections.map((section) => {
    const kept = section.sentences.map(one).filter(Boolean);
    const added = mine.sections.find(({ name }) => name === section.name)?.sentences.filter(({ sentence_id }) => !before.has(sentence_id) && !kept.some((known) => known.sentence_id === sentence_id)) ?? [];
    return { ...section, sentences: [...kept, ...added] };
  });
  return { copy: { ...theirs, sections, findings: findings(base, mine, theirs) }, conflicts, taken };
}

/** Decisions about findings: mine where I changed something, else theirs. */
function findings(base, mine, theirs) {
  const known = (copy) => new Map(copy.findings.map((one) => [one.id, one]));
  const [before, ours, others] = [known(base), known(mine), known(theirs)];
  const ids = new Set([...ours.keys(), ...others.keys()]);
  const chosen = [...ids].map((id) => (JSON.stringify(before.get(id)) === JSON.stringify(ours.get(id)) ? others.get(id) : ours.get(id)));
  return chosen.filter(Boolean);
}

const byId = (/** @type {Copy} */ copy) => new Map(sentencesOf(copy).map((one) => [one.sentence_id, one]));

const same = (one, other) => Boolean(one && other) && one.text === other.text && (one.decision ?? null) === (other.decision ?? null) && (one.reason ?? null) === (other.reason ?? null);

const told = (one) => (one ? `${one.text}${one.decision === "rejected" ? " (rejected)" : ""}` : "(taken away)");
