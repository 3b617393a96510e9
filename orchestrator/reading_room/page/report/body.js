/** The report's sentences and what they rest on, as they are seen; where the focus and the caret are stays where it is. */

import { element } from "../element.js";
import { moment } from "../words.js";
import { makeFactList } from "./fact-list.js";
import { makeLimits } from "./limits.js";
import { makeSentence, markSentence } from "./sentence.js";

const TITLES = { findings: "Findings", impression: "Impression" };

export class ReportBody {
  constructor() {
    this.node = element("div.report-body", {}, element("p.waiting", {}, "…"));
  }

  /** Say why there is no report yet. */
  wait(/** @type {string} */ text) {
    this.node.replaceChildren(element("p.waiting", {}, text));
  }

  /**
   * Show a copy of the report.
   *
   * @param {import("./copy.js").Copy} copy
   * @param {{book: import("./facts.js").FactBook, limitations: any[], addenda: any[]}} beside
   * @param {{editable: boolean, difference: boolean}} how
   * @param {{hands: (section: string) => import("./sentence.js").Hands, add: (section: string) => void, light: (facts: string[]) => void, show: (fact: string) => void}} to
   */
  show(copy, { book, limitations, addenda }, how, to) {
    const scroll = this.node.scrollTop;
    const caret = this.caret();
    this.node.replaceChildren(
      ...copy.sections.map((section) => sectionOf(section, book, how, to)),
      ...addenda.map(addendum),
      makeLimits(limitations),
      makeFactList(book, copy, to),
    );
    this.node.scrollTop = scroll;
    this.putCaret(caret);
  }

  /** Where somebody writes, so that a page drawn anew leaves it there. */
  caret() {
    const field = document.activeElement;
    if (!(field instanceof HTMLTextAreaElement) || !this.node.contains(field)) return null;
    return { id: field.closest(".sentence")?.getAttribute("data-id") ?? "", at: field.selectionStart };
  }

  putCaret(/** @type {{id: string, at: number} | null} */ caret) {
    const field = caret && this.row(caret.id)?.querySelector("textarea");
    field?.focus();
    field?.setSelectionRange(caret.at, caret.at);
  }

  /** Write into the field of a sentence. */
  write(/** @type {string} */ id) {
    this.row(id)?.querySelector("textarea")?.focus();
  }

  /** Show what was decided of a sentence. */
  remark(/** @type {import("./copy.js").Sentence | null} */ one) {
    const row = one && this.row(one.sentence_id);
    if (row) markSentence(row, one);
  }

  row(/** @type {string} */ id) {
    return /** @type {HTMLElement | null} */ (this.node.querySelector(`.sentence[data-id="${CSS.escape(id)}"]`));
  }

  /** The sentence in hand: that with the focus, else the first. */
  current() {
    return /** @type {HTMLElement | null} */ (document.activeElement?.closest(".sentence") ?? this.node.querySelector(".sentence"));
  }

  /** Go to the next sentence or the one before. */
  step(/** @type {number} */ by) {
    const rows = [...this.node.querySelectorAll(".sentence")];
    const at = rows.indexOf(document.activeElement?.closest(".sentence"));
    /** @type {HTMLElement | undefined} */ (rows[at < 0 ? 0 : Math.min(Math.max(at + by, 0), rows.length - 1)])?.focus();
  }

  /** Light the sentences that rest on these facts. */
  light(/** @type {string[]} */ facts) {
    for (const node of this.node.querySelectorAll("[data-facts]")) {
      node.toggleAttribute("data-lit", facts.some((fact) => node.getAttribute("data-facts")?.split(" ").includes(fact)));
    }
  }
}

function sectionOf({ name, sentences }, book, how, to) {
  const title = TITLES[name] ?? name;
  const add = how.editable && !how.difference ? element("button.add", { type: "button", onclick: () => to.add(name) }, "+ sentence") : null;
  return element("section.report-section", { "aria-label": title }, element("h2", {}, title), sentences.map((one) => makeSentence(one, book, to.hands(name), how)), add);
}

function addendum({ text, signature }) {
  return element("section.report-section.addendum", { "aria-label": "Addendum" }, element("h2", {}, `Addendum, ${signature.name}, ${moment(signature.at)}`), element("p", {}, text));
}
