/**
 * Saving by itself. What is typed is kept on this machine at once and on the server a moment later; a reload, a lost
 * server or a second person loses nothing.
 */

import { asked, Refusal } from "../api.js";
import { asEdit, sameCopy } from "./copy.js";

/** @typedef {import("./copy.js").Copy} Copy */
/** @typedef {"saved" | "waiting" | "saving" | "unreachable" | "conflict" | "refused"} SaveState */

const WAIT_MS = 900;
const AGAIN_MS = 3000;
const KEPT = "wetread.unsaved.";

export class Autosave {
  /**
   * @param {string} base address of the study
   * @param {string} studyId
   * @param {{onstate: (state: SaveState, error?: any) => void, onsaved: (view: any) => void, onconflict: (view: any, mine: Copy, base: Copy) => void}} to
   */
  constructor(base, studyId, to) {
    this.path = `${base}/report`;
    this.key = KEPT + studyId;
    this.to = to;
    this.etag = "";
    /** What the server has. @type {Copy | null} */
    this.saved = null;
    /** What stands on the page. @type {Copy | null} */
    this.copy = null;
    this.timer = 0;
    this.sending = null;
  }

  /** Begin from what the server says; returns what this machine had kept and the server never got, if any. */
  begin(/** @type {any} */ view) {
    this.etag = view.etag;
    this.saved = this.copy = view.working_copy;
    const kept = this.kept();
    return kept && kept.copy.draft_id === view.working_copy.draft_id && !sameCopy(kept.copy, this.saved) ? kept : null;
  }

  /** Take a new copy; it is saved soon. */
  change(/** @type {Copy} */ copy) {
    this.copy = copy;
    this.keep();
    this.plan(WAIT_MS);
    this.to.onstate("waiting");
  }

  get isClean() {
    return !this.copy || !this.saved || sameCopy(this.copy, this.saved);
  }

  plan(/** @type {number} */ after) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), after);
  }

  /** Save now; resolves when nothing is left to save, or it could not be. */
  async save() {
    clearTimeout(this.timer);
    while (this.sending) await this.sending;
    if (this.isClean) {
      this.forget();
      this.to.onstate("saved");
      return;
    }
    this.sending = this.send(/** @type {Copy} */ (this.copy)).finally(() => (this.sending = null));
    await this.sending;
    if (!this.isClean && this.state === "saved") this.plan(WAIT_MS);
  }

  async send(/** @type {Copy} */ copy) {
    this.tell("saving");
    try {
      const { body } = await asked(this.path, { method: "PUT", body: asEdit(copy), headers: { "If-Match": this.etag } });
      this.etag = body.etag;
      this.saved = copy;
      if (this.isClean) this.forget();
      else this.keep();
      this.tell("saved");
      this.to.onsaved(body);
    } catch (error) {
      this.failed(error, copy);
    }
  }

  failed(error, copy) {
    if (!(error instanceof Refusal)) throw error;
    if (error.status === 412) {
      this.tell("conflict");
      const base = /** @type {Copy} */ (this.saved);
      this.to.onconflict(error.body.current, this.copy ?? copy, base);
    } else if (error.status === 0 || error.status >= 500) {
      this.tell("unreachable");
      this.plan(AGAIN_MS);
    } else {
      this.tell("refused", error);
    }
  }

  /** Take what another person saved as the state of the server. */
  rebase(/** @type {any} */ view) {
    this.etag = view.etag;
    this.saved = view.working_copy;
  }

  tell(/** @type {SaveState} */ state, error = undefined) {
    this.state = state;
    this.to.onstate(state, error);
  }

  /** Kept for this tab and after a reload only: a report names what a patient has. */
  keep() {
    sessionStorage.setItem(this.key, JSON.stringify({ copy: this.copy, base: this.saved }));
  }

  kept() {
    try {
      return JSON.parse(sessionStorage.getItem(this.key) ?? "null");
    } catch {
      return null;
    }
  }

  forget() {
    sessionStorage.removeItem(this.key);
  }

  close() {
    clearTimeout(this.timer);
    if (!this.isClean) this.save();
  }
}
