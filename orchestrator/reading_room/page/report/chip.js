/** The chip of a sentence: what it rests on. Pointing at it lights the region, pressing it shows the evidence. */

import { element } from "../element.js";

/**
 * @param {{kind: string, id: string}[]} citations
 * @param {import("./facts.js").FactBook} book
 * @param {{light: (facts: string[]) => void, show: (fact: string) => void}} to
 */
export function makeChips(citations, book, to) {
  return element("span.chips", {}, citations.map(({ id }) => chip(id, book, to)));
}

function chip(id, book, to) {
  const known = book.get(id);
  const score = book.score(id);
  const presence = known?.kind === "finding" ? known.fact.presence : "";
  const made = element(
    "button.chip",
    { type: "button", "data-fact": id, "data-presence": presence, "aria-label": `Evidence: ${book.short(id)}` },
    book.short(id),
    score === null ? null : element("span.score", {}, score.toFixed(2)),
  );
  const light = () => to.light([id]);
  const dark = () => to.light([]);
  made.addEventListener("pointerenter", light);
  made.addEventListener("pointerleave", dark);
  made.addEventListener("focus", light);
  made.addEventListener("blur", dark);
  made.addEventListener("click", () => to.show(id));
  return made;
}
