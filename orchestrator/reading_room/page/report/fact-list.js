/** Every finding and measurement of the draft, said in a sentence or not: nothing is hidden by being left unsaid. */

import { element } from "../element.js";
import { makeChips } from "./chip.js";
import { numberOf, stateOf } from "./facts.js";

/** Return the list. */
export function makeFactList(/** @type {import("./facts.js").FactBook} */ book, /** @type {import("./copy.js").Copy} */ copy, /** @type {any} */ to) {
  const { findings, measurements } = book.facts;
  const lines = [
    ...findings.map((one) => line(one.finding_id, stateOf(one))),
    ...measurements.map((one) => line(one.measurement_id, numberOf(one))),
  ];

  function line(id, words) {
    const decided = copy.findings.find((one) => one.id === id);
    return element("li", { "data-facts": id, "data-decision": decided?.decision }, makeChips([{ kind: "", id }], book, to), element("span", {}, words), decided ? element("span.note", {}, `${decided.decision}${decided.reason ? `: ${decided.reason}` : ""}`) : null);
  }

  return element("details.fact-list", {}, element("summary", {}, `All findings (${findings.length}) and measurements (${measurements.length})`), element("ul", {}, lines));
}
