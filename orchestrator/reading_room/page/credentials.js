/**
 * Who is asking, where the installation asks: a key or a token begins a session, and from then on the browser's cookie,
 * out of reach of every script, says who it is. Where nobody is asked (one's own machine), none of this happens.
 */

import { askPerson } from "./dialog.js";
import { element } from "./element.js";

/** @typedef {{subject: string, name?: string, access: "local" | "on", may_sign: boolean}} Me */

/** @type {Promise<boolean> | null} */
let asking = null;

/** Ask the person for a key, once however many requests were refused; false when no session could be begun. */
export function beginSession() {
  asking ??= begun().finally(() => (asking = null));
  return asking;
}

async function begun() {
  const answer = await askPerson("Sign in", [
    element("label", { for: "credential" }, "Your access key, or the token of your identity provider"),
    element("input", { type: "password", id: "credential", name: "credential", required: true, autocomplete: "current-password" }),
  ], "Sign in");
  if (!answer?.credential) return false;
  const said = await fetch("/v1/session", { method: "POST", headers: { Authorization: `Bearer ${answer.credential.trim()}` } });
  return said.ok;
}

/** Who one is here. @returns {Promise<Me>} */
export async function whoAmI() {
  const said = await fetch("/v1/session", { cache: "no-store" });
  return said.ok ? said.json() : { subject: "local", access: "local", may_sign: true };
}
