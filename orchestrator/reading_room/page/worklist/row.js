/** One line of the worklist. */

import { element } from "../element.js";
import { age, moment, until } from "../words.js";

/**
 * @typedef {object} Row
 * @property {string} study_id
 * @property {"queued" | "running" | "drafted" | "failed" | "refused"} status
 * @property {string} accepted_at
 * @property {string} updated_at
 * @property {number} revision
 * @property {number} attempt
 * @property {boolean} held
 * @property {string} [reason]
 * @property {string} [patient]
 * @property {string} [patient_id]
 * @property {string} [age]
 * @property {string} [sex]
 * @property {string} [accession_number]
 * @property {string} [procedure]
 * @property {string[]} modalities
 * @property {string[]} views
 * @property {string[]} present
 * @property {number} not_assessed
 * @property {{level: string, why: string, within_minutes: number, acknowledgement?: {by: string, at: string}}} [urgency]
 * @property {string} [due_at]
 * @property {{group: number, at: string}} rank
 * @property {string} [report] where the report stands once a person works on it
 */

/** What a person made of it counts, once there is something. */
const standing = (/** @type {Row} */ row) => (row.report && row.report !== "draft" ? row.report : row.status);

const STATUS = { queued: "waiting", running: "being drafted", drafted: "draft", failed: "failed", refused: "not read" };

export function makeRow(/** @type {string} */ studyId) {
  const row = /** @type {HTMLTableRowElement} */ (element("tr", { "data-study": studyId }));
  row.addEventListener("click", (event) => {
    if (!(event.target instanceof HTMLAnchorElement) && !getSelection()?.toString()) location.hash = address(studyId);
  });
  return row;
}

/** The address of a study's page. */
export const address = (/** @type {string} */ studyId) => `#/studies/${encodeURIComponent(studyId)}`;

/** Write a study into its line, leaving alone what says the same already. */
export function fillRow(/** @type {HTMLTableRowElement} */ line, /** @type {Row} */ row, /** @type {number} */ now) {
  const said = JSON.stringify(row) + age(row.accepted_at, now) + (row.due_at ? until(row.due_at, now) : "");
  if (line.dataset.said === said) return;
  const focused = line.contains(document.activeElement);
  line.dataset.said = said;
  line.dataset.status = standing(row);
  line.dataset.level = row.urgency?.level ?? "";
  line.replaceChildren(urgency(row, now), status(row), patient(row), study(row), says(row), ages(row, now), why(row));
  if (focused) line.querySelector("a")?.focus();
}

function urgency(row, now) {
  if (!row.urgency) return element("td", {}, element("span.level", { "data-level": "routine" }, row.status === "drafted" ? "routine" : "–"));
  const seen = row.urgency.acknowledgement;
  const due = seen ? `seen by ${seen.by}` : until(row.due_at, now);
  const late = !seen && Date.parse(row.due_at) < now;
  return element("td", {}, element("span.level", { "data-level": row.urgency.level }, row.urgency.level), element("span.due", { "data-late": late }, due));
}

function status(row) {
  const now = standing(row);
  if (row.held) return element("td", {}, element("span.status", { "data-status": "refused" }, "held"));
  const sub = row.report === "draft" ? "being read" : row.attempt > 1 ? `attempt ${row.attempt}` : "";
  return element("td", {}, element("span.status", { "data-status": now }, STATUS[now] ?? now), sub ? element("span.sub", {}, sub) : null);
}

function patient(row) {
  const name = row.patient ?? row.patient_id ?? "no name in the study";
  const who = [row.patient ? row.patient_id : null, row.sex, row.age].filter(Boolean).join(" · ");
  return element("td", {}, element("a.patient", { href: address(row.study_id) }, name), who ? element("span.sub", {}, who) : null);
}

function study(row) {
  const what = row.procedure ?? (row.modalities.join(", ") || "image");
  const sub = [row.procedure ? row.modalities.join(", ") : null, row.views.join(", "), row.accession_number].filter(Boolean).join(" · ");
  return element("td", {}, what, sub ? element("span.sub", {}, sub) : null);
}

function says(row) {
  if (row.status !== "drafted") return element("td.muted", {}, "–");
  const limits = row.not_assessed ? element("span.sub", {}, `${row.not_assessed} not assessed or limited`) : null;
  return element("td", {}, row.present.length ? row.present.join(", ") : element("span.muted", {}, "no finding called present"), limits);
}

function ages(row, now) {
  return element("td.age", { title: `arrived ${moment(row.accepted_at)}` }, age(row.accepted_at, now));
}

function why(row) {
  const held = row.held ? "Held: a person must decide whose it is (order and images do not agree)." : "";
  return element("td.why", {}, held || (row.reason ?? row.urgency?.why ?? ""));
}
