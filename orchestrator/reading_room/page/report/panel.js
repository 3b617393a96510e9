/** The report beside the films: from the software's draft to what a person signs. */

import { ask, Refusal } from "../api.js";
import { button, element } from "../element.js";
import { addKeys } from "../keys.js";
import { murmur, say, warnOf } from "../say.js";
import { moment } from "../words.js";
import { Autosave } from "./autosave.js";
import { showCard } from "./card.js";
import { askWhose } from "./conflict.js";
import { isAdded, sameCopy, sentenceOf, withAdded, withDecision, withFinding, without, withText } from "./copy.js";
import { FactBook } from "./facts.js";
import { makeFactList } from "./fact-list.js";
import { makeLimits } from "./limits.js";
import { editMacros, TEMPLATES } from "./macros.js";
import { merged } from "./merge.js";
import { bePresent } from "./presence.js";
import { askReason } from "./reasons.js";
import { makeSentence, markSentence } from "./sentence.js";
import { acknowledge, addend, nameGiven, readAgain, reject, renew, sign } from "./signing.js";

const TITLES = { findings: "Findings", impression: "Impression" };
const SAVED = { saved: "saved", waiting: "not saved yet", saving: "saving", unreachable: "no connection; kept here", conflict: "changed by somebody else", refused: "could not be saved" };

export class ReportPanel {
  /** @param {HTMLElement} place @param {{studyId: string, base: string, signal: AbortSignal}} at */
  constructor(place, at) {
    this.at = at;
    this.place = place;
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
    this.build();
    this.ends = [addKeys(this.keys()), bePresent(at.base, this.here, nameGiven)];
  }

  build() {
    this.mark = element("span.mark", {}, "DRAFT, AI");
    this.state = element("span.muted");
    this.saved = element("span.save-state", { role: "status" });
    this.here = element("span.here", { role: "status", hidden: true });
    this.stale = element("div.stale", { role: "status", hidden: true });
    this.body = element("div.report-body", {}, element("p.waiting", {}, "…"));
    this.foot = element("footer.report-foot");
    this.place.append(element("header.report-head", {}, this.mark, this.state, element("span.spring"), this.here, this.saved), this.stale, this.body, this.foot);
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
      for (const id of own) {
        const my = sentenceOf(mine, id);
        if (my) settled = { ...settled, sections: settled.sections.map((section) => ({ ...section, sentences: section.sentences.map((one) => (one.sentence_id === id ? my : one)) })) };
      }
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
    const scroll = this.body.scrollTop;
    const caret = this.caret();
    this.body.replaceChildren(
      ...this.copy.sections.map((section) => this.section(section)),
      ...this.addenda(),
      makeLimits(this.draft.facts.limitations),
      makeFactList(this.book, this.copy, { light: (facts) => this.light(facts), show: (fact) => this.showFact(fact) }),
    );
    this.body.scrollTop = scroll;
    this.putCaret(caret);
  }

  /** Where somebody writes, so that a page drawn anew leaves it there. */
  caret() {
    const field = document.activeElement;
    if (!(field instanceof HTMLTextAreaElement) || !this.body.contains(field)) return null;
    return { id: field.closest(".sentence")?.getAttribute("data-id") ?? "", at: field.selectionStart };
  }

  putCaret(/** @type {{id: string, at: number} | null} */ caret) {
    const field = caret && this.row(caret.id)?.querySelector("textarea");
    field?.focus();
    field?.setSelectionRange(caret.at, caret.at);
  }

  showHead() {
    const { state, signed, stale, rejection, may } = this.view;
    const last = signed?.at(-1);
    this.place.dataset.state = state;
    this.mark.textContent = state === "draft" ? "DRAFT, AI" : state.toUpperCase();
    this.state.textContent = state === "draft" ? "not verified by a person" : rejection ? `by ${rejection.name}: ${rejection.reason}` : last ? `version ${last.version}, ${last.signature.name}, ${moment(last.addenda?.at(-1)?.signature.at ?? last.signature.at)}` : "";
    this.stale.hidden = !stale;
    this.stale.replaceChildren("A later draft is there or being made; this copy is of an earlier one. ", this.editable ? button("Begin again from the latest", () => renew(this.desk).catch(warnOf)) : "");
    this.foot.replaceChildren(...this.steps(may ?? []));
  }

  steps(may) {
    const run = (/** @type {Promise<void>} */ promise) => promise.catch(warnOf);
    const steps = [
      this.draft?.urgency && !this.view.acknowledgement && this.view.may.length ? button("Urgent: I have read it", () => run(acknowledge(this.desk)), { class: "urgent" }) : null,
      button("Difference", () => this.toggleDifference(), { "aria-pressed": String(this.difference) }, "d"),
      this.editable ? this.templates() : null,
      this.editable ? button("Macros", () => editMacros()) : null,
      this.editable ? button("Read again", () => this.box?.active && run(readAgain(this.desk, this.box.active))) : null,
      element("span.spring"),
      may.includes("reject") ? button(this.view.signed?.length ? "Withdraw" : "Reject", () => run(reject(this.desk))) : null,
      may.includes("addend") ? button("Addendum", () => run(addend(this.desk))) : null,
      may.includes("correct") ? button("Correct", () => run(sign(this.desk, "correct"))) : null,
      may.includes("sign") ? button("Sign", () => run(sign(this.desk, "sign")), { class: "primary" }, "Ctrl+Enter") : null,
    ];
    return steps.filter(Boolean);
  }

  templates() {
    const chosen = element("select", { "aria-label": "Insert a template" }, element("option", { value: "" }, "Template…"), Object.keys(TEMPLATES).map((name) => element("option", {}, name)));
    chosen.addEventListener("change", () => {
      for (const text of TEMPLATES[chosen.value] ?? []) this.copy = withAdded(this.copy, "findings", "", text).copy;
      this.change(this.copy);
      this.show();
    });
    return chosen;
  }

  section({ name, sentences }) {
    const add = this.editable && !this.difference ? element("button.add", { type: "button", onclick: () => this.add(name, "") }, "+ sentence") : null;
    return element("section.report-section", { "aria-label": TITLES[name] ?? name }, element("h2", {}, TITLES[name] ?? name), sentences.map((one) => makeSentence(one, this.book, this.hands(name), { editable: this.editable, difference: this.difference })), add);
  }

  addenda() {
    const all = this.view.signed?.at(-1)?.addenda ?? [];
    return all.map(({ text, signature }) => element("section.report-section.addendum", { "aria-label": "Addendum" }, element("h2", {}, `Addendum, ${signature.name}, ${moment(signature.at)}`), element("p", {}, text)));
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
        this.row(id)?.remove();
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
    this.row(id)?.querySelector("textarea")?.focus();
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
    if (document.activeElement === document.body) this.row(id)?.focus();
  }

  remark(id) {
    const [row, one] = [this.row(id), sentenceOf(this.copy, id)];
    if (row && one) markSentence(row, one);
  }

  row(id) {
    return /** @type {HTMLElement | null} */ (this.body.querySelector(`.sentence[data-id="${CSS.escape(id)}"]`));
  }

  toggleDifference() {
    this.difference = !this.difference;
    this.show();
  }

  saving(state, error) {
    this.saved.textContent = SAVED[state];
    this.saved.dataset.state = state;
    if (error) warnOf(error);
  }

  // What is lit.

  /** Light the regions of facts on the films, and the sentences that rest on them. */
  light(facts) {
    this.box?.light(facts, facts.flatMap((fact) => this.book?.images(fact) ?? []));
    this.lightFacts(facts);
  }

  lightFacts(facts) {
    for (const node of this.body.querySelectorAll("[data-facts]")) {
      node.toggleAttribute("data-lit", facts.some((fact) => node.getAttribute("data-facts")?.split(" ").includes(fact)));
    }
  }

  showFact(id) {
    if (!this.book) return;
    const decided = this.copy.findings.find((one) => one.id === id);
    const acts = element("footer", {}, decided ? element("span.note", {}, `${decided.decision}${decided.reason ? `: ${decided.reason}` : ""}`) : null, this.factButton(id, "accepted", "Accept finding"), this.factButton(id, "rejected", "Reject finding"));
    showCard(id, this.book, [this.editable ? acts : null]);
  }

  factButton(id, decision, words) {
    const pressed = this.copy.findings.some((one) => one.id === id && one.decision === decision);
    return button(words, async () => {
      const reason = decision === "rejected" && !pressed ? await askReason("Reject this finding", this.book.short(id)) : null;
      if (decision === "rejected" && !pressed && !reason) return;
      this.change(withFinding(this.copy, id, decision, reason));
      document.querySelector("dialog[open]")?.close();
      this.show();
    }, { "aria-pressed": String(pressed) });
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
    else if (!this.draft) this.body.replaceChildren(element("p.waiting", {}, row.reason ?? `The study is ${row.status}.`));
    else this.refresh().catch(warnOf);
  }

  // Keys.

  keys() {
    const group = "Report";
    const on = (act) => () => {
      const row = this.current();
      if (row && this.editable) act(row.dataset.id, row);
    };
    return [
      { key: "j", does: "Next sentence", group, run: () => this.step(1) },
      { key: "k", does: "Previous sentence", group, run: () => this.step(-1) },
      { key: "Enter", does: "Write in the sentence", group, run: (event) => (event.target instanceof HTMLButtonElement || event.target instanceof HTMLAnchorElement ? event.target.click() : on((id, row) => row.querySelector("textarea")?.focus())()) },
      { key: "y", does: "Accept the sentence", group, run: on((id) => this.decide(id, "accepted")) },
      { key: "x", does: "Reject the sentence, with a reason", group, run: on((id) => this.reject(id)) },
      { key: "n", does: "New sentence after it", group, run: on((id, row) => this.add(this.sectionOf(id), id)) },
      { key: "e", does: "Evidence of the sentence", group, run: () => this.current()?.querySelector(".chip")?.click() },
      { key: "d", does: "Difference: the software's words against yours", group, run: () => this.toggleDifference() },
      { key: "Escape", does: "Leave the field", group, whileWriting: true, run: (event) => this.leave(event) },
      { key: "Ctrl+s", does: "Save now", group, whileWriting: true, run: () => this.autosave.save() },
      { key: "Ctrl+Enter", does: "Sign", group, whileWriting: true, run: () => this.view?.may.includes("sign") && sign(this.desk, "sign").catch(warnOf) },
    ];
  }

  current() {
    return /** @type {HTMLElement | null} */ (document.activeElement?.closest(".sentence") ?? this.body.querySelector(".sentence"));
  }

  sectionOf(id) {
    return this.copy.sections.find(({ sentences }) => sentences.some((one) => one.sentence_id === id))?.name;
  }

  step(by) {
    const rows = [...this.body.querySelectorAll(".sentence")];
    const at = rows.indexOf(document.activeElement?.closest(".sentence"));
    /** @type {HTMLElement | undefined} */ (rows[at < 0 ? 0 : Math.min(Math.max(at + by, 0), rows.length - 1)])?.focus();
  }

  leave(event) {
    const row = event.target.closest?.(".sentence");
    if (row && event.target instanceof HTMLTextAreaElement) row.focus();
    else if (event.target instanceof HTMLTextAreaElement || event.target instanceof HTMLInputElement) event.target.blur();
    else location.hash = "#/";
  }
}
