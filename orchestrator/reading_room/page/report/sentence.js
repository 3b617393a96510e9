/** One sentence of the report: its words in a field, its chip, and what was decided of it. */

import { element } from "../element.js";
import { makeChips } from "./chip.js";
import { isAdded, isEdited, isRejected } from "./copy.js";
import { showDifference } from "./difference.js";
import { expanded, macrosInForce } from "./macros.js";

/**
 * @typedef {object} Hands what a sentence can do
 * @property {(id: string, text: string) => void} write
 * @property {(id: string) => void} accept
 * @property {(id: string) => void} reject
 * @property {(id: string) => void} remove
 * @property {(id: string) => void} addAfter
 * @property {(facts: string[]) => void} light
 * @property {(fact: string) => void} show
 */

/**
 * Return the row of a sentence.
 *
 * @param {import("./copy.js").Sentence} one
 * @param {import("./facts.js").FactBook} book
 * @param {Hands} hands
 * @param {{editable: boolean, difference: boolean}} how
 */
export function makeSentence(one, book, hands, how) {
  const facts = one.citations.map(({ id }) => id);
  const row = element("div.sentence", { "data-id": one.sentence_id, "data-facts": facts.join(" "), tabindex: "-1", role: "group" });
  const field = how.difference || !how.editable ? null : makeField(one, hands);
  const words = field ?? (how.difference ? showDifference(one) : element("p", {}, one.text));
  const note = element("span.note");
  const acts = how.editable ? makeActs(one, hands) : null;
  row.append(element("div.sentence-line", {}, words, acts), element("div.sentence-foot", {}, makeChips(one.citations, book, { light: hands.light, show: hands.show }), note));
  row.addEventListener("pointerenter", () => hands.light(facts));
  row.addEventListener("pointerleave", () => hands.light([]));
  row.addEventListener("focusin", () => hands.light(facts));
  row.addEventListener("focusout", () => hands.light([]));
  markSentence(row, one);
  return row;
}

/** Write what was decided into a row that is there already. */
export function markSentence(/** @type {HTMLElement} */ row, /** @type {import("./copy.js").Sentence} */ one) {
  const state = isAdded(one) ? "added" : isRejected(one) ? "rejected" : isEdited(one) ? "edited" : (one.decision ?? "open");
  row.dataset.decision = state;
  row.setAttribute("aria-label", `Sentence, ${WORDS[state]}`);
  row.querySelector(".note").textContent = noteOf(one, state);
  for (const act of row.querySelectorAll("[data-act]")) act.setAttribute("aria-pressed", String(act.dataset.act === one.decision));
  const field = row.querySelector("textarea");
  if (field && document.activeElement !== field && field.value !== one.text) {
    field.value = one.text;
    grow(field);
  }
}

const WORDS = { open: "not decided", accepted: "accepted", edited: "edited", rejected: "rejected", added: "added by a person" };

function noteOf(one, state) {
  if (state === "rejected") return `rejected: ${one.reason ?? ""}`;
  if (state === "open") return one.author === "plain" ? "plain finding" : "";
  return state === "added" ? "added" : state;
}

/** A plain text field: what dictation software types into. */
function makeField(one, hands) {
  const field = /** @type {HTMLTextAreaElement} */ (element("textarea", { rows: 1, "aria-label": "Words of the sentence", autocomplete: "off", spellcheck: "true", maxlength: 4000 }));
  field.value = one.text;
  field.addEventListener("input", () => {
    const macro = expanded(field.value, field.selectionStart, macrosInForce());
    if (macro) {
      field.value = macro.text;
      field.setSelectionRange(macro.caret, macro.caret);
    }
    grow(field);
    hands.write(one.sentence_id, field.value);
  });
  field.addEventListener("blur", () => {
    if (field.value.trim()) return;
    if (isAdded(one)) hands.remove(one.sentence_id);
    else {
      field.value = one.drafted;
      hands.write(one.sentence_id, one.drafted);
      hands.reject(one.sentence_id);
    }
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.ctrlKey && !event.isComposing) {
      event.preventDefault();
      hands.addAfter(one.sentence_id);
    }
  });
  queueMicrotask(() => grow(field));
  return field;
}

/** As high as its words. */
export function grow(/** @type {HTMLTextAreaElement} */ field) {
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight}px`;
}

function makeActs(one, hands) {
  const act = (name, sign, words, run) => element("button.act", { type: "button", "data-act": name, "aria-label": words, title: words, "aria-pressed": "false", onclick: run }, sign);
  if (isAdded(one)) return element("span.acts", {}, act("removed", "×", "Take this sentence away", () => hands.remove(one.sentence_id)));
  return element("span.acts", {}, act("accepted", "✓", "Accept (Y)", () => hands.accept(one.sentence_id)), act("rejected", "✗", "Reject, with a reason (X)", () => hands.reject(one.sentence_id)));
}
