/** What people made of the drafts: how much of the software's words they keep, by month, model and prompt. */

import { ask, reach } from "../api.js";
import { button, element } from "../element.js";
import { warnOf } from "../say.js";

const COLUMNS = ["Month", "Language model", "Prompt", "Reports", "Sentences", "Kept", "Edited", "Rejected", "Added", "Edit distance", "Why rejected"];

/** Open the page of feedback in a place. */
export function openFeedback(/** @type {HTMLElement} */ place) {
  document.title = "wetread: feedback";
  const body = element("tbody");
  const empty = element("p.empty", { hidden: true }, "Nothing was signed or rejected yet.");
  place.append(
    element("header.masthead", {}, element("h1", {}, "wetread"), element("span.room-name", {}, "Feedback"), element("span.spring"), button("Export for training", () => save().catch(warnOf)), element("a", { href: "#/" }, "Worklist")),
    element("main.worklist-room", { tabindex: "-1" }, element("p.lead", {}, "Edit distance: words to change, of all words of a drafted sentence; a rejected one counts 1. The export names nobody: no study, no date, free words masked."), element("div.table-frame", { tabindex: "0", role: "region", "aria-label": "Feedback" }, element("table.worklist.feedback", {}, element("thead", {}, element("tr", {}, COLUMNS.map((name) => element("th", { scope: "col" }, name)))), body)), empty),
  );

  ask("/v1/feedback").then(({ rows }) => {
    empty.hidden = rows.length > 0;
    body.replaceChildren(...rows.map(line));
  }, warnOf);

  async function save() {
    const answer = await reach("/v1/feedback/sentences.jsonl");
    const link = /** @type {HTMLAnchorElement} */ (element("a", { download: "feedback.jsonl" }));
    link.href = URL.createObjectURL(await answer.blob());
    link.click();
    URL.revokeObjectURL(link.href);
  }

  return { close() {} };
}

function line(row) {
  const share = (/** @type {number} */ number) => element("td", {}, String(number), element("span.sub", {}, row.sentences ? `${Math.round((number / row.sentences) * 100)} %` : ""));
  const reports = element("td", {}, String(row.reports), row.rejected_reports ? element("span.sub", {}, `${row.rejected_reports} rejected`) : null);
  const meter = element("meter", { min: 0, max: 1, low: 0.2, high: 0.5, optimum: 0, value: row.edit_distance, "aria-label": "Edit distance" });
  return element("tr", {}, element("td", {}, row.month), element("td", {}, row.language_model), element("td", {}, row.prompt), reports, element("td", {}, String(row.sentences)), share(row.kept), share(row.edited), share(row.rejected), element("td", {}, String(row.added)), element("td", {}, row.edit_distance.toFixed(3), " ", meter), element("td.why", {}, row.reasons.map(([reason, number]) => `${reason} ${number}`).join(", ")));
}
