/** The evidence card: everything behind one finding or measurement, down to the weights. */

import { element, svg } from "../element.js";
import { openDialog } from "../dialog.js";
import { capital } from "../words.js";
import { nameOf, numberOf, stateOf } from "./facts.js";

/** Show what a fact rests on. */
export function showCard(/** @type {string} */ id, /** @type {import("./facts.js").FactBook} */ book, /** @type {(Node | null)[]} */ actions = []) {
  const known = book.get(id);
  if (!known) return;
  const { kind, fact } = known;
  const title = kind === "finding" ? nameOf(fact.code) : kind === "measurement" ? nameOf(fact.name) : "prior";
  const what = { finding: findingLines, measurement: measurementLines, prior: priorLines }[kind](fact, book);
  openDialog(`${id} ${capital(title)}`, [list(what), ...(fact.evidence ?? []).map(evidenceOf), ...actions]);
}

function findingLines(finding, book) {
  const measured = finding.measurement_ids.map((id) => book.short(id)).join(", ");
  return [
    ["State", stateOf(finding)],
    ["Code", `${finding.code.meaning} (${finding.code.scheme} ${finding.code.value})`],
    ["Shown to work on", finding.population],
    ["Measurements", measured],
  ];
}

function measurementLines(measurement) {
  return [
    ["Value", numberOf(measurement)],
    ["Mean error on held-out films", measurement.uncertainty?.toFixed(3)],
    ["Calibrated by", measurement.unit === "1" ? "a ratio needs none" : measurement.calibration],
    ["Side", measurement.laterality],
  ];
}

function priorLines(prior) {
  return [["Taken", `${prior.days_before} days before`], ...prior.findings.map((finding) => [nameOf(finding.code), stateOf(finding)])];
}

function evidenceOf(evidence) {
  const { algorithm } = evidence;
  return element(
    "section.evidence", {},
    element("h3", {}, algorithm.name),
    typeof evidence.score === "number" ? scale(evidence.score, evidence.operating_points) : null,
    list([
      ["Score", evidence.score?.toFixed(3)],
      ["Operating points", Object.entries(evidence.operating_points).map(([name, value]) => `${name} ${value.toFixed(3)}`).join(", ")],
      ["Set by", evidence.site_points_sha256 ? `this site (${evidence.site_points_sha256.slice(0, 12)}…)` : "the publisher"],
      ["Model", algorithm.name],
      ["Version", algorithm.version],
      ["Weights", algorithm.weights_sha256 ? `SHA-256 ${algorithm.weights_sha256.slice(0, 16)}…` : null],
      ["Image", evidence.image_id],
      ["Regions", evidence.regions.length ? evidence.regions.map(regionWords).join(", ") : "none: it rests on the film as a whole"],
    ]),
  );
}

const regionWords = (region) => ({ box: "box", line: `line ${region.name ?? ""}`, mask: "outline", heat_map: `heat map, ${region.method}` })[region.kind];

/** The score on a line from 0 to 1, with a tick at every operating point. */
function scale(score, points) {
  const at = (/** @type {number} */ value) => 4 + value * 192;
  const ticks = Object.entries(points).map(([name, value]) => svg("line", { x1: at(value), x2: at(value), y1: 3, y2: 17, class: "tick" }, svg("title", {}, `${name} ${value.toFixed(3)}`)));
  const words = `score ${score.toFixed(3)}; ${Object.entries(points).map(([name, value]) => `${name} from ${value.toFixed(3)}`).join(", ")}`;
  return svg("svg", { class: "scale", viewBox: "0 0 200 20", role: "img", "aria-label": words }, svg("line", { x1: 4, x2: 196, y1: 10, y2: 10, class: "axis" }), ...ticks, svg("circle", { cx: at(score), cy: 10, r: 4.5, class: "dot" }));
}

function list(lines) {
  return element("dl.card", {}, lines.filter(([, value]) => value).map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, value))));
}
