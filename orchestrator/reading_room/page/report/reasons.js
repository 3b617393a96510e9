/** Why a person does not follow the software: a few words that can be counted, and free ones. */

import { askPerson } from "../dialog.js";
import { element } from "../element.js";

export const REASONS = ["not there", "wrong side", "wrong severity", "wrong place", "wrong number", "known and unchanged", "not relevant", "badly worded"];

/** Ask why; null when the person went back. @returns {Promise<string | null>} */
export async function askReason(/** @type {string} */ title, /** @type {string} */ what, does = "Reject") {
  const choices = REASONS.map((reason, at) => element("label.choice", {}, element("input", { type: "radio", name: "reason", value: reason, checked: at === 0 }), reason));
  const answer = await askPerson(title, [element("blockquote", {}, what), element("fieldset.reasons", {}, element("legend", {}, "Why?"), choices), element("label", { for: "more-reason" }, "In other words (optional)"), element("input", { type: "text", id: "more-reason", name: "more", maxlength: 900 })], does);
  if (!answer) return null;
  return answer.more?.trim() ? `${answer.reason}: ${answer.more.trim()}` : answer.reason;
}
