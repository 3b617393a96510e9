/** The steps after the draft: sign, correct, addend, reject, acknowledge. A person takes each, and is asked first. */

import { ask } from "../api.js";
import { whoAmI } from "../credentials.js";
import { askPerson } from "../dialog.js";
import { element } from "../element.js";
import { count } from "../words.js";

const NAME = "wetread.name";

/** The name last given on this workstation, where no authentication is on. */
export const nameGiven = () => localStorage.getItem(NAME) ?? "";

/**
 * @typedef {object} Desk
 * @property {string} base
 * @property {() => any} view the report as last seen
 * @property {() => Promise<boolean>} settle save what is typed; false when it could not be
 * @property {(view: any) => void} took a step was taken
 */

/** Sign, or correct what was signed, after a check that warns and never blocks. */
export async function sign(/** @type {Desk} */ desk, /** @type {"sign" | "correct"} */ act) {
  if (!(await desk.settle())) return;
  const { warnings } = await ask(`${desk.base}/report/check`, { method: "POST" });
  const view = desk.view();
  const urgent = view.urgent && !view.acknowledgement;
  const answer = await askPerson(act === "sign" ? "Sign the report" : "Sign the corrected report", [
    warningList(warnings),
    view.stale ? element("p.warning", {}, "This copy is of an earlier draft than the latest.") : null,
    urgent ? element("label.choice", {}, element("input", { type: "checkbox", name: "read", required: true }), element("span", {}, "I have read that this study is urgent: ", element("strong", {}, view.urgent))) : null,
    summaryOf(view),
    act === "correct" ? reasonField("Why it is corrected") : null,
    await nameField(),
  ], act === "sign" ? "Sign" : "Sign the correction");
  if (!answer) return;
  const name = keepName(answer);
  if (urgent) await ask(`${desk.base}/acknowledgement`, { method: "POST", body: { name } });
  const body = { name, although_stale: Boolean(view.stale), ...(act === "correct" ? { reason: answer.reason } : {}) };
  desk.took(await step(desk, act, body));
}

/** Add to what was signed. */
export async function addend(/** @type {Desk} */ desk) {
  const answer = await askPerson("Add an addendum", [element("p", {}, "What was signed stands as it is; this is added below it."), element("label", { for: "addendum" }, "Addendum"), element("textarea", { id: "addendum", name: "text", rows: 5, required: true, maxlength: 4000 }), await nameField()], "Sign the addendum");
  if (answer) desk.took(await step(desk, "addend", { text: answer.text, name: keepName(answer) }));
}

/** Reject the draft, or withdraw what was signed. */
export async function reject(/** @type {Desk} */ desk) {
  const signed = desk.view().signed?.length;
  const answer = await askPerson(signed ? "Withdraw the signed report" : "Reject the draft", [element("p", {}, signed ? "Receivers are told that the report is withdrawn." : "The draft is not used. The study has to be reported without it."), reasonField("Why"), await nameField()], signed ? "Withdraw" : "Reject");
  if (answer) desk.took(await step(desk, "reject", { reason: answer.reason, name: keepName(answer) }));
}

/** Say that an urgent draft was read. */
export async function acknowledge(/** @type {Desk} */ desk) {
  const answer = await askPerson("Urgent draft", [element("p", {}, "You record that you have read this urgent draft: ", element("strong", {}, desk.view().urgent)), await nameField()], "I have read it");
  if (answer) desk.took(await ask(`${desk.base}/acknowledgement`, { method: "POST", body: { name: keepName(answer) } }));
}

/** Begin again from the latest draft. */
export async function renew(/** @type {Desk} */ desk) {
  if (!(await desk.settle())) return;
  desk.took(await step(desk, "renew", undefined));
}

/** Have the specialists read a film again, as it is looked at now or in the marked region only. */
export async function readAgain(/** @type {Desk} */ desk, /** @type {import("../viewer/viewport.js").Viewport} */ film) {
  const { window, region, image } = film;
  const answer = await askPerson("Have the film read again", [
    element("p", {}, "The specialists read it anew. Their next draft does not change what you have written: it is marked as stale, and you decide."),
    element("label.choice", {}, element("input", { type: "checkbox", name: "window", checked: true }), `Through my window: level ${window.center.toFixed(0)}, width ${window.width.toFixed(0)}`),
    element("label.choice", {}, element("input", { type: "checkbox", name: "region", checked: Boolean(region), disabled: !region }), region ? "Only the region that I marked" : "Only a region (mark one with the Region tool first)"),
  ], "Read again");
  if (!answer?.window && !answer?.region) return;
  const wish = { image_id: image.image_id, ...(answer.window ? { window } : {}), ...(answer.region ? { region } : {}) };
  await ask(`${desk.base}/rereading`, { method: "POST", body: wish });
}

function step(desk, act, body) {
  return ask(`${desk.base}/report/${act}`, { method: "POST", body, headers: { "If-Match": desk.view().etag } });
}

function warningList(/** @type {{message: string}[]} */ warnings) {
  if (!warnings.length) return element("p.checked", {}, "The checks found no contradiction.");
  return element("section.warnings", {}, element("h3", {}, `${count(warnings.length, "warning")}; you may sign all the same`), element("ul", {}, warnings.map(({ message }) => element("li", {}, message))));
}

function summaryOf(view) {
  const all = view.working_copy.sections.flatMap(({ sentences }) => sentences);
  const number = (decision) => all.filter((one) => one.decision === decision).length;
  const open = all.filter((one) => !one.decision).length;
  return element("p.sub", {}, `${count(all.length, "sentence")}: ${number("accepted")} accepted, ${number("edited")} edited, ${number("added")} added, ${number("rejected")} rejected, ${open} as drafted.`);
}

const reasonField = (words) => element("div", {}, element("label", { for: "step-reason" }, words), element("input", { type: "text", id: "step-reason", name: "reason", required: true, maxlength: 1000 }));

/** Where somebody is known, the account's name signs; on one's own machine it is asked for. */
async function nameField() {
  const me = await whoAmI();
  if (me.access === "on") return element("p", {}, "You sign as ", element("strong", {}, me.name ?? me.subject), ".");
  return element("div", {}, element("label", { for: "signer" }, "Your name"), element("input", { type: "text", id: "signer", name: "name", required: true, maxlength: 200, value: nameGiven(), autocomplete: "name" }));
}

function keepName(answer) {
  if (answer.name) localStorage.setItem(NAME, answer.name);
  return answer.name;
}
