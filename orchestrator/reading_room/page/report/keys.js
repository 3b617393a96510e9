/** The keys of the report. */

import { warnOf } from "../say.js";
import { sign } from "./signing.js";

const GROUP = "Report";

/** @returns {import("../keys.js").Key[]} */
export function reportKeys(/** @type {import("./panel.js").ReportPanel} */ panel) {
  const { body } = panel;
  const on = (/** @type {(id: string) => void} */ act) => () => {
    const id = body.current()?.dataset.id;
    if (id && panel.editable) act(id);
  };
  return [
    { key: "j", does: "Next sentence", run: () => body.step(1) },
    { key: "k", does: "Previous sentence", run: () => body.step(-1) },
    { key: "Enter", does: "Write in the sentence", run: (event) => (isPressable(event.target) ? event.target.click() : on((id) => body.write(id))()) },
    { key: "y", does: "Accept the sentence", run: on((id) => panel.decide(id, "accepted")) },
    { key: "x", does: "Reject the sentence, with a reason", run: on((id) => panel.reject(id)) },
    { key: "n", does: "New sentence after it", run: on((id) => panel.add(panel.sectionOf(id), id)) },
    { key: "e", does: "Evidence of the sentence", run: () => /** @type {HTMLElement | null} */ (body.current()?.querySelector(".chip"))?.click() },
    { key: "d", does: "Difference: the software's words against yours", run: () => panel.toggleDifference() },
    { key: "Escape", does: "Leave the field, then the study", whileWriting: true, run: leave },
    { key: "Ctrl+s", does: "Save now", whileWriting: true, run: () => panel.autosave.save() },
    { key: "Ctrl+Enter", does: "Sign", whileWriting: true, run: () => panel.view?.may.includes("sign") && sign(panel.desk, "sign").catch(warnOf) },
  ].map((key) => ({ ...key, group: GROUP }));
}

const isPressable = (/** @type {EventTarget | null} */ target) => target instanceof HTMLButtonElement || target instanceof HTMLAnchorElement;

function leave(/** @type {KeyboardEvent} */ { target }) {
  const writing = target instanceof HTMLTextAreaElement;
  const row = writing ? /** @type {HTMLElement | null} */ (target.closest(".sentence")) : null;
  if (row) row.focus();
  else if (writing || target instanceof HTMLInputElement) target.blur();
  else location.hash = "#/";
}
