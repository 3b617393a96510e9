/** What a draft rests on, found by id, and told in words. */

const STATES = { present: "present", likely: "present (likely)", indeterminate: "indeterminate", absent: "absent" };

/** @typedef {{findings: any[], measurements: any[], limitations: any[], priors: any[], structures: any[]}} FactsOfDraft */

/** Facts of one draft. */
export class FactBook {
  constructor(/** @type {FactsOfDraft} */ facts) {
    this.facts = facts;
    this.byId = new Map([
      ...facts.findings.map((finding) => [finding.finding_id, { kind: "finding", fact: finding }]),
      ...facts.measurements.map((measurement) => [measurement.measurement_id, { kind: "measurement", fact: measurement }]),
      ...(facts.priors ?? []).map((prior) => [prior.prior_id, { kind: "prior", fact: prior }]),
    ]);
  }

  get(/** @type {string} */ id) {
    return this.byId.get(id) ?? null;
  }

  /** `"F1 pleural effusion"`: what a chip says. */
  short(/** @type {string} */ id) {
    const known = this.get(id);
    if (!known) return id;
    return `${id} ${known.kind === "finding" ? nameOf(known.fact.code) : known.kind === "measurement" ? nameOf(known.fact.name) : "prior"}`;
  }

  /** The highest score behind a fact, or null. */
  score(/** @type {string} */ id) {
    const scores = (this.get(id)?.fact.evidence ?? []).map(({ score }) => score).filter((score) => typeof score === "number");
    return scores.length ? Math.max(...scores) : null;
  }

  /** The images that a fact rests on. */
  images(/** @type {string} */ id) {
    return (this.get(id)?.fact.evidence ?? []).map(({ image_id }) => image_id);
  }
}

export const nameOf = (/** @type {{meaning: string}} */ code) => code.meaning.toLowerCase();

/** `"present (likely), left, mild"`. */
export function stateOf(/** @type {any} */ finding) {
  return [STATES[finding.likelihood], finding.laterality, finding.severity, finding.site ? `site: ${nameOf(finding.site)}` : null, finding.experimental ? "experimental" : null].filter(Boolean).join(", ");
}

/** `"0.56"`, `"243 mm"`, `"5.4 mm"`: as the sentences say it. */
export function numberOf(/** @type {any} */ { value, unit }) {
  if (unit === "1") return value.toFixed(2);
  return `${value.toFixed(Math.abs(value) < 10 ? 1 : 0)} ${unit === "[hnsf'U]" ? "HU" : unit}`;
}
