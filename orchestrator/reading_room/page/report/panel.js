/** The report beside the films: from the software's draft to what a person signs. */

import { ask, Refusal } from "../api.js";
import { addKeys } from "../keys.js";
import { murmur, say, warnOf } from "../say.js";
import { Autosave } from "./autosave.js";
import { ReportBody } from "./body.js";
import { showCard } from "./card.js";
import { askWhose } from "./conflict.js";
import { isAdded, sameCopy, sentenceOf, withAdded, withDecision, withFinding, without, withSentencesOf, withText } from "./copy.js";
import { makeFactActs } from "./fact-acts.js";
import { FactBook } from "./facts.js";
import { ReportFrame } from "./frame.js";
import { reportKeys } from "./keys.js";
import { merged } from "./merge.js";
import { bePresent } from "./presence.js";
import { askReason } from "./reasons.js";
import { nameGiven } from "./signing.js";

export class ReportPanel {
  /** @param {HTMLElement} place @param {{studyId: string, base: string, signal: AbortSignal}} at */
  constructor(place, at) {
    this.at = at;
    /** @type {import("../viewer/lightbox.js").Lightbox | null} */
    this.box = null;
    /** @type {FactBook | null} */
    this.book = null;
    this.view = null;
    this.draft = null;
    /** @type {import("./copy.js").Copy | null} */
    this.copy = null;
    this.difference = false;
    this.known = "";
    this.autosave = new Autosave(at.base, at.studyId, {
      onstate: (state, error) => this.saving(state, error),
      onsaved: (view) => this.took(view, false),
      onconflict: (view, mine, base) => this.settleConflict(view, mine, base),
    });
    this.desk = { base: at.base, view: () => ({ ...this.view, working_copy: this.copy, urgent: this.draft?.urgency?.why }), settle: () => this.settle(), took: (view) => this.took(view, true) };
    this.body = new ReportBody();
    this.frame = new ReportFrame(place, this.desk, { difference: () => this.toggleDifference(), insert: (sentences) => this.insert(sentences), film: () => this.box?.active });
    place.append(this.frame.head, this.frame.stale, this.body.node, this.frame.foot);
    this.ends = [addKeys(reportKeys(this)), bePresent(at.base, this.frame.here, nameGiven)];
  }

  close() {
    this.autosave.close();
    for (const end of this.ends) end();
  }

  /** Read report and draft anew. */
  async load() {
    try {
      const [draft, view] = await Promise.all([ask(`${this.at.base}/report/draft`, { signal: this.at.signal }), ask(`${this.at.base}/report`, { signal: this.at.signal })]);
      this.draft = draft;
      this.book = new FactBook(draft.facts);
      this.arrive(view);
      await this.lay();
    } catch (error) {
      if (!(error instanceof Refusal && error.status === 404)) warnOf(error);
    }
  }

  /** Show the report as the server has it, with what this tab had kept laid over it. */
  arrive(view) {
    const kept = this.autosave.begin(view);
    this.view = view;
    this.copy = view.working_copy;
    if (kept) {
      this.copy = merged(kept.base ?? view.working_copy, kept.copy, view.working_copy).copy;
      this.autosave.change(this.copy);
      say("What you had written before is back.");
    }
    this.show();
  }

  /** A step was taken, by this page or another. */
  took(view, anew) {
    if (view.working_copy.draft_id !== this.draft.draft_id) {
      this.load();
      return;
    }
    this.view = view;
    if (anew) {
      this.autosave.begin(view);
      this.copy = view.working_copy;
      this.show();
    } else this.showHead();
  }

  /** Somebody else took a step: show it; words of theirs come in at once unless something here waits to be saved. */
  async refresh() {
    const view = await ask(`${this.at.base}/report`, { signal: this.at.signal });
    this.took(view, this.autosave.isClean && !sameCopy(view.working_copy, this.copy));
    if (this.autosave.isClean) this.autosave.begin(view);
  }

  async settleConflict(view, mine, base) {
    const { copy, conflicts, taken } = merged(base, mine, view.working_copy);
    this.autosave.rebase(view);
    let settled = copy;
    if (conflicts.length) {
      const own = await askWhose(conflicts, view.working_copy.saved_by ?? "The other");
      settled = withSentencesOf(copy, mine, own);
    } else say(taken ? "Somebody else changed other sentences; both are kept." : "Both are kept.");
    this.view = view;
    this.copy = settled;
    this.autosave.change(settled);
    this.show();
  }

  async settle() {
    await this.autosave.save();
    return this.autosave.isClean;
  }

  change(copy) {
    this.copy = copy;
    this.autosave.change(copy);
  }

  // What is seen.

  get editable() {
    return Boolean(this.view?.may.includes("save"));
  }

  show() {
    this.showHead();
    const beside = { book: this.book, limitations: this.draft.facts.limitations, addenda: this.view.signed?.at(-1)?.addenda ?? [] };
    this.body.show(this.copy, beside, { editable: this.editable, difference: this.difference }, {
      hands: (section) => this.hands(section),
      add: (section) => this.add(section, ""),
      light: (facts) => this.light(facts),
      show: (fact) => this.showFact(fact),
    });
  }

  showHead() {
    this.frame.show({ view: this.view, urgent: Boolean(this.draft?.urgency), editable: this.editable, difference: this.difference });
  }

  // What is done.

  hands(section) {
    return {
      write: (id, text) => {
        this.change(withText(this.copy, id, text));
        this.remark(id);
      },
      accept: (id) => this.decide(id, "accepted"),
      reject: (id) => this.reject(id),
      remove: (id) => {
        this.change(without(this.copy, id));
        this.body.row(id)?.remove();
      },
      addAfter: (id) => this.add(section, id),
      light: (facts) => this.light(facts),
      show: (fact) => this.showFact(fact),
    };
  }

  add(section, after) {
    const { copy, id } = withAdded(this.copy, section, after, "");
    this.change(copy);
    this.show();
    this.body.write(id);
  }

  insert(/** @type {string[]} */ sentences) {
    for (const text of sentences) this.copy = withAdded(this.copy, "findings", "", text).copy;
    this.change(this.copy);
    this.show();
  }

  decide(id, decision, reason = null) {
    this.change(withDecision(this.copy, id, decision, reason));
    this.remark(id);
    murmur(`Sentence ${sentenceOf(this.copy, id)?.decision ?? "not decided"}`);
  }

  async reject(id) {
    const one = sentenceOf(this.copy, id);
    if (!one || isAdded(one)) return;
    if (one.decision === "rejected") {
      this.decide(id, "rejected");
      return;
    }
    const reason = await askReason("Reject this sentence", one.drafted);
    if (reason) this.decide(id, "rejected", reason);
    // The dialog gave the focus back, and a quick typist may have gone on from there: take nobody's caret away.
    if (document.activeElement === document.body) this.body.row(id)?.focus();
  }

  remark(id) {
    this.body.remark(sentenceOf(this.copy, id));
  }

  toggleDifference() {
    this.difference = !this.difference;
    this.show();
  }

  saving(state, error) {
    this.frame.saving(state);
    if (error) warnOf(error);
  }

  sectionOf(id) {
    return this.copy.sections.find(({ sentences }) => sentences.some((one) => one.sentence_id === id))?.name;
  }

  // What is lit.

  /** Light the regions of facts on the films, and the sentences that rest on them. */
  light(facts) {
    this.box?.light(facts, facts.flatMap((fact) => this.book?.images(fact) ?? []));
    this.lightFacts(facts);
  }

  lightFacts(facts) {
    this.body.light(facts);
  }

  showFact(id) {
    if (!this.book) return;
    const acts = this.editable ? makeFactActs(id, this.book, this.copy, (decision, reason) => this.decideOnFact(id, decision, reason)) : null;
    showCard(id, this.book, [acts]);
  }

  decideOnFact(id, decision, reason) {
    this.change(withFinding(this.copy, id, decision, reason));
    this.show();
  }

  async lay() {
    if (!this.box || !this.draft) return;
    const { overlays } = await ask(`${this.at.base}/overlays`, { signal: this.at.signal });
    await this.box.takeOverlays(overlays);
  }

  showOn(box) {
    this.box = box;
    this.lay().catch(warnOf);
  }

  /** The study stands elsewhere than before. */
  standing(row) {
    const now = `${row.revision} ${row.status}`;
    if (now === this.known) {
      this.refresh().catch(warnOf);
      return;
    }
    this.known = now;
    if (["drafted", "refused"].includes(row.status)) this.view && this.draft ? this.refresh().catch(warnOf) : this.load();
    else if (!this.draft) this.body.wait(row.reason ?? `The study is ${row.status}.`);
    else this.refresh().catch(warnOf);
  }
}
