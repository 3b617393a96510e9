/** Whose films these are: always in sight, above everything. */

import { element } from "./element.js";
import { until } from "./words.js";

const FIRST = ["Patient", "Patient ID", "Born", "Sex", "Age at the study"];
const SECOND = ["Accession number", "Procedure", "Study", "Referred by"];
const TEXTS = ["Indication", "History"];

/** Return the banner, and how it is filled. */
export function makeBanner() {
  const who = element("div.who", {}, element("span.muted", {}, "…"));
  const what = element("div.what");
  const why = element("div.asked");
  const urgency = element("div.banner-urgency", { role: "status" });
  const node = element(
    "header.banner", { "aria-label": "Patient" },
    element("a.back", { href: "#/", title: "Back to the worklist (Esc)" }, "‹ Worklist"),
    element("div.banner-text", {}, who, what, why),
    urgency,
  );

  /** Say whose films these are. */
  function show(/** @type {{name: string, value: string}[]} */ lines, /** @type {string | null} */ elsewhere = null) {
    const said = new Map(lines.map(({ name, value }) => [name, value]));
    who.replaceChildren(...named(said, FIRST));
    if (!said.has("Patient")) who.prepend(element("strong", {}, "No name in the study"));
    what.replaceChildren(...named(said, SECOND));
    why.replaceChildren(...named(said, TEXTS));
    if (elsewhere) what.append(element("a", { href: elsewhere, target: "_blank", rel: "noopener noreferrer" }, "Open in the other viewer"));
  }

  /** Say how soon it must be read, by rule. */
  function standing(/** @type {import("./worklist/row.js").Row} */ row) {
    urgency.replaceChildren();
    if (!row.urgency) return;
    urgency.dataset.level = row.urgency.level;
    const seen = row.urgency.acknowledgement;
    urgency.append(element("strong", {}, `Urgent: ${row.urgency.level}`), element("span", {}, seen ? `seen by ${seen.by}` : `read ${until(/** @type {string} */ (row.due_at))}`), element("span.sub", {}, row.urgency.why));
  }

  return { node, show, standing };
}

function named(said, names) {
  return names
    .filter((name) => said.has(name))
    .map((name) => (name === "Patient" ? element("strong", {}, said.get(name)) : element("span", {}, element("span.field-name", {}, name), said.get(name))));
}
