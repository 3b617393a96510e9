/** What was not assessed, and why: in plain sight beside the report, never behind a button. */

import { element } from "../element.js";
import { count } from "../words.js";

const REASONS = {
  specialist_unavailable: "Not assessed: the specialist did not answer",
  no_weights: "Not assessed: no weights for it are installed",
  untrained_label: "Not assessed: the weights were never trained for it",
  invalid_score: "Not assessed: the score was no number between 0 and 1",
  unsupported_image: "Not assessed: no specialist reads such an image",
  unsupported_view: "Not assessed, or with reserve, because of the view",
  out_of_distribution: "Not assessed: the image is unlike the training images",
  out_of_population: "Not assessed, or with reserve: outside the population it was shown for",
  poor_quality: "Not assessed: the image quality does not allow it",
  limited_quality: "Read with reserve, because of the image",
  implausible_result: "Not assessed: the result was not plausible",
  not_calibrated: "Not measured: the image is not calibrated",
  language_model_unavailable: "The language model did not answer: plain list",
  disagreement: "Specialists disagree",
  duplicate: "The same picture came more than once",
  withheld: "Not used, to protect the patient",
  no_second_text: "There is no second text",
};

/** Return the limitations of a draft, grouped by reason; the number at the head is that of the things listed. */
export function makeLimits(/** @type {{what: string, reason: string, detail: string}[]} */ limitations) {
  /** @type {Map<string, Map<string, Set<string>>>} */
  const groups = new Map();
  for (const { what, reason, detail } of limitations) {
    const named = groups.get(reason) ?? groups.set(reason, new Map()).get(reason);
    named.set(what, (named.get(what) ?? new Set()).add(detail));
  }
  const things = [...groups.values()].reduce((sum, named) => sum + named.size, 0);
  const lines = [...groups].map(([reason, named]) => {
    const details = new Set([...named.values()].flatMap((set) => [...set]));
    return element("li", {}, element("strong", {}, `${REASONS[reason] ?? reason}: `), [...named.keys()].sort().join(", "), element("span.sub", {}, [...details].join(" ")));
  });
  return element("section.limits", { "aria-labelledby": "limits-title" }, element("h2", { id: "limits-title" }, "Limitations", element("span.muted", {}, ` ${things}, for ${count(groups.size, "reason")}`)), element("ul", {}, lines));
}
