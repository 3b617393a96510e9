/** What stands over and under the report: what it is by now, who else is here, and the steps that can be taken. */

import { button, element } from "../element.js";
import { warnOf } from "../say.js";
import { moment } from "../words.js";
import { editMacros, TEMPLATES } from "./macros.js";
import { acknowledge, addend, readAgain, reject, renew, sign } from "./signing.js";

const SAVED = { saved: "saved", waiting: "not saved yet", saving: "saving", unreachable: "no connection; kept here", conflict: "changed by somebody else", refused: "could not be saved" };

/**
 * @typedef {object} Standing the report as it is shown
 * @property {any} view
 * @property {boolean} urgent
 * @property {boolean} editable
 * @property {boolean} difference
 */

export class ReportFrame {
  /**
   * @param {HTMLElement} place
   * @param {import("./signing.js").Desk} desk
   * @param {{difference: () => void, insert: (sentences: string[]) => void, film: () => import("../viewer/viewport.js").Viewport | undefined}} to
   */
  constructor(place, desk, to) {
    this.place = place;
    this.desk = desk;
    this.to = to;
    this.mark = element("span.mark", {}, "DRAFT, AI");
    this.state = element("span.muted");
    this.saved = element("span.save-state", { role: "status" });
    this.here = element("span.here", { role: "status", hidden: true });
    this.stale = element("div.stale", { role: "status", hidden: true });
    this.foot = element("footer.report-foot");
    this.head = element("header.report-head", {}, this.mark, this.state, element("span.spring"), this.here, this.saved);
  }

  /** Show where the report stands, and what can be done with it. */
  show(/** @type {Standing} */ standing) {
    const { view, editable } = standing;
    this.place.dataset.state = view.state;
    this.mark.textContent = view.state === "draft" ? "DRAFT, AI" : view.state.toUpperCase();
    this.state.textContent = whoseItIs(view);
    this.stale.hidden = !view.stale;
    const again = editable ? button("Begin again from the latest", () => renew(this.desk).catch(warnOf)) : "";
    this.stale.replaceChildren("A later draft is there or being made; this copy is of an earlier one. ", again);
    this.foot.replaceChildren(...this.steps(standing).filter((step) => step !== null));
  }

  /** Say whether what is written is safe. */
  saving(/** @type {import("./autosave.js").SaveState} */ state) {
    this.saved.textContent = SAVED[state];
    this.saved.dataset.state = state;
  }

  steps(/** @type {Standing} */ { view, urgent, editable, difference }) {
    const may = view.may ?? [];
    const taken = (/** @type {(desk: any) => Promise<void>} */ step) => () => step(this.desk).catch(warnOf);
    const film = (/** @type {any} */ desk) => (this.to.film() ? readAgain(desk, this.to.film()) : Promise.resolve());
    return [
      urgent && !view.acknowledgement && may.length ? button("Urgent: I have read it", taken(acknowledge), { class: "urgent" }) : null,
      button("Difference", this.to.difference, { "aria-pressed": String(difference) }, "d"),
      editable ? this.templates() : null,
      editable ? button("Macros", () => editMacros()) : null,
      editable ? button("Read again", taken(film)) : null,
      element("span.spring"),
      may.includes("reject") ? button(view.signed?.length ? "Withdraw" : "Reject", taken(reject)) : null,
      may.includes("addend") ? button("Addendum", taken(addend)) : null,
      may.includes("correct") ? button("Correct", taken((desk) => sign(desk, "correct"))) : null,
      may.includes("sign") ? button("Sign", taken((desk) => sign(desk, "sign")), { class: "primary" }, "Ctrl+Enter") : null,
    ];
  }

  templates() {
    const chosen = element("select", { "aria-label": "Insert a template" }, element("option", { value: "" }, "Template…"), Object.keys(TEMPLATES).map((name) => element("option", {}, name)));
    chosen.addEventListener("change", () => this.to.insert(TEMPLATES[/** @type {any} */ (chosen).value] ?? []));
    return chosen;
  }
}

function whoseItIs({ state, signed, rejection }) {
  const last = signed?.at(-1);
  if (state === "draft") return "not verified by a person";
  if (rejection) return `by ${rejection.name}: ${rejection.reason}`;
  return last ? `version ${last.version}, ${last.signature.name}, ${moment(last.addenda?.at(-1)?.signature.at ?? last.signature.at)}` : "";
}
