/** Which studies are shown. */

import { element } from "../element.js";

const KEPT = "wetread.filters";
const GROUPS = { all: "All", urgent: "Urgent", unread: "To read", waiting: "Waiting", attention: "Failed or not read", done: "Signed" };

/** @typedef {{text: string, group: keyof typeof GROUPS}} Filters */

/** @returns {Filters} */
export function filtersFrom(/** @type {Storage} */ storage) {
  const group = storage.getItem(KEPT);
  return { text: "", group: group && group in GROUPS ? /** @type {any} */ (group) : "all" };
}

/** Keep the chosen group for the next visit; what was searched for may name a patient and is not kept. */
export function keepFilters(/** @type {Storage} */ storage, /** @type {Filters} */ filters) {
  storage.setItem(KEPT, filters.group);
}

/** Whether a row is shown. */
export function passes(/** @type {import("./row.js").Row} */ row, /** @type {Filters} */ filters) {
  return inGroup(row, filters.group) && words(filters.text).every((word) => told(row).includes(word));
}

function inGroup(row, group) {
  const signed = ["signed", "corrected", "addended", "rejected"].includes(row.report);
  if (group === "urgent") return Boolean(row.urgency) && !signed;
  if (group === "unread") return row.status === "drafted" && !signed;
  if (group === "waiting") return ["queued", "running"].includes(row.status);
  if (group === "attention") return ["failed", "refused"].includes(row.status);
  return group === "done" ? signed : true;
}

const words = (/** @type {string} */ text) => text.toLowerCase().split(/\s+/).filter(Boolean);

function told(row) {
  return [row.patient, row.patient_id, row.accession_number, row.procedure, row.status, row.report, row.reason, ...row.modalities, ...row.views, ...row.present].filter(Boolean).join(" ").toLowerCase();
}

/** Return the bar of filters. */
export function makeFilters(/** @type {Filters} */ filters, /** @type {(filters: Filters) => void} */ onchange) {
  let chosen = filters;
  const search = element("input", { type: "search", placeholder: "Name, number, finding…", "aria-label": "Search the worklist", "aria-keyshortcuts": "/" });
  search.addEventListener("input", () => {
    chosen = { ...chosen, text: /** @type {HTMLInputElement} */ (search).value };
    onchange(chosen);
  });
  const groups = Object.entries(GROUPS).map(([name, words]) => {
    const made = element("button.filter", { type: "button", "aria-pressed": String(name === chosen.group) }, words);
    made.addEventListener("click", () => {
      chosen = { ...chosen, group: /** @type {any} */ (name) };
      for (const other of groups) other.setAttribute("aria-pressed", String(other === made));
      onchange(chosen);
    });
    return made;
  });
  return element("div.filters", { role: "search" }, search, element("div.filter-group", { role: "group", "aria-label": "Show" }, groups));
}
