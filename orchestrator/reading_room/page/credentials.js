/**
 * Who is asking, where the installation asks: a key or a token, held for this tab only and sent with every request.
 * Where nobody is asked (one's own machine), nothing is sent.
 */

import { askPerson } from "./dialog.js";
import { element } from "./element.js";

const KEPT = "wetread.credential";

/** @type {Promise<boolean> | null} */
let asking = null;

/** Headers to send with a request. @returns {Record<string, string>} */
export function credentials() {
  const held = sessionStorage.getItem(KEPT);
  return held ? { Authorization: `Bearer ${held}` } : {};
}

/** Ask the person for a key, once however many requests were refused; false when there is none. */
export function askCredential() {
  asking ??= asked().finally(() => (asking = null));
  return asking;
}

async function asked() {
  const answer = await askPerson("Sign in", [
    element("label", { for: "credential" }, "Your access key, or the token of your identity provider"),
    element("input", { type: "password", id: "credential", name: "credential", required: true, autocomplete: "current-password" }),
  ], "Sign in");
  if (!answer?.credential) return false;
  sessionStorage.setItem(KEPT, answer.credential.trim());
  return true;
}
