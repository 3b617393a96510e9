/** Accept or reject a finding or measurement, at the foot of its card. */

import { button, element } from "../element.js";
import { askReason } from "./reasons.js";

/**
 * Return the two buttons and what was decided before; the same decision again takes it back.
 *
 * @param {string} id
 * @param {import("./facts.js").FactBook} book
 * @param {import("./copy.js").Copy} copy
 * @param {(decision: "accepted" | "rejected", reason: string | null) => void} decide
 */
export function makeFactActs(id, book, copy, decide) {
  const decided = copy.findings.find((one) => one.id === id);
  const note = decided ? element("span.note", {}, `${decided.decision}${decided.reason ? `: ${decided.reason}` : ""}`) : null;

  function act(/** @type {"accepted" | "rejected"} */ decision, /** @type {string} */ words) {
    const pressed = decided?.decision === decision;
    const asks = decision === "rejected" && !pressed;
    return button(words, async () => {
      const reason = asks ? await askReason("Reject this finding", book.short(id)) : null;
      if (asks && !reason) return;
      document.querySelector("dialog[open]")?.close();
      decide(decision, reason);
    }, { "aria-pressed": String(pressed) });
  }

  return element("footer", {}, note, act("accepted", "Accept finding"), act("rejected", "Reject finding"));
}
